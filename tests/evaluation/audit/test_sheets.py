from __future__ import annotations

import csv
import io
import json

import pytest

from structurer.evaluation.audit.excerpts import with_excerpts
from structurer.evaluation.audit.plan import AuditError
from structurer.evaluation.audit.result import Verdict, by_message, read_result, write_result
from structurer.evaluation.audit.sheets import COLUMNS, read_plan, record, write_sheet


@pytest.fixture
def made(plan):
    return plan(size=6, floor=1)


@pytest.fixture
def sheet(made, tmp_path):
    path = tmp_path / "audit.csv"
    write_sheet(made, path)
    return path


def rows_of(sheet):
    return list(csv.reader(io.StringIO(sheet.read_text(encoding="utf-8-sig"), newline="")))


def fill(sheet, *said, encoding="utf-8-sig", delimiter=","):
    """Write verdicts, correct values and comments into the rows below the head, then save the sheet."""
    rows = rows_of(sheet)
    for row, words in zip(rows[1:], said, strict=False):
        row[-3:] = [*words, "", ""][:3]
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter).writerows(rows)
    sheet.write_bytes(out.getvalue().encode(encoding))


def test_the_sheet_is_for_spreadsheets_and_runs_nothing(plan, folders, tmp_path):
    made = with_excerpts(plan(size=300), folders[1])
    path = tmp_path / "audit.csv"
    write_sheet(made, path)
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    head, *rows = rows_of(path)
    assert tuple(head) == COLUMNS
    assert len(rows) == len(made.items)
    assert {row[1] for row in rows} == {"'=a.txt"}
    targets = [row for row in rows if row[4] == "indicators.0.target"]
    assert {row[6] for row in targets} == {"'=12处"}
    assert not any(cell.startswith("=") for row in rows for cell in row)
    assert all(row[-3:] == ["", "", ""] for row in rows)


def test_verdicts_come_back_however_the_sheet_was_saved(made, sheet):
    assert read_plan(sheet) == made
    said = [("right",), (" WRONG ", "7"), ("Damaged  source", "", "看不清")] + [("right",)] * 9
    for encoding, delimiter in (("utf-8-sig", ","), ("utf-8", ";"), ("gb18030", ","), ("utf-16", "\t")):
        fill(sheet, *said, encoding=encoding, delimiter=delimiter)
        result = record(made, sheet)
        assert result.problems == ()
        assert [one.verdict for one in result.judgements[:3]] == [
            Verdict.RIGHT,
            Verdict.WRONG,
            Verdict.DAMAGED,
        ]
        assert (result.judgements[1].correct, result.judgements[2].comment) == ("7", "看不清")
        assert [one.row for one in result.judgements] == list(range(2, 2 + len(made.items)))
        sheet.unlink()
        (sheet.parent / "audit.json").unlink()
        write_sheet(made, sheet)


def test_nothing_is_guessed(made, sheet):
    fill(sheet, ("right",), ("",), ("ok",), ("right", "8"), ("wrong",))
    rows = rows_of(sheet)
    rows[-1] = rows[1]
    rows.append(["v0", *[""] * 7, "right", "", ""])
    with sheet.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    result = record(made, sheet)
    problems = {problem.row: problem.message for problem in result.problems}
    count = len(made.items)
    assert set(problems) == {2, 3, 4, 5, *range(7, count + 3), None}
    assert "2 times" in problems[2]
    assert "2 times" in problems[count + 1]
    assert "no verdict" in problems[3]
    assert "unknown verdict 'ok'" in problems[4]
    assert "decide on one" in problems[5]
    assert "not of this plan" in problems[count + 2]
    assert "no longer in the sheet" in problems[None]
    assert [one.row for one in result.judgements] == [6]
    assert result.open == count - 1


def test_rows_with_the_same_problem_are_told_together(made, sheet):
    (problem,) = by_message(record(made, sheet).problems)
    assert problem[0] == f"2-{len(made.items) + 1}"


def test_the_json_sheet_can_be_filled_in_too(made, sheet):
    path = sheet.with_suffix(".json")
    filled = json.loads(path.read_text(encoding="utf-8"))
    for item in filled["items"]:
        item["verdict"] = "right"
    filled["items"][1] |= {"verdict": "wrong", "correct_value": "(empty)"}
    path.write_text(json.dumps(filled), encoding="utf-8")
    result = record(read_plan(path), path)
    assert result.plan == made
    assert result.open == 0
    assert result.judgements[1].correct == "(empty)"


def test_a_sheet_that_may_hold_work_is_not_overwritten(made, sheet):
    with pytest.raises(AuditError, match="may hold verdicts"):
        write_sheet(made, sheet)
    sheet.unlink()
    with pytest.raises(AuditError, match="may hold verdicts"):
        write_sheet(made, sheet)


def test_a_sheet_without_its_columns_is_refused(made, tmp_path):
    path = tmp_path / "other.csv"
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(AuditError, match="'id' is missing"):
        record(made, path)
    with pytest.raises(AuditError, match="cannot be read"):
        record(made, tmp_path / "none.csv")
    with pytest.raises(AuditError, match="cannot be read"):
        read_plan(tmp_path / "none.csv")


def test_a_result_survives_being_written(made, sheet, tmp_path):
    fill(sheet, ("right",), ("wrong", "8"))
    result = record(made, sheet)
    write_result(result, tmp_path / "result.json")
    assert read_result(tmp_path / "result.json") == result
