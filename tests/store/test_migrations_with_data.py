"""Migrations of databases that hold something, up and down."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import BigInteger, Boolean, Integer, LargeBinary, MetaData, inspect, select, text
from sqlalchemy import types as sql

from structurer.errors import StoreError
from structurer.store import Store, migrating
from structurer.store.tables import METADATA, VERSION

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Column, Connection, Table

    Contents = dict[str, list[tuple[Any, ...]]]


@pytest.fixture
def connection(store: Store) -> Iterator[Connection]:
    """A connection in one transaction from the beginning of a test to its end."""
    with store.writing() as connection:
        yield connection


def _tables(connection: Connection) -> list[Table]:
    """Return the tables as they are, those that others refer to first."""
    found = MetaData()
    found.reflect(connection)
    return [table for table in found.sorted_tables if table.name != VERSION.name]


def _value(column: Column[Any]) -> Any:
    """Return a value that a column may hold; references are to the one row of the other table."""
    for key in column.foreign_keys:
        return _value(key.column)
    kind = column.type.as_generic()
    if isinstance(kind, Boolean):
        return True
    if isinstance(kind, BigInteger):
        return 2**41 + 1
    if isinstance(kind, Integer):
        return 3
    if isinstance(kind, LargeBinary):
        return b"\x00\xff\xb0" + column.name.encode()
    assert isinstance(kind, sql.Text)
    return f"{column.name} 堤\U00020000"


def _fill(connection: Connection) -> Contents:
    """Put a row into every table that is empty; return what all tables hold."""
    for table in _tables(connection):
        if not connection.execute(select(table)).all():
            connection.execute(table.insert(), {column.name: _value(column) for column in table.columns})
    contents = _contents(connection)
    assert all(contents.values())
    return contents


def _contents(connection: Connection) -> Contents:
    return {
        table.name: [tuple(row) for row in connection.execute(select(table))] for table in _tables(connection)
    }


def _revision(connection: Connection) -> str | None:
    found: str | None = connection.execute(select(VERSION.c.version_num)).scalar()
    return found


def _schema(connection: Connection) -> dict[str, Any]:
    """Return all that the database knows of its tables, collations and never-repeating numbers among it."""
    known = inspect(connection)
    described: dict[str, Any] = {
        table: {
            "columns": [
                {name: str(value) for name, value in column.items()} for column in known.get_columns(table)
            ],
            "key": known.get_pk_constraint(table)["constrained_columns"],
            "references": sorted(str(key) for key in known.get_foreign_keys(table)),
            "unique": sorted(str(sorted(key["column_names"])) for key in known.get_unique_constraints(table)),
            "indexes": sorted(str((key["name"], key["column_names"])) for key in known.get_indexes(table)),
        }
        for table in known.get_table_names()
        if table != VERSION.name
    }
    if connection.dialect.name == "sqlite":
        query = "SELECT name FROM sqlite_master WHERE sql LIKE '%AUTOINCREMENT%' ORDER BY name"
        described["autoincrement"] = connection.execute(text(query)).scalars().all()
    return described


def test_what_older_tables_hold_stays_on_the_way_up_and_down(connection: Connection) -> None:
    migrating.downgrade(connection, "0002")
    before = _fill(connection)
    assert "evaluation" in before
    assert "run" not in before
    migrating.upgrade(connection)
    after = _contents(connection)
    assert {name: after[name] for name in before} == before
    assert not any(rows for name, rows in after.items() if name not in before)
    assert compare_metadata(MigrationContext.configure(connection), METADATA) == []
    _fill(connection)
    migrating.downgrade(connection, "0002")
    assert _contents(connection) == before


def test_going_back_from_full_tables_of_runs_and_up_again_leaves_what_is_older(
    connection: Connection,
) -> None:
    migrating.downgrade(connection, "0003")
    full = _fill(connection)
    migrating.downgrade(connection, "0002")
    older = _contents(connection)
    assert set(full) - set(older) == {
        "run",
        "runner",
        "document",
        "document_text",
        "work_item",
        "filing",
        "result",
        "chunk",
        "record",
        "flag",
    }
    assert older == {name: full[name] for name in older}
    migrating.upgrade(connection)
    again = _contents(connection)
    assert again == {name: older.get(name, []) for name in METADATA.tables}
    assert compare_metadata(MigrationContext.configure(connection), METADATA) == []


@pytest.mark.parametrize("table", ["decision", "audit_entry"])
@pytest.mark.parametrize("change", ["UPDATE {} SET id = 9", "DELETE FROM {}"])
def test_what_people_decided_is_only_added_to(store: Store, table: str, change: str) -> None:
    with store.writing() as connection:
        before = _fill(connection)[table]
    with pytest.raises(StoreError, match="only added to"), store.writing() as connection:
        connection.execute(text(change.format(table)))
    with store.writing() as connection:
        assert _contents(connection)[table] == before


def test_each_step_keeps_what_the_steps_before_it_hold(connection: Connection) -> None:
    migrating.downgrade(connection)
    before: Contents = {}
    at = {}
    while _revision(connection) != migrating.head():
        migrating.upgrade(connection, "+1")
        after = _contents(connection)
        assert set(before) < set(after)
        assert {name: after[name] for name in before} == before
        before = at[_revision(connection)] = _fill(connection)
    assert list(at) == ["0001", "0002", "0003", "0004", "0005"]
    for revision in reversed(at):
        assert _revision(connection) == revision
        assert _contents(connection) == at[revision]
        migrating.downgrade(connection, "-1")
    assert _contents(connection) == {}


def test_a_migration_that_fails_over_what_a_database_holds_changes_nothing(store: Store) -> None:
    with store.writing() as connection:
        migrating.downgrade(connection, "0002")
        before = _fill(connection)
        connection.execute(text("CREATE TABLE filing (x INTEGER)"))
    with pytest.raises(Exception, match="filing"), store.writing() as connection:
        migrating.upgrade(connection)
    with store.writing() as connection:
        assert _revision(connection) == "0002"
        assert _contents(connection) == before | {"filing": []}


def test_the_migrated_schema_is_the_one_the_tables_describe(new_url: Callable[[], str]) -> None:
    with Store.open(new_url()) as migrated, migrated.writing() as connection:
        made = _schema(connection)
    with Store.open(new_url()) as described, described.writing() as connection:
        migrating.downgrade(connection)
        METADATA.create_all(connection)
        assert made == _schema(connection)
