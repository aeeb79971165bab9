"""The indicator table: rows from cells or from running text, their levels, and what is doubtful."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from structurer.document_types.declaration.layout.flow import read_flow
from structurer.document_types.declaration.layout.grid import read_grid
from structurer.document_types.declaration.layout.level_doubts import level_doubts
from structurer.document_types.declaration.layout.levels import Level, assign_levels
from structurer.document_types.declaration.layout.row_doubts import row_doubts
from structurer.document_types.declaration.layout.stretches import Stretch, stretches
from structurer.document_types.declaration.measure import measure
from structurer.document_types.declaration.model import Scope
from structurer.models import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from structurer.document_types.declaration.layout.draft import Draft
    from structurer.document_types.declaration.layout.rows import HalfRow, Row
    from structurer.document_types.declaration.layout.sections import Sections

_THIN = 1.0
"""Below this lead (log-odds) over the next best reading a value is flagged."""

_MOST_STRETCHES = 4_000
"""Stretches of text in a table without cells; the longest real ones have a few hundred."""

_SIGNS = {
    "packed": "the scanner packed several rows into one cell; they were split in order",
    "maybe_packed": "name and target fall into as many words each; they may be several rows",
    "uneven": "here or beside this row cells are missing or fit badly; some may belong to another row",
    "slid": "the targets slid to the next line",
    "leftover": "the row holds more text than the form has cells",
}


def read_table(draft: Draft, text: str, sections: Sections, cell_lines: frozenset[int]) -> None:
    """Read the indicator table into the draft: the period's rows first, then the year's."""
    placed = [placed for stretch in stretches(sections) for placed in _read(draft, text, stretch, cell_lines)]
    for scope in Scope:
        for row in placed:
            if row.scope is scope:
                _put_row(draft, row)


class _Placed(NamedTuple):
    """One half of one row with its level, and why the level is doubtful."""

    scope: Scope
    row: Row
    cells: HalfRow
    level: Level
    doubt: str | None


def _read(draft: Draft, text: str, stretch: Stretch, cell_lines: frozenset[int]) -> Iterator[_Placed]:
    """Yield the indicators of one stretch of the table, in the order printed."""
    if not stretch.scopes:
        message = "the table gives one name two targets, without cells to tell them apart; it was not read"
        draft.doubt("indicators", "layout_unknown", message, Severity.ERROR)
        return
    in_cells = sum(line.number in cell_lines for line in stretch.lines)
    if in_cells * 2 >= len(stretch.lines):
        rows = read_grid(text, stretch.lines, stretch.heads, len(stretch.scopes))
    elif sum(len(line.atoms) for line in stretch.lines) <= _MOST_STRETCHES:
        rows = read_flow(text, stretch.lines, len(stretch.scopes))
    else:
        message = "the table of indicators is far longer than any form's; it was not read"
        draft.doubt("indicators", "table_too_long", message, Severity.ERROR)
        return
    draft.claim(stretch.ignored)
    levels = assign_levels(rows)
    doubts = level_doubts(rows, levels)
    for row, level, doubt in zip(rows, levels, doubts, strict=True):
        for half, scope in enumerate(stretch.scopes):
            cells = (row.left, row.right)[half]
            if cells.label is not None:
                draft.claim(cells.label.spans)
            if not cells.empty:
                yield _Placed(scope, row, cells, level[half], doubt[half])


def _put_row(draft: Draft, placed: _Placed) -> None:
    scope, row, cells, level, doubt = placed
    path = f"indicators.{len(draft.data['indicators'])}"
    target = cells.target.text if cells.target else None
    draft.data["indicators"].append(
        {
            "scope": str(scope),
            "level1": None if level.level is None else str(level.level.level1),
            "level2": None if level.level is None else str(level.level),
            "name": cells.name.text if cells.name else None,
            "target": target,
            "measure": measure(target),
        }
    )
    if cells.label is not None and level.level in cells.label.levels:
        draft.spans[f"{path}.level2"] = cells.label.spans
    for key, value in (("name", cells.name), ("target", cells.target)):
        if value is not None:
            draft.spans[f"{path}.{key}"] = value.spans
            draft.claim(value.spans)
    _doubt_row(draft, path, row, level, doubt)
    other = row.right if cells is row.left else row.left
    for found in row_doubts(cells, other, cut_names=row.cut_names):
        draft.doubt(f"{path}.{found.cell}", found.code, found.message)


def _doubt_row(draft: Draft, path: str, row: Row, level: Level, doubt: str | None) -> None:
    draft.certainty[f"{path}.name"] = draft.certainty[f"{path}.target"] = _certainty(row.margin)
    draft.certainty[f"{path}.level2"] = _certainty(level.margin)
    for sign, message in _SIGNS.items():
        if sign in row.signs:
            draft.doubt(path, f"row_{sign}", message)
    if draft.data["indicators"][-1]["name"] is None:
        draft.doubt(path, "indicator_without_name", "the row's name is lost")
    if row.margin < _THIN:
        for key in ("name", "target"):
            draft.doubt(
                f"{path}.{key}", "thin_margin", "the row's cells can be read another way nearly as well"
            )
    if doubt is not None:
        draft.doubt(f"{path}.level2", "level_doubtful", doubt)
    elif level.margin < _THIN:
        draft.doubt(f"{path}.level2", "thin_margin", "the label's place allows another level nearly as well")


def _certainty(margin: float) -> float:
    return round(1 / (1 + math.exp(-margin)), 4)
