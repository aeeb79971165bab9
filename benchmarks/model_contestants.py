"""One contestant of benchmarks/model.py, in a process of its own; it prints what it took as JSON.

Each warms up on other filings first. Clients that are no whole programs get their requests ready made:
messages, tools and answer models are not counted. For Structurer all is counted, from files to records.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from dataclasses import asdict, dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from structurer.documents import read_document
from structurer.engines import ModelEngine
from structurer.llm.dialect import Dialect
from structurer.llm.structured import request_body
from structurer.pipeline import begin
from structurer.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Sequence

    from structurer.asking import Ask

    Job = Callable[[], Awaitable[object]]

WARM, MEASURED = "warm", "measured"
"""The folders of filings in the material."""

MODEL = "benchmark"
ENGINE = ModelEngine(MODEL)

_KEY = "none"
_DIALECT = Dialect("tools", "max_tokens", 0.0)


@dataclass(frozen=True)
class Taken:
    """What some requests took: seconds by the clock, and CPU seconds of the client's process."""

    requests: int
    seconds: float
    cpu: float


def measured(requests: int, work: Callable[[], object]) -> Taken:
    """Do some work and return what it took."""
    clock, cpu = time.perf_counter(), time.process_time()
    work()
    return Taken(requests, time.perf_counter() - clock, time.process_time() - cpu)


def asks_about(folder: Path) -> Iterator[Ask]:
    """Yield the questions that the model engine puts about all filings of a folder."""
    for path in sorted(folder.glob("*.txt")):
        for reading in begin(read_document(path), ENGINE, Settings()).records:
            yield from next(reading)


def openai(folder: Path, url: str, in_flight: int) -> Taken:
    """The bare SDK: the same messages and tools; nobody looks at the answer."""
    from openai import AsyncOpenAI

    client = AsyncOpenAI(base_url=url, api_key=_KEY, max_retries=0)

    def job(ask: Ask) -> Job:
        body = request_body(ask, MODEL, _DIALECT)
        return lambda: client.chat.completions.create(**body)

    return _in_one_loop(job, folder, in_flight)


def instructor(folder: Path, url: str, in_flight: int, *, checked: bool) -> Taken:
    """The client that instructor makes, with the same answer model.

    ``checked``: pointers are checked against the text shown, which takes a context; with one, instructor
    renders the messages as templates. Else only the answer's shape is validated.
    """
    from instructor import Mode, from_openai
    from openai import AsyncOpenAI

    client = from_openai(AsyncOpenAI(base_url=url, api_key=_KEY, max_retries=0), mode=Mode.TOOLS)
    shapes: dict[Any, Any] = {}

    def job(ask: Ask) -> Job:
        body = request_body(ask, MODEL, _DIALECT)
        wanted = {key: body[key] for key in ("model", "messages", "max_tokens", "temperature")}
        if checked:
            wanted |= {"response_model": ask.answer, "context": dict(ask.context)}
        else:
            shape = shapes.setdefault(ask.answer, _without_checks(ask.answer))
            wanted |= {"response_model": shape}
        return lambda: client.chat.completions.create(**wanted, max_retries=0, strict=False)

    return _in_one_loop(job, folder, in_flight)


def _without_checks(answer: type[Any]) -> type[Any]:
    return type(answer.__name__, (answer,), {"faults": lambda answer, context: ()})


def _in_one_loop(job: Callable[[Ask], Job], folder: Path, in_flight: int) -> Taken:
    warm, jobs = ([job(ask) for ask in asks_about(folder / part)] for part in (WARM, MEASURED))
    with asyncio.Runner() as runner:
        runner.run(_all(warm, in_flight))
        return measured(len(jobs), lambda: runner.run(_all(jobs, in_flight)))


async def _all(jobs: Sequence[Job], in_flight: int) -> None:
    places = asyncio.Semaphore(in_flight)

    async def one(job: Job) -> None:
        async with places:
            await job()

    await asyncio.gather(*(one(job) for job in jobs))


def structurer(folder: Path, url: str, in_flight: int) -> Taken:
    """The whole way from files to records, with the journal on disk and a budget to keep."""
    settings = Settings(
        engine="model",
        model=MODEL,
        base_url=url,
        api_key=_KEY,
        mode="tools",
        budget=Decimal(1000),
        price_input=Decimal("0.4"),
        price_output=Decimal("1.6"),
        concurrency=in_flight,
        store=f"sqlite:///{folder}/journal-{time.time_ns()}.db",
    )
    _run(folder / WARM, settings)
    wanted = sum(1 for _ in asks_about(folder / MEASURED))
    return measured(wanted, lambda: _run(folder / MEASURED, settings))


def _run(folder: Path, settings: Settings) -> None:
    """Structure a folder. Ends the process where not each declaration took one request and has a record."""
    from structurer.runs.access import model_access, online_client
    from structurer.runs.opening import open_run
    from structurer.runs.running import Inputs, Runner
    from structurer.runs.with_model import ModelReader
    from structurer.store import Journal, Store

    paths = [str(folder)]
    with Store.open(settings.store) as store, model_access(settings, paths) as access:
        reader = ModelReader(access.engine, online_client(access), settings)
        runner = Runner(store, open_run(store, paths, settings), Inputs(paths), settings, _Nobody())
        ended = runner.work(reader)
        asked = Journal(store).usage()[-1].requests
    if not ended.complete or ended.tally.failed or asked != ended.tally.declarations:
        raise SystemExit(f"{asked} requests for {ended.tally.declarations} records; {ended}")


class _Nobody:
    """Watches nothing."""

    def settled(self, name: str, declarations: int | None, problem: str | None) -> None:
        pass

    def tally(self, tally: object) -> None:
        pass


CONTESTANTS: dict[str, Callable[[Path, str, int], Taken]] = {
    "openai": openai,
    "instructor-shape": lambda *where: instructor(*where, checked=False),
    "instructor-checked": lambda *where: instructor(*where, checked=True),
    "structurer": structurer,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("name", choices=CONTESTANTS)
    parser.add_argument("folder", type=Path)
    parser.add_argument("url")
    parser.add_argument("--in-flight", type=int, default=64)
    options = parser.parse_args()
    print(json.dumps(asdict(CONTESTANTS[options.name](options.folder, options.url, options.in_flight))))


if __name__ == "__main__":
    main()
