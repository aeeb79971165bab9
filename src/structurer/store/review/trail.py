"""The audit trail: who did what, and when. It is added to, and nobody can change it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import insert, select

from structurer.store.database import now
from structurer.store.packing import storable
from structurer.store.tables import AUDIT_ENTRY

if TYPE_CHECKING:
    from structurer.store.database import Store


class TrailEntry(NamedTuple):
    """One thing that somebody did; ``at`` is milliseconds since 1970 (UTC)."""

    id: int
    at: int
    who: str
    what: str
    about: str


class Trail:
    """The audit trail of a store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def note(self, who: str, what: str, about: str = "") -> None:
        """Add an entry."""
        with self._store.writing() as connection:
            at = connection.execute(select(now())).scalar()
            row = {"at": at, "who": storable(who), "what": what, "about": storable(about)}
            connection.execute(insert(AUDIT_ENTRY), row)

    def entries(self, most: int, before: int | None = None) -> tuple[TrailEntry, ...]:
        """Return the newest entries, those older than the one of number ``before``."""
        page = select(AUDIT_ENTRY).order_by(AUDIT_ENTRY.c.id.desc()).limit(most)
        if before is not None:
            page = page.where(AUDIT_ENTRY.c.id < before)
        return tuple(
            TrailEntry(row.id, row.at, row.who, row.what, row.about) for row in self._store.rows(page)
        )
