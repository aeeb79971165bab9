"""The indicator table: rows from cells or from running text, their levels, and what is doubtful."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from structurer.document_types.declaration.layout.flow import read_flow
from structurer.document_types.declaration.layout.grid import read_grid
from structurer.document_types.declaration.layout.level_doubts import level_doubts
from structurer.document_types.declaration.layout.levels import Level, assign_levels
from structurer.document_types.declaration.measure import measure
from structurer.document_types.declaration.model import Scope
from structurer.document_types.declaration.vocabulary import Group

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from structurer.document_types.declaration.layout.draft import Draft
    from structurer.document_types.declaration.layout.rows import HalfRow, Row
    from structurer.document_types.declaration.layout.sections import Sections

_THIN = 1.0
"""Below this lead (log-odds) over the next best reading a value is flagged."""

_SIGNS = {
    "packed": "the scanner packed several rows into one cell; they were split in order",
    "slid": "the targets slid to the next line",
    "leftover": "the row holds more text than the form has cells",
}


def read_table(draft: Draft, text: str, sections: Sections, cell_lines: frozenset[int]) -> None:
    """Read the indicator table into the draft: left half's rows first, then the right half's."""
    rows = _rows(text, sections, cell_lines)
    levels = assign_levels(rows)
    doubts = level_doubts(rows, levels)
    for scope, half in ((Scope.IMPLEMENTATION_PERIOD, 0), (Scope.ANNUAL, 1)):
        for index, (row, cells) in enumerate(_half(rows, half)):
            if cells.label is not None:
                draft.claim(cells.label.spans)
            if not cells.empty:
                _put_row(draft, scope, row, cells, levels[index][half], doubts[index][half])


def _rows(text: str, sections: Sections, cell_lines: frozenset[int]) -> list[Row]:
    if not sections.table:
        return []
    in_cells = sum(entry.line.number in cell_lines for entry in sections.table)
    if in_cells * 2 >= len(sections.table):
        heads = [
            [a for a in line.atoms if a.group is Group.COLUMN and a.label and a.label.key != "level1"]
            for line in sections.columns
        ]
        return read_grid(text, sections.table, heads)
    return read_flow(text, sections.table)


def _half(rows: Sequence[Row], half: int) -> Iterator[tuple[Row, HalfRow]]:
    for row in rows:
        yield row, (row.left, row.right)[half]


def _put_row(draft: Draft, scope: Scope, row: Row, cells: HalfRow, level: Level, doubt: str | None) -> None:
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
    if cells.label is not None and level.level in (cells.label.levels or (level.level,)):
        draft.spans[f"{path}.level2"] = cells.label.spans
    for key, value in (("name", cells.name), ("target", cells.target)):
        if value is not None:
            draft.spans[f"{path}.{key}"] = value.spans
            draft.claim(value.spans)
    _doubt_row(draft, path, row, level, doubt)


def _doubt_row(draft: Draft, path: str, row: Row, level: Level, doubt: str | None) -> None:
    draft.certainty[f"{path}.name"] = draft.certainty[f"{path}.target"] = _certainty(row.margin)
    draft.certainty[f"{path}.level2"] = _certainty(level.margin)
    for sign, message in _SIGNS.items():
        if sign in row.signs:
            draft.doubt(path, f"row_{sign}", message)
    if row.margin < _THIN:
        for key in ("name", "target"):
            draft.doubt(f"{path}.{key}", "thin_margin", "the row's cells can be read another way nearly as well")
    if doubt is not None:
        draft.doubt(f"{path}.level2", "level_doubtful", doubt)
    elif level.margin < _THIN:
        draft.doubt(f"{path}.level2", "thin_margin", "the label's place allows another level nearly as well")


def _certainty(margin: float) -> float:
    return round(1 / (1 + math.exp(-margin)), 4)
