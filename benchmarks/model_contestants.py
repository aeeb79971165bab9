"""One contestant of benchmarks/model.py, in a process of its own; it prints what it took as JSON.

Every contestant warms up on other filings first. What prepares requests in a form that its user would have at
hand anyway (message dictionaries, answer models) is not counted; for Structurer, everything is.
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
    from collections.abc import Awaitable, Callable, Sequence

    from structurer.asking import Ask

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


def asks_about(folder: Path) -> list[Ask]:
    """Return the questions that the model engine puts about all filings of a folder."""
    asks: list[Ask] = []
    for path in sorted(folder.glob("*.txt")):
        for reading in begin(read_document(path), ENGINE, Settings()).records:
            asks += next(reading)
    return asks


def measured(count: int, work: Callable[[], None]) -> Taken:
    """Do some work and return what it took."""
    clock, cpu = time.perf_counter(), time.process_time()
    work()
    return Taken(count, time.perf_counter() - clock, time.process_time() - cpu)


async def at_once(most: int, jobs: Sequence[Callable[[], Awaitable[object]]]) -> None:
    """Do jobs, at most so many of them at once."""
    places = asyncio.Semaphore(most)

    async def one(job: Callable[[], Awaitable[object]]) -> None:
        async with places:
            await job()

    await asyncio.gather(*(one(job) for job in jobs))


def openai(folder: Path, url: str, in_flight: int) -> Taken:
    """The bare SDK: the same messages and tools; the answer is not looked at."""
    from openai import AsyncOpenAI

    client = AsyncOpenAI(base_url=url, api_key=_KEY, max_retries=0)

    def jobs(asks: Sequence[Ask]) -> list[Callable[[], Awaitable[object]]]:
        bodies = [request_body(ask, MODEL, _DIALECT) for ask in asks]
        return [lambda body=body: client.chat.completions.create(**body) for body in bodies]

    return _in_one_loop(jobs, folder, in_flight)


def instructor(folder: Path, url: str, in_flight: int, *, checked: bool) -> Taken:
    """instructor's own client with the same answer model.

    ``checked`` lets it check the pointers against the text shown, for which instructor takes a context (and renders
    messages with it as templates); else only the answer's shape is validated.
    """
    from instructor import Mode, from_openai
    from openai import AsyncOpenAI

    client = from_openai(AsyncOpenAI(base_url=url, api_key=_KEY, max_retries=0), mode=Mode.TOOLS)

    def job(ask: Ask) -> Callable[[], Awaitable[object]]:
        body = request_body(ask, MODEL, _DIALECT)
        wanted = {key: body[key] for key in ("model", "messages", "max_tokens", "temperature")}
        if checked:
            wanted |= {"response_model": ask.answer, "context": dict(ask.context)}
        else:
            wanted |= {"response_model": _shape_of(ask.answer)}
        return lambda: client.chat.completions.create(**wanted, max_retries=0, strict=False)

    return _in_one_loop(lambda asks: [job(ask) for ask in asks], folder, in_flight)


_SHAPES: dict[Any, Any] = {}


def _shape_of(answer: Any) -> Any:
    """Return the answer model without the check of what it says."""
    if answer not in _SHAPES:
        _SHAPES[answer] = type(answer.__name__, (answer,), {"faults": lambda self, context: ()})
    return _SHAPES[answer]


def _in_one_loop(
    jobs: Callable[[Sequence[Ask]], Sequence[Callable[[], Awaitable[object]]]], folder: Path, in_flight: int
) -> Taken:
    warm, real = jobs(asks_about(folder / WARM)), jobs(asks_about(folder / MEASURED))
    with asyncio.Runner() as runner:
        runner.run(at_once(in_flight, warm))
        return measured(len(real), lambda: runner.run(at_once(in_flight, real)))


def structurer(folder: Path, url: str, in_flight: int) -> Taken:
    """The whole way from files to records, with the journal on disk and a budget to keep."""
    from structurer.runs import FailedFiling, plan_filings
    from structurer.runs.access import model_access, online_client
    from structurer.runs.with_model import ModelRun

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
        store=f"sqlite:///{folder}/{time.time_ns()}.db",
    )

    def run(part: str) -> int:
        paths = [str(folder / part)]
        records = 0
        with model_access(settings, paths) as access:
            run = ModelRun(plan_filings(paths).filings, access.engine, online_client(access), settings)
            for result in run.results():
                if isinstance(result, FailedFiling):
                    raise SystemExit(result.message)
                records += sum(record["data"] is not None for record in result.records)
            asked = sum(row.requests for row in access.journal.usage())
        if run.paused or asked != records + done:
            raise SystemExit(f"{asked - done} requests for {records} records: {run.paused}")
        return records

    done = 0
    done = run(WARM)
    count = len(asks_about(folder / MEASURED))
    return measured(count, lambda: None if run(MEASURED) == count else exit("records are missing"))


CONTESTANTS: dict[str, Callable[[Path, str, int], Taken]] = {
    "openai": openai,
    "instructor, shape": lambda *where: instructor(*where, checked=False),
    "instructor, checked": lambda *where: instructor(*where, checked=True),
    "structurer": structurer,
}

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("name", choices=CONTESTANTS)
    parser.add_argument("folder", type=Path)
    parser.add_argument("url")
    parser.add_argument("--in-flight", type=int, default=64)
    options = parser.parse_args()
    taken = CONTESTANTS[options.name](options.folder, options.url, options.in_flight)
    print(json.dumps(asdict(taken)))
