"""Places of a form by the words that it prints: values, rows, parts, and what people said of them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from structurer.document_types.declaration import DECLARATION
from structurer.paths import covers
from structurer.review.editing.addresses import field_of, key_in_row, row_of, table_of
from structurer.review.editing.state import Cell, MarkKind

if TYPE_CHECKING:
    from collections.abc import Collection

    from structurer.review.editing.state import Mark, State

TABLE = "绩效指标"
COLUMNS = {"scope": "半", "level2": "二级指标", "name": "指标名称", "target": "指标值"}
"""What the form prints above the columns of its table."""

_MOST = 20_000
"""Characters of a value that a page holds; a longer one is shown cut off and cannot be typed over."""

_SAID = {
    MarkKind.ACCEPTED: "accepted",
    MarkKind.CORRECTED: "changed",
    MarkKind.ILLEGIBLE: "cannot be read",
    MarkKind.SKIPPED: "left to a curator",
}

_LONG = {field.path: field.long for part in DECLARATION.entry.parts for field in part.fields}
_LABELS = {field.path: field.label for part in DECLARATION.entry.parts for field in part.fields}


@dataclass(frozen=True, slots=True)
class Place:
    """One value of the form as it is shown.

    ``value`` is what stands in an editor, ``shown`` how it is read; ``left_out`` counts the characters that
    are not shown. ``choices`` are the only values that there can be. ``spans`` is JSON: where it stands in
    the text. ``said`` is what a person said of it, in words, ``mark`` by its name; ``doubtful`` says that
    something still waits for a decision.
    """

    at: str
    label: str
    value: str
    shown: str
    left_out: int
    long: bool
    choices: tuple[str, ...]
    spans: str
    mark: str
    said: str
    doubtful: bool


def place_of(at: str, state: State, doubtful: Collection[str], label: str | None = None) -> Place:
    """Return a value of the form as it is shown. ``doubtful`` are the addresses that are still open.

    ``label`` is given where it is known already: to find it takes a look at all rows.
    """
    cell = state.cells.get(at, Cell())
    mark = state.marks.get(at)
    value = "" if cell.value is None else str(cell.value)
    field = field_of(at)
    return Place(
        at=at,
        label=label_of(at, state) if label is None else label,
        value=value[:_MOST],
        shown=_shown(field, value[:_MOST]),
        left_out=max(len(value) - _MOST, 0),
        long=_LONG.get(field, False),
        choices=DECLARATION.entry.choices(field),
        spans=spans_json(cell),
        mark="" if mark is None else str(mark.kind),
        said=said(mark),
        doubtful=at in doubtful,
    )


def label_of(at: str, state: State) -> str:
    """Return what the form prints beside an address, with the half and the row that it is in."""
    row = row_of(at)
    if row is not None:
        half = DECLARATION.entry.halves.get(str(state.value(f"{row}.scope")), "")
        number = state.half(row).index(row) + 1 if row in state.rows else None
        return label_in_table(half, number, key_in_row(at))
    if not at:
        return "The whole declaration"
    if at in _LABELS:
        return " · ".join(filter(None, (_half_in(at), _LABELS[at])))
    if table_of(at) == "indicators":
        return " · ".join(filter(None, (TABLE, _half_in(at))))
    parts = (part for part in DECLARATION.entry.parts if any(covers(at, field.path) for field in part.fields))
    part = next(parts, None)
    return at if part is None else part.title


def _half_in(at: str) -> str:
    """Return the printed half of an address, unless its field's label says it already."""
    if at.startswith("goals."):
        return ""
    return next((words for half, words in DECLARATION.entry.halves.items() if half in at.split(".")), "")


def label_in_table(half: str, number: int | None, key: str = "") -> str:
    """Return the label of a row, or a cell of it: ``number`` counts from 1, ``None`` for one that is gone."""
    where = "删去的行" if number is None else f"{half}第{number}行"
    return " · ".join(filter(None, (where, COLUMNS.get(key, ""))))


def said(mark: Mark | None) -> str:
    """Return what a person said of a place, in words; nothing where nobody said anything."""
    if mark is None:
        return ""
    return f"{_SAID[mark.kind]}: {mark.reason}" if mark.reason else _SAID[mark.kind]


def spans_json(cell: Cell) -> str:
    """Return where a value stands as the page's script reads it."""
    return json.dumps([list(span) for span in cell.spans], separators=(",", ":"))


def _shown(field: str, value: str) -> str:
    if field.startswith("funding.") and value.lstrip("-").replace(".", "", 1).isdecimal():
        whole, point, part = value.partition(".")
        return f"{int(whole):,}{point}{part}" if len(whole) < 40 else value
    return value
