"""A database that is open and up to date: SQLite in a file, or PostgreSQL.

Work is put to it in two ways. ``rows`` reads with one statement by itself. ``writing`` is one short
transaction that holds the right to write from its beginning, so that on SQLite two processes wait for
each other and never find in the middle that the other was first.
"""

from __future__ import annotations

import re
import sqlite3
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Self

from sqlalchemy import Engine, create_engine, event, insert, inspect, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from structurer.errors import StoreError
from structurer.store.tables import REVISION, VERSION

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from sqlalchemy import URL, Connection, Executable, Row, Table
    from sqlalchemy.engine.interfaces import DBAPIConnection, DBAPICursor

_BUSY_SECONDS = 60.0
"""How long a process waits for its turn to write before the store counts as broken."""

_CONNECT_SECONDS = 10

_MIGRATION_LOCK = 0x5374_7275
"""PostgreSQL's advisory lock that a process holds while it migrates."""

_EXAMPLES = "write it like sqlite:///work.db or postgresql://user@host/name"


class Store:
    """An open database whose schema is the program's own. Of use to one thread; close it when done.

    Raises ``StoreError`` where the database fails: a full disk, a server that went away.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._reading = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        self._writing = engine.connect()

    @classmethod
    def open(cls, url: str) -> Self:
        """Open the database at an SQLAlchemy URL, creating an SQLite file and migrating where needed.

        Raises ``StoreError`` where that cannot be done, and for a schema newer than the program.
        """
        parsed = _parse(url)
        engine = _engine(parsed)
        try:
            store = cls(engine)
        except (SQLAlchemyError, sqlite3.Error) as error:
            engine.dispose()
            raise StoreError(f"{_shown(parsed)}: {_cannot_open(parsed, error)}") from None
        try:
            store._migrate()
        except BaseException:
            store.close()
            raise
        return store

    def close(self) -> None:
        """Let go of the database."""
        self._reading.close()
        self._writing.close()
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    @property
    def dialect(self) -> str:
        """``sqlite`` or ``postgresql``."""
        return self._engine.dialect.name

    def rows(self, statement: Executable, parameters: Mapping[str, Any] | None = None) -> Sequence[Row[Any]]:
        """Return all rows that one statement gives, read by itself."""
        try:
            return self._reading.execute(statement, parameters).all()
        except DBAPIError as error:
            raise self._failure(error) from None

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give a connection in a transaction that is committed at the end, rolled back by an exception."""
        try:
            with self._writing.begin():
                yield self._writing
        except DBAPIError as error:
            raise self._failure(error) from None

    def _failure(self, error: DBAPIError) -> StoreError:
        url = self._engine.url
        return StoreError(f"{_shown(url)}: cannot be read or written ({_reason(url, error)})")

    def _migrate(self) -> None:
        if self._revision(self._reading) == REVISION:
            return
        from structurer.store import migrating

        with self.writing() as connection:
            if self.dialect == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _MIGRATION_LOCK})
            # Read in its turn: another process may have migrated meanwhile, and then nothing is left to do.
            found = self._revision(connection)
            if found is not None and not migrating.knows(found):
                raise StoreError(
                    f"{_shown(self._engine.url)}: its schema ({found}) is newer than this program's "
                    f"({REVISION}), or another program's; update Structurer or name another database"
                )
            migrating.upgrade(connection)

    @staticmethod
    def _revision(connection: Connection) -> str | None:
        if not inspect(connection).has_table(VERSION.name):
            return None
        found: str | None = connection.execute(select(VERSION.c.version_num)).scalar()
        return found


def inserted(connection: Connection, table: Table, row: Mapping[str, Any]) -> int:
    """Insert a row and return the number that the database gave it."""
    key = connection.execute(insert(table), row).inserted_primary_key
    if key is None:
        raise TypeError(f"{table.name} does not return the numbers of its rows")
    number: int = key[0]
    return number


def upsert(connection: Connection, table: Table, row: Mapping[str, Any], replaced: Iterable[str]) -> None:
    """Insert a row or, where its primary key is taken, replace the named columns there."""
    # One text on both databases, but SQLAlchemy has it in a construct of each.
    of_dialect = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    made = of_dialect(table).values(**row)
    values = {name: made.excluded[name] for name in replaced}
    connection.execute(made.on_conflict_do_update(index_elements=table.primary_key, set_=values))


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        hidden = re.sub(r"://[^@]*@", "://***@", url)
        raise StoreError(f"{hidden}: not the URL of a database; {_EXAMPLES}") from None
    if parsed.drivername == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.drivername not in ("sqlite", "sqlite+pysqlite", "postgresql+psycopg"):
        raise StoreError(f"{_shown(parsed)}: neither SQLite nor PostgreSQL; {_EXAMPLES}")
    return parsed


def _engine(url: URL) -> Engine:
    # Hidden parameters: filings and answers have no place in error messages.
    if url.get_backend_name() == "postgresql":
        try:
            return create_engine(
                url, hide_parameters=True, connect_args={"connect_timeout": _CONNECT_SECONDS}
            )
        except ModuleNotFoundError:
            needed = "PostgreSQL needs a driver; install it with: pip install 'psycopg[binary]'"
            raise StoreError(f"{_shown(url)}: {needed}") from None
    engine = create_engine(url, hide_parameters=True, connect_args={"timeout": _BUSY_SECONDS})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: DBAPIConnection, _record: object) -> None:
    # The driver begins no transactions of its own accord; ``_begin_sqlite`` does.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA synchronous = NORMAL")
    if _answer(cursor, "PRAGMA journal_mode") == "delete":
        _write_ahead(cursor)
    cursor.close()


def _answer(cursor: DBAPICursor, pragma: str) -> object:
    cursor.execute(pragma)
    row = cursor.fetchone()
    return row and row[0]


def _write_ahead(cursor: DBAPICursor) -> None:
    """Switch a new file to write-ahead logging. SQLite itself does not wait here for other processes."""
    deadline = time.monotonic() + _BUSY_SECONDS
    while True:
        try:
            _answer(cursor, "PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
        time.sleep(0.01)


def _begin_sqlite(connection: Connection) -> None:
    if connection.get_execution_options().get("isolation_level") != "AUTOCOMMIT":
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _shown(url: URL) -> str:
    """Return the URL as it may be printed."""
    return url.render_as_string(hide_password=True)


def _cannot_open(url: URL, error: SQLAlchemyError | sqlite3.Error) -> str:
    """Say in one line why a database cannot be opened, and what to do."""
    reason = _reason(url, error)
    if url.get_backend_name() == "postgresql":
        return f"no connection ({reason}); is the server there, and are user and database right?"
    if "not a database" in reason:
        return "the file is no SQLite database; name another"
    return f"cannot be opened or written ({reason}); is it a file in a folder that exists and can be written?"


def _reason(url: URL, error: Exception) -> str:
    """Return the driver's own words on one line, without the statement, its values, or a password."""
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    words = " ".join(str(cause).split())
    return words.replace(str(url.password), "***") if url.password else words
