"""How far a run is, and whether all that went in has come out."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import and_, bindparam, func, select

from structurer.store.states import Sight, State
from structurer.store.tables import CHUNK, FILING, FLAG, RECORD, RESULT, WORK_ITEM

if TYPE_CHECKING:
    from structurer.store.database import Store


class Counted(NamedTuple):
    """Where a run stands. Filings count by name, declarations once however many names their filing has.

    ``in_hand`` of the pending filings are with a runner. ``flagged`` declarations are to be reviewed.
    """

    pending: int
    in_hand: int
    done: int
    failed: int
    skipped: int
    declarations: int
    flagged: int


class Imbalance(NamedTuple):
    """A content of which not every chunk has exactly one latest record."""

    name: str
    chunks: int
    records: int


_FILINGS = (
    select(
        FILING.c.state.label("sight"),
        WORK_ITEM.c.state,
        func.count().label("filings"),
        func.count(WORK_ITEM.c.runner_id).label("in_hand"),
    )
    .select_from(FILING)
    .join(WORK_ITEM, WORK_ITEM.c.id == FILING.c.item_id, isouter=True)
    .where(FILING.c.run_id == bindparam("run"))
    .group_by(FILING.c.state, WORK_ITEM.c.state)
)
_SKIPPED = (
    select(FILING.c.problem, func.count().label("files"))
    .where(FILING.c.run_id == bindparam("run"), FILING.c.state == Sight.SKIPPED)
    .group_by(FILING.c.problem)
)
_DONE = and_(
    WORK_ITEM.c.result_id == RESULT.c.id,
    WORK_ITEM.c.run_id == bindparam("run"),
    WORK_ITEM.c.state == State.DONE,
)
_DECLARATIONS = select(
    func.coalesce(func.sum(RESULT.c.declarations), 0).label("declarations"),
    func.coalesce(func.sum(RESULT.c.flagged), 0).label("flagged"),
).join(WORK_ITEM, _DONE)
_CHUNKS = select(func.count()).where(CHUNK.c.result_id == RESULT.c.id).correlate(RESULT).scalar_subquery()
_RECORDS = (
    select(func.count())
    .where(RECORD.c.result_id == RESULT.c.id, RECORD.c.latest)
    .correlate(RESULT)
    .scalar_subquery()
)
_PAIRED = (
    select(func.count(func.distinct(RECORD.c.ordinal)))
    .join(CHUNK, and_(CHUNK.c.result_id == RECORD.c.result_id, CHUNK.c.ordinal == RECORD.c.ordinal))
    .where(RECORD.c.result_id == RESULT.c.id, RECORD.c.latest)
    .correlate(RESULT)
    .scalar_subquery()
)
_NAME = (
    select(func.min(FILING.c.name))
    .where(FILING.c.item_id == WORK_ITEM.c.id, FILING.c.state == Sight.FOUND)
    .correlate(WORK_ITEM)
    .scalar_subquery()
)
_IMBALANCES = (
    select(_NAME.label("name"), _CHUNKS.label("chunks"), _RECORDS.label("records"))
    .select_from(RESULT)
    .join(WORK_ITEM, _DONE)
    .where((_CHUNKS != _RECORDS) | (_CHUNKS != _PAIRED) | (RESULT.c.declarations != _CHUNKS))
    .order_by(RESULT.c.id)
    .limit(bindparam("most"))
)
_FLAGS = (
    select(FLAG.c.kind, FLAG.c.code, func.count().label("flags"))
    .join(RECORD, and_(RECORD.c.id == FLAG.c.record_id, RECORD.c.latest))
    .join(RESULT, RESULT.c.id == RECORD.c.result_id)
    .join(WORK_ITEM, _DONE)
    .group_by(FLAG.c.kind, FLAG.c.code)
)


def count(store: Store, run: int) -> Counted:
    """Return where a run stands."""
    filings = dict.fromkeys(State, 0)
    in_hand = 0
    for row in store.rows(_FILINGS, {"run": run}):
        if row.sight == Sight.FOUND:
            filings[State(row.state)] += row.filings
            in_hand += row.in_hand
        elif row.sight != Sight.GONE:
            filings[State(row.sight)] += row.filings
    (sums,) = store.rows(_DECLARATIONS, {"run": run})
    return Counted(
        pending=filings[State.PENDING],
        in_hand=in_hand,
        done=filings[State.DONE],
        failed=filings[State.FAILED],
        skipped=filings[State.SKIPPED],
        declarations=int(sums.declarations),
        flagged=int(sums.flagged),
    )


def skipped_kinds(store: Store, run: int) -> list[tuple[str, int]]:
    """Return what kinds of files a run passed over, and how many of each, in the order of the kinds."""
    # Put in order here: databases order text each in its own way.
    return sorted((row.problem, row.files) for row in store.rows(_SKIPPED, {"run": run}))


def imbalances(store: Store, run: int, most: int = 10) -> list[Imbalance]:
    """Return contents of a run of which a chunk has no record, or a record no chunk; at best none."""
    return [
        Imbalance(row.name, row.chunks, row.records)
        for row in store.rows(_IMBALANCES, {"run": run, "most": most})
    ]


def flags_by_code(store: Store, run: int) -> list[tuple[str, str, int]]:
    """Return how often each flag stands in a run's records: its kind, its code, the number; most first."""
    rows = [(row.kind, row.code, row.flags) for row in store.rows(_FLAGS, {"run": run})]
    return sorted(rows, key=lambda row: (-row[2], row[:2]))
