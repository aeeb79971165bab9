"""``structurer eval`` as a user runs it, on invented filings and the real pipeline."""

from __future__ import annotations

import json
from pathlib import Path

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


@pytest.fixture
def run(tmp_path):
    def command(gold, filings, *more):
        kept = ["--out", str(tmp_path / "out"), "--store", f"sqlite:///{tmp_path / 'kept.db'}"]
        folders = ["--gold", str(gold), "--filings", str(filings)]
        return CliRunner().invoke(app, ["eval", "run", *folders, *kept, *map(str, more)])

    return command


def command(tmp_path, *words):
    return CliRunner().invoke(app, ["eval", *map(str, words), "--store", f"sqlite:///{tmp_path / 'kept.db'}"])


def test_a_project_that_was_not_found_is_all_wrong_in_print_and_in_the_files(run, folders, tmp_path):
    result = run(*folders)
    assert result.exit_code == 0
    assert "37 of 37 errors" in result.output
    assert "NOT MET" in result.output
    report = json.loads((tmp_path / "out" / "result.json").read_text(encoding="utf-8"))
    assert report["number"] == 1
    assert report["headline"]["silent_errors"] == 37
    assert {cell["error"] for cell in report["outcomes"]} == {"not read", "missing row"}
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "<svg" in page
    assert "not read" in page
    assert "http" not in page.replace("http-equiv", "").replace("http://www.w3.org", "")


def test_hostile_text_is_harmless_in_the_page(run, folders, data, tmp_path):
    gold, filings = folders
    label = data() | {"project_name": "<script>alert(1)</script>", "filing": "a.txt", "ordinal": 1}
    label |= {"uncertain_fields": [], "notes": ""}
    (gold / "a-01.json").write_text(json.dumps(label), encoding="utf-8")
    assert run(gold, filings).exit_code == 0
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "<script" not in page
    assert "&lt;script&gt;" in page


def test_runs_are_kept_compared_and_listed(run, folders, data, tmp_path):
    assert run(*folders, "--label", "first").exit_code == 0
    assert run(*folders, "--label", "second").exit_code == 0
    listed = command(tmp_path, "history", "--html", tmp_path / "history.html")
    assert "first" in listed.output
    assert "second" in listed.output
    assert "second" in (tmp_path / "history.html").read_text(encoding="utf-8")
    compared = command(tmp_path, "compare", 1, 2, "--json", tmp_path / "comparison.json")
    assert "verdict: no evidence" in compared.output
    assert json.loads((tmp_path / "comparison.json").read_text(encoding="utf-8"))["changes"] == []
    assert command(tmp_path, "compare", 1, 9).exit_code == 2
    gate = command(tmp_path, "gate", "--runs", 1, 2)
    # One declaration says nothing of a difference, and a gate that cannot tell does not open.
    assert gate.exit_code == 1
    assert "accuracy" in gate.stderr


def test_written_records_are_scored_again_as_they_were(run, tmp_path):
    gold, filings = Path("eval/gold"), Path("eval/filings")
    assert run(gold, filings).exit_code == 0
    CliRunner().invoke(app, ["run", str(filings), "--out", str(tmp_path / "results"), "--quiet"])
    assert run(gold, filings, "--records", tmp_path / "results" / "records.jsonl").exit_code == 0
    compared = command(tmp_path, "compare", 1, 2, "--json", tmp_path / "comparison.json")
    assert compared.exit_code == 0
    assert json.loads((tmp_path / "comparison.json").read_text(encoding="utf-8"))["changes"] == []
    other = run(gold, filings, "--records", tmp_path / "out" / "report.html")
    assert other.exit_code == 2
    assert "records.jsonl" in other.stderr


def test_the_gate_opens_for_the_stored_figures_and_for_no_others(run, folders, data, tmp_path):
    gold, filings = folders
    baseline = tmp_path / "baseline.json"
    where = ["--gold", gold, "--filings", filings, "--baseline", baseline]
    assert command(tmp_path, "gate", *where).exit_code == 2
    assert command(tmp_path, "gate", *where, "--write").exit_code == 0
    assert command(tmp_path, "gate", *where).exit_code == 0
    figures = json.loads(baseline.read_text(encoding="utf-8"))
    figures["figures"]["silent_errors"] = 36
    baseline.write_text(json.dumps(figures), encoding="utf-8")
    closed = command(tmp_path, "gate", *where)
    assert closed.exit_code == 1
    assert "silent_errors" in closed.stderr


def test_a_filing_that_cannot_be_read_is_named_and_counts_as_wrong(run, folders):
    gold, filings = folders
    (filings / "a.txt").unlink()
    result = run(gold, filings)
    assert result.exit_code == 0
    assert "a.txt" in result.stderr
    assert "count as wrong" in result.stderr
    assert "37 of 37 errors" in result.output


def test_labels_that_cannot_be_used_end_the_command_in_one_line(run, folders, tmp_path):
    _, filings = folders
    result = run(tmp_path / "nowhere", filings)
    assert result.exit_code == 2
    assert "no *.json label here" in result.stderr
    assert result.stderr.count("\n") == 1
    assert result.stdout == ""


def test_a_report_that_cannot_be_written_says_so(run, folders, tmp_path):
    (tmp_path / "out").write_text("", encoding="utf-8")
    result = run(*folders)
    assert result.exit_code == 2
    assert "choose another place" in result.stderr
