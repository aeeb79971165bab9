"""The sample of an audit in the queue of review: put there, judged like doubts, taken back as verdicts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from structurer.evaluation.audit.plan import AuditError
from structurer.evaluation.audit.result import EMPTY, AuditResult, Judgement, Problem, Verdict
from structurer.evaluation.cells import same
from structurer.models import FlagKind
from structurer.paths import value_at
from structurer.review.editing.addresses import address_of, field_of, row_of
from structurer.review.editing.doubts import Doubt, settled
from structurer.review.editing.state import Cell, MarkKind
from structurer.review.intake import take_in
from structurer.review.ranking import rank
from structurer.review.sitting import sit_down
from structurer.store.packing import as_json, unpacked_json
from structurer.store.review import Items, Round, Tasks, TaskState
from structurer.store.review.probes import Probe, ProbeKind, Probes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from structurer.evaluation.audit.plan import AuditPlan
    from structurer.evaluation.audit.plan import Item as Drawn
    from structurer.review.sitting import Sitting
    from structurer.store import Store
    from structurer.store.review import Item

_FIRST_ROW = 2
"""How spreadsheets count the first line below the head."""


def put_into_queue(store: Store, plan: AuditPlan) -> int:
    """Open a turn at each declaration of a sample, to be asked for the values that were drawn.

    What is there already stays as it is. Returns how many declarations there are. Raises ``AuditError`` where
    the store holds other readings than those that were drawn.
    """
    while take_in(store):
        pass
    items = Items(store)
    found = {key: items.by_key(key) for key in {drawn.record for drawn in plan.items}}
    by_record = _by_record(plan.items)
    known = [(item, by_record[key]) for key, item in found.items() if item is not None]
    if len(known) < len(found) or not all(_has(item, some) for item, some in known):
        raise AuditError(
            f"{store.url}: does not hold the declarations of {plan.run.name} as they were drawn; name the "
            "store that this run was kept in with --store"
        )
    for item, some in known:
        _open(store, item, some)
    return len(known)


def _by_record(drawn: Iterable[Drawn]) -> dict[str, list[Drawn]]:
    by_record: dict[str, list[Drawn]] = {}
    for each in drawn:
        by_record.setdefault(each.record, []).append(each)
    return by_record


def _has(item: Item, drawn: Iterable[Drawn]) -> bool:
    """Say whether a record in the store has the values that were drawn."""
    data = unpacked_json(item.body)["data"]
    return all(not each.path or str(value_at(data, each.path)) == each.value for each in drawn)


def _open(store: Store, item: Item, drawn: Sequence[Drawn]) -> None:
    record = unpacked_json(item.body)
    judged = _judged(store, item.id)
    new = [each for each in drawn if address_of(each.path) not in judged]
    task = Tasks(store).open(item.id, Round.AUDIT, _rank(record, drawn)) if new else None
    if task is not None:
        Probes(store).put(task, [_probe(record, each) for each in new])


def _rank(record: Mapping[str, Any], drawn: Iterable[Drawn]) -> int:
    """Return the place in the queue as if the drawn values were what is doubtful."""
    flags = [{"kind": FlagKind.EXTRACTION, "code": "low_confidence", "path": each.path} for each in drawn]
    return rank({**record, "flags": flags})


def _probe(record: Mapping[str, Any], drawn: Drawn) -> Probe:
    value = value_at(record["data"], drawn.path) if drawn.path else None
    cell = as_json(Cell(value).as_json())
    return Probe(address_of(drawn.path), ProbeKind.AUDIT, cell, cell)


def verdicts_of_queue(store: Store, plan: AuditPlan) -> AuditResult:
    """Return what people said of a sample in the queue; what nobody judged is a problem and no judgement."""
    items = Items(store)
    by_record = {key: items.by_key(key) for key in {drawn.record for drawn in plan.items}}
    turns = {key: {} if item is None else _judged(store, item.id) for key, item in by_record.items()}
    judgements: list[Judgement] = []
    problems: list[Problem] = []
    for row, drawn in enumerate(plan.items, start=_FIRST_ROW):
        sitting = turns[drawn.record].get(address_of(drawn.path))
        said = (
            _Said(None, "nobody judged it on the review page yet")
            if sitting is None
            else _said(drawn, sitting)
        )
        if said.verdict is None:
            problems.append(Problem(row, drawn.id, said.words))
        else:
            judgements.append(Judgement(row, drawn.id, said.verdict, said.words, said.comment))
    return AuditResult(plan, tuple(judgements), tuple(problems))


def _judged(store: Store, item: int) -> dict[str, Sitting]:
    """Return the newest finished audit of each drawn value of a record, by its address."""
    judged: dict[str, Sitting] = {}
    for task in Tasks(store).of_item(item):
        if task.round is Round.AUDIT and task.state is TaskState.DONE:
            sitting = sit_down(store, task.id)
            if sitting is not None:
                judged |= dict.fromkeys((probe.address for probe in sitting.probes), sitting)
    return judged


class _Said(NamedTuple):
    """What was said of a value: the correct one where it is wrong, or why there is no verdict."""

    verdict: Verdict | None
    words: str
    comment: str = ""


def _said(drawn: Drawn, sitting: Sitting) -> _Said:
    at = address_of(drawn.path)
    mark = settled(Doubt(at, ()), sitting.state)
    if mark is not None and mark.kind is MarkKind.SKIPPED:
        return _Said(None, f"was left to a curator: {mark.reason}")
    if mark is not None and mark.kind is MarkKind.ILLEGIBLE:
        return _Said(Verdict.DAMAGED, "", mark.reason)
    if not at:
        missing = _missing(sitting)
        return _Said(Verdict.WRONG, missing) if missing else _Said(Verdict.RIGHT, "")
    value = sitting.state.value(at)
    if value is not None and same(field_of(at), drawn.value, str(value)):
        return _Said(Verdict.RIGHT, "")
    return _Said(Verdict.WRONG, EMPTY if value is None else str(value))


def _missing(sitting: Sitting) -> str:
    """Return what people added to a declaration: the names of new rows, and of fields that were empty."""
    read, left = sitting.start, sitting.state
    rows = [str(left.value(f"{row}.name")) for row in left.rows if row not in read.rows]
    filled = [
        at
        for at, cell in left.cells.items()
        if row_of(at) is None and cell.value is not None and read.value(at) is None
    ]
    return ", ".join((*rows, *filled))
