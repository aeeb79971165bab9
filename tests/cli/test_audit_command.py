"""``structurer eval audit`` as a user runs it: from a run's folder to the sheet to sign."""

from __future__ import annotations

import csv
import json

import pytest
from typer.testing import CliRunner

from commands import some_filings, structurer
from structurer.cli.audit import app


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run over one labelled filing, and the folder that it read."""
    folder = tmp_path_factory.mktemp("audited")
    filings = some_filings(folder / "filings", 2)
    assert structurer("run", filings, "--out", folder / "out", "-q").exit_code == 0
    return folder / "out", filings


def audit(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments], catch_exceptions=False)


def fill(sheet, *, wrong=()):
    """Write a verdict into every row: right, but for some rows counted from 0."""
    with sheet.open(encoding="utf-8-sig", newline="") as file:
        head, *rows = csv.reader(file)
    place = head.index("verdict")
    for number, row in enumerate(rows):
        row[place] = "wrong" if number in wrong else "right"
    with sheet.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows([head, *rows])


def test_from_a_run_to_the_sheet_to_sign(run, tmp_path):
    out, filings = run
    sheet = tmp_path / "audit.csv"
    result = audit("draw", out, "--filings", filings, "--target-error", "0.05", "-o", sheet)
    assert result.exit_code == 0
    assert str(sheet) in result.output.replace("\n", "")
    fill(sheet)
    assert audit("record", sheet).exit_code == 0
    result = audit("report", sheet)
    assert result.exit_code == 0
    assert "**Shown: 0 wrong of" in result.output
    for suffix, sign in ((".html", "<!doctype html>"), (".md", "# Acceptance"), (".json", "{")):
        file = tmp_path / f"acceptance{suffix}"
        assert audit("report", sheet, "-o", file).exit_code == 0
        assert file.read_text(encoding="utf-8").startswith(sign)


def test_an_error_is_on_the_sheet_and_the_status_says_that_nothing_is_shown(run, tmp_path):
    out, filings = run
    sheet = tmp_path / "audit.csv"
    arguments = ("--target-error", "0.05", "--by", "declaration", "--size", "2", "--seed", "4", "-o", sheet)
    assert audit("draw", out, "--filings", filings, *arguments).exit_code == 0
    fill(sheet, wrong={3})
    assert audit("record", sheet).exit_code == 0
    file = tmp_path / "figures.json"
    result = audit("report", sheet, "-o", file)
    assert result.exit_code == 1
    assert "not yet shown" in result.output
    figures = json.loads(file.read_text(encoding="utf-8"))
    assert figures["overall"]["wrong"] == 1
    assert figures["declarations"]["right"] == 1


def test_rows_without_a_verdict_are_named_and_leave_the_promise_open(run, tmp_path):
    out, filings = run
    sheet = tmp_path / "audit.csv"
    audit("draw", out, "--filings", filings, "--size", "40", "-o", sheet)
    result = audit("record", sheet)
    assert result.exit_code == 1
    assert "rows 2-" in result.stderr
    assert "no verdict" in result.stderr
    result = audit("report", sheet)
    assert result.exit_code == 1
    assert "Open:" in result.output


def test_what_cannot_be_done_ends_in_one_line(run, tmp_path):
    out, filings = run
    for arguments, words in (
        (("draw", tmp_path, "--filings", filings, "-o", tmp_path / "a.csv"), "name a folder"),
        (("draw", out, "--filings", tmp_path, "-o", tmp_path / "a.csv"), "--filings"),
        (("draw", out, "--filings", filings, "--target-error", "5"), "between 0 and 1"),
        (("record", tmp_path / "a.csv"), "cannot be read"),
        (("report", tmp_path / "a.csv"), "audit record"),
    ):
        result = audit(*arguments)
        assert result.exit_code == 2
        assert words in result.stderr
        assert result.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ["draw", "record", "report"])
def test_help_has_examples(command):
    assert "structurer eval audit" in audit(command, "--help").output
