"""Many filings on one machine with a model: one process that keeps many questions in flight."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from structurer.engines import HybridEngine, ModelEngine
from structurer.errors import ModelServerError, PausedError
from structurer.models import Usage
from structurer.pipeline import begin, passages
from structurer.runs.estimating import Estimate, estimate, estimate_whole
from structurer.runs.filing import failed_filing, read_planned, structured_filing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from structurer.asking import Reading
    from structurer.llm.client import ModelClient
    from structurer.models import Document, Record
    from structurer.pipeline import Structured
    from structurer.runs.planning import PlannedFiling
    from structurer.runs.results import FilingResult
    from structurer.settings import Settings

_FILINGS_AHEAD = 4
"""Filings begun for each request that may be in flight: results leave in order, so some wait for others."""

_READINGS_AHEAD = 1.5
"""Chunks begun for each request that may be in flight: layouts are read while answers are awaited."""

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
            self._readings = asyncio.Semaphore(int(self._settings.concurrency * _READINGS_AHEAD) + 1)
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
                self.paused = self.paused or error
                self._rest.clear()
                continue
            self.share += share
            return result

    async def _filing(self, planned: PlannedFiling) -> tuple[FilingResult, ModelShare]:
        try:
            document = read_planned(planned, self._settings)
            readings = begin(document, self._engine, self._settings)
            put: list[Estimate] = []
            records = await asyncio.gather(*(self._record(_noted(one, put)) for one in readings.records))
            structured = readings.finished(records)
            return structured_filing(structured), self._share(document, records, put)
        except (PausedError, ModelServerError):
            raise
        except Exception as error:  # a defect of the program must not end the run for all other filings
            return failed_filing(planned, error), ModelShare()

    async def _record(self, reading: Reading[Record]) -> Record:
        async with self._readings:
            return await self._client.drive(reading)

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
            driven = (asyncio.gather(*map(client.drive, each.records)) for each in readings)
            return [each.finished(await records) for each, records in zip(readings, driven, strict=True)]

    return asyncio.run(structure())


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
