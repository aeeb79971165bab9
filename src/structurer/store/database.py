"""A database that is open and up to date: SQLite in a file, or PostgreSQL.

Work is put to it in two ways. ``rows`` reads with one statement by itself. ``writing`` is one short
transaction that holds the right to write from its beginning, so that on SQLite two processes wait for
each other and never find in the middle that the other was first.
"""

from __future__ import annotations

import shlex
import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Self

from sqlalchemy import BigInteger, insert, inspect, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from structurer.errors import StoreError
from structurer.store.connecting import cannot_open, engine_of, parsed, reason, shown
from structurer.store.tables import REVISION, VERSION

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from sqlalchemy import Connection, Engine, Executable, Row, Table
    from sqlalchemy.sql.base import ReadOnlyColumnCollection
    from sqlalchemy.sql.compiler import SQLCompiler

_ROWS_AT_ONCE = 200
"""Rows that a stream fetches together. A row may be a record of some kilobytes."""

_MIGRATION_LOCK = 0x5374_7275
"""PostgreSQL's advisory lock that a process holds while it migrates."""


class Store:
    """An open database, its schema the program's own unless it was opened as it is.

    Of use to one thread; close it when done. Raises ``StoreError`` where the database fails: a full disk, a
    server that went away.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._reading = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        self._writing = engine.connect()

    @classmethod
    def open(cls, url: str, *, upgrade: bool = True) -> Self:
        """Open the database at an SQLAlchemy URL, creating an SQLite file where there is none.

        A new database and an older SQLite file are brought up to date. An older PostgreSQL database is
        refused: others may be at work on it, so its time is for people to choose. ``upgrade=False`` opens any
        database as it is, for ``upgrade()`` or to look at. Raises ``StoreError`` where it cannot be opened,
        and for a schema that is refused or newer than the program.
        """
        place = parsed(url)
        engine = engine_of(place)
        try:
            store = cls(engine)
        except (SQLAlchemyError, sqlite3.Error) as error:
            engine.dispose()
            raise StoreError(f"{shown(place)}: {cannot_open(place, error)}") from None
        try:
            if upgrade:
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

    @property
    def url(self) -> str:
        """The database's URL as it may be printed: without its password."""
        return shown(self._engine.url)

    @property
    def revision(self) -> str | None:
        """The migration that the schema is the result of; ``None`` in an empty database."""
        try:
            return self._revision(self._reading)
        except DBAPIError as error:
            raise self._failure(error) from None

    def tables(self) -> set[str]:
        """Return the names of all tables that there are."""
        try:
            return set(inspect(self._reading).get_table_names())
        except DBAPIError as error:
            raise self._failure(error) from None

    def upgrade(self) -> str | None:
        """Bring the schema up to this program's, and return the revision that it had until then.

        Raises ``StoreError`` for a schema newer than the program.
        """
        from structurer.store import migrating

        with self.writing() as connection:
            if self.dialect == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _MIGRATION_LOCK})
            # Read in its turn: another process may have migrated meanwhile, and then nothing is left to do.
            found = self._revision(connection)
            if found is not None and not migrating.knows(found):
                raise StoreError(
                    f"{self.url}: its schema ({found}) is newer than this program's "
                    f"({REVISION}), or another program's; update Structurer or name another database"
                )
            migrating.upgrade(connection)
        return found

    def rows(self, statement: Executable, parameters: Mapping[str, Any] | None = None) -> Sequence[Row[Any]]:
        """Return all rows that one statement gives, read by itself."""
        try:
            return self._reading.execute(statement, parameters).all()
        except DBAPIError as error:
            raise self._failure(error) from None

    def stream(
        self, statement: Executable, parameters: Mapping[str, Any] | None = None
    ) -> Iterator[Row[Any]]:
        """Yield the rows of one statement as they were when it began, a few at a time in memory."""
        # SQLite reads old rows beside a writer only outside ``_begin_sqlite``'s transactions; PostgreSQL's
        # cursors live only inside one.
        options = {"isolation_level": "AUTOCOMMIT"} if self.dialect == "sqlite" else {}
        try:
            with self._engine.connect() as connection:
                connection = connection.execution_options(yield_per=_ROWS_AT_ONCE, **options)
                # Closed also by whoever wants no more of it: a cursor is open on the server meanwhile.
                with connection.execute(statement, parameters) as rows:
                    yield from rows
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
        return StoreError(f"{self.url}: cannot be read or written ({reason(self._engine.url, error)})")

    def _migrate(self) -> None:
        found = self.revision
        if found == REVISION:
            return
        from structurer.store import migrating

        if found is not None and self.dialect == "postgresql" and migrating.knows(found):
            raise StoreError(
                f"{self.url}: its schema ({found}) is older than this program's ({REVISION}); "
                f"bring it up to date with: structurer db upgrade --store {shlex.quote(self.url)}"
            )
        self.upgrade()

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


class now(FunctionElement[int]):  # noqa: N801  (named as SQL's own functions are)
    """The database's own time in milliseconds since 1970: one clock for runners on many machines."""

    type = BigInteger()
    inherit_cache = True


@compiles(now, "sqlite")
def _now_on_sqlite(_element: now, _compiler: SQLCompiler, **_options: object) -> str:
    return "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)"


@compiles(now, "postgresql")
def _now_on_postgresql(_element: now, _compiler: SQLCompiler, **_options: object) -> str:
    return "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)"


def insert_new(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows; one whose key is taken is left as it is."""
    if rows:
        connection.execute(_insert(connection, table).on_conflict_do_nothing(), rows)


def inserted_if_new(connection: Connection, table: Table, row: Mapping[str, Any]) -> int | None:
    """Insert a row and return the number that the database gave it; ``None`` where its key is taken."""
    # Drivers do not all count the rows that they inserted, but all return them.
    made = _insert(connection, table).on_conflict_do_nothing().returning(*table.primary_key)
    number: int | None = connection.execute(made, row).scalar()
    return number


def upsert(connection: Connection, table: Table, row: Mapping[str, Any], replaced: Iterable[str]) -> None:
    """Insert a row or, where its primary key is taken, replace the named columns there."""
    made = _insert(connection, table).values(**row)
    values = {name: made.excluded[name] for name in replaced}
    connection.execute(made.on_conflict_do_update(index_elements=table.primary_key, set_=values))


def insert_or_update(
    connection: Connection,
    table: Table,
    rows: Sequence[Mapping[str, Any]],
    key: Sequence[str],
    replaced: Callable[[ReadOnlyColumnCollection[str, Any]], Mapping[str, Any]],
) -> None:
    """Insert rows; where a row's ``key`` is taken, set there what ``replaced`` says of the new row."""
    made = _insert(connection, table)
    changed = made.on_conflict_do_update(index_elements=key, set_=replaced(made.excluded))
    connection.execute(changed, rows)


def _insert(connection: Connection, table: Table) -> postgresql.Insert | sqlite.Insert:
    # One text on both databases, but SQLAlchemy has it in a construct of each.
    of_dialect = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    return of_dialect(table)
