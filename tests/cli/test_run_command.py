from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
import typer
from typer.testing import CliRunner

from structurer.cli import app
from structurer.synthesis.families import Family
from structurer.synthesis.filing import invent_filing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from typer.testing import Result

FILES = ["declarations.csv", "indicators.csv", "records.jsonl", "records.xlsx", "run.json"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    root = tmp_path / "filings"
    for seed, family in enumerate((Family.BUREAU, Family.PAGED)):
        path = root / f"{seed}" / f"{family}.txt"
        path.parent.mkdir(parents=True)
        path.write_text(invent_filing(family, seed, count=2).text, encoding="gb18030")
    (root / "scan.pdf").write_bytes(b"%PDF-1.7")
    return root


def _run(*arguments: object, stdin: bytes | None = None) -> Result:
    return CliRunner().invoke(app, ["run", *map(str, arguments)], input=stdin, catch_exceptions=False)


def _bytes(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_a_folder_becomes_results_and_a_table(folder: Path, tmp_path: Path) -> None:
    result = _run(folder, "--out", tmp_path / "out")
    assert result.exit_code == 0
    assert sorted(_bytes(tmp_path / "out")) == FILES
    report = json.loads(_bytes(tmp_path / "out")["run.json"])
    assert report["counts"]["declarations"] == 4
    assert {filing["encoding"] for filing in report["filings"]} == {"gb18030"}
    rows = [line.split() for line in result.stdout.splitlines()]
    assert ["filings", "2"] in rows
    assert ["declarations", "4"] in [row[:2] for row in rows]
    assert f"results: {tmp_path / 'out'}" in result.stdout
    assert re.search(r"\[[12]/2\] 0/bureau\.txt: 2 declarations", result.stderr)
    assert "skipped: 1 × .pdf file" in result.stderr


def test_results_are_the_same_for_any_order_and_workers(folder: Path, tmp_path: Path) -> None:
    paths = [folder / "0", folder / "1"]
    for name, order, workers in (("a", paths, 1), ("b", paths[::-1], 2)):
        assert _run(*order, "--out", tmp_path / name, "--workers", workers).exit_code == 0
    assert _bytes(tmp_path / "a") == _bytes(tmp_path / "b")


def test_a_filing_that_fails_is_told_and_the_rest_is_written(folder: Path, tmp_path: Path) -> None:
    (folder / "empty.txt").write_bytes(b"")
    result = _run(folder, "-o", tmp_path / "out", "--quiet")
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.splitlines() == [
        "failed: empty.txt: is empty (0 bytes); nothing can be read from it"
    ]
    report = json.loads((tmp_path / "out" / "run.json").read_text())
    assert (report["counts"]["filings"], report["counts"]["failed"]) == (3, 1)
    assert report["failures"][0]["error"] == "EmptyDocumentError"


def test_standard_input(folder: Path, tmp_path: Path) -> None:
    text = (folder / "0" / "bureau.txt").read_bytes()
    assert _run("-", "--out", tmp_path / "out", stdin=text).exit_code == 0
    first = (tmp_path / "out" / "records.jsonl").read_text(encoding="utf-8").split("\n")[0]
    assert json.loads(first)["document"]["name"] == "stdin"


def test_an_encoding_that_is_given_is_used(folder: Path, tmp_path: Path) -> None:
    assert _run(folder, "--out", tmp_path / "out", "--encoding", "utf-8").exit_code == 1
    assert _run(folder, "--out", tmp_path / "out", "--encoding", "gbk").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["none.txt"], "error: none.txt: no such file or folder"),
        (["filings", "--workers", "0"], "error: settings: workers"),
        (["filings", "--encoding", "klingon"], "unknown encoding 'klingon'"),
    ],
)
def test_a_request_that_makes_no_sense_is_one_line(folder: Path, arguments: list[str], problem: str) -> None:
    result = _run(*arguments, "--out", "out")
    assert result.exit_code == 2
    assert problem in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert not (folder.parent / "out").exists()


def test_names_and_messages_cannot_speak_to_the_terminal(folder: Path, tmp_path: Path) -> None:
    (folder / "[red]\x1b[2Jx.txt").write_bytes(b"")
    result = _run(folder, "--out", tmp_path / "out")
    assert "\x1b" not in result.stderr
    assert "failed: [red] [2Jx.txt: is empty" in result.stderr


def test_an_interrupt_keeps_what_is_done(folder: Path, tmp_path: Path) -> None:
    text = (folder / "0" / "bureau.txt").read_bytes()
    for number in range(400):
        (folder / f"{number:03}.txt").write_bytes(text + f"\n{number}".encode("gb18030"))
    program = "from structurer.cli import app; app()"
    command = [sys.executable, "-c", program, "run", str(folder), "--out", "out", "--workers", "1"]
    process = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    assert process.stderr.readline().startswith("engine: layout")
    assert process.stderr.readline().startswith(("[1/402]", "[1/"))
    os.kill(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Run the same command again to go on." in errors
    report = json.loads((tmp_path / "out" / "run.json").read_text())
    assert report["complete"] is False
    lines = (tmp_path / "out" / "records.jsonl").read_text(encoding="utf-8").split("\n")[:-1]
    assert len([json.loads(line) for line in lines]) == report["counts"]["declarations"] > 0
    assert f"stopped after {report['counts']['filings']} of 402 filings" in errors
    assert sorted(_bytes(tmp_path / "out")) == FILES


def commands(group: Any, words: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    yield words
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, (*words, name))
        else:
            yield (*words, name)


def test_help_of_every_command_has_examples() -> None:
    found = list(commands(typer.main.get_command(app)))
    assert ("eval", "audit", "draw") in found
    for command in found:
        result = CliRunner().invoke(app, [*command, "--help"])
        assert result.exit_code == 0
        assert "Example" in result.stdout, command
        assert "\n  structurer " in result.stdout.replace("    ", "  "), command


def test_version() -> None:
    result = CliRunner().invoke(app, ["--version"])
    assert result.stdout.startswith("structurer ")
