"""What people made of a record stands in all exports in its place."""

from __future__ import annotations

import csv
import json
import shutil
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest
from pyarrow import parquet

from commands import structurer
from review.desks import Reviewer, reviewed, take_all_in
from structurer.exports.tables import DECLARATION_COLUMNS
from structurer.review.editing import commands as do
from structurer.schemas import validate
from structurer.store import Store
from structurer.synthesis.families import Family
from structurer.synthesis.filing import invent_filing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_FORMATS = ("jsonl", "csv", "xlsx", "parquet")


@pytest.fixture
def filings(tmp_path: Path) -> Path:
    """Return a folder of filings in which something is doubtful."""
    folder = tmp_path / "filings"
    folder.mkdir()
    for seed, family in enumerate(Family):
        text = invent_filing(family, seed, count=2).text
        (folder / f"{seed}.txt").write_text(text.replace("元", "无", 3), encoding="utf-8")
    return folder


@pytest.fixture
def url(new_url: Callable[[], str], filings: Path, tmp_path: Path) -> str:
    """Return a store of one run over the filings."""
    return _run(new_url(), filings, tmp_path / "first")


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    with Store.open(url) as opened:
        yield opened


def _run(url: str, filings: Path, out: Path) -> str:
    result = structurer("run", filings, "--store", url, "--out", out)
    assert result.exit_code == 0, result.output
    return url


def _export(url: str, out: Path, *run: object) -> dict[str, bytes]:
    formats = [option for name in _FORMATS for option in ("--format", name)]
    result = structurer("export", *run, *formats, "--out", out, "--store", url)
    assert result.exit_code == 0, result.output
    return {path.name: path.read_bytes() for path in out.iterdir()}


def _lines(written: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in written.splitlines()]


def _review(store: Store, name: str = "ann") -> dict[str, Any]:
    """Settle the first declaration of the queue; return what people made of it."""
    take_all_in(store)
    ann = Reviewer(store, name)
    sitting = ann.do(ann.next(), do.Correct(at="project_name", value="=另一个项目"))
    sitting = ann.accept_all(sitting)
    ann.finish(sitting)
    record = reviewed(store, sitting.key)
    assert record is not None
    return record


def test_a_store_in_which_nobody_decided_exports_what_was_read(
    url: str, store: Store, tmp_path: Path
) -> None:
    before = _export(url, tmp_path / "before")
    assert before["records.jsonl"] == (tmp_path / "first" / "records.jsonl").read_bytes()
    take_all_in(store)
    ann = Reviewer(store, "ann")
    ann.do(ann.next(), do.Correct(at="project_name", value="未完成"))
    # A declaration that is not finished is not reviewed.
    assert _export(url, tmp_path / "after") == before


def test_a_reviewed_record_stands_in_the_place_of_what_was_read(
    url: str, store: Store, tmp_path: Path
) -> None:
    before = _lines(_export(url, tmp_path / "before")["records.jsonl"])
    record = _review(store)
    after = _lines(_export(url, tmp_path / "after")["records.jsonl"])
    assert [line["id"] for line in after] == [line["id"] for line in before]
    changed = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
    assert [new for _old, new in changed] == [record]
    ((old, _new),) = changed
    assert old["status"] == "flagged"
    assert (record["status"], record["data"]["project_name"]) == ("reviewed", "=另一个项目")
    assert record["review"]["by"] == ["ann"]
    assert record["review"]["decisions"] > 1
    assert record["review"]["marks"]["project_name"] == {"kind": "corrected", "reason": ""}
    for line in after:
        validate("record", line)


def test_tables_say_who_and_when(url: str, store: Store, tmp_path: Path) -> None:
    record = _review(store)
    files = _export(url, tmp_path / "after")
    rows = list(csv.DictReader(files["declarations.csv"].decode("utf-8-sig").splitlines()))
    (row,) = [row for row in rows if row["record"] == record["id"]]
    assert (row["reviewed_by"], row["reviewed_at"]) == ("ann", record["review"]["at"])
    assert row["project_name"] == "'=另一个项目"
    assert (row["status"], row["extraction_flags"]) == ("reviewed", "0")
    assert {(row["reviewed_by"], row["reviewed_at"]) for row in rows if row["record"] != record["id"]} == {
        ("", "")
    }
    assert DECLARATION_COLUMNS[-2:] == ("reviewed_by", "reviewed_at")
    sheet = openpyxl.load_workbook(tmp_path / "after" / "records.xlsx")["declarations"]
    (head, *cells) = sheet.iter_rows(values_only=True)
    (found,) = [dict(zip(head, each, strict=True)) for each in cells if each[0] == record["id"]]
    assert (found["reviewed_by"], found["reviewed_at"]) == ("ann", record["review"]["at"])
    packed = parquet.read_table(tmp_path / "after" / "records.parquet").to_pylist()
    by = {each["id"]: each["review"] and each["review"]["by"] for each in packed}
    assert by.pop(record["id"]) == ["ann"]
    assert set(by.values()) == {None}


def test_a_reviewed_record_stands_in_every_run_under_the_name_that_its_filing_has_there(
    url: str, store: Store, filings: Path, tmp_path: Path
) -> None:
    record = _review(store)
    others = tmp_path / "others"
    others.mkdir()
    for path in filings.iterdir():
        shutil.copyfile(path, others / f"renamed-{path.name}")
    _run(url, others, tmp_path / "second")
    first = _lines(_export(url, tmp_path / "export", 1)["records.jsonl"])
    second = _lines((tmp_path / "second" / "records.jsonl").read_bytes())
    for lines, name in (
        (first, record["document"]["name"]),
        (second, f"renamed-{record['document']['name']}"),
    ):
        (found,) = [line for line in lines if line["id"] == record["id"]]
        assert found == record | {"document": record["document"] | {"name": name}}


def test_the_report_counts_what_was_written(url: str, store: Store, filings: Path, tmp_path: Path) -> None:
    before = json.loads((tmp_path / "first" / "run.json").read_text(encoding="utf-8"))
    record = _review(store)
    _run(url, filings, tmp_path / "again")
    after = json.loads((tmp_path / "again" / "run.json").read_text(encoding="utf-8"))
    assert after["counts"]["flagged"] == before["counts"]["flagged"] - 1
    (filing,) = [each for each in after["filings"] if each["name"] == record["document"]["name"]]
    (was,) = [each for each in before["filings"] if each["name"] == record["document"]["name"]]
    assert filing["flagged"] == was["flagged"] - 1
    assert filing["doubtful_values"] < was["doubtful_values"]


def test_reviewed_records_are_candidates_for_labels(url: str, store: Store, tmp_path: Path) -> None:
    record = _review(store)
    _export(url, tmp_path / "after")
    added = structurer("gold", "add", tmp_path / "after" / "records.jsonl", "--out", tmp_path / "candidates")
    assert added.exit_code == 0, added.output
    assert "1 candidates added" in added.output
    (path,) = (tmp_path / "candidates").iterdir()
    candidate = json.loads(path.read_text(encoding="utf-8"))
    assert candidate["project_name"] == "=另一个项目"
    assert candidate["candidate"]["record"] == record["id"]
    assert candidate["candidate"]["reviewers"] == ["ann"]
    assert candidate["candidate"]["reviewed_at"] == record["review"]["at"]
