"""Processes that read filings: one that takes too much, or dies, costs its own filing and no other."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import shutil
import signal
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING

import pytest
from command_forge import forge, processor_seconds
from looking import Look, patiently

from commands import lines, report, structurer
from structurer.errors import StoppedError
from structurer.runs.planning import PlannedFiling
from structurer.runs.processes import ProcessReader
from structurer.runs.readers import Task
from structurer.settings import Settings
from structurer.store import Failure, NewResult

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from structurer.runs.readers import Outcome


def _task(path: Path) -> Task:
    return Task(PlannedFiling(path.name, path), hashlib.sha256(path.read_bytes()).hexdigest())


def _read(tasks: Sequence[Task], workers: int) -> list[Outcome]:
    with closing(ProcessReader(Settings(workers=workers))) as reader:
        begun = [reader.submit(task) for task in tasks]
        return [future.result(60) for future in begun]


def _workers() -> set[int]:
    """Return the processes that read for this one."""
    return {process.pid for process in multiprocessing.active_children() if process.pid is not None}


def _are_gone(processes: set[int]) -> bool:
    return not processes & _workers()


@pytest.fixture
def some(filings: Path, tmp_path: Path) -> Path:
    """A folder of five filings."""
    folder = tmp_path / "filings"
    folder.mkdir()
    for number in range(5):
        shutil.copy(filings / f"{number:02}.txt", folder)
    return folder


def _run(folder: Path, tmp_path: Path, **settings: str) -> None:
    result = structurer("run", folder, "--out", tmp_path / "out", "--workers", 2, **settings)
    assert result.exit_code == 1
    assert "Traceback" not in result.stderr


def _only_failure(tmp_path: Path) -> dict[str, str]:
    """Return the one failure that a run reports; all other filings have their records."""
    told = report(tmp_path / "out")
    (failed,) = told["failures"]
    assert told["counts"]["filings"] == 6
    read = {f"{number:02}.txt" for number in range(5)}
    assert {line["document"]["name"] for line in lines(tmp_path / "out")} == read
    assert failed["name"] not in read
    found: dict[str, str] = failed
    return found


def test_each_filing_gives_its_records_or_says_why_not(filings: Path) -> None:
    names = ["03.txt", "empty.txt", "04.txt", "picture.txt"]
    outcomes = _read([_task(filings / name) for name in names], workers=1)
    assert outcomes == _read([_task(filings / name) for name in names], workers=3)
    structured = [outcome for outcome in outcomes if isinstance(outcome, NewResult)]
    assert [len(outcome.records) for outcome in structured] == [2, 2]
    failures = [outcome.error for outcome in outcomes if isinstance(outcome, Failure)]
    assert failures == ["EmptyDocumentError", "UnsupportedFormatError"]


def test_a_filing_that_takes_too_long_costs_only_itself(
    some: Path, slow_filing: Path, tmp_path: Path
) -> None:
    shutil.copy(slow_filing, some)
    # Enough for the others on a busy machine.
    _run(some, tmp_path, STRUCTURER_TIME_LIMIT="4")
    failed = _only_failure(tmp_path)
    assert failed["error"] == "TimeLimitError"
    assert "took longer than 4 seconds to read" in failed["message"]
    assert "STRUCTURER_TIME_LIMIT" in failed["message"]


def test_a_filing_that_needs_too_much_memory_costs_only_itself(some: Path, tmp_path: Path) -> None:
    with (some / "large.txt").open("wb") as file:
        for _ in range(200):
            file.write("项".encode() * 350_000)
    _run(some, tmp_path, STRUCTURER_MEMORY_LIMIT="256")
    failed = _only_failure(tmp_path)
    assert failed["error"] == "MemoryLimitError"
    assert "needs more than 256 MiB of memory" in failed["message"]


def test_a_process_that_is_killed_costs_only_its_filing(
    some: Path, slow_filing: Path, tmp_path: Path
) -> None:
    shutil.copy(slow_filing, some)
    url, said = f"sqlite:///{tmp_path / 'work.db'}", tmp_path / "said"
    look = Look(url)
    with forge() as commands:
        commands.begin(
            "run", some, "--store", url, "--out", "out", "--workers", 2, folder=tmp_path, said=said
        )
        patiently(lambda: len(look.settled()) == 5)
        patiently(lambda: commands.busiest(2) is not None)
        busy = commands.busiest(2)
        assert busy is not None
        os.kill(busy, signal.SIGKILL)
        assert commands.ended() == 1
    assert "Traceback" not in said.read_text(encoding="utf-8")
    failed = _only_failure(tmp_path)
    assert failed["error"] == "WorkerDiedError"
    assert "was killed" in failed["message"]


class _Deadly(os.PathLike[str]):
    """A path that kills the process that opens it, as a broken library or the kernel would."""

    name = "deadly.txt"

    def __init__(self, parent: int) -> None:
        self.parent = parent

    def __fspath__(self) -> str:
        if os.getpid() != self.parent:
            os.kill(os.getpid(), signal.SIGKILL)
        return self.name


def test_filings_that_kill_one_process_after_another_cost_only_themselves(filings: Path) -> None:
    deadly = Task(PlannedFiling("deadly.txt", _Deadly(os.getpid())), "")  # type: ignore[arg-type]
    good = [_task(filings / f"{number:02}.txt") for number in range(6)]
    outcomes = _read([deadly, *good[:3], deadly, deadly, *good[3:]], workers=2)
    died = [outcomes.pop(place) for place in (5, 4, 0)]
    assert {outcome.error for outcome in died if isinstance(outcome, Failure)} == {"WorkerDiedError"}
    assert all(isinstance(outcome, Failure) for outcome in died)
    assert outcomes == _read(good, workers=1)


def test_processes_that_die_while_they_have_nothing_to_do_cost_nothing(filings: Path) -> None:
    with closing(ProcessReader(Settings(workers=2))) as reader:
        for number in range(2):
            assert isinstance(reader.submit(_task(filings / f"{number:02}.txt")).result(60), NewResult)
            children = _workers()
            assert len(children) == 2
            for pid in children:
                os.kill(pid, signal.SIGKILL)
            patiently(partial(_are_gone, children))
        assert isinstance(reader.submit(_task(filings / "02.txt")).result(60), NewResult)
    patiently(lambda: not _workers())


def test_what_waits_for_its_turn_is_given_back_when_reading_stops(
    filings: Path, slow_filing: Path, tmp_path: Path
) -> None:
    short = tmp_path / "short.txt"
    text = slow_filing.read_text(encoding="utf-8")
    short.write_text(text[: len(text) // 40], encoding="utf-8")
    with closing(ProcessReader(Settings(workers=1))) as reader:
        begun = reader.submit(_task(short))
        waiting = [reader.submit(_task(filings / f"{number:02}.txt")) for number in range(3)]
        patiently(lambda: any(processor_seconds(pid) > 0.2 for pid in _workers()))
        reader.stop()
        for future in waiting:
            with pytest.raises(StoppedError):
                future.result(0.1)
        assert isinstance(begun.result(60), NewResult)
