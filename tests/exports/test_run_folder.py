from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from openpyxl import load_workbook

from structurer.errors import OutputError
from structurer.exports import Counts, RunFolder, RunHead
from structurer.exports.report import count
from structurer.runs import FailedFiling, ResidueSummary, SkippedFile, StructuredFiling

if TYPE_CHECKING:
    from pathlib import Path

FILES = ["declarations.csv", "indicators.csv", "records.jsonl", "records.xlsx", "run.json"]
FAILED = FailedFiling("b.txt", "EmptyDocumentError", "b.txt: is empty")


def _filing(*records: dict[str, Any]) -> StructuredFiling:
    residue = ResidueSummary(start=0, end=9, first_line=1, last_line=4, lines=3, excerpt="前言")
    return StructuredFiling("a.txt", "00", "utf-8", "text/plain", 1, records, (residue,))


def _publish(results: RunFolder, *, complete: bool = True) -> list[str]:
    head = RunHead(
        structurer="0",
        complete=complete,
        settings={"engine": "layout"},
        config="sha256:0",
    )
    return results.publish(head)


def test_counts_are_of_what_a_reviewer_has_to_do(record: dict[str, Any], broken: dict[str, Any]) -> None:
    counts = count(_filing(record, broken)) + count(FAILED)
    assert counts == Counts(
        filings=2, failed=1, declarations=2, flagged=2, values=23, doubtful_values=4, residue_lines=3
    )


def test_a_run_is_written_whole(tmp_path: Path, record: dict[str, Any], broken: dict[str, Any]) -> None:
    with RunFolder(tmp_path / "new" / "out") as results:
        results.add(_filing(record, broken))
        results.add(FAILED)
        for name in ("c.pdf", "d.pdf"):
            results.add(SkippedFile(name, ".pdf file"))
        assert _publish(results) == []
    out = tmp_path / "new" / "out"
    assert sorted(path.name for path in out.iterdir()) == FILES
    lines = (out / "records.jsonl").read_text(encoding="utf-8").split("\n")
    assert [json.loads(line) for line in lines[:-1]] == [record, broken]
    assert lines[-1] == ""
    assert "河道站" in lines[0]
    report = json.loads((out / "run.json").read_text(encoding="utf-8"))
    assert report["complete"] is True
    assert report["counts"]["declarations"] == 2
    assert report["skipped"] == {".pdf file": 2}
    assert report["skipped_files"][0] == {"name": "c.pdf", "kind": ".pdf file"}
    assert report["failures"] == [
        {"name": "b.txt", "error": "EmptyDocumentError", "message": "b.txt: is empty"}
    ]
    (filing,) = report["filings"]
    assert filing["residue"][0] == {
        "start": 0, "end": 9, "first_line": 1, "last_line": 4, "lines": 3, "excerpt": "前言"
    }  # fmt: skip
    book = load_workbook(out / "records.xlsx")
    assert book.sheetnames == ["declarations", "indicators"]
    assert [sheet.max_row for sheet in book] == [3, 3]


def test_an_empty_run_is_valid(tmp_path: Path) -> None:
    with RunFolder(tmp_path) as results:
        _publish(results)
    assert json.loads((tmp_path / "run.json").read_text())["filings"] == []
    assert (tmp_path / "records.jsonl").read_bytes() == b""


def test_what_is_not_published_leaves_the_folder_as_it_was(tmp_path: Path, record: dict[str, Any]) -> None:
    with RunFolder(tmp_path) as results:
        results.add(_filing(record))
        _publish(results)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with RunFolder(tmp_path) as results:
        results.add(_filing())
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputError, match=r"results cannot be written: .*choose another --out"):
        RunFolder(tmp_path / "file" / "out").__enter__()
    (tmp_path / "out" / "run.json").mkdir(parents=True)
    with pytest.raises(OutputError), RunFolder(tmp_path / "out") as results:
        _publish(results)
    assert not [path for path in (tmp_path / "out").iterdir() if path.name.endswith(".part")]
