"""Where two states of one record differ: two people's, or a person's and a later run's."""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any, NamedTuple

from structurer.review.editing.addresses import key_in_row, row_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from structurer.review.editing.state import Cell, State


class Difference(NamedTuple):
    """One place where two states differ, by its address in the first.

    Of a row that only one of them has, ``at`` is the row there, and ``mine`` or ``other`` is ``None``; else
    they are the two values of a cell. ``row`` holds the cells of a row that only the other has.
    """

    at: str
    mine: Any
    other: Any
    row: dict[str, Cell] | None = None


def differences(mine: State, other: State) -> tuple[Difference, ...]:
    """Return where two states differ in their values, in the order of the first."""
    return (*_fields(mine, other), *_rows(mine, other))


def _fields(mine: State, other: State) -> Iterator[Difference]:
    for at, cell in mine.cells.items():
        if row_of(at) is None and cell.value != other.value(at):
            yield Difference(at, cell.value, other.value(at))


def _rows(mine: State, other: State) -> Iterator[Difference]:
    """Compare rows: those that are alike by name first, then those that stand in each other's place."""
    ours, theirs = [_known_by(mine, row) for row in mine.rows], [_known_by(other, row) for row in other.rows]
    for kind, first, last, start, end in SequenceMatcher(None, ours, theirs, autojunk=False).get_opcodes():
        one, two = mine.rows[first:last], other.rows[start:end]
        paired = min(len(one), len(two)) if kind != "equal" else len(one)
        for row, counterpart in zip(one[:paired], two[:paired], strict=True):
            yield from _cells(mine, row, other, counterpart)
        for row in one[paired:]:
            yield Difference(row, _words(mine, row), None)
        for row in two[paired:]:
            yield Difference(row, None, _words(other, row), other.row(row))


def _cells(mine: State, row: str, other: State, counterpart: str) -> Iterator[Difference]:
    for address in mine.cells:
        if row_of(address) == row:
            value = other.value(f"{counterpart}.{key_in_row(address)}")
            if mine.value(address) != value:
                yield Difference(address, mine.value(address), value)


def _known_by(state: State, row: str) -> tuple[Any, ...]:
    return state.value(f"{row}.scope"), state.value(f"{row}.name")


def _words(state: State, row: str) -> str:
    return " ".join(str(state.value(f"{row}.{key}") or "") for key in ("name", "target")).strip()
