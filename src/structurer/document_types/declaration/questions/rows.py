"""The rows of an answer, written down in the order of the form, with the places that print their levels."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from structurer.document_types.declaration.layout.scalars import cut_value
from structurer.document_types.declaration.measure import measure
from structurer.document_types.declaration.model import Level2
from structurer.document_types.declaration.questions.keys import HALVES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from structurer.document_types.declaration.layout.draft import Draft
    from structurer.document_types.declaration.layout.values import Value
    from structurer.document_types.declaration.questions.printed_table import PrintedTable, TableCell

_NUMBERED = re.compile(r"^指标\s*\d+\s*[:：]\s*(?=\S)")
_ORDER = {level: rank for rank, level in enumerate(Level2)}
_NOWHERE = 1 << 60


class ReadRow(NamedTuple):
    """A row as an answer gives it: its half, its second level, and its cells, empty or with their places.

    ``doubtful`` are the cells (``name``, ``target``) of which nothing says that they stand just there.
    """

    half: str
    level: Level2
    name: Value
    target: Value
    doubtful: tuple[str, ...] = ()


class WrittenRow(NamedTuple):
    """A row in the record: its path, and the cells of the table that its name and target stand in."""

    path: str
    half: str
    level: Level2
    name: Sequence[TableCell]
    target: Sequence[TableCell]


def without_number(text: str, name: Value) -> Value:
    """Return a name without the 指标1： that some forms print before it."""
    found = _NUMBERED.match(name.text)
    return cut_value(text, name, found.end(), len(name.text)) if found else name


def put_rows(draft: Draft, rows: Iterable[ReadRow], table: PrintedTable) -> list[WrittenRow]:
    """Write the rows, the period's first; in each half groups, and rows in them, in the order printed."""
    written: list[WrittenRow] = []
    for row in _in_order(list(rows)):
        path = f"indicators.{len(draft.data['indicators'])}"
        target = row.target.text or None
        draft.data["indicators"].append(
            {
                "scope": row.half,
                "level1": str(row.level.level1),
                "level2": str(row.level),
                "name": row.name.text or None,
                "target": target,
                "measure": measure(target),
            }
        )
        for key, value in (("name", row.name), ("target", row.target)):
            if value.text and value.spans:
                draft.spans[f"{path}.{key}"] = value.spans
                draft.claim(value.spans)
        for key in row.doubtful:
            message = "this stands in several places, and nothing says which"
            draft.doubt(f"{path}.{key}", "place_ambiguous", message)
        names, targets = table.at(row.name.spans), table.at(row.target.spans)
        label = table.label_of(row.half, [*names, *targets])
        if label is not None and row.level in label.levels:
            draft.spans[f"{path}.level2"] = label.spans
        written.append(WrittenRow(path, row.half, row.level, names, targets))
    return written


def _in_order(rows: list[ReadRow]) -> list[ReadRow]:
    begins: dict[tuple[str, Level2], int] = {}
    for row in rows:
        group = row.half, row.level
        begins[group] = min(begins.get(group, _NOWHERE), _place(row))
    return sorted(
        rows,
        key=lambda row: (
            HALVES.index(row.half),
            begins[row.half, row.level],
            _ORDER[row.level],
            _place(row),
        ),
    )


def _place(row: ReadRow) -> int:
    """Return where a row stands: where its name or its target begins."""
    places = [*row.name.spans[:1], *row.target.spans[:1]]
    return min((span.start for span in places), default=_NOWHERE)
