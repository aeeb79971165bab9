"""Records that people may look at, one page after the other; which of them are reviewed, and since when."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import bindparam, select

from structurer.store.tables import REVIEW_ITEM, REVIEWED

if TYPE_CHECKING:
    from structurer.store.database import Store


class Listed(NamedTuple):
    """A record in a list; ``reviewed_at`` is milliseconds since 1970 (UTC), ``None`` for one not reviewed."""

    item: int
    key: str
    filing: str
    ordinal: int
    title: str
    department: str
    engine: str
    reviewed_at: int | None


_LISTED = (
    select(
        REVIEW_ITEM.c.id,
        REVIEW_ITEM.c.key,
        REVIEW_ITEM.c.filing,
        REVIEW_ITEM.c.ordinal,
        REVIEW_ITEM.c.title,
        REVIEW_ITEM.c.department,
        REVIEW_ITEM.c.engine,
        REVIEWED.c.at,
    )
    .join(REVIEWED, REVIEWED.c.key == REVIEW_ITEM.c.key, isouter=True)
    .where(REVIEW_ITEM.c.id > bindparam("behind"))
    .order_by(REVIEW_ITEM.c.id)
    .limit(bindparam("most"))
)
_WHICH = {
    None: _LISTED,
    True: _LISTED.where(REVIEWED.c.key.is_not(None)),
    False: _LISTED.where(REVIEWED.c.key.is_(None)),
}


def listed(store: Store, most: int, behind: int = 0, *, reviewed: bool | None = None) -> tuple[Listed, ...]:
    """Return records in the order in which they came, those behind the item of a number.

    ``reviewed`` asks for those that are, or are not; ``None`` for all.
    """
    rows = store.rows(_WHICH[reviewed], {"behind": behind, "most": most})
    return tuple(Listed._make(row) for row in rows)
