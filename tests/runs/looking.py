"""A run's store, looked at from outside while commands write it and are killed over it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import NullPool, create_engine, make_url, text
from sqlalchemy.exc import OperationalError, ProgrammingError

from commands import until

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from sqlalchemy import Row

    Alone = Callable[[Path], "Undisturbed"]
    """Says what a run of a folder gives that is left alone."""

_KEPT = ("result", "chunk", "record", "flag", "document", "document_text")


class Undisturbed(NamedTuple):
    """What a run gives that is left alone: its exit status, its files, and how many rows in the store."""

    status: int
    files: dict[str, bytes]
    kept: dict[str, int]


class Item(NamedTuple):
    """What a store says of one content."""

    state: str
    attempts: int
    result: int | None
    in_hand: bool


class Look:
    """Looks at a store, and changes nothing in it. Where there is no store yet, it is empty."""

    def __init__(self, url: str) -> None:
        parsed = make_url(url)
        if parsed.drivername == "postgresql":
            parsed = parsed.set(drivername="postgresql+psycopg")
        else:
            # Not even the log that a killed command left is put in order, as any other reader would do.
            parsed = make_url(f"sqlite:///file:{parsed.database}?mode=ro&uri=true")
        self._engine = create_engine(parsed, isolation_level="AUTOCOMMIT", poolclass=NullPool)

    def rows(self, query: str) -> Sequence[Row[Any]]:
        """Return what a query finds."""
        try:
            with self._engine.connect() as connection:
                return connection.execute(text(query)).all()
        except (OperationalError, ProgrammingError) as error:
            if (
                "no such table" in str(error)
                or "does not exist" in str(error)
                or "unable to open" in str(error)
            ):
                return []
            raise

    def number(self, query: str) -> int:
        """Return the one number that a query gives; 0 where there is none."""
        rows = self.rows(query)
        return int(rows[0][0] or 0) if rows else 0

    def items(self) -> dict[str, Item]:
        """Return the contents of all runs by hash."""
        rows = self.rows("SELECT sha256, state, attempts, result_id, runner_id FROM work_item")
        return {row[0]: Item(row[1], row[2], row[3], row[4] is not None) for row in rows}

    def settled(self) -> dict[str, Item]:
        """Return the contents that were read, or could not be."""
        return {sha256: item for sha256, item in self.items().items() if item.state != "pending"}

    def waiting(self) -> int:
        """Return how many contents are not settled."""
        return self.number("SELECT count(*) FROM work_item WHERE state = 'pending'")

    def in_hand(self) -> int:
        """Return how many contents are with a runner."""
        return self.number("SELECT count(*) FROM work_item WHERE runner_id IS NOT NULL")

    def kept(self) -> dict[str, int]:
        """Return how many rows the tables of results have."""
        return {table: self.number(f"SELECT count(*) FROM {table}") for table in _KEPT}


def patiently(condition: Callable[[], bool]) -> None:
    """Wait for what takes seconds, and much longer where all processors are busy with other tests."""
    until(condition, seconds=90)
