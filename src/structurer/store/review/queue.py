"""The queue: what waits for a person, in the order in which it matters, and how much there is of what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import and_, exists, func, or_, select, tuple_, update

from structurer.store.database import now
from structurer.store.review.tasks import HELD, may_take
from structurer.store.tables import ACCOUNT, DOUBT, REVIEW_ITEM, REVIEW_TASK

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy import ColumnElement

    from structurer.store.database import Store
    from structurer.store.review.tasks import Round


@dataclass(frozen=True, slots=True)
class QueueFilter:
    """What of the queue somebody wants to see; ``None`` is all. ``code`` is a flag's, ``group`` of fields."""

    filing: str | None = None
    department: str | None = None
    code: str | None = None
    group: str | None = None
    engine: str | None = None


class QueueRow(NamedTuple):
    """One task in the queue. ``holder`` is who has it in hand, ``None`` while nobody does."""

    task: int
    round: str
    filing: str
    ordinal: int
    title: str
    department: str
    engine: str
    rank: int
    doubts: int
    holder: str | None


class Facets(NamedTuple):
    """How many tasks there are of each filing, department, code, group, engine; the most frequent first."""

    filing: tuple[tuple[str, int], ...]
    department: tuple[tuple[str, int], ...]
    code: tuple[tuple[str, int], ...]
    group: tuple[tuple[str, int], ...]
    engine: tuple[tuple[str, int], ...]


_TASKS = REVIEW_TASK.join(REVIEW_ITEM, REVIEW_ITEM.c.id == REVIEW_TASK.c.item_id)
_DOUBTS = (
    select(func.count())
    .select_from(DOUBT)
    .where(DOUBT.c.item_id == REVIEW_TASK.c.item_id)
    .correlate(REVIEW_TASK)
    .scalar_subquery()
)
_SHOWN = (
    select(
        REVIEW_TASK.c.id,
        REVIEW_TASK.c.round,
        REVIEW_ITEM.c.filing,
        REVIEW_ITEM.c.ordinal,
        REVIEW_ITEM.c.title,
        REVIEW_ITEM.c.department,
        REVIEW_ITEM.c.engine,
        REVIEW_TASK.c.rank,
        _DOUBTS,
        ACCOUNT.c.name,
    )
    .select_from(_TASKS)
    .join(ACCOUNT, and_(ACCOUNT.c.id == REVIEW_TASK.c.holder_id, HELD), isouter=True)
)
_FEW = 2_000
"""Records among which what is wanted is looked for, rather than along the whole queue."""


class Queue:
    """The queue of a store, as one person may see it."""

    def __init__(self, store: Store, account: int, rounds: Collection[Round]) -> None:
        self._store = store
        self._account = account
        self._may_take = may_take(account, rounds)

    def rows(
        self, wanted: QueueFilter, most: int, after: tuple[int, int] | None = None
    ) -> tuple[QueueRow, ...]:
        """Return tasks in their order, those behind ``after``: the rank and number of another."""
        few = self._few(wanted)
        page = _SHOWN.where(self._may_take, *_wanted(wanted), *few).order_by(*_in_order(few)).limit(most)
        if after is not None:
            rank, task = after
            page = page.where(tuple_(-REVIEW_TASK.c.rank, REVIEW_TASK.c.id) > tuple_(-rank, task))
        return tuple(QueueRow._make(row) for row in self._store.rows(page))

    def mine(self) -> tuple[QueueRow, ...]:
        """Return the tasks that the person has in hand."""
        in_hand = and_(REVIEW_TASK.c.holder_id == self._account, HELD)
        held = _SHOWN.where(self._may_take, in_hand).order_by(*_in_order((in_hand,)))
        return tuple(QueueRow._make(row) for row in self._store.rows(held))

    def count(self, wanted: QueueFilter) -> int:
        """Return how many tasks there are."""
        of_items = any((wanted.filing, wanted.department, wanted.engine))
        tasks = select(func.count()).select_from(_TASKS if of_items else REVIEW_TASK)
        tasks = tasks.where(self._may_take, *_wanted(wanted))
        total: int = self._store.rows(tasks)[0][0]
        return total

    def facets(self, most: int) -> Facets:
        """Return what there is to filter by: the most frequent of each."""
        return Facets(
            filing=self._counted(REVIEW_ITEM.c.filing, most),
            department=self._counted(REVIEW_ITEM.c.department, most),
            code=self._counted_doubts(DOUBT.c.code, most),
            group=self._counted_doubts(DOUBT.c.group, most),
            engine=self._counted(REVIEW_ITEM.c.engine, most),
        )

    def claim_next(self, wanted: QueueFilter, lease: float) -> int | None:
        """Take the first task that nobody has, for ``lease`` seconds; return ``None`` where there is none."""
        few = self._few(wanted)
        first = (
            select(REVIEW_TASK.c.id)
            .select_from(_TASKS)
            .where(self._may_take, ~func.coalesce(HELD, False), *_wanted(wanted), *few)
            .order_by(*_in_order(few))
            .limit(1)
            .with_for_update(of=REVIEW_TASK, skip_locked=True)
        )
        with self._store.writing() as connection:
            taken = connection.execute(
                update(REVIEW_TASK)
                .where(REVIEW_TASK.c.id == first.scalar_subquery())
                .where(or_(REVIEW_TASK.c.holder_id.is_(None), REVIEW_TASK.c.lease_until <= now()))
                .values(holder_id=self._account, lease_until=now() + int(lease * 1000))
                .returning(REVIEW_TASK.c.id)
            )
            task: int | None = taken.scalar()
            return task

    def _few(self, wanted: QueueFilter) -> tuple[ColumnElement[bool], ...]:
        """Return a narrower condition where a filter leaves few records; nothing where there are many."""
        for column, value, item in (
            (REVIEW_ITEM.c.filing, wanted.filing, REVIEW_ITEM.c.id),
            (REVIEW_ITEM.c.department, wanted.department, REVIEW_ITEM.c.id),
            (DOUBT.c.code, wanted.code, DOUBT.c.item_id),
            (DOUBT.c.group, wanted.group, DOUBT.c.item_id),
        ):
            if value is not None:
                rows = self._store.rows(select(item).where(column == value).limit(_FEW + 1))
                if len(rows) <= _FEW:
                    return (REVIEW_TASK.c.item_id.in_(sorted({row[0] for row in rows})),)
        return ()

    def _counted(self, column: ColumnElement[str], most: int) -> tuple[tuple[str, int], ...]:
        counts = (
            select(column.label("value"), func.count().label("number"))
            .select_from(_TASKS)
            .where(self._may_take)
            .group_by(column)
        )
        rows = self._store.rows(counts.order_by(func.count().desc(), column).limit(most))
        return tuple((row.value, row.number) for row in rows)

    def _counted_doubts(self, column: ColumnElement[str], most: int) -> tuple[tuple[str, int], ...]:
        tasks = func.count(REVIEW_TASK.c.id.distinct())
        counts = (
            select(column.label("value"), tasks.label("number"))
            .select_from(REVIEW_TASK.join(DOUBT, DOUBT.c.item_id == REVIEW_TASK.c.item_id))
            .where(self._may_take)
            .group_by(column)
            .order_by(tasks.desc(), column)
            .limit(most)
        )
        return tuple((row.value, row.number) for row in self._store.rows(counts))


def _in_order(few: Sequence[ColumnElement[bool]]) -> tuple[ColumnElement[int], ...]:
    """Return the queue's order; of few tasks in words that keep a database from walking the whole queue."""
    rank = REVIEW_TASK.c.rank + 0 if few else REVIEW_TASK.c.rank
    return rank.desc(), REVIEW_TASK.c.id.asc()


def _wanted(wanted: QueueFilter) -> list[ColumnElement[bool]]:
    clauses: list[ColumnElement[bool]] = [
        column == value
        for column, value in (
            (REVIEW_ITEM.c.filing, wanted.filing),
            (REVIEW_ITEM.c.department, wanted.department),
            (REVIEW_ITEM.c.engine, wanted.engine),
        )
        if value is not None
    ]
    for column, value in ((DOUBT.c.code, wanted.code), (DOUBT.c.group, wanted.group)):
        if value is not None:
            clauses.append(exists().where(DOUBT.c.item_id == REVIEW_TASK.c.item_id, column == value))
    return clauses
