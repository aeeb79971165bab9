"""Records that people may look at, taken from what runs wrote; what is doubtful about each."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import and_, bindparam, delete, exists, func, insert, or_, select, update

from structurer.store.database import insert_new, inserted, now, upsert
from structurer.store.review.tasks import HELD, Round, TaskState, open_tasks
from structurer.store.tables import (
    CONFLICT,
    DOCUMENT_TEXT,
    DOUBT,
    INTAKE,
    RECORD,
    RESULT,
    REVIEW_ITEM,
    REVIEW_TASK,
    REVIEWED,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy import Connection

    from structurer.store.database import Store

_LOOK_BACK = 1_000
"""How many records before the newest are looked at again: transactions may end in another order."""


class Unseen(NamedTuple):
    """A record that is new to review; ``body`` is its JSON, packed, ``item`` what review knows of its key."""

    id: int
    key: str
    body: bytes
    item: int | None


class NewDoubt(NamedTuple):
    """What is doubtful, to be counted and searched."""

    path: str
    code: str
    group: str


class NewItem(NamedTuple):
    """What the queue shows of a record, and what is doubtful about it. A larger ``rank`` comes sooner."""

    key: str
    record: int
    filing: str
    ordinal: int
    department: str
    title: str
    engine: str
    rank: int
    doubts: tuple[NewDoubt, ...]


class Item(NamedTuple):
    """A record that people may look at, with what is needed to show it. ``body`` and ``text`` are packed."""

    id: int
    key: str
    record: int
    body: bytes
    text: bytes


_ITEM = (
    select(
        REVIEW_ITEM.c.id,
        REVIEW_ITEM.c.key,
        REVIEW_ITEM.c.record_id,
        RECORD.c.body,
        DOCUMENT_TEXT.c.body,
    )
    .join(RECORD, RECORD.c.id == REVIEW_ITEM.c.record_id)
    .join(RESULT, RESULT.c.id == RECORD.c.result_id)
    .join(DOCUMENT_TEXT, DOCUMENT_TEXT.c.digest == RESULT.c.text_digest)
)
_NEWER = or_(REVIEW_ITEM.c.id.is_(None), REVIEW_ITEM.c.record_id < RECORD.c.id)
_CONFLICTING = exists().where(CONFLICT.c.record_id == RECORD.c.id)
_UNSEEN = (
    select(RECORD.c.id, RECORD.c.key, RECORD.c.body, REVIEW_ITEM.c.id.label("item"))
    .join(REVIEW_ITEM, REVIEW_ITEM.c.key == RECORD.c.key, isouter=True)
    .where(RECORD.c.id > bindparam("after"), RECORD.c.latest, _NEWER, ~_CONFLICTING)
    .order_by(RECORD.c.id)
    .limit(bindparam("most"))
)
_UNTOUCHED = and_(
    REVIEW_TASK.c.version == 0, REVIEW_TASK.c.state == TaskState.OPEN, ~func.coalesce(HELD, False)
)


class Items:
    """The records of a store, as far as people may look at them."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def unseen(self, most: int) -> tuple[Unseen, ...]:
        """Return records that came since they were last looked through, the oldest first."""
        newest = self._store.rows(select(INTAKE.c.record_id))
        after = newest[0].record_id - _LOOK_BACK if newest else 0
        rows = self._store.rows(_UNSEEN, {"after": after, "most": most})
        return tuple(Unseen._make(row) for row in rows)

    def seen(self, newest: int) -> None:
        """Note that all records up to one were looked through."""
        with self._store.writing() as connection:
            upsert(connection, INTAKE, {"id": 1, "record_id": newest}, ("record_id",))

    def put(self, items: Sequence[tuple[NewItem, Collection[Round]]]) -> None:
        """Keep records with the rounds to be opened for them; one that is there already gets this reading."""
        with self._store.writing() as connection:
            for item, rounds in items:
                number = _put(connection, item)
                open_tasks(connection, number, rounds, item.rank)

    def is_touched(self, item: int) -> bool:
        """Say whether a person decided anything about a record, or has it in hand."""
        touched = select(REVIEW_TASK.c.id).where(REVIEW_TASK.c.item_id == item, ~_UNTOUCHED).limit(1)
        return bool(self._store.rows(touched))

    def conflict(self, item: int, record: int, rank: int, *, differs: bool) -> None:
        """Note that a later reading came for what people decided; one that differs is for a curator."""
        with self._store.writing() as connection:
            at = connection.execute(select(now())).scalar()
            state = TaskState.OPEN if differs else TaskState.DONE
            insert_new(
                connection, CONFLICT, [{"item_id": item, "record_id": record, "state": state, "at": at}]
            )
            if differs:
                open_tasks(connection, item, (Round.CURATION,), rank)

    def conflicts(self, item: int) -> tuple[bytes, ...]:
        """Return the later readings of a record that differ from what people decided, packed."""
        later = (
            select(RECORD.c.body)
            .join(CONFLICT, CONFLICT.c.record_id == RECORD.c.id)
            .where(CONFLICT.c.item_id == item, CONFLICT.c.state == TaskState.OPEN)
            .order_by(CONFLICT.c.id)
        )
        return tuple(row.body for row in self._store.rows(later))

    def find(self, item: int) -> Item | None:
        """Return a record by its number among those that people may look at."""
        rows = self._store.rows(_ITEM.where(REVIEW_ITEM.c.id == item))
        return Item._make(rows[0]) if rows else None

    def by_key(self, key: str) -> Item | None:
        """Return a record by its own id, the same in every run."""
        rows = self._store.rows(_ITEM.where(REVIEW_ITEM.c.key == key))
        return Item._make(rows[0]) if rows else None

    def reviewed(self, key: str) -> bytes | None:
        """Return what people made of a record, packed; ``None`` where that is not settled."""
        rows = self._store.rows(select(REVIEWED.c.body).where(REVIEWED.c.key == key))
        return rows[0].body if rows else None


def _put(connection: Connection, item: NewItem) -> int:
    row = {
        "key": item.key,
        "record_id": item.record,
        "filing": item.filing,
        "ordinal": item.ordinal,
        "department": item.department,
        "title": item.title,
        "engine": item.engine,
    }
    known = select(REVIEW_ITEM.c.id).where(REVIEW_ITEM.c.key == item.key)
    there: int | None = connection.execute(known).scalar()
    if there is None:
        number = inserted(connection, REVIEW_ITEM, row)
    else:
        number = there
        if not _locked_untouched(connection, number):
            # Somebody just took it in hand: the next look makes a conflict of this reading.
            return number
        connection.execute(update(REVIEW_ITEM).where(REVIEW_ITEM.c.id == number).values(**row))
        connection.execute(delete(DOUBT).where(DOUBT.c.item_id == number))
        connection.execute(update(REVIEW_TASK).where(REVIEW_TASK.c.item_id == number).values(rank=item.rank))
    doubts = [
        {"item_id": number, "number": place, **doubt._asdict()} for place, doubt in enumerate(item.doubts)
    ]
    if doubts:
        connection.execute(insert(DOUBT), doubts)
    return number


def _locked_untouched(connection: Connection, item: int) -> bool:
    """Say whether nobody worked on a record, and keep everybody from it until the transaction ends."""
    tasks = select(_UNTOUCHED.label("untouched")).where(REVIEW_TASK.c.item_id == item).with_for_update()
    return all(row.untouched for row in connection.execute(tasks))
