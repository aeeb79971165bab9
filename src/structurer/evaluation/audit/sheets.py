"""The review sheet: written for people with a spreadsheet, and for programs; read back with care.

The sheet is a CSV file; beside it, under the same name, the plan is a JSON file that can be filled in
instead. A reviewer fills the last three columns. Of what comes back only those and the id are read: a
spreadsheet is free to show ``071`` as ``71`` in the others.
"""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from structurer.documents.decoding import decode
from structurer.errors import DocumentError, OutputError
from structurer.evaluation.audit.files import read_json
from structurer.evaluation.audit.plan import AuditError, AuditPlan, plan_of
from structurer.evaluation.audit.result import AuditResult, Judgement, Problem, Verdict
from structurer.evaluation.cells import normal_text
from structurer.exports.csv_ import CsvTable
from structurer.files import write_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from structurer.evaluation.audit.plan import Item

_FILLED = ("verdict", "correct value", "comment")
COLUMNS = ("id", "filing", "ordinal", "line", "path", "about", "value", "excerpt", *_FILLED)
"""The columns of the CSV sheet."""

_VERDICTS = ", ".join(Verdict)


class _Row(NamedTuple):
    row: int
    item: str
    verdict: str
    correct: str
    comment: str


def write_sheet(plan: AuditPlan, path: Path) -> None:
    """Write the sheet as CSV and the plan beside it as JSON.

    Raises ``AuditError`` where one of them is there already, since it may hold a reviewer's work, and
    ``OutputError`` where they cannot be written.
    """
    beside = plan_path(path)
    if beside == path:
        raise AuditError(f"{path}: the sheet is a CSV file; its plan is written beside it as {beside.name}")
    for taken in (path, beside):
        if taken.exists():
            raise AuditError(f"{taken}: is there already and may hold verdicts; choose another name")
    write_text(beside, json.dumps(plan.as_dict(), ensure_ascii=False, indent=1) + "\n")
    try:
        with CsvTable(path, COLUMNS) as table:
            table.add(
                (i.id, i.filing, i.ordinal, i.line, i.path, i.about, i.value, i.excerpt, None, None, None)
                for i in plan.items
            )
    except OSError as error:
        raise OutputError(f"{path}: cannot be written ({error.strerror}); choose another place") from error


def plan_path(sheet: Path) -> Path:
    """Return where the plan of a sheet stands."""
    return sheet.with_suffix(".json")


def read_plan(sheet: Path) -> AuditPlan:
    """Read the plan of a sheet, from the file beside it. Raises ``AuditError``."""
    return plan_of(read_json(plan_path(sheet), "the plan that was written with the sheet"))


def record(plan: AuditPlan, sheet: Path) -> AuditResult:
    """Read a filled sheet, CSV or JSON.

    A line without a verdict, with an unknown one, or that is there twice is a problem and gives no
    judgement: nothing is guessed. Raises ``AuditError`` for a file that is no sheet at all.
    """
    rows = _json_rows(sheet) if sheet.suffix.lower() == ".json" else _csv_rows(sheet)
    items = {item.id: item for item in plan.items}
    uses = Counter(row.item for row in rows)
    judgements: list[Judgement] = []
    problems: list[Problem] = []
    for row in rows:
        message = _fault(row, items.get(row.item), uses[row.item])
        if message:
            problems.append(Problem(row.row, row.item, message))
        else:
            verdict = Verdict(_verdict(row))
            judgements.append(Judgement(row.row, row.item, verdict, row.correct, row.comment))
    problems += [
        Problem(None, item, "is no longer in the sheet; restore its row")
        for item in items
        if item not in uses
    ]
    return AuditResult(plan, tuple(judgements), tuple(problems))


def _fault(row: _Row, item: Item | None, uses: int) -> str:
    if item is None:
        return "the id is not of this plan; restore it"
    if uses > 1:
        return f"the id is there {uses} times; keep one row"
    if not row.verdict.strip():
        return f"no verdict; write one of: {_VERDICTS}"
    if _verdict(row) not in set(Verdict):
        return f"unknown verdict {row.verdict!r}; write one of: {_VERDICTS}"
    said = row.correct.strip()
    if _verdict(row) == Verdict.RIGHT and said and normal_text(said) != normal_text(item.value):
        return "the verdict is right, but a correct value is given; decide on one"
    return ""


def _verdict(row: _Row) -> str:
    return " ".join(row.verdict.split()).lower()


def _json_rows(sheet: Path) -> list[_Row]:
    items = read_json(sheet, "a sheet in JSON").get("items")
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise AuditError(f"{sheet}: has no list of items; name the JSON file that was written with a sheet")
    keys = ("id", "verdict", "correct_value", "comment")
    return [
        _Row(number, *(str(item.get(key) or "") for key in keys))
        for number, item in enumerate(items, start=1)
    ]


def _csv_rows(sheet: Path) -> list[_Row]:
    """Read a CSV file however a spreadsheet saved it: with a mark or without, in GBK, with semicolons."""
    try:
        text = decode(sheet.read_bytes(), sheet.name).text
    except OSError as error:
        raise AuditError(f"{sheet}: cannot be read ({error.strerror}); name the filled sheet") from error
    except DocumentError as error:
        raise AuditError(f"{error}; save the sheet as CSV in UTF-8") from error
    head = text.partition("\n")[0]
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=head.count))
    columns = [name.strip().lower() for name in next(rows, [])]
    missing = [name for name in ("id", *_FILLED) if name not in columns]
    if missing:
        raise AuditError(f"{sheet}: the column {missing[0]!r} is missing; restore the first row of the sheet")
    places = [columns.index(name) for name in ("id", *_FILLED)]
    return [
        _Row(number, *(_cell(row, place) for place in places))
        for number, row in enumerate(rows, start=2)
        if any(cell.strip() for cell in row)
    ]


def _cell(row: Sequence[str], place: int) -> str:
    """Return a cell; rows that a spreadsheet saved short end in empty ones."""
    return row[place].strip() if place < len(row) else ""
