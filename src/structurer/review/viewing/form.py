"""A turn at a record as its page shows it: what is doubtful first, then the form as it is printed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from structurer.document_types.declaration import DECLARATION
from structurer.review.editing.doubts import open_doubts
from structurer.review.editing.history import EventKind, next_redo, next_undo
from structurer.review.editing.sums import Sum, sums
from structurer.review.viewing.doubts import DoubtView, Oddity, doubt_view, oddities
from structurer.review.viewing.grid import Half, halves
from structurer.review.viewing.places import Place, label_of, place_of

if TYPE_CHECKING:
    from structurer.review.editing.history import Event
    from structurer.review.editing.state import State
    from structurer.review.sitting import Sitting


@dataclass(frozen=True, slots=True)
class PartView:
    """One part of the form; ``sum`` is of amounts only."""

    title: str
    places: tuple[Place, ...]
    sum: Sum | None


@dataclass(frozen=True, slots=True)
class Remark:
    """Words that somebody left; ``at`` is milliseconds since 1970 (UTC)."""

    who: str
    at: int
    words: str


@dataclass(frozen=True, slots=True)
class FormView:
    """All of a turn that changes by decisions.

    ``left`` counts what waits, ``untouched`` the values that nobody asked about or touched. ``undo`` and
    ``redo`` name the decision that would be taken back or made again; nothing where there is none.
    """

    version: int
    left: int
    doubts: tuple[DoubtView, ...]
    oddities: tuple[Oddity, ...]
    parts: tuple[PartView, ...]
    halves: tuple[Half, ...]
    remarks: tuple[Remark, ...]
    undo: str
    redo: str
    untouched: int


def form_view(sitting: Sitting, state: State) -> FormView:
    """Return a turn in a state as it is shown."""
    waiting = open_doubts(sitting.doubts, state)
    doubtful = {doubt.at for doubt in waiting}
    by_half = {each.half: each for each in sums(state, DECLARATION.entry.halves)}
    questioned = {doubt.at for doubt in sitting.doubts}
    return FormView(
        version=sitting.version,
        left=len(waiting),
        doubts=tuple(doubt_view(doubt, state) for doubt in sitting.doubts),
        oddities=oddities(sitting.record, state),
        parts=tuple(
            PartView(
                part.title,
                tuple(place_of(field.path, state, doubtful) for field in part.fields),
                by_half.get(_half_of(part.fields[0].path)),
            )
            for part in DECLARATION.entry.parts
        ),
        halves=halves(state, doubtful),
        remarks=tuple(
            Remark(event.who, event.at, _words(event.note, state))
            for event in sitting.events
            if event.kind is EventKind.COMMENT
        ),
        undo=_named(next_undo(sitting.events)),
        redo=_named(next_redo(sitting.events)),
        untouched=sum(
            cell.value is not None and at not in state.marks and at not in questioned
            for at, cell in state.cells.items()
        ),
    )


def _words(note: str, state: State) -> str:
    """Return a comment, with the label of the place that it is about."""
    at, _, words = note.partition(": ")
    return f"{label_of(at, state)}: {words}" if at in state.cells or at in state.rows else note


def _half_of(path: str) -> str:
    return path.split(".")[1] if path.startswith("funding.") else ""


def _named(event: Event | None) -> str:
    return "" if event is None else event.kind.replace("_", " ")
