"""The way to a database: what a URL means, how connections are made, and why there is none."""

from __future__ import annotations

import re
import sqlite3
import time
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from structurer.errors import StoreError

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection
    from sqlalchemy.engine.interfaces import DBAPIConnection, DBAPICursor

_BUSY_SECONDS = 60.0
"""How long a process waits for its turn to write before the store counts as broken."""

_CONNECT_SECONDS = 10

_EXAMPLES = "write it like sqlite:///work.db or postgresql://user@host/name"


def is_there(url: str) -> bool:
    """Say whether there is a database at a URL to be opened: where not, opening makes an SQLite file.

    A server is taken to be there. Raises ``StoreError`` for what is no URL of a database.
    """
    place = parsed(url)
    if place.get_backend_name() != "sqlite" or place.database in (None, "", ":memory:"):
        return True
    return Path(place.database).exists()


def parsed(url: str) -> URL:
    """Return a URL of a database that there is a driver for. Raises ``StoreError``."""
    try:
        found = make_url(url)
    except (ArgumentError, ValueError):
        hidden = re.sub(r"://[^@]*@", "://***@", url)
        raise StoreError(f"{hidden}: not the URL of a database; {_EXAMPLES}") from None
    if found.drivername == "postgresql":
        found = found.set(drivername="postgresql+psycopg")
    if found.drivername not in ("sqlite", "sqlite+pysqlite", "postgresql+psycopg"):
        raise StoreError(f"{shown(found)}: neither SQLite nor PostgreSQL; {_EXAMPLES}")
    return found


def engine_of(url: URL) -> Engine:
    """Return what connects to a database. Raises ``StoreError`` where its driver is not installed."""
    # Hidden parameters: filings and answers have no place in error messages.
    if url.get_backend_name() == "postgresql":
        try:
            return create_engine(
                url, hide_parameters=True, connect_args={"connect_timeout": _CONNECT_SECONDS}
            )
        except ModuleNotFoundError:
            needed = "PostgreSQL needs a driver; install it with: pip install 'psycopg[binary]'"
            raise StoreError(f"{shown(url)}: {needed}") from None
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


def shown(url: URL) -> str:
    """Return the URL as it may be printed."""
    return url.render_as_string(hide_password=True)


def cannot_open(url: URL, error: SQLAlchemyError | sqlite3.Error) -> str:
    """Say in one line why a database cannot be opened, and what to do."""
    why = reason(url, error)
    if url.get_backend_name() == "postgresql":
        return f"no connection ({why}); is the server there, and are user and database right?"
    if "not a database" in why:
        return "the file is no SQLite database; name another"
    return f"cannot be opened or written ({why}); is it a file in a folder that exists and can be written?"


def reason(url: URL, error: Exception) -> str:
    """Return the driver's own words on one line, without the statement, its values, or a password."""
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    words = " ".join(str(cause).split())
    return words.replace(str(url.password), "***") if url.password else words
