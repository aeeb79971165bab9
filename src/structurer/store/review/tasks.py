"""Turns at records: who has one in hand, for how long, and how it ended.

A claim is one conditional update: of any number of people who want the same task, one gets it. It holds
for a lease that is renewed while the page is open; whoever comes after its end may take the task.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import and_, bindparam, exists, func, or_, select, update

from structurer.store.database import insert_new, now, upsert
from structurer.store.tables import ACCOUNT, CONFLICT, DECISION, REVIEW_ITEM, REVIEW_TASK, REVIEWED

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import ColumnElement, Connection

    from structurer.store.database import Store


class Round(StrEnum):
    """Why a person looks at a record."""

    FIRST = "first"
    """Something is doubtful about it."""
    SECOND = "second"
    """To see whether two people agree; the first answer is hidden."""
    AUDIT = "audit"
    """It was drawn, to see how good records are that nothing is doubtful about."""
    CURATION = "curation"
    """People disagree, or left something open."""


class TaskState(StrEnum):
    """Where a task stands."""

    OPEN = "open"
    DONE = "done"


class Task(NamedTuple):
    """One turn at a record. Times are milliseconds since 1970 (UTC); ``holder`` is a name."""

    id: int
    item: int
    record: int
    round: Round
    turn: int
    state: TaskState
    version: int
    holder_id: int | None
    holder: str | None
    lease_until: int
    held: bool
    finished_by: int | None
    finished_at: int | None


_OTHER = REVIEW_TASK.alias("other")

HELD = and_(REVIEW_TASK.c.holder_id.is_not(None), REVIEW_TASK.c.lease_until > now())
"""Whether somebody has a task in hand."""


def may_take(account: int, rounds: Collection[Round]) -> ColumnElement[bool]:
    """Say which open tasks a person may take: of these rounds, and no second look at what was theirs.

    A curator waits for the first look, and begins with what it left.
    """
    looked_before = exists().where(
        _OTHER.c.item_id == REVIEW_TASK.c.item_id,
        _OTHER.c.id != REVIEW_TASK.c.id,
        or_(_OTHER.c.finished_by == account, _decided_on(account)),
    )
    again = and_(REVIEW_TASK.c.round == Round.SECOND, looked_before)
    first_is_open = exists().where(
        _OTHER.c.item_id == REVIEW_TASK.c.item_id,
        _OTHER.c.round == Round.FIRST,
        _OTHER.c.state == TaskState.OPEN,
    )
    waits = and_(REVIEW_TASK.c.round == Round.CURATION, first_is_open)
    return and_(REVIEW_TASK.c.state == TaskState.OPEN, REVIEW_TASK.c.round.in_(rounds), ~again, ~waits)


def _decided_on(account: int) -> ColumnElement[bool]:
    """Say whether a person decided anything in the other turn: also who put it back has seen it."""
    return exists().where(DECISION.c.task_id == _OTHER.c.id, DECISION.c.account_id == account)


_TASK = (
    select(
        REVIEW_TASK.c.id,
        REVIEW_TASK.c.item_id,
        REVIEW_ITEM.c.record_id,
        REVIEW_TASK.c.round,
        REVIEW_TASK.c.turn,
        REVIEW_TASK.c.state,
        REVIEW_TASK.c.version,
        REVIEW_TASK.c.holder_id,
        ACCOUNT.c.name,
        REVIEW_TASK.c.lease_until,
        func.coalesce(HELD, False).label("held"),
        REVIEW_TASK.c.finished_by,
        REVIEW_TASK.c.finished_at,
    )
    .join(REVIEW_ITEM, REVIEW_ITEM.c.id == REVIEW_TASK.c.item_id)
    .join(ACCOUNT, ACCOUNT.c.id == REVIEW_TASK.c.holder_id, isouter=True)
)
_MINE = and_(
    REVIEW_TASK.c.id == bindparam("task"),
    REVIEW_TASK.c.state == TaskState.OPEN,
    REVIEW_TASK.c.holder_id == bindparam("me"),
    REVIEW_TASK.c.lease_until > now(),
)
_ONCE = (Round.FIRST, Round.SECOND)
_LAST = (
    select(REVIEW_TASK.c.turn, REVIEW_TASK.c.state)
    .where(REVIEW_TASK.c.item_id == bindparam("item"), REVIEW_TASK.c.round == bindparam("round"))
    .order_by(REVIEW_TASK.c.turn.desc())
    .limit(1)
)


def _task(row: Any) -> Task:
    task = Task._make(row)
    return task._replace(round=Round(task.round), state=TaskState(task.state), held=bool(task.held))


class Tasks:
    """The tasks of a store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def find(self, task: int) -> Task | None:
        """Return a task as it stands."""
        rows = self._store.rows(_TASK.where(REVIEW_TASK.c.id == task))
        return _task(rows[0]) if rows else None

    def of_item(self, item: int) -> tuple[Task, ...]:
        """Return the tasks of a record, in the order in which they came to be."""
        return tuple(
            map(
                _task, self._store.rows(_TASK.where(REVIEW_TASK.c.item_id == item).order_by(REVIEW_TASK.c.id))
            )
        )

    def claim(self, task: int, account: int, rounds: Collection[Round], lease: float) -> bool:
        """Take a task in hand, for ``lease`` seconds; ``False`` where somebody else has it, or may not."""
        free = or_(~func.coalesce(HELD, False), REVIEW_TASK.c.holder_id == account)
        with self._store.writing() as connection:
            taken = connection.execute(
                update(REVIEW_TASK)
                .where(REVIEW_TASK.c.id == task, free, may_take(account, rounds))
                .values(holder_id=account, lease_until=now() + int(lease * 1000))
                .returning(REVIEW_TASK.c.id)
            )
            return taken.scalar() is not None

    def renew(self, task: int, account: int, lease: float) -> bool:
        """Prolong a claim; ``False`` where it has ended already."""
        with self._store.writing() as connection:
            renewed = connection.execute(
                update(REVIEW_TASK)
                .where(_MINE)
                .values(lease_until=now() + int(lease * 1000))
                .returning(REVIEW_TASK.c.id),
                {"task": task, "me": account},
            )
            return renewed.scalar() is not None

    def release(self, task: int, account: int) -> None:
        """Leave a task to others."""
        with self._store.writing() as connection:
            connection.execute(
                update(REVIEW_TASK).where(_MINE).values(holder_id=None, lease_until=0),
                {"task": task, "me": account},
            )

    def open(self, item: int, round_: Round, rank: int) -> int | None:
        """Return the open task of a record in a round, a new one where there is none.

        ``None`` for a round that is carried out only once and was.
        """
        mine = select(REVIEW_TASK.c.id).where(
            REVIEW_TASK.c.item_id == item,
            REVIEW_TASK.c.round == round_,
            REVIEW_TASK.c.state == TaskState.OPEN,
        )
        with self._store.writing() as connection:
            open_tasks(connection, item, (round_,), rank)
            number: int | None = connection.execute(mine).scalar()
            return number

    def finish(
        self,
        task: Task,
        account: int,
        version: int,
        reviewed: tuple[str, bytes] | None,
        opens: Collection[Round] = (),
    ) -> bool:
        """End a task that was decided upon up to a version; ``False`` where it is not as it was.

        ``reviewed`` is the record's key and what exports give from now on, ``None`` where that is not yet
        known. ``opens`` are the rounds that follow. A curator's turn settles the conflicts with later runs.
        """
        with self._store.writing() as connection:
            done = connection.execute(
                update(REVIEW_TASK)
                .where(_MINE, REVIEW_TASK.c.version == version)
                .values(state=TaskState.DONE, holder_id=None, lease_until=0)
                .values(finished_by=account, finished_at=now())
                .returning(REVIEW_TASK.c.rank),
                {"task": task.id, "me": account},
            ).scalar()
            if done is None:
                return False
            if reviewed is not None:
                _keep(connection, task, *reviewed)
            if task.round is Round.CURATION:
                chosen = update(CONFLICT).where(CONFLICT.c.item_id == task.item)
                connection.execute(chosen.values(state=TaskState.DONE))
            open_tasks(connection, task.item, opens, done)
            return True


def open_tasks(connection: Connection, item: int, rounds: Collection[Round], rank: int) -> None:
    """Open tasks of a record: one of a round at a time, and of the first two rounds only one ever."""
    opened_at = connection.execute(select(now())).scalar()
    for each in sorted(rounds):
        last = connection.execute(_LAST, {"item": item, "round": each}).first()
        if last is not None and (last.state == TaskState.OPEN or each in _ONCE):
            continue
        row = {
            "item_id": item,
            "round": each,
            "turn": 1 if last is None else last.turn + 1,
            "state": TaskState.OPEN,
            "rank": rank,
            "lease_until": 0,
            "version": 0,
            "opened_at": opened_at,
        }
        insert_new(connection, REVIEW_TASK, [row])


def _keep(connection: Connection, task: Task, key: str, body: bytes) -> None:
    at = connection.execute(select(now())).scalar()
    row = {"key": key, "item_id": task.item, "task_id": task.id, "at": at, "body": body}
    upsert(connection, REVIEWED, row, ("item_id", "task_id", "at", "body"))
