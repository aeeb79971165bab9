"""Runs written out from the store."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, text, update

from commands import lines, structurer, written
from structurer.runs.opening import open_run
from structurer.settings import Settings
from structurer.store import Store
from structurer.store.packing import packed_json, unpacked_json
from structurer.store.tables import FILING, RECORD, WORK_ITEM
from structurer.synthesis.families import Family
from structurer.synthesis.filing import invent_filing

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sqlalchemy import Executable
    from typer.testing import Result


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two filings with two declarations each."""
    folder = tmp_path / "filings"
    folder.mkdir()
    for seed, name in enumerate(("a.txt", "b.txt")):
        (folder / name).write_text(invent_filing(Family.BUREAU, seed, count=2).text, encoding="utf-8")
    return folder


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'work.db'}"


def _run(url: str, *arguments: object) -> None:
    options = ("--store", url, "--quiet", "--workers", 1)
    assert structurer("run", *arguments, *options).exit_code == 0


def _export(url: str, *arguments: object, **environment: str) -> Result:
    return structurer("export", *arguments, "--store", url, **environment)


def _change(url: str, *statements: Executable) -> None:
    with Store.open(url) as store, store.writing() as connection:
        for statement in statements:
            connection.execute(statement)


def test_files_are_those_that_a_run_writes(folder: Path, tmp_path: Path, new_url: Callable[[], str]) -> None:
    url = new_url()
    _run(url, folder, "--out", tmp_path / "out")
    result = _export(url, 1, "--out", tmp_path / "again")
    assert (result.exit_code, result.stderr) == (0, "")
    expected = written(tmp_path / "out")
    del expected["run.json"]
    assert written(tmp_path / "again") == expected
    said = result.stdout.splitlines()
    assert said[0].startswith("run 1: 4 declarations of 2 filings, ")
    assert sorted(said[1:]) == sorted(str(tmp_path / "again" / name) for name in expected)


def test_only_the_formats_that_are_asked_for_are_written(folder: Path, tmp_path: Path, url: str) -> None:
    _run(url, folder, "--store-only")
    formats = ("--format", "csv", "--format", "jsonl", "--format", "csv")
    assert _export(url, *formats, "--out", tmp_path / "out").exit_code == 0
    assert list(written(tmp_path / "out")) == ["declarations.csv", "indicators.csv", "records.jsonl"]


def test_parquet(folder: Path, tmp_path: Path, url: str) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    _run(url, folder, "--store-only")
    assert _export(url, "-f", "parquet", "-f", "jsonl", "-o", tmp_path / "out").exit_code == 0
    table = parquet.read_table(tmp_path / "out" / "records.parquet")
    assert table["id"].to_pylist() == [record["id"] for record in lines(tmp_path / "out")]


def test_the_last_run_is_written_where_none_is_named(folder: Path, tmp_path: Path, url: str) -> None:
    _run(url, folder, "--store-only")
    _run(url, folder / "b.txt", "--store-only")
    for number, names in (((), {"b.txt"}), ((1,), {"a.txt", "b.txt"})):
        assert _export(url, *number, "--out", tmp_path / "out").exit_code == 0
        assert {record["document"]["name"] for record in lines(tmp_path / "out")} == names


def test_of_an_unfinished_run_what_is_done_is_written(
    folder: Path, tmp_path: Path, new_url: Callable[[], str]
) -> None:
    url = new_url()
    _run(url, folder, "--store-only")
    item = select(FILING.c.item_id).where(FILING.c.name == "a.txt").scalar_subquery()
    _change(url, update(WORK_ITEM).where(WORK_ITEM.c.id == item).values(state="pending", result_id=None))
    result = _export(url, "--out", tmp_path / "out")
    assert result.exit_code == 0
    assert {record["document"]["name"] for record in lines(tmp_path / "out")} == {"b.txt"}
    assert result.stderr == (
        "run 1 is unfinished: 1 filing pending, and not in these files; structurer runs show 1 says more\n"
    )
    assert result.stdout.startswith("run 1: 2 declarations of 1 filing, ")


def test_a_run_in_which_nothing_is_done_gives_empty_files(folder: Path, tmp_path: Path, url: str) -> None:
    with Store.open(url) as store:
        open_run(store, [str(folder)], Settings(store=url))
    result = _export(url, "-f", "jsonl", "--out", tmp_path / "out")
    assert result.exit_code == 0
    assert "run 1 is unfinished: " in result.stderr
    assert written(tmp_path / "out") == {"records.jsonl": b""}


def test_what_excel_has_no_room_for_is_told(folder: Path, tmp_path: Path, url: str) -> None:
    _run(url, folder, "--store-only")
    with Store.open(url) as store:
        body = unpacked_json(store.rows(select(RECORD.c.body).where(RECORD.c.id == 1))[0].body)
    body["data"]["project_name"] = "长" * 40_000
    _change(url, update(RECORD).where(RECORD.c.id == 1).values(body=packed_json(body)))
    result = _export(url, "--out", tmp_path / "out")
    assert result.exit_code == 0
    assert result.stderr.startswith("note: xlsx: 1 texts of declarations are longer than an Excel cell holds")


def test_a_terminal_shows_how_far_it_is(folder: Path, tmp_path: Path, url: str) -> None:
    _run(url, folder, "--store-only")
    result = _export(url, "--out", tmp_path / "out", FORCE_COLOR="1", TERM="xterm")
    assert "filings" in result.stderr
    assert "100%" in result.stderr
    assert "%" not in _export(url, "--out", tmp_path / "out").stderr


# --- refused -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ((9,), "error: there is no run 9 in the store; structurer runs lists those that there are\n"),
        (
            (1, "--format", "xml"),
            "error: format: 'xml' is none that records are written in; give jsonl, csv, xlsx or parquet\n",
        ),
    ],
)
def test_what_does_not_exist_is_not_written(
    folder: Path, tmp_path: Path, url: str, arguments: tuple[object, ...], problem: str
) -> None:
    _run(url, folder, "--store-only")
    result = _export(url, *arguments, "--out", tmp_path / "out")
    assert (result.exit_code, result.stdout, result.stderr) == (2, "", problem)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("number", [(), (1,)])
def test_without_a_store_nothing_is_made(tmp_path: Path, url: str, number: tuple[int, ...]) -> None:
    result = _export(url, *number, "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert result.stderr.startswith("error: there is no run ")
    assert list(tmp_path.iterdir()) == []


def test_an_export_that_fails_leaves_the_files_as_they_were(folder: Path, tmp_path: Path, url: str) -> None:
    _run(url, folder, "--store-only")
    assert _export(url, "--out", tmp_path / "out").exit_code == 0
    before = written(tmp_path / "out")
    # Records are read only when files are open already.
    _change(url, text("ALTER TABLE record RENAME TO lost"))
    result = _export(url, "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert "cannot be read or written (no such table: record)" in result.stderr
    assert written(tmp_path / "out") == before


def test_a_folder_that_cannot_be_written_is_one_line(folder: Path, url: str) -> None:
    _run(url, folder, "--store-only")
    result = _export(url, "--out", folder / "a.txt")
    assert result.exit_code == 2
    assert result.stderr == (
        f"error: {folder / 'a.txt'}: results cannot be written: File exists; choose another --out\n"
    )


def test_help_has_examples() -> None:
    said = structurer("export", "--help").stdout
    assert "Examples:" in said
    assert "  structurer export 3 --format parquet --out results" in said
