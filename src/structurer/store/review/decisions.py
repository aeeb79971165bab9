"""Decisions: rows that are added, one version of a task after the other, by whoever has it in hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import and_, bindparam, insert, select, update

from structurer.errors import StructurerError
from structurer.store.database import now, upsert
from structurer.store.packing import storable
from structurer.store.review.tasks import TaskState
from structurer.store.tables import ACCOUNT, DECISION, DRAFT, REVIEW_TASK

if TYPE_CHECKING:
    from structurer.store.database import Store


class LostClaimError(StructurerError):
    """Whoever decides does not have the task in hand, or not any more."""


class StaleVersionError(StructurerError):
    """The task was decided upon meanwhile: it has another version."""


class Decided(NamedTuple):
    """A decision as it is kept; ``ops`` is JSON, ``at`` milliseconds since 1970 (UTC)."""

    number: int
    kind: str
    ops: str
    who: str
    at: int
    milliseconds: int
    note: str
    of: int | None


_DECIDED = (
    select(
        DECISION.c.number,
        DECISION.c.kind,
        DECISION.c.ops,
        ACCOUNT.c.name,
        DECISION.c.at,
        DECISION.c.milliseconds,
        DECISION.c.note,
        DECISION.c.of,
    )
    .join(ACCOUNT, ACCOUNT.c.id == DECISION.c.account_id)
    .where(DECISION.c.task_id == bindparam("task"))
    .order_by(DECISION.c.number)
)
_ADVANCE = (
    update(REVIEW_TASK)
    .where(
        and_(
            REVIEW_TASK.c.id == bindparam("task"),
            REVIEW_TASK.c.state == TaskState.OPEN,
            REVIEW_TASK.c.holder_id == bindparam("me"),
            REVIEW_TASK.c.lease_until > now(),
            REVIEW_TASK.c.version == bindparam("on"),
        )
    )
    .values(version=REVIEW_TASK.c.version + 1)
    .returning(REVIEW_TASK.c.version)
)
_STILL_MINE = select(REVIEW_TASK.c.version).where(
    REVIEW_TASK.c.id == bindparam("task"),
    REVIEW_TASK.c.state == TaskState.OPEN,
    REVIEW_TASK.c.holder_id == bindparam("me"),
    REVIEW_TASK.c.lease_until > now(),
)


class Decisions:
    """What was decided in the tasks of a store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def of(self, task: int) -> tuple[Decided, ...]:
        """Return a task's decisions in their order."""
        return tuple(Decided._make(row) for row in self._store.rows(_DECIDED, {"task": task}))

    def append(
        self,
        task: int,
        account: int,
        version: int,
        *,
        kind: str,
        ops: str,
        note: str = "",
        milliseconds: int = 0,
        of: int | None = None,
    ) -> int:
        """Add a decision that was made on a version; return the new version.

        Raises ``LostClaimError`` where the person does not have the task in hand, and ``StaleVersionError``
        where it has another version by now. Either way nothing is written.
        """
        with self._store.writing() as connection:
            mine = {"task": task, "me": account}
            number: int | None = connection.execute(_ADVANCE, mine | {"on": version}).scalar()
            if number is None:
                if connection.execute(_STILL_MINE, mine).scalar() is None:
                    raise LostClaimError("you do not have this declaration in hand any more")
                raise StaleVersionError("this declaration was changed meanwhile")
            connection.execute(
                insert(DECISION),
                {
                    "task_id": task,
                    "number": number,
                    "account_id": account,
                    "at": connection.execute(select(now())).scalar(),
                    "kind": kind,
                    "note": storable(note),
                    "milliseconds": milliseconds,
                    "ops": ops,
                    "of": of,
                },
            )
            return number

    def draft(self, task: int, account: int) -> str | None:
        """Return what a person typed into a task and did not decide yet, as the JSON that was kept."""
        mine = select(DRAFT.c.body).where(DRAFT.c.task_id == task, DRAFT.c.account_id == account)
        rows = self._store.rows(mine)
        return rows[0].body if rows else None

    def keep_draft(self, task: int, account: int, body: str) -> None:
        """Keep what a person typed into a task, in the place of what was kept before."""
        with self._store.writing() as connection:
            at = connection.execute(select(now())).scalar()
            row = {"task_id": task, "account_id": account, "body": body, "at": at}
            upsert(connection, DRAFT, row, ("body", "at"))
