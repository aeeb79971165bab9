"""The few changes that every decision is made of. Each says what was there before, and can be undone."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from structurer.errors import StructurerError
from structurer.review.editing.state import Cell, Mark

if TYPE_CHECKING:
    from collections.abc import Mapping

    from structurer.review.editing.state import State


class MisfitError(StructurerError):
    """A change does not fit what it is applied to: that was changed meanwhile. ``at`` says where."""

    def __init__(self, at: str) -> None:
        super().__init__(f"{at}: is not as it was when this was decided")
        self.at = at


@dataclass(frozen=True, slots=True)
class SetCell:
    """A value in the place of another, with the spans that it stands in."""

    at: str
    old: Cell
    new: Cell

    def applied(self, state: State) -> State:
        """Return the state after the change. Raises ``MisfitError``."""
        if state.cells.get(self.at) != self.old:
            raise MisfitError(self.at)
        return state.with_cells({self.at: self.new})

    def inverse(self) -> SetCell:
        """Return the change that takes this one back."""
        return SetCell(self.at, self.new, self.old)

    def as_json(self) -> dict[str, Any]:
        """Return the change as JSON values."""
        return {"op": "set", "at": self.at, "old": self.old.as_json(), "new": self.new.as_json()}


@dataclass(frozen=True, slots=True)
class SetMark:
    """What a person says of a place; ``None`` where nothing is, or was, said."""

    at: str
    old: Mark | None
    new: Mark | None

    def applied(self, state: State) -> State:
        """Return the state after the change. Raises ``MisfitError``."""
        if state.marks.get(self.at) != self.old:
            raise MisfitError(self.at)
        others = {at: mark for at, mark in state.marks.items() if at != self.at}
        return replace(state, marks=others if self.new is None else others | {self.at: self.new})

    def inverse(self) -> SetMark:
        """Return the change that takes this one back."""
        return SetMark(self.at, self.new, self.old)

    def as_json(self) -> dict[str, Any]:
        """Return the change as JSON values."""
        old, new = (None if mark is None else mark.as_json() for mark in (self.old, self.new))
        return {"op": "mark", "at": self.at, "old": old, "new": new}


@dataclass(frozen=True, slots=True)
class AddRow:
    """A row with its cells, behind another row or (``None``) before all."""

    at: str
    after: str | None
    cells: Mapping[str, Cell]

    def applied(self, state: State) -> State:
        """Return the state after the change. Raises ``MisfitError``."""
        if self.at in state.rows:
            raise MisfitError(self.at)
        placed = replace(state, rows=_put(state.rows, self.at, self.after))
        return placed.with_cells({f"{self.at}.{key}": cell for key, cell in self.cells.items()})

    def inverse(self) -> RemoveRow:
        """Return the change that takes this one back."""
        return RemoveRow(self.at, self.after, self.cells)

    def as_json(self) -> dict[str, Any]:
        """Return the change as JSON values."""
        cells = {key: cell.as_json() for key, cell in self.cells.items()}
        return {"op": "add", "at": self.at, "after": self.after, "cells": cells}


@dataclass(frozen=True, slots=True)
class RemoveRow:
    """A row is taken away; ``after`` and ``cells`` are where it stood and what it held."""

    at: str
    after: str | None
    cells: Mapping[str, Cell]

    def applied(self, state: State) -> State:
        """Return the state after the change. Raises ``MisfitError``."""
        if self.at not in state.rows or state.row(self.at) != dict(self.cells):
            raise MisfitError(self.at)
        if before(state.rows, self.at) != self.after:
            raise MisfitError(self.at)
        kept = {at: cell for at, cell in state.cells.items() if not at.startswith(f"{self.at}.")}
        return replace(state, rows=tuple(row for row in state.rows if row != self.at), cells=kept)

    def inverse(self) -> AddRow:
        """Return the change that takes this one back."""
        return AddRow(self.at, self.after, self.cells)

    def as_json(self) -> dict[str, Any]:
        """Return the change as JSON values."""
        cells = {key: cell.as_json() for key, cell in self.cells.items()}
        return {"op": "remove", "at": self.at, "after": self.after, "cells": cells}


@dataclass(frozen=True, slots=True)
class MoveRow:
    """A row goes to another place: behind ``new`` instead of behind ``old``."""

    at: str
    old: str | None
    new: str | None

    def applied(self, state: State) -> State:
        """Return the state after the change. Raises ``MisfitError``."""
        if self.at not in state.rows or before(state.rows, self.at) != self.old or self.new == self.at:
            raise MisfitError(self.at)
        others = tuple(row for row in state.rows if row != self.at)
        return replace(state, rows=_put(others, self.at, self.new))

    def inverse(self) -> MoveRow:
        """Return the change that takes this one back."""
        return MoveRow(self.at, self.new, self.old)

    def as_json(self) -> dict[str, Any]:
        """Return the change as JSON values."""
        return {"op": "move", "at": self.at, "old": self.old, "new": self.new}


Op = SetCell | SetMark | AddRow | RemoveRow | MoveRow


def op_from_json(kept: Mapping[str, Any]) -> Op:
    """Return the change that ``as_json`` wrote."""
    at = kept["at"]
    match kept["op"]:
        case "set":
            return SetCell(at, Cell.from_json(kept["old"]), Cell.from_json(kept["new"]))
        case "mark":
            old, new = (None if mark is None else Mark.from_json(mark) for mark in (kept["old"], kept["new"]))
            return SetMark(at, old, new)
        case "move":
            return MoveRow(at, kept["old"], kept["new"])
        case "add" | "remove" as kind:
            cells = {key: Cell.from_json(cell) for key, cell in kept["cells"].items()}
            return (AddRow if kind == "add" else RemoveRow)(at, kept["after"], cells)
        case unknown:
            raise ValueError(f"{unknown!r} is no change that this version knows")


def before(rows: tuple[str, ...], row: str) -> str | None:
    """Return the row that stands before one; ``None`` before the first."""
    place = rows.index(row)
    return rows[place - 1] if place else None


def _put(rows: tuple[str, ...], row: str, after: str | None) -> tuple[str, ...]:
    if after is None:
        return (row, *rows)
    if after not in rows:
        raise MisfitError(row)
    place = rows.index(after) + 1
    return (*rows[:place], row, *rows[place:])
