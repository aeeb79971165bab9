"""``structurer eval`` as a user runs it, on invented filings and the real pipeline."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from structurer.cli import app


@pytest.fixture
def folders(tmp_path, data):
    """A folder of one label, and one of the filing that it names: prose in which no form stands."""
    gold, filings = tmp_path / "gold", tmp_path / "filings"
    gold.mkdir()
    filings.mkdir()
    about = {"filing": "a.txt", "ordinal": 1, "uncertain_fields": [], "notes": ""}
    (gold / "a-01.json").write_text(json.dumps(data() | about), encoding="utf-8")
    (filings / "a.txt").write_text("本部门无项目支出，故无绩效目标。\n", encoding="utf-8")
    return gold, filings


def run(gold, filings, *more):
    return CliRunner().invoke(app, ["eval", "--gold", str(gold), "--filings", str(filings), *map(str, more)])


def test_a_project_that_was_not_found_is_all_wrong_in_print_and_in_the_file(folders, tmp_path):
    result = run(*folders, "--json", tmp_path / "out" / "eval.json")
    assert result.exit_code == 0
    assert "37 of 37 errors" in result.output
    assert "NOT MET" in result.output
    report = json.loads((tmp_path / "out" / "eval.json").read_text(encoding="utf-8"))
    assert report["summary"]["fields"] == {"part": 0, "whole": 31, "value": 0.0}
    assert report["summary"]["silent_errors"] == 37


def test_a_filing_that_cannot_be_read_is_named_and_counts_as_wrong(folders):
    gold, filings = folders
    (filings / "a.txt").unlink()
    result = run(gold, filings)
    assert result.exit_code == 0
    assert "a.txt" in result.stderr
    assert "count as wrong" in result.stderr
    assert "37 of 37 errors" in result.output


def test_labels_that_cannot_be_used_end_the_command_in_one_line(folders, tmp_path):
    _, filings = folders
    result = run(tmp_path / "nowhere", filings)
    assert result.exit_code == 2
    assert "no *.json label here" in result.stderr
    assert result.stderr.count("\n") == 1
    assert result.stdout == ""


def test_a_report_that_cannot_be_written_says_so(folders, tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    result = run(*folders, "--json", tmp_path / "file" / "eval.json")
    assert result.exit_code == 2
    assert "choose another place" in result.stderr
