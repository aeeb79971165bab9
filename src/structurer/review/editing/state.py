"""A record as it stands while people work on it: cells, rows in their order, and marks on what was doubtful.

Addresses are data paths, but a row goes by a name that stays its own however rows are moved:
``indicators.b3.name`` is the name in the row that the machine read as its fourth, ``indicators.n7-0`` the
first row that the seventh decision added.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from structurer.models import Span
from structurer.paths import DERIVED_FROM, leaves, put_at

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class Cell(NamedTuple):
    """A value and the spans of the text that it stands in."""

    value: Any = None
    spans: tuple[Span, ...] = ()

    def as_json(self) -> list[Any]:
        """Return the cell as JSON values."""
        return [self.value, [list(span) for span in self.spans]]

    @classmethod
    def from_json(cls, kept: Any) -> Self:
        """Return the cell that ``as_json`` wrote."""
        value, spans = kept
        return cls(value, tuple(Span(*span) for span in spans))


class MarkKind(StrEnum):
    """What a person said of a cell, a row, or a part of the form."""

    ACCEPTED = "accepted"
    """It is right as it stands."""
    CORRECTED = "corrected"
    """The person wrote, moved or chose it."""
    ILLEGIBLE = "illegible"
    """The print cannot be read: the value is the best guess there is, or none."""
    SKIPPED = "skipped"
    """Left to somebody else, for a reason."""


class Mark(NamedTuple):
    """What a person said, and why where a reason was given."""

    kind: MarkKind
    reason: str = ""

    def as_json(self) -> list[str]:
        """Return the mark as JSON values."""
        return [self.kind, self.reason]

    @classmethod
    def from_json(cls, kept: Any) -> Self:
        """Return the mark that ``as_json`` wrote."""
        kind, reason = kept
        return cls(MarkKind(kind), reason)


@dataclass(frozen=True, slots=True)
class State:
    """Cells by address, the addresses of all rows in the data's order, and marks by address.

    ``empty`` is the data without any row, its fields as the machine left them: the form's shape.
    """

    empty: Mapping[str, Any]
    cells: Mapping[str, Cell]
    rows: tuple[str, ...]
    marks: Mapping[str, Mark]

    def value(self, address: str) -> Any:
        """Return the value at an address; ``None`` where there is none."""
        return self.cells.get(address, Cell()).value

    def row(self, row: str) -> dict[str, Cell]:
        """Return a row's cells by their keys."""
        start = len(row) + 1
        return {
            address[start:]: cell for address, cell in self.cells.items() if address.startswith(f"{row}.")
        }

    def half(self, row: str) -> tuple[str, ...]:
        """Return the rows that stand in one half of the form with this one, in order."""
        scope = self.value(f"{row}.scope")
        return tuple(each for each in self.rows if self.value(f"{each}.scope") == scope)

    def with_cells(self, cells: Mapping[str, Cell]) -> State:
        """Return the state with some cells in the place of others."""
        return replace(self, cells={**self.cells, **cells})

    def data(self) -> dict[str, Any]:
        """Return the record's data without what is derived from other keys."""
        data = deepcopy(dict(self.empty))
        for row in self.rows:
            data[row.partition(".")[0]].append({})
        for path, cell in self._by_path():
            put_at(data, path, cell.value)
        return data

    def spans(self) -> dict[str, tuple[Span, ...]]:
        """Return where values stand, by data path."""
        return {path: cell.spans for path, cell in self._by_path() if cell.spans and cell.value is not None}

    def path(self, address: str) -> str:
        """Return the data path of an address, in which rows go by their places."""
        table, _, rest = address.partition(".")
        row, _, key = rest.partition(".")
        if f"{table}.{row}" not in self.rows:
            return address
        place = self._places()[f"{table}.{row}"]
        return ".".join(filter(None, (table, str(place), key)))

    def _by_path(self) -> Iterator[tuple[str, Cell]]:
        places = self._places()
        for address, cell in self.cells.items():
            table, _, rest = address.partition(".")
            row, _, key = rest.partition(".")
            place = places.get(f"{table}.{row}")
            yield (address if place is None else f"{table}.{place}.{key}"), cell

    def _places(self) -> dict[str, int]:
        places: dict[str, int] = {}
        seen: dict[str, int] = {}
        for row in self.rows:
            table = row.partition(".")[0]
            places[row] = seen.get(table, 0)
            seen[table] = places[row] + 1
        return places


def opened(record: Mapping[str, Any], empty: Mapping[str, Any]) -> State:
    """Return a record, as it is written, before anybody worked on it.

    ``empty`` is the data of an empty form: what there is of a record that could not be structured.
    """
    data = record["data"] if record["data"] is not None else empty
    evidence = record["evidence"]
    cells = {}
    rows: dict[str, None] = {}
    for path, value in leaves(data, DERIVED_FROM):
        table, _, rest = path.partition(".")
        place, _, key = rest.partition(".")
        if place.isdecimal():
            row = f"{table}.b{place}"
            rows[row] = None
        address = f"{row}.{key}" if place.isdecimal() else path
        cells[address] = Cell(value, tuple(Span(*span) for span in evidence.get(path, ())))
    shape = {key: [] if isinstance(value, list) else deepcopy(value) for key, value in data.items()}
    return State(shape, cells, tuple(rows), {})


def address_of(path: str) -> str:
    """Return the address of a path in the data that the machine read."""
    table, _, rest = path.partition(".")
    place, _, key = rest.partition(".")
    return ".".join(filter(None, (table, f"b{place}", key))) if place.isdecimal() else path
