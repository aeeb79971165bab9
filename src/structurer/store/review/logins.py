"""Attempts to sign in: how many failed lately, by name and by address, and how long to wait."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import delete, insert, select, text

from structurer.store.database import now
from structurer.store.review.accounts import digest, folded
from structurer.store.tables import FAILED_LOGIN

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from structurer.store.database import Store

_WINDOW = 15 * 60_000
"""Milliseconds that a failure counts."""

_MOST_BY_NAME, _MOST_BY_ADDRESS = 5, 20

_LOCK = 0x4C6F_6769
"""PostgreSQL's advisory lock under which attempts are counted: of many at once none goes uncounted."""


class Attempt(NamedTuple):
    """An attempt that may be made, or not yet: then ``wait`` is the seconds until it may, else 0."""

    wait: int
    by_name: str
    by_address: str
    at: int

    @property
    def refusal(self) -> str:
        """What to say to somebody who has to wait."""
        return f"too many attempts; try again in {-(-self.wait // 60)} minutes"


class Logins:
    """The attempts to sign in to a store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def begin(self, name: str, address: str) -> Attempt:
        """Count an attempt as failed before its password is looked at, and say whether it may be made.

        Then any number of attempts at the same time are not more than are allowed one by one.
        """
        by_name, by_address = digest(f"name:{folded(name)}"), digest(f"address:{address}")
        with self._store.writing() as connection:
            if self._store.dialect == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
            at: int = connection.execute(select(now())).scalar_one()
            connection.execute(delete(FAILED_LOGIN).where(FAILED_LOGIN.c.at <= at - _WINDOW))
            wait = max(
                _wait(connection, by_name, _MOST_BY_NAME, at),
                _wait(connection, by_address, _MOST_BY_ADDRESS, at),
            )
            if not wait:
                rows = [{"who": who, "at": at} for who in (by_name, by_address)]
                connection.execute(insert(FAILED_LOGIN), rows)
        return Attempt(wait, by_name, by_address, at)

    def succeeded(self, attempt: Attempt) -> None:
        """Let an attempt not count, nor those by the same name before: it was its owner who mistyped."""
        of_name = FAILED_LOGIN.c.who == attempt.by_name
        of_attempt = (FAILED_LOGIN.c.who == attempt.by_address) & (FAILED_LOGIN.c.at == attempt.at)
        with self._store.writing() as connection:
            connection.execute(delete(FAILED_LOGIN).where(of_name | of_attempt))


def _wait(connection: Connection, who: str, most: int, at: int) -> int:
    """Return seconds until fewer than ``most`` failures count, rounded up."""
    newest = select(FAILED_LOGIN.c.at).where(FAILED_LOGIN.c.who == who).order_by(FAILED_LOGIN.c.at.desc())
    full: int | None = connection.execute(newest.offset(most - 1).limit(1)).scalar()
    return 0 if full is None else max(1, -(-(full + _WINDOW - at) // 1000))
