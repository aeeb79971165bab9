"""What is doubtful about a record, for the eyes of a person: places with reasons, settled or not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from structurer.groups import Group, group_of
from structurer.models import FlagKind
from structurer.paths import covers
from structurer.review.editing.addresses import address_of, field_of, row_of
from structurer.review.editing.state import MarkKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from structurer.review.editing.state import Mark, State


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something is doubtful: the flag's code, its words, and the other reading where there is one."""

    code: str
    message: str
    severity: str = "warning"
    other: str | None = None


@dataclass(frozen=True, slots=True)
class Doubt:
    """A place that a person should look at: a value, a row, a part of the form, the whole record (``""``)."""

    at: str
    reasons: tuple[Reason, ...]

    def group(self) -> Group:
        """Return the group of fields that the place belongs to."""
        return group_of(field_of(self.at))


def flags_of_reading(record: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the flags by which a record asks for a reviewer, as they are written."""
    return [flag for flag in record["flags"] if flag["kind"] == FlagKind.EXTRACTION]


def doubts_of(record: Mapping[str, Any]) -> tuple[Doubt, ...]:
    """Return what a record's flags ask of a reviewer, in the form's order; one doubt for each place."""
    found: dict[str, list[Reason]] = {}
    for flag in flags_of_reading(record):
        reason = Reason(flag["code"], flag["message"], flag["severity"], flag.get("other"))
        found.setdefault(address_of(flag["path"]), []).append(reason)
    return tuple(Doubt(at, tuple(reasons)) for at, reasons in found.items())


def with_probes(doubts: Sequence[Doubt], probes: Iterable[Doubt], state: State) -> tuple[Doubt, ...]:
    """Return doubts with those put in on purpose among them, in the order of the form."""
    places = {at: number for number, at in enumerate(state.cells)}
    mixed = {doubt.at: doubt for doubt in (*probes, *doubts)}
    return tuple(sorted(mixed.values(), key=lambda doubt: _place(doubt.at, places)))


def _place(at: str, places: Mapping[str, int]) -> tuple[int, str]:
    below = (place for address, place in places.items() if covers(at, address))
    return min(below, default=len(places)), at


def settled(doubt: Doubt, state: State) -> Mark | None:
    """Return what a person said of a doubt, ``None`` where it is open.

    A mark on the place or on the row that it is in settles it; so does a row's removal.
    """
    row = row_of(doubt.at)
    return state.marks.get(doubt.at) or (None if row is None else state.marks.get(row))


def is_gone(doubt: Doubt, state: State) -> bool:
    """Say whether a doubt is about a row that was removed."""
    row = row_of(doubt.at)
    return row is not None and row not in state.rows


def open_doubts(doubts: Iterable[Doubt], state: State) -> tuple[Doubt, ...]:
    """Return the doubts that nobody settled yet."""
    return tuple(doubt for doubt in doubts if settled(doubt, state) is None and not is_gone(doubt, state))


def skipped(doubts: Iterable[Doubt], state: State) -> tuple[Doubt, ...]:
    """Return the doubts that were left to a curator."""
    marks = ((doubt, settled(doubt, state)) for doubt in doubts)
    return tuple(doubt for doubt, mark in marks if mark is not None and mark.kind is MarkKind.SKIPPED)
