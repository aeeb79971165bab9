"""What a finished turn shows of the program's doubts and of its reviewer, noted once for all statistics."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from structurer.document_types.declaration import DECLARATION
from structurer.paths import covers
from structurer.review.editing.addresses import machine_path, row_of
from structurer.review.editing.doubts import settled
from structurer.review.editing.history import touched
from structurer.review.editing.state import MarkKind, opened
from structurer.review.quality.agreement import readings
from structurer.review.quality.checks import checks_of, verdict
from structurer.review.sitting import after, sit_down
from structurer.store.packing import as_json
from structurer.store.review import Round, Tasks
from structurer.store.review.figures import Figures, Finding, SecondReading
from structurer.store.review.probes import ProbeKind, Probes

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from structurer.review.editing.doubts import Doubt
    from structurer.review.sitting import Sitting
    from structurer.store import Store

DOUBT = "doubt"
"""The kind of a finding that is about a doubt of the program's own; others have the kind of their probe."""


class Said(StrEnum):
    """What a person made of a doubt."""

    ACCEPTED = "accepted"
    """Nothing was wrong: the doubt was needless."""
    CORRECTED = "corrected"
    """The value was changed, moved away, or taken away with its row."""
    ILLEGIBLE = "illegible"
    """The print cannot be read."""
    SKIPPED = "skipped"
    """It was left to somebody else."""


def catch_up(store: Store, most: int) -> int:
    """Note what finished turns show that are not noted yet, some at a time; return how many are left."""
    figures = Figures(store)
    for task in figures.unnoted(most):
        note(store, task)
    return figures.left()


def note(store: Store, task: int) -> None:
    """Note what a finished turn shows. What was noted before stays as it is."""
    sitting = sit_down(store, task)
    if sitting is not None:
        Figures(store).keep(task, tuple(findings(sitting)), tuple(second_readings(store, sitting)))


def findings(sitting: Sitting) -> Iterator[Finding]:
    """Yield what became of each doubt of a turn, by the code of each of its reasons.

    Nothing is yielded of curation: its doubts are about people.
    """
    if sitting.task.round is Round.CURATION:
        return
    times, changed = _milliseconds(sitting), _changed(sitting)
    kinds = {probe.address: probe.kind for probe in sitting.probes}
    checks = {check.at: check for check in checks_of(sitting.probes)}
    for doubt in sitting.doubts:
        check = checks.get(doubt.at)
        said = (
            _said(doubt, sitting, changed) if check is None else verdict(check, sitting.state, sitting.events)
        )
        path = machine_path(doubt.at)
        for number, code in enumerate(dict.fromkeys(reason.code for reason in doubt.reasons)):
            yield Finding(
                at=doubt.at,
                kind=str(kinds.get(doubt.at, DOUBT)),
                group=str(doubt.group()),
                code=code,
                said=str(said),
                confidence=None if path is None else sitting.record["confidence"].get(path),
                milliseconds=None if number else times.get(doubt.at),
            )


def _said(doubt: Doubt, sitting: Sitting, changed: Collection[str]) -> Said:
    if doubt.at in changed:
        return Said.CORRECTED
    mark = settled(doubt, sitting.state)
    if mark is None or mark.kind is MarkKind.SKIPPED:
        return Said.SKIPPED
    return Said.ILLEGIBLE if mark.kind is MarkKind.ILLEGIBLE else Said.ACCEPTED


def _changed(sitting: Sitting) -> set[str]:
    """Return the places of doubts at which something is another than at the beginning of the turn.

    A value counts for the innermost doubt that it lies in, a row that came or went for that which it lies in
    or that lie in it.
    """
    doubts = [doubt.at for doubt in sitting.doubts]
    cells = sitting.state.cells
    other = [at for at, cell in sitting.start.cells.items() if at in cells and cells[at].value != cell.value]
    rows = set(sitting.start.rows) ^ set(sitting.state.rows)
    moved = {doubt for doubt in doubts if row_of(doubt) in rows}
    return moved | {each for at in (*other, *rows) for each in _innermost(doubts, at)}


def _innermost(doubts: Iterable[str], at: str) -> list[str]:
    """Return the smallest place of a doubt that something lies in, if it lies in one."""
    return sorted((each for each in doubts if covers(each, at)), key=len)[-1:]


def _milliseconds(sitting: Sitting) -> dict[str, int]:
    """Return how long each doubt took; what was decided on several at once is divided among them."""
    doubts = [doubt.at for doubt in sitting.doubts]
    spent: dict[str, float] = {}
    for event in sitting.events:
        about = {each for at in touched(event.ops) for each in _about(doubts, at)}
        for at in about:
            spent[at] = spent.get(at, 0.0) + event.seconds * 1000 / len(about)
    return {at: round(time) for at, time in spent.items()}


def _about(doubts: Sequence[str], place: str) -> list[str]:
    return _innermost(doubts, place) or [each for each in doubts if row_of(each) == place]


def second_readings(store: Store, sitting: Sitting) -> Iterator[SecondReading]:
    """Yield what a second look and the first one left, where both can be compared."""
    if sitting.task.round is not Round.SECOND:
        return
    first = next(task for task in Tasks(store).of_item(sitting.task.item) if task.round is Round.FIRST)
    read = opened(sitting.record, DECLARATION.entry.empty())
    probes = (*Probes(store).of(first.id), *sitting.probes)
    planted = {probe.address for probe in probes if probe.kind is ProbeKind.PLANTED}
    one, two = after(store, first, read), after(store, sitting.task, read)
    for pair in readings(sitting.record, read, one, two, planted):
        yield SecondReading(pair.at, str(pair.group), as_json(pair.one), as_json(pair.two), equal=pair.equal)
