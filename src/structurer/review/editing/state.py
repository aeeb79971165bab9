"""A record as it stands while people work on it: cells, rows in their order, marks on what was doubtful."""

from __future__ import annotations

from collections import Counter
from copy import deepcopy
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from structurer.models import Span
from structurer.paths import DERIVED_FROM, leaves, put_at
from structurer.review.editing.addresses import address_of, key_in_row, row_of, table_of

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
            data[table_of(row)].append({})
        for path, cell in self._by_path():
            put_at(data, path, cell.value)
        return data

    def spans(self) -> dict[str, tuple[Span, ...]]:
        """Return where values stand, by data path."""
        return {path: cell.spans for path, cell in self._by_path() if cell.spans and cell.value is not None}

    def path(self, address: str) -> str | None:
        """Return the data path of an address; ``None`` for one in a row that is gone."""
        row = row_of(address)
        if row is None:
            return address
        place = self._places().get(row)
        if place is None:
            return None
        return ".".join(filter(None, (table_of(row), str(place), key_in_row(address))))

    def _by_path(self) -> Iterator[tuple[str, Cell]]:
        places = self._places()
        for address, cell in self.cells.items():
            row = row_of(address)
            if row is None:
                yield address, cell
            else:
                yield f"{table_of(row)}.{places[row]}.{key_in_row(address)}", cell

    def _places(self) -> dict[str, int]:
        """Return which row of its table each row is, from 0."""
        places: dict[str, int] = {}
        seen: Counter[str] = Counter()
        for row in self.rows:
            table = table_of(row)
            places[row] = seen[table]
            seen[table] += 1
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
        address = address_of(path)
        cells[address] = Cell(value, tuple(Span(*span) for span in evidence.get(path, ())))
        row = row_of(address)
        if row is not None:
            rows[row] = None
    shape = {key: [] if isinstance(value, list) else deepcopy(value) for key, value in data.items()}
    return State(shape, cells, tuple(rows), {})
