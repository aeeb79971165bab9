"""The table of indicators as the form prints it: two halves, rows grouped by their level."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from structurer.document_types.declaration import DECLARATION
from structurer.document_types.declaration.model import Level2
from structurer.review.viewing.places import Place, label_in_table, place_of, said

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from structurer.review.editing.state import State


@dataclass(frozen=True, slots=True)
class Row:
    """An indicator; ``number`` counts from 1 in its half, ``said`` is what a person said of the row."""

    at: str
    number: int
    label: str
    level: Place
    name: Place
    target: Place
    doubtful: bool
    said: str


@dataclass(frozen=True, slots=True)
class LevelGroup:
    """Neighbouring rows of one level; ``title`` is nothing where the rows have none."""

    title: str
    above: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Half:
    """One half of the table: its scope, what is printed above it, and its rows."""

    scope: str
    title: str
    groups: tuple[LevelGroup, ...]
    size: int


def halves(state: State, doubtful: Collection[str]) -> tuple[Half, ...]:
    """Return the table's halves. ``doubtful`` are the addresses that still wait for a decision."""
    return tuple(_half(scope, title, state, doubtful) for scope, title in DECLARATION.entry.halves.items())


def _half(scope: str, title: str, state: State, doubtful: Collection[str]) -> Half:
    ours = [row for row in state.rows if state.value(f"{row}.scope") == scope]
    return Half(scope, title, tuple(_groups(ours, title, state, doubtful)), len(ours))


def _groups(rows: list[str], half: str, state: State, doubtful: Collection[str]) -> Iterator[LevelGroup]:
    numbered = enumerate(rows, start=1)
    for level, same in groupby(numbered, key=lambda each: state.value(f"{each[1]}.level2")):
        shown = tuple(_row(row, half, number, state, doubtful) for number, row in same)
        yield LevelGroup(level or "", str(Level2(level).level1) if level else "", shown)


def _row(row: str, half: str, number: int, state: State, doubtful: Collection[str]) -> Row:
    def place(key: str) -> Place:
        return place_of(f"{row}.{key}", state, doubtful, label_in_table(half, number, key))

    return Row(
        at=row,
        number=number,
        label=label_in_table(half, number),
        level=place("level2"),
        name=place("name"),
        target=place("target"),
        doubtful=row in doubtful,
        said=said(state.marks.get(row)),
    )
