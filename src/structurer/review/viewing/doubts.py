"""What is doubtful about a record as its reviewer reads it: places, reasons in words, readings to choose."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from structurer.models import FlagKind
from structurer.review.editing.addresses import address_of, key_in_row, row_of
from structurer.review.editing.doubts import is_gone, settled
from structurer.review.viewing.places import Place, label_of, place_of, said, spans_json
from structurer.review.words import reason_in_words

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from structurer.review.editing.doubts import Doubt
    from structurer.review.editing.state import State


@dataclass(frozen=True, slots=True)
class Why:
    """A reason: a few words, and what the program found in full."""

    words: str
    message: str


@dataclass(frozen=True, slots=True)
class Reading:
    """One of several readings; ``key`` chooses it. ``now`` says that it is what stands there."""

    key: int
    value: str
    now: bool


@dataclass(frozen=True, slots=True)
class DoubtView:
    """A doubtful place. ``place`` is its value; of a row or a part of the form there is none.

    ``texts`` is what its row holds, where the value does not tell. ``said`` is what was decided, nothing
    while it is open. ``spans`` is JSON.
    """

    at: str
    label: str
    place: Place | None
    texts: str
    spans: str
    reasons: tuple[Why, ...]
    readings: tuple[Reading, ...]
    open: bool
    mark: str
    said: str


@dataclass(frozen=True, slots=True)
class Oddity:
    """What is odd about the filing itself, with where it stands. It asks nothing."""

    at: str
    label: str
    words: str
    message: str


def doubt_view(doubt: Doubt, state: State) -> DoubtView:
    """Return a doubt as it is shown."""
    mark = settled(doubt, state)
    gone = is_gone(doubt, state)
    is_open = mark is None and not gone
    is_cell = doubt.at in state.cells
    place = place_of(doubt.at, state, {doubt.at} if is_open else ()) if is_cell else None
    texts = (
        "" if gone or (is_cell and key_in_row(doubt.at) in ("name", "target")) else _texts(doubt.at, state)
    )
    return DoubtView(
        at=doubt.at,
        label=label_of(doubt.at, state),
        place=place,
        texts=texts,
        spans=place.spans if place is not None else _spans_below(doubt.at, state),
        reasons=tuple(Why(reason_in_words(each.code), each.message) for each in doubt.reasons),
        readings=() if place is None else _readings(doubt, place),
        open=is_open,
        mark="removed" if gone else "" if mark is None else str(mark.kind),
        said="the row was removed" if gone else said(mark),
    )


def oddities(record: Mapping[str, Any], state: State) -> tuple[Oddity, ...]:
    """Return what the machine found odd about the filing itself."""
    flags = (flag for flag in record["flags"] if flag["kind"] == FlagKind.SOURCE)
    found = ((address_of(flag["path"]), flag) for flag in flags)
    return tuple(
        Oddity(at, label_of(at, state), reason_in_words(flag["code"]), flag["message"]) for at, flag in found
    )


def _readings(doubt: Doubt, place: Place) -> tuple[Reading, ...]:
    others = dict.fromkeys(each.other for each in doubt.reasons if each.other is not None)
    others.pop(place.value, None)
    if not others:
        return ()
    values = [(place.value, True), *((other, False) for other in others)]
    return tuple(Reading(key, value, now) for key, (value, now) in enumerate(values, start=1))


def _texts(at: str, state: State) -> str:
    """Return what a row holds, in short."""
    row = row_of(at)
    if row is None:
        return ""
    return " · ".join(filter(None, (str(state.value(f"{row}.{key}") or "") for key in ("name", "target"))))


def _spans_below(at: str, state: State) -> str:
    """Return where all values stand that a row or a part of the form holds; of the whole record, none."""
    below = [cell for address, cell in state.cells.items() if at and address.startswith(f"{at}.")]
    if not below:
        return "[]"
    return spans_json(below[0]._replace(spans=tuple(span for cell in below for span in cell.spans)))
