"""The indicator table as running text: columns interleaved line by line, cells wrapped anywhere.

A PDF's text gives a row's cells in about their order, but a wrapped cell's lines stand above and
below its neighbours'. The best way to deal the stretches out to cells is searched for
(``flow_search``); rows that came out badly are marked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from structurer.document_types.declaration.layout.flow_scores import (
    GOES_BEFORE,
    NAME_L,
    NAME_R,
    TARGET_L,
    TARGET_R,
)
from structurer.document_types.declaration.layout.flow_search import OpenRow, search
from structurer.document_types.declaration.layout.flow_tokens import Token, read_tokens
from structurer.document_types.declaration.layout.rows import HalfRow, Row, printed
from structurer.document_types.declaration.layout.shapes import alike, targetness
from structurer.document_types.declaration.layout.values import Value, compose

if TYPE_CHECKING:
    from collections.abc import Sequence

    from structurer.document_types.declaration.layout.atoms import Atom, AtomLine

_WEAK_ROW = {1: 0.8, 2: 5.0}
"""A row that gains less, by how many indicators a row holds, was hardly read as it was printed."""

_LEAST_TARGET = 0.0
_SAME_NAME = 0.8


def read_flow(text: str, table: Sequence[AtomLine], halves: int) -> list[Row]:
    """Read a table of running text into rows of one indicator, or of two side by side.

    A row that fits badly puts those beside it in doubt, too: its cells may be theirs.
    """
    tokens = read_tokens(table)
    found = search(tokens, halves)
    rows = [_row(text, tokens, closed.row, lead) for closed, lead in found]
    scores = [0.0, *(closed.score for closed, _ in found)]
    lonely = _lonely(rows) if halves > 1 else [False] * len(rows)
    doubtful = [
        not (row.left.empty and row.right.empty)
        and (
            closed.score - before < _WEAK_ROW[halves]
            or is_lonely
            or _lacks_cell(row, halves)
            or _is_glued(tokens, closed.row)
            or _has_strange_target(row)
        )
        for row, (closed, _), before, is_lonely in zip(rows, found, scores, lonely, strict=False)
    ]
    return [
        row._replace(signs=("uneven",)) if any(doubtful[max(0, index - 1) : index + 2]) else row
        for index, row in enumerate(rows)
    ]


def _lacks_cell(row: Row, halves: int) -> bool:
    return any(side.name is None or side.target is None for side in (row.left, row.right)[:halves])


def _is_glued(tokens: Sequence[Token], row: OpenRow) -> bool:
    """Say whether a cell was put together from stretches that stand beside each other on a line."""
    places = [
        (part.slot, tokens[part.token].line)
        for part in row.parts
        if tokens[part.token].text[0] not in GOES_BEFORE
    ]
    return len(set(places)) < len(places)


def _has_strange_target(row: Row) -> bool:
    targets = [side.target.text for side in (row.left, row.right) if side.target]
    return any(targetness(target) < _LEAST_TARGET for target in targets)


def _lonely(rows: list[Row]) -> list[bool]:
    """Say which rows pair two names that each stand in one half only: they may have changed places."""
    lefts = [row.left.name.text for row in rows if row.left.name]
    rights = [row.right.name.text for row in rows if row.right.name]

    def is_lonely(row: Row) -> bool:
        if row.left.name is None or row.right.name is None or row.left.name.text == row.right.name.text:
            return False
        in_right = any(alike(row.left.name.text, name) >= _SAME_NAME for name in rights)
        return not in_right and not any(alike(row.right.name.text, name) >= _SAME_NAME for name in lefts)

    return [is_lonely(row) for row in rows]


def _row(text: str, tokens: Sequence[Token], row: OpenRow, margin: float) -> Row:
    def value(slot: int) -> Value | None:
        spans = [span for part in row.parts if part.slot == slot for span in tokens[part.token].atom.spans]
        return compose(text, spans) if spans else None

    def label(index: int | None) -> Atom | None:
        return None if index is None else tokens[index].atom

    used = [part.token for part in row.parts]
    used += [index for index in (row.left_label, row.right_label) if index is not None]
    left = HalfRow(printed(label(row.left_label)), value(NAME_L), value(TARGET_L))
    right = HalfRow(printed(label(row.right_label)), value(NAME_R), value(TARGET_R))
    return Row(left, right, margin, tokens[min(used)].line, cut_names=False)
