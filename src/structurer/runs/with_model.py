"""Filings read with a model's help: many questions in flight from one thread, all else by processes."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from structurer.engines import HybridEngine, ModelEngine
from structurer.errors import ModelServerError, PausedError, ProviderDownError, StoppedError
from structurer.models import Usage
from structurer.pipeline import begin, passages
from structurer.runs.estimating import Estimate, estimate, estimate_whole
from structurer.runs.filing import failure, kept, prepare_filing
from structurer.runs.processes import Workers
from structurer.store import Failure
from structurer.store.packing import as_json, from_json

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterable, Sequence
    from concurrent.futures import Future

    from structurer.asking import Reading
    from structurer.llm.client import ModelClient
    from structurer.models import Document, Record
    from structurer.pipeline import Prepared, Structured
    from structurer.runs.readers import Outcome, Task
    from structurer.settings import Settings

_T = TypeVar("_T")

_FILINGS_AHEAD = 4
"""Filings begun for each request that may be in flight."""

_READINGS_AHEAD = 2
"""Chunks begun for each request that may be in flight: the next questions are ready when answers come."""


@dataclass(frozen=True, slots=True)
class ModelShare:
    """What the model had to do with records; the same whenever its answers come from the journal.

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

    def as_json(self) -> str:
        """Return what the store keeps of it."""
        return as_json(asdict(self))

    @classmethod
    def from_json(cls, kept: str) -> ModelShare:
        """Return what the store kept."""
        values = from_json(kept)
        values["usage"] = Usage(**values["usage"])
        return cls(**values | {name: Estimate(**values[name]) for name in ("put", "alone")})


class ModelReader:
    """Reads filings with a client's help: a thread that keeps many questions in flight.

    What needs no answer (decoding, cutting, the layout's reading) is done by processes within limits.
    """

    def __init__(self, engine: ModelEngine | HybridEngine, client: ModelClient, settings: Settings) -> None:
        self._engine = engine
        self._client = client
        self._settings = settings
        drafting = engine.draft if isinstance(engine, HybridEngine) else None
        self._prepare = partial(prepare_filing, drafting=drafting, settings=settings)
        self._workers = Workers(settings)
        self.room = _FILINGS_AHEAD * settings.concurrency
        self._readings = asyncio.Semaphore(settings.concurrency * _READINGS_AHEAD)
        self._beginning = asyncio.Lock()
        # On a budget filings are begun in order, so that more money completes what less began.
        self._turn = nullcontext() if settings.budget is None else asyncio.Lock()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="model", daemon=True)
        self._thread.start()
        self._run(client.__aenter__())

    def submit(self, task: Task) -> Future[Outcome]:
        """Begin to read a filing."""
        prepared = self._workers.submit(self._prepare, task)
        return asyncio.run_coroutine_threadsafe(self._filing(prepared), self._loop)

    def stop(self) -> None:
        """Begin no request any more; filings that need no more answers are still finished."""
        self._loop.call_soon_threadsafe(self._client.stop)

    def close(self) -> None:
        """End at once: requests that are in flight are given up."""
        self._workers.close()
        self._run(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self, work: Coroutine[Any, Any, object]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def _end(self) -> None:
        begun = asyncio.all_tasks() - {asyncio.current_task()}
        for task in begun:
            task.cancel()
        await asyncio.gather(*begun, return_exceptions=True)
        await self._client.__aexit__(None, None, None)

    async def _filing(self, coming: Future[Prepared | Failure]) -> Outcome:
        try:
            async with self._turn:
                prepared = await asyncio.wrap_future(coming)
                if isinstance(prepared, Failure):
                    return prepared
                async with self._beginning:
                    await asyncio.sleep(0)  # the questions about one filing are sent before the next is begun
                    readings = begin(prepared, self._engine, self._settings)
            put: list[Estimate] = []
            records = await _all(self._record(_noted(one, put)) for one in readings.records)
            share = self._share(prepared, records, put)
            return kept(readings.finished(records), share.as_json())
        except (PausedError, ModelServerError):
            raise
        except Exception as error:  # a defect of the program must not end the run for all other filings
            return failure(error, self._settings)

    async def _record(self, reading: Reading[Record]) -> Record:
        async with self._readings:
            return await _drive(self._client, reading)

    def _share(self, prepared: Prepared, records: Sequence[Record], put: Sequence[Estimate]) -> ModelShare:
        uses = [use for record in records if (use := record.provenance.model_use) is not None]
        asked = sum(put, Estimate())
        alone = asked
        if isinstance(self._engine, HybridEngine):
            wholes = (estimate_whole(passage, self._engine.answers) for passage in passages(prepared))
            alone = sum(wholes, Estimate())
        usage = sum((use.usage for use in uses), Usage())
        return ModelShare(len(records), len(uses), usage, asked, alone)


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

    return _outside_of_loops(structure())


def _outside_of_loops(work: Coroutine[Any, Any, _T]) -> _T:
    """Run work to its end; in a thread of its own where this one has an event loop, as in notebooks."""
    if not _has_loop():
        return asyncio.run(work)
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


def _has_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


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
