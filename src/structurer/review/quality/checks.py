"""Values that were planted, while people work on them: shown, followed wherever they go, and taken out.

A planted value is known by its cell: the wrong value with the spans of the print, in its column. Rows may be
moved and columns slid: the cell stays whole. Where it would not, because it is split or joined, the value
that was read takes its place first, for good: pieces of a wrong value could not be told any more.
"""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from structurer.evaluation.cells import same
from structurer.review.editing import commands as do
from structurer.review.editing.addresses import field_of, row_of
from structurer.review.editing.deciding import decide
from structurer.review.editing.history import EventKind, applied, standing
from structurer.review.editing.ops import AddRow, RemoveRow, SetCell
from structurer.review.editing.state import Cell, MarkKind
from structurer.store.packing import from_json
from structurer.store.review.probes import ProbeKind

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from structurer.review.editing.commands import Command
    from structurer.review.editing.deciding import Decided, Form
    from structurer.review.editing.history import Event
    from structurer.review.editing.ops import Op
    from structurer.review.editing.state import State
    from structurer.store.review.probes import Probe


class Verdict(StrEnum):
    """What became of a planted value."""

    CAUGHT = "caught"
    """A person changed it, took its row away, or could not read the print."""
    MISSED = "missed"
    """A person let it stand."""
    UNDECIDED = "undecided"
    """It was left to somebody else, or went when its cell was split or joined: nobody can tell."""


class Check(NamedTuple):
    """A planted value: its address, its cell as it is shown, and as it was read."""

    at: str
    shown: Cell
    truth: Cell

    def stands_in(self, cells: Mapping[str, Cell]) -> Iterator[str]:
        """Yield where the value stands now."""
        return (at for at, cell in cells.items() if self.is_at(at, cell))

    def is_at(self, at: str, cell: Cell) -> bool:
        """Say whether a cell, of this address, is the planted one."""
        return cell == self.shown and field_of(at) == field_of(self.at)

    def honest(self, at: str, cell: Cell) -> Cell:
        """Return a cell, the planted one as it was read."""
        return self.truth if self.is_at(at, cell) else cell


def checks_of(probes: Iterable[Probe]) -> tuple[Check, ...]:
    """Return the planted values among probes."""
    return tuple(
        Check(probe.address, Cell.from_json(from_json(probe.shown)), Cell.from_json(from_json(probe.truth)))
        for probe in probes
        if probe.kind is ProbeKind.PLANTED
    )


def with_shown(state: State, probes: Iterable[Probe]) -> State:
    """Return a state with the planted values in it, in the place of what was read and nothing else."""
    checks = (check for check in checks_of(probes) if state.cells.get(check.at) == check.truth)
    return state.with_cells({check.at: check.shown for check in checks})


def without_planted(state: State, probes: Iterable[Probe]) -> State:
    """Return a state in which every planted value gave way to the one that was read.

    Where that stands in its own place again, by a person's hand or by this, nothing is left of what was said
    of it: a mark would tell which values were planted, and no mark of it is about the machine's reading.
    """
    cells, marks = dict(state.cells), dict(state.marks)
    for check in checks_of(probes):
        cells |= dict.fromkeys(list(check.stands_in(cells)), check.truth)
        if check.at in cells and same(field_of(check.at), cells[check.at].value, check.truth.value):
            cells[check.at] = check.truth
            marks.pop(check.at, None)
    return replace(state, cells=cells, marks=marks)


def decide_among(
    command: Command,
    state: State,
    events: Sequence[Event],
    doubtful: Collection[str],
    form: Form,
    turn: int,
    probes: Sequence[Probe],
) -> Decided:
    """Return the changes that a command stands for, where some values are planted; see ``decide``."""
    checks = checks_of(probes)
    restored = tuple(
        SetCell(at, check.shown, check.truth)
        for at in _taken_apart(command, state)
        for check in checks
        if check.is_at(at, state.cells[at])
    )
    decided = decide(command, applied(state, restored), events, doubtful, form, turn)
    return decided._replace(ops=(*restored, *decided.ops))


def _taken_apart(command: Command, state: State) -> Iterator[str]:
    """Yield the cells that a command splits or joins."""
    if isinstance(command, do.Split | do.Join) and command.at in state.cells:
        yield command.at
        row, _, key = command.at.rpartition(".")
        if isinstance(command, do.Join) and row in state.rows:
            half = state.half(row)
            for below in half[half.index(row) + 1 :][:1]:
                yield f"{below}.{key}"


def verdict(check: Check, state: State, events: Iterable[Event]) -> Verdict:
    """Return what became of a planted value in a turn that ended in a state."""
    for at in check.stands_in(state.cells):
        mark = state.marks.get(at) or state.marks.get(row_of(at) or at)
        if mark is None or mark.kind is MarkKind.SKIPPED:
            return Verdict.UNDECIDED
        return Verdict.CAUGHT if mark.kind is MarkKind.ILLEGIBLE else Verdict.MISSED
    kinds = [event.kind for event in standing(events) for op in event.ops if _takes_away(check, op)]
    spoiled = not kinds or kinds[-1] in (EventKind.SPLIT, EventKind.JOIN)
    return Verdict.UNDECIDED if spoiled else Verdict.CAUGHT


def _takes_away(check: Check, op: Op) -> bool:
    if isinstance(op, SetCell):
        return check.is_at(op.at, op.old)
    return isinstance(op, RemoveRow) and any(
        check.is_at(f"{op.at}.{key}", cell) for key, cell in op.cells.items()
    )


def honest(ops: Iterable[Op], probes: Iterable[Probe]) -> tuple[Op, ...]:
    """Return changes as others may see them: as if nothing had been planted.

    For people who did not decide them themselves, and for files. A change that only put right what was
    planted is not among them, nor is what was said of the place.
    """
    return tuple(_honest(ops, checks_of(probes)))


def _honest(ops: Iterable[Op], checks: Sequence[Check]) -> Iterator[Op]:
    for op in ops:
        if isinstance(op, SetCell):
            old, new = op.old, op.new
            for check in checks:
                old, new = check.honest(op.at, old), check.honest(op.at, new)
            if old != new:
                yield replace(op, old=old, new=new)
        elif isinstance(op, AddRow | RemoveRow):
            yield replace(op, cells=dict(_honest_cells(op, checks)))
        elif op.at not in {check.at for check in checks}:
            yield op


def _honest_cells(op: AddRow | RemoveRow, checks: Sequence[Check]) -> Iterator[tuple[str, Cell]]:
    for key, cell in op.cells.items():
        for check in checks:
            cell = check.honest(f"{op.at}.{key}", cell)
        yield key, cell
