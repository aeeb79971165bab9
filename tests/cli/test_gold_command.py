"""``structurer gold`` as a user runs it."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from commands import FILINGS, GOLD
from structurer.cli.gold import app


def gold(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments], catch_exceptions=False)


@pytest.fixture
def one_filing(tmp_path):
    """The labels of one filing, in a folder of their own."""
    folder = tmp_path / "labels"
    folder.mkdir()
    for path in GOLD.glob("yangquan-2024-*.json"):
        (folder / path.name).write_bytes(path.read_bytes())
    return folder


def test_labels_that_are_right_pass(one_filing):
    result = gold("check", one_filing, "--filings", FILINGS)
    assert result.exit_code == 0
    assert result.output == "0 error, 0 warning, 0 info\n"


def test_a_label_that_cannot_be_right_is_named(one_filing):
    path = sorted(one_filing.iterdir())[0]
    label = json.loads(path.read_text(encoding="utf-8"))
    label["phone"] = "13800000000"
    path.write_text(json.dumps(label), encoding="utf-8")
    result = gold("check", one_filing, "--filings", FILINGS)
    assert result.exit_code == 1
    assert f"error: {path.name}: phone: '13800000000' does not stand in the text" in result.output
    assert "1 error" in result.output


def test_two_labellers(one_filing, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    for path in one_filing.iterdir():
        label = json.loads(path.read_text(encoding="utf-8"))
        label["fiscal_year"] = 2022 if label["ordinal"] == 1 else label["fiscal_year"]
        (other / path.name).write_text(json.dumps(label), encoding="utf-8")
    file = tmp_path / "agreement.json"
    result = gold("agreement", one_filing, other, "--json", file)
    assert result.exit_code == 0
    assert "project 1, fiscal_year / fiscal_year (head): 2024 / 2022" in result.output
    figures = json.loads(file.read_text(encoding="utf-8"))
    assert [difference["b"] for difference in figures["differences"]] == ["2022"]


def test_reviewed_records_become_candidates_once(tmp_path):
    label = json.loads(sorted(GOLD.glob("*.json"))[0].read_text(encoding="utf-8"))
    data = {key: label[key] for key in label if key not in {"filing", "ordinal", "uncertain_fields", "notes"}}
    data["indicators"] = [
        {key: value for key, value in row.items() if key != "uncertain"} for row in data["indicators"]
    ]
    record = {
        "id": "0123456789",
        "document": {"name": "a.txt", "sha256": "0", "encoding": "utf-8"},
        "chunk": {"ordinal": 1, "start": 0, "end": 1},
        "data": data,
        "evidence": {},
        "flags": [],
        "status": "reviewed",
        "provenance": {"engine": "layout", "model": None, "prompt": None, "structurer": "0", "config": "0"},
    }
    records, folder = tmp_path / "records.jsonl", tmp_path / "candidates"
    records.write_text(json.dumps(record) + "\n", encoding="utf-8")
    assert "1 candidates added" in gold("add", records, "-o", folder).output
    assert "0 candidates added" in gold("add", records, "-o", folder).output
    (path,) = folder.iterdir()
    assert json.loads(path.read_text(encoding="utf-8"))["candidate"]["record"] == "0123456789"


def test_what_cannot_be_done_ends_in_one_line(tmp_path):
    for arguments in (
        ("check", tmp_path),
        ("agreement", tmp_path, tmp_path),
        ("add", tmp_path / "none", "-o", tmp_path),
    ):
        result = gold(*arguments)
        assert result.exit_code == 2
        assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("command", ["check", "agreement", "add"])
def test_help_has_examples(command):
    assert "structurer gold" in gold(command, "--help").output
