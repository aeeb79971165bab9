"""Filings that people uploaded: by whom, what was kept of them, and what became of them."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import and_, func, select, update

from structurer.store.database import inserted, now
from structurer.store.packing import storable
from structurer.store.states import Sight
from structurer.store.tables import ACCOUNT, FILING, RECORD, RESULT, REVIEW_ITEM, UPLOAD, WORK_ITEM

if TYPE_CHECKING:
    from typing import Any

    from sqlalchemy import ColumnElement, Row

    from structurer.store.database import Store


class UploadState(StrEnum):
    """What became of an upload."""

    WAITING = "waiting"
    READING = "reading"
    """It is being structured, or was when the server ended."""
    DONE = "done"
    FAILED = "failed"

    @property
    def is_under_way(self) -> bool:
        """Whether something will still become of it."""
        return self in (UploadState.WAITING, UploadState.READING)


class Upload(NamedTuple):
    """One upload as people see it. ``name`` is its sender's, ``size`` bytes, ``at`` milliseconds since 1970.

    ``kept_as`` is the name of our own that its bytes have, ``run`` the run that reads it. ``declarations``
    and ``flagged`` count what was read, ``filing`` is what the queue calls it; ``None`` as long as there is
    nothing. The queue may call it otherwise than its sender: the same bytes may have been there before.
    """

    id: int
    name: str
    kept_as: str
    size: int
    account: int
    who: str
    at: int
    state: UploadState
    problem: str | None
    run: int | None
    declarations: int | None
    flagged: int | None
    filing: str | None


_IN_QUEUE = (
    select(REVIEW_ITEM.c.filing)
    .join(RECORD, RECORD.c.key == REVIEW_ITEM.c.key)
    .where(RECORD.c.result_id == RESULT.c.id)
    .order_by(REVIEW_ITEM.c.id)
    .limit(1)
    .correlate(RESULT)
    .scalar_subquery()
)
_UPLOAD = (
    select(
        UPLOAD.c.id,
        UPLOAD.c.name,
        UPLOAD.c.kept_as,
        UPLOAD.c.size,
        UPLOAD.c.account_id,
        ACCOUNT.c.name.label("who"),
        UPLOAD.c.at,
        UPLOAD.c.state,
        UPLOAD.c.problem,
        UPLOAD.c.run_id,
        RESULT.c.declarations,
        RESULT.c.flagged,
        _IN_QUEUE.label("filing"),
    )
    .join(ACCOUNT, ACCOUNT.c.id == UPLOAD.c.account_id)
    .join(FILING, and_(FILING.c.run_id == UPLOAD.c.run_id, FILING.c.state == Sight.FOUND), isouter=True)
    .join(WORK_ITEM, WORK_ITEM.c.id == FILING.c.item_id, isouter=True)
    .join(RESULT, RESULT.c.id == WORK_ITEM.c.result_id, isouter=True)
)
_UNDER_WAY = UPLOAD.c.state.in_([state for state in UploadState if state.is_under_way])


class Uploads:
    """The uploads of a store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add(self, name: str, kept_as: str, size: int, account: int) -> int:
        """Note what somebody uploaded, to be read in its turn; return its number."""
        row = {
            "name": storable(name),
            "kept_as": kept_as,
            "size": size,
            "account_id": account,
            "state": UploadState.WAITING,
        }
        with self._store.writing() as connection:
            row["at"] = connection.execute(select(now())).scalar_one()
            return inserted(connection, UPLOAD, row)

    def find(self, upload: int) -> Upload | None:
        """Return an upload as it stands."""
        rows = self._store.rows(_UPLOAD.where(UPLOAD.c.id == upload))
        return _upload(rows[0]) if rows else None

    def newest(self, most: int, account: int | None = None) -> tuple[Upload, ...]:
        """Return what one person uploaded, or anybody, the newest first."""
        wanted: list[ColumnElement[bool]] = [] if account is None else [UPLOAD.c.account_id == account]
        page = _UPLOAD.where(*wanted).order_by(UPLOAD.c.id.desc()).limit(most)
        return tuple(map(_upload, self._store.rows(page)))

    def next(self) -> Upload | None:
        """Return the oldest upload that nothing became of yet."""
        rows = self._store.rows(_UPLOAD.where(_UNDER_WAY).order_by(UPLOAD.c.id).limit(1))
        return _upload(rows[0]) if rows else None

    def waiting(self) -> int:
        """Return how many uploads nothing became of yet."""
        number: int = self._store.rows(select(func.count()).select_from(UPLOAD).where(_UNDER_WAY))[0][0]
        return number

    def begin(self, upload: int, run: int) -> None:
        """Note that a run reads an upload now."""
        self._change(upload, state=UploadState.READING, run_id=run)

    def end(self, upload: int, problem: str | None) -> None:
        """Note that an upload was read or, where there was a problem, that it could not be."""
        state = UploadState.DONE if problem is None else UploadState.FAILED
        self._change(upload, state=state, problem=None if problem is None else storable(problem))

    def of_runs(self, first: int, last: int) -> dict[int, str]:
        """Return the names of uploads that the runs of these numbers read, by run."""
        named = select(UPLOAD.c.run_id, UPLOAD.c.name).where(UPLOAD.c.run_id.between(first, last))
        return {row.run_id: row.name for row in self._store.rows(named)}

    def _change(self, upload: int, **values: Any) -> None:
        with self._store.writing() as connection:
            connection.execute(update(UPLOAD).where(UPLOAD.c.id == upload).values(**values))


def _upload(row: Row[Any]) -> Upload:
    upload = Upload._make(row)
    return upload._replace(state=UploadState(upload.state))
