"""What a database holds: how large it is, and how many rows each table has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select, text

from structurer.store.tables import METADATA

if TYPE_CHECKING:
    from structurer.store.database import Store

_SIZE = {
    "sqlite": "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()",
    "postgresql": "SELECT pg_database_size(current_database())",
}


def size(store: Store) -> int:
    """Return the bytes that a database takes; on a server, with all that others keep in it."""
    found: int = store.rows(text(_SIZE[store.dialect]))[0][0]
    return found


def rows_by_table(store: Store) -> list[tuple[str, int]]:
    """Return how many rows there are in each of the program's tables that the database has."""
    there = store.tables()
    tables = [table for table in METADATA.tables.values() if table.name in there]
    return [(table.name, store.rows(select(func.count()).select_from(table))[0][0]) for table in tables]
