"""What was decided, in order, and what it comes to: the state is the fold of the events.

Undo and redo are events of their own, with the opposite changes; nothing is ever taken out of a history.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from functools import reduce
from typing import TYPE_CHECKING

from structurer.review.editing.ops import AddRow, MisfitError, MoveRow, RemoveRow, SetCell, SetMark, before

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from structurer.review.editing.ops import Op
    from structurer.review.editing.state import State


class EventKind(StrEnum):
    """What a person did. All but the last three change a record's values or marks."""

    ACCEPT = "accept"
    CORRECT = "correct"
    ILLEGIBLE = "illegible"
    SKIP = "skip"
    ACCEPT_REST = "accept_rest"
    ADD_ROW = "add_row"
    REMOVE_ROW = "remove_row"
    MOVE_ROW = "move_row"
    SPLIT = "split"
    JOIN = "join"
    SLIDE = "slide"
    RESOLVE = "resolve"
    """A choice between readings that differ: two people's, or a person's and a new run's."""
    COMMENT = "comment"
    UNDO = "undo"
    REDO = "redo"


@dataclass(frozen=True, slots=True)
class Event:
    """One decision. ``number`` counts from 1 in a task; ``of`` is the event that an undo or redo is about.

    ``who`` is a person's name, ``at`` milliseconds since 1970 (UTC), ``seconds`` the time it took, ``note``
    the reason or comment that was given.
    """

    number: int
    kind: EventKind
    ops: tuple[Op, ...]
    who: str
    at: int
    seconds: float = 0.0
    note: str = ""
    of: int | None = None


def fold(state: State, events: Iterable[Event]) -> State:
    """Return what becomes of a state by events. Raises ``MisfitError`` for a history that is not of it."""
    return applied(state, (op for event in events for op in event.ops))


def applied(state: State, ops: Iterable[Op]) -> State:
    """Return what becomes of a state by changes. Raises ``MisfitError`` where one does not fit."""
    return reduce(lambda before, op: op.applied(before), ops, state)


def laid_over(state: State, ops: Iterable[Op]) -> State:
    """Return a state with changes that were made on another one: what they set stands, what is gone is gone.

    On the state that they were made on this is what ``applied`` gives.
    """
    return reduce(_laid_over, ops, state)


def _laid_over(state: State, op: Op) -> State:
    try:
        return op.applied(state)
    except MisfitError:
        match op:
            case SetCell() if op.at in state.cells:
                return state.with_cells({op.at: op.new})
            case SetMark():
                return replace(op, old=state.marks.get(op.at)).applied(state)
            case RemoveRow() if op.at in state.rows:
                there = RemoveRow(op.at, before(state.rows, op.at), state.row(op.at))
                return there.applied(state)
            case AddRow() if op.at not in state.rows:
                return replace(op, after=state.rows[-1] if state.rows else None).applied(state)
            case _:
                return state


def inverse(ops: Sequence[Op]) -> tuple[Op, ...]:
    """Return the changes that take others back."""
    return tuple(op.inverse() for op in reversed(ops))


def standing(events: Iterable[Event]) -> tuple[Event, ...]:
    """Return the decisions that were not taken back, or made again since."""
    return tuple(_stacks(events)[0])


def next_undo(events: Iterable[Event]) -> Event | None:
    """Return the decision that the next undo takes back."""
    stand, _ = _stacks(events)
    return stand[-1] if stand else None


def next_redo(events: Iterable[Event]) -> Event | None:
    """Return the decision that the next redo makes again."""
    _, undone = _stacks(events)
    return undone[-1] if undone else None


def _stacks(events: Iterable[Event]) -> tuple[list[Event], list[Event]]:
    """Return the decisions that stand, and those that were taken back, each with the newest last."""
    stand: list[Event] = []
    undone: list[Event] = []
    for event in events:
        if event.kind is EventKind.UNDO:
            undone.append(stand.pop())
        elif event.kind is EventKind.REDO:
            stand.append(undone.pop())
        elif event.ops:
            stand.append(event)
            undone.clear()
    return stand, undone


def touched(ops: Iterable[Op]) -> frozenset[str]:
    """Return the addresses that changes are about; what orders rows is about ``rows`` as well."""
    found = set()
    for op in ops:
        found.add(op.at)
        if isinstance(op, AddRow | RemoveRow | MoveRow):
            found.add("rows")
    return frozenset(found)
