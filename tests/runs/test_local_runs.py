from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest

from structurer.documents import document_from_bytes
from structurer.models import Residue
from structurer.runs import FailedFiling, PlannedFiling, StructuredFiling, plan_filings, structure_filings
from structurer.runs.results import summarise_residue
from structurer.settings import Settings
from structurer.synthesis.families import Family
from structurer.synthesis.filing import invent_filing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from structurer.runs import FilingResult


@pytest.fixture(scope="module")
def filings(tmp_path_factory: pytest.TempPathFactory) -> Sequence[PlannedFiling]:
    folder = tmp_path_factory.mktemp("filings")
    for seed, family in enumerate(Family):
        (folder / f"{family}.txt").write_text(invent_filing(family, seed, count=2).text, encoding="gb18030")
    (folder / "empty.txt").write_bytes(b"")
    (folder / "picture.txt").write_bytes(b"\x89PNG\r\n\x1a\n....")
    return plan_filings([str(folder)]).filings


def _run(filings: Sequence[PlannedFiling], workers: int) -> list[FilingResult]:
    return list(structure_filings(filings, Settings(workers=workers)))


def test_each_filing_gives_its_records_or_says_why_not(filings: Sequence[PlannedFiling]) -> None:
    results = _run(filings, 1)
    assert [result.name for result in results] == [filing.name for filing in filings]
    failed = [result for result in results if isinstance(result, FailedFiling)]
    assert [(result.name, result.error) for result in failed] == [
        ("empty.txt", "EmptyDocumentError"),
        ("picture.txt", "UnsupportedFormatError"),
    ]
    for result in results:
        if isinstance(result, StructuredFiling):
            assert result.encoding == "gb18030"
            assert len(result.records) == 2
            assert {record["document"]["name"] for record in result.records} == {result.name}


def test_any_number_of_workers_gives_the_same_in_the_same_order(filings: Sequence[PlannedFiling]) -> None:
    assert _run(filings, 3) == _run(filings, 1)


@pytest.mark.parametrize("workers", [1, 2])
def test_stopping_keeps_what_is_done_from_the_front(filings: Sequence[PlannedFiling], workers: int) -> None:
    done: list[str] = []
    for result in structure_filings(filings, Settings(workers=workers), lambda: len(done) >= 2):
        done.append(result.name)
    assert len(done) >= 2
    assert done == [filing.name for filing in filings][: len(done)]
    if workers == 1:
        assert len(done) == 2


class _Killer(os.PathLike[str]):
    """A path that kills the process that opens it, as a broken library or the kernel would."""

    name = "killer.txt"

    def __init__(self, parent: int) -> None:
        self.parent = parent

    def __fspath__(self) -> str:
        if os.getpid() != self.parent:
            os.kill(os.getpid(), signal.SIGKILL)
        return self.name


def test_a_worker_that_dies_costs_only_its_filing(filings: Sequence[PlannedFiling]) -> None:
    deadly = PlannedFiling("killer.txt", _Killer(os.getpid()))  # type: ignore[arg-type]
    results = _run([*filings[:3], deadly, *filings[3:]], 2)
    died = results.pop(3)
    assert isinstance(died, FailedFiling)
    assert (died.name, died.error) == ("killer.txt", "WorkerDiedError")
    assert results == _run(filings, 1)


def test_residue_is_told_by_line_numbers_from_one_and_its_beginning() -> None:
    document = document_from_bytes("a\n前言\n\n  第二段 话\nb".encode(), "a.txt")
    start = document.line_starts[1]
    summary = summarise_residue(Residue(start, document.line_starts[4] - 1, (1, 3)), document)
    assert (summary.first_line, summary.last_line, summary.lines) == (2, 4, 2)
    assert summary.excerpt == "前言 第二段 话"
    long = document_from_bytes(("长" * 500).encode(), "a.txt")
    assert len(summarise_residue(Residue(0, 500, (0,)), long).excerpt) == 80
