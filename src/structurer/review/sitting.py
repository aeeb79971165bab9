"""A turn at a record as its reviewer sees it: the values, what is doubtful, and what was decided so far."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import reduce
from typing import TYPE_CHECKING, Any

from structurer.document_types.declaration import DECLARATION
from structurer.review.editing.comparing import differences
from structurer.review.editing.doubts import (
    Doubt,
    Reason,
    doubts_of,
    open_doubts,
    skipped,
    with_probes,
)
from structurer.review.editing.form import PrintedForm
from structurer.review.editing.history import Event, EventKind, fold, laid_over
from structurer.review.editing.ops import op_from_json
from structurer.review.editing.state import State, opened
from structurer.review.quality.checks import with_shown, without_planted
from structurer.store.packing import from_json, unpacked, unpacked_json
from structurer.store.review import Decisions, Items, Round, Tasks, TaskState
from structurer.store.review.probes import ProbeKind, Probes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from structurer.review.editing.comparing import Difference
    from structurer.store import Store
    from structurer.store.review import Item, Task
    from structurer.store.review.probes import Probe

_LOW_CONFIDENCE = Reason("low_confidence", "the reading is less sure than others; compare it with the print")


@dataclass(frozen=True, slots=True)
class Sitting:
    """One turn at a record.

    ``record`` is what the machine wrote, ``text`` the whole filing's, ``start`` the state that the turn began
    with, ``events`` what was decided in it, ``state`` what that comes to. ``doubts`` are all that there are,
    settled or not, in the form's order. ``probes`` are those among them that were put in on purpose; no page
    may tell them from the others.
    """

    task: Task
    key: str
    record: Mapping[str, Any]
    text: str
    start: State
    events: tuple[Event, ...]
    state: State
    doubts: tuple[Doubt, ...]
    probes: tuple[Probe, ...] = ()

    @property
    def version(self) -> int:
        """How many decisions there are: what the next one is made on."""
        return len(self.events)

    @property
    def open_doubts(self) -> tuple[Doubt, ...]:
        """What still waits for a decision."""
        return open_doubts(self.doubts, self.state)

    @property
    def skipped(self) -> tuple[Doubt, ...]:
        """What was left to a curator; not what was planted, which nobody has to settle."""
        planted = {probe.address for probe in self.probes if probe.kind is ProbeKind.PLANTED}
        return tuple(doubt for doubt in skipped(self.doubts, self.state) if doubt.at not in planted)

    @property
    def form(self) -> PrintedForm:
        """The form, and the part of the text that it stands in."""
        chunk = self.record["chunk"]
        return PrintedForm(DECLARATION, self.text, chunk["start"], chunk["end"])


def sit_down(store: Store, number: int) -> Sitting | None:
    """Return a turn at a record as it stands; ``None`` where there is no such task."""
    task = Tasks(store).find(number)
    item = None if task is None else Items(store).find(task.item)
    if task is None or item is None:
        return None
    record = unpacked_json(item.body)
    read = opened(record, DECLARATION.entry.empty())
    probes = Probes(store).of(task.id)
    events = events_of(store, task.id)
    if task.round in (Round.FIRST, Round.SECOND):
        start = with_shown(read, probes)
        doubts = _of_machine(record, probes, start)
    else:
        start = _settled_before(store, task, events, read)
        doubts = _to_curate(store, task, item, start) if task.round is Round.CURATION else _drawn(probes)
    state = fold(start, events)
    return Sitting(task, item.key, record, unpacked(item.text), start, events, state, doubts, probes)


def events_of(store: Store, task: int) -> tuple[Event, ...]:
    """Return what was decided in a task."""
    return tuple(
        Event(
            number=kept.number,
            kind=EventKind(kept.kind),
            ops=tuple(map(op_from_json, from_json(kept.ops))),
            who=kept.who,
            at=kept.at,
            seconds=kept.milliseconds / 1000,
            note=kept.note,
            of=kept.of,
        )
        for kept in Decisions(store).of(task)
    )


def _of_machine(record: Mapping[str, Any], probes: Sequence[Probe], state: State) -> tuple[Doubt, ...]:
    return with_probes(tuple(map(_alike, doubts_of(record))), _drawn(probes), state)


def _alike(doubt: Doubt) -> Doubt:
    """Return a doubt in words that do not tell it from one that was put in on purpose."""
    code = _LOW_CONFIDENCE.code
    said = tuple(_LOW_CONFIDENCE if reason.code == code else reason for reason in doubt.reasons)
    return replace(doubt, reasons=said)


def _drawn(probes: Sequence[Probe]) -> tuple[Doubt, ...]:
    return tuple(Doubt(probe.address, (_LOW_CONFIDENCE,)) for probe in probes)


def _settled_before(store: Store, task: Task, events: Sequence[Event], read: State) -> State:
    """Return what people had made of a record when this turn began; their marks do not count in it."""
    begun = events[0].at if events else None
    earlier = (one for one in settling_turns(store, task.item) if one.id != task.id)
    counted = (one for one in earlier if begun is None or (one.finished_at or 0) <= begun)
    state = reduce(lambda made, turn: after(store, turn, made), counted, read)
    return State(state.empty, state.cells, state.rows, {})


def settling_turns(store: Store, item: int) -> list[Task]:
    """Return the turns at a record that ended and say what it is, in the order in which they ended."""
    turns = Tasks(store).of_item(item)
    ended = (turn for turn in turns if turn.state is TaskState.DONE and turn.round is not Round.SECOND)
    return sorted(ended, key=lambda turn: (turn.finished_at or 0, turn.id))


def after(store: Store, task: Task, start: State) -> State:
    """Return what a turn made of the state it began with; nothing that was planted is left in it."""
    probes = Probes(store).of(task.id)
    unmarked = State(start.empty, start.cells, start.rows, {})
    ops = (op for event in events_of(store, task.id) for op in event.ops)
    left = without_planted(laid_over(with_shown(unmarked, probes), ops), probes)
    return State(left.empty, left.cells, left.rows, {**start.marks, **left.marks})


def _to_curate(store: Store, task: Task, item: Item, start: State) -> tuple[Doubt, ...]:
    """Return what people left open, where two of them disagree, and where a later run reads otherwise."""
    found: dict[str, list[Reason]] = {}
    for at, reason in (*_left_open(store, task), *_disagreements(store, task), *_later(store, item, start)):
        found.setdefault(at if at in start.cells or at in start.rows else "", []).append(reason)
    return with_probes([], (Doubt(at, tuple(reasons)) for at, reasons in found.items()), start)


def _left_open(store: Store, task: Task) -> Iterator[tuple[str, Reason]]:
    for earlier in Tasks(store).of_item(task.item):
        if earlier.id < task.id and earlier.round is not Round.SECOND and earlier.state is TaskState.DONE:
            sitting = sit_down(store, earlier.id)
            for doubt in () if sitting is None else sitting.skipped:
                why = (
                    sitting.state.marks[doubt.at].reason
                    if sitting and doubt.at in sitting.state.marks
                    else ""
                )
                yield doubt.at, Reason("skipped", f"left to a curator: {why}")
                yield from ((doubt.at, reason) for reason in doubt.reasons)


def _disagreements(store: Store, task: Task) -> Iterator[tuple[str, Reason]]:
    turns = Tasks(store).of_item(task.item)
    by_round = {turn.round: turn for turn in turns}
    first, second = by_round.get(Round.FIRST), by_round.get(Round.SECOND)
    if first is None or second is None or second.finished_at is None:
        return
    curated = (turn.finished_at or 0 for turn in turns if turn.round is Round.CURATION and turn.id != task.id)
    if max(curated, default=0) > second.finished_at:
        return
    one, two = sit_down(store, first.id), sit_down(store, second.id)
    if one is None or two is None:
        return
    mine = after(store, first, opened(one.record, DECLARATION.entry.empty()))
    other = after(store, second, opened(two.record, DECLARATION.entry.empty()))
    for difference in differences(mine, other):
        yield difference.at, _two_readings("reviewers_disagree", "one reviewer has", "another", difference)


def _later(store: Store, item: Item, start: State) -> Iterator[tuple[str, Reason]]:
    for body in Items(store).conflicts(item.id):
        later = opened(unpacked_json(body), DECLARATION.entry.empty())
        for difference in differences(start, later):
            words = ("the reviewed value is", "a later run reads")
            yield difference.at, _two_readings("later_run_differs", *words, difference)


def _two_readings(code: str, one: str, two: str, difference: Difference) -> Reason:
    """Return why somebody must choose; a whole row is not put in by choosing, but added by hand."""
    _at, mine, other, row = difference
    words = ["nothing" if each is None else f"“{each}”" for each in (mine, other)]
    choice = None if other is None or row is not None else str(other)
    return Reason(code, f"{one} {words[0]}, {two} {words[1]}", other=choice)
