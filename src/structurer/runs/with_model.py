"""Many filings on one machine with a model: one process that keeps many questions in flight."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from structurer.engines import HybridEngine, ModelEngine
from structurer.errors import ModelServerError, PausedError, ProviderDownError, StoppedError
from structurer.models import Usage
from structurer.pipeline import begin, passages
from structurer.runs.estimating import Estimate, estimate, estimate_whole
from structurer.runs.filing import failed_filing, read_planned, structured_filing

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable, Iterator, Sequence

    from structurer.asking import Reading
    from structurer.llm.client import ModelClient
    from structurer.models import Document, Record
    from structurer.pipeline import Structured
    from structurer.runs.planning import PlannedFiling
    from structurer.runs.results import FilingResult
    from structurer.settings import Settings

_FILINGS_AHEAD = 4
"""Filings begun for each request that may be in flight: results leave in order, so some wait for others."""

_READINGS_AHEAD = 2
"""Chunks begun for each request that may be in flight: the next questions are ready when answers come."""

_GLANCE = 0.2
"""Seconds between two looks at whether the run is to stop."""


@dataclass(frozen=True, slots=True)
class ModelShare:
    """What the model had to do with a run's records; the same whenever its answers come from the journal.

    ``usage`` is what the answers took that the records were made of. ``alone`` is what the model would
    likely have taken to read everything, ``put`` what the questions that were put likely take.
    """

    declarations: int = 0
    asked: int = 0
    usage: Usage = field(default_factory=Usage)
    put: Estimate = field(default_factory=Estimate)
    alone: Estimate = field(default_factory=Estimate)

    def __add__(self, other: ModelShare) -> ModelShare:
        """Return both together."""
        return ModelShare(
            self.declarations + other.declarations,
            self.asked + other.asked,
            self.usage + other.usage,
            self.put + other.put,
            self.alone + other.alone,
        )


class ModelRun:
    """Structures filings with a client's help, in the order of the plan.

    Where the client cannot go on (its budget is exhausted, the server is down for good, the user stops the
    run), filings that need no more answers are still finished; ``paused`` then says why the others are not.
    """

    def __init__(
        self,
        filings: Sequence[PlannedFiling],
        engine: ModelEngine | HybridEngine,
        client: ModelClient,
        settings: Settings,
    ) -> None:
        self._rest = deque(filings)
        self._engine = engine
        self._client = client
        self._settings = settings
        self._begun: deque[asyncio.Task[tuple[FilingResult, ModelShare]]] = deque()
        self.paused: PausedError | None = None
        self.share = ModelShare()

    def results(self, stopped: Callable[[], bool] = lambda: False) -> Iterator[FilingResult]:
        """Yield what becomes of each filing; once ``stopped`` says so, no request is begun any more.

        Raises ``ModelServerError`` where the server cannot be used at all.
        """
        with asyncio.Runner() as runner:
            self._readings = asyncio.Semaphore(self._settings.concurrency * _READINGS_AHEAD)
            self._beginning = asyncio.Lock()
            runner.run(self._client.__aenter__())
            try:
                while (result := runner.run(self._next(stopped))) is not None:
                    yield result
            finally:
                runner.run(self._close())

    async def _next(self, stopped: Callable[[], bool]) -> FilingResult | None:
        """Return the next filing that is finished, in the order of the plan; ``None`` at the end."""
        while True:
            if stopped():
                self._client.stop()
                self._rest.clear()
            while self._rest and len(self._begun) < _FILINGS_AHEAD * self._settings.concurrency:
                self._begun.append(asyncio.create_task(self._filing(self._rest.popleft())))
            if not self._begun:
                return None
            await asyncio.wait({self._begun[0]}, timeout=_GLANCE)
            if not self._begun[0].done():
                continue
            try:
                result, share = self._begun.popleft().result()
            except PausedError as error:
                if self.paused is None or isinstance(self.paused, StoppedError):
                    self.paused = error
                self._rest.clear()
                continue
            self.share += share
            return result

    async def _filing(self, planned: PlannedFiling) -> tuple[FilingResult, ModelShare]:
        try:
            async with self._beginning:
                await asyncio.sleep(0)  # the questions about one filing are sent before the next is read
                document = read_planned(planned, self._settings)
                readings = begin(document, self._engine, self._settings)
            put: list[Estimate] = []
            records = await _all(self._record(_noted(one, put)) for one in readings.records)
            structured = readings.finished(records)
            return structured_filing(structured), self._share(document, records, put)
        except (PausedError, ModelServerError):
            raise
        except Exception as error:  # a defect of the program must not end the run for all other filings
            return failed_filing(planned, error), ModelShare()

    async def _record(self, reading: Reading[Record]) -> Record:
        async with self._readings:
            return await _drive(self._client, reading)

    def _share(self, document: Document, records: Sequence[Record], put: Sequence[Estimate]) -> ModelShare:
        uses = [use for record in records if (use := record.provenance.model_use) is not None]
        asked = sum(put, Estimate())
        alone = asked
        if isinstance(self._engine, HybridEngine):
            wholes = (estimate_whole(passage, self._engine.answers) for passage in passages(document))
            alone = sum(wholes, Estimate())
        usage = sum((use.usage for use in uses), Usage())
        return ModelShare(len(records), len(uses), usage, asked, alone)

    async def _close(self) -> None:
        for task in self._begun:
            task.cancel()
        await asyncio.gather(*self._begun, return_exceptions=True)
        await self._client.__aexit__(None, None, None)


def structure_with_model(
    documents: Sequence[Document],
    engine: ModelEngine | HybridEngine,
    client: ModelClient,
    settings: Settings,
) -> list[Structured]:
    """Structure a few documents. Raises ``PausedError`` and ``ModelServerError`` where that fails for now."""

    async def structure() -> list[Structured]:
        async with client:
            readings = [begin(document, engine, settings) for document in documents]
            records = iter(await _all(_drive(client, one) for each in readings for one in each.records))
            return [each.finished([next(records) for _ in each.records]) for each in readings]

    return asyncio.run(structure())


async def _drive(client: ModelClient, reading: Reading[Record]) -> Record:
    """Answer a reading's questions; once the server turns out to be of no use, nobody asks any more."""
    try:
        return await client.drive(reading)
    except (ModelServerError, ProviderDownError):
        client.stop()
        raise


async def _all(records: Iterable[Coroutine[Any, Any, Record]]) -> list[Record]:
    """Return what comes of all; what one raises waits for the others, whose requests are paid for."""
    ended = await asyncio.gather(*records, return_exceptions=True)
    errors = [one for one in ended if isinstance(one, BaseException)]
    if errors:
        # Why something stopped says more than that others were stopped by it.
        raise min(errors, key=lambda error: isinstance(error, StoppedError))
    return [one for one in ended if not isinstance(one, BaseException)]


def _noted(reading: Reading[Record], put: list[Estimate]) -> Reading[Record]:
    """Pass a reading on, and note what its questions will likely take."""
    try:
        asks = next(reading)
        while True:
            put += map(estimate, asks)
            asks = reading.send((yield asks))
    except StopIteration as done:
        record: Record = done.value
        return record
