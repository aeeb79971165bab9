"""Cells that came out otherwise in another run on the same gold."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from structurer.evaluation.outcomes import CellOutcome
    from structurer.groups import Group


class State(StrEnum):
    """What a run made of one cell."""

    RIGHT = "right"
    RIGHT_FLAGGED = "right, flagged"
    """A reviewer is asked to look at what needs no look."""
    WRONG_FLAGGED = "wrong, flagged"
    SILENT = "wrong, silent"
    UNCERTAIN_FLAGGED = "uncertain, flagged"
    UNCERTAIN = "uncertain, not flagged"
    ABSENT = "absent"
    """A cell that the other run has too many, and this one has not."""


_BADNESS = {
    State.RIGHT: 0,
    State.ABSENT: 0,
    State.UNCERTAIN_FLAGGED: 0,
    State.RIGHT_FLAGGED: 1,
    State.UNCERTAIN: 1,
    State.WRONG_FLAGGED: 2,
    State.SILENT: 3,
}
_RIGHT = (State.RIGHT, State.RIGHT_FLAGGED)
_WRONG = (State.WRONG_FLAGGED, State.SILENT)


@dataclass(frozen=True, slots=True)
class Change:
    """One cell that came out otherwise.

    ``path`` is its place in the label or, where the label does not have it, in the record. ``read_before``
    and ``read_after`` are the values as text. ``excerpt`` is the line of the filing.
    """

    filing: str
    ordinal: int
    path: str
    field: str
    group: Group
    gold: str | None
    before: State
    after: State
    read_before: str | None
    read_after: str | None
    excerpt: str

    @property
    def step(self) -> int:
        """Above 0 for a change to the better, below for one to the worse, 0 for another wrong value."""
        return _BADNESS[self.before] - _BADNESS[self.after]

    @property
    def broken(self) -> bool:
        """Whether the value was right and is wrong now."""
        return self.before in _RIGHT and self.after in _WRONG

    def as_dict(self) -> dict[str, Any]:
        """Return the change as JSON values."""
        return {
            "filing": self.filing,
            "ordinal": self.ordinal,
            "path": self.path,
            "field": self.field,
            "group": self.group.value,
            "gold": self.gold,
            "before": self.before.value,
            "after": self.after.value,
            "read_before": self.read_before,
            "read_after": self.read_after,
            "excerpt": self.excerpt,
        }


class _Key(NamedTuple):
    """What makes two runs' cells the same one.

    A cell of a label is its place in the label. One that is too many has none, and its place in the record
    moves with the rows before it; so it is its field, its value, and the how manieth of these it is.
    """

    filing: str
    ordinal: int
    gold_path: str
    field: str
    read: str | None
    occurrence: int


def changes(before: Iterable[CellOutcome], after: Iterable[CellOutcome]) -> tuple[Change, ...]:
    """Return the cells that came out otherwise, worst first, then in the order of the runs.

    A cell is named that is right or wrong now and was not, whose flag came or went, or that is wrong in
    another way. Of uncertain cells only the flag is looked at.
    """
    was, now = _by_key(before), _by_key(after)
    found = [_change(was.get(key), now.get(key)) for key in was | now]
    return tuple(sorted((change for change in found if change is not None), key=lambda change: change.step))


def _by_key(cells: Iterable[CellOutcome]) -> dict[_Key, CellOutcome]:
    seen: Counter[_Key] = Counter()
    keyed: dict[_Key, CellOutcome] = {}
    for cell in cells:
        own = () if cell.gold_path else (cell.field, cell.read)
        key = _Key(cell.filing, cell.ordinal, cell.gold_path, *(own or ("", None)), 0)
        keyed[key._replace(occurrence=seen[key])] = cell
        seen[key] += 1
    return keyed


def _change(was: CellOutcome | None, now: CellOutcome | None) -> Change | None:
    shown = now or was
    if shown is None:
        return None
    before, after = _state(was), _state(now)
    read_before, read_after = (was.read if was else None), (now.read if now else None)
    if before is after and not (after in _WRONG and read_before != read_after):
        return None
    return Change(
        filing=shown.filing,
        ordinal=shown.ordinal,
        path=shown.gold_path or shown.path,
        field=shown.field,
        group=shown.group,
        gold=shown.gold,
        before=before,
        after=after,
        read_before=read_before,
        read_after=read_after,
        excerpt=shown.excerpt or (was.excerpt if was else ""),
    )


def _state(cell: CellOutcome | None) -> State:
    if cell is None:
        return State.ABSENT
    if cell.uncertain:
        return State.UNCERTAIN_FLAGGED if cell.flagged else State.UNCERTAIN
    if cell.right:
        return State.RIGHT_FLAGGED if cell.flagged else State.RIGHT
    return State.WRONG_FLAGGED if cell.flagged else State.SILENT
