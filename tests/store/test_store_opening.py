from __future__ import annotations

import sqlite3
import threading
import time
from typing import TYPE_CHECKING

import journal_workers
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text

from structurer.errors import StoreError
from structurer.store import Journal, Store, migrating
from structurer.store.tables import METADATA, REVISION

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_the_tables_are_what_the_migrations_make(store: Store) -> None:
    with store.writing() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []
    assert migrating.head() == REVISION


def test_migrations_go_down_and_up_again(store: Store) -> None:
    with store.writing() as connection:
        migrating.downgrade(connection)
        assert inspect(connection).get_table_names() == ["alembic_version"]
    with store.writing() as connection:
        migrating.upgrade(connection)
        assert set(METADATA.tables) < set(inspect(connection).get_table_names())
    Journal(store).open_run("run", "a run", "m", None)


def test_a_migration_that_breaks_leaves_nothing_behind(url: str) -> None:
    with Store.open(url) as store:
        with store.writing() as connection:
            migrating.downgrade(connection)
            # In the way of the last table but one.
            connection.execute(text("CREATE TABLE model_dialect (x INTEGER)"))
        with pytest.raises(StoreError, match="model_dialect"), store.writing() as connection:
            migrating.upgrade(connection)
        with store.writing() as connection:
            assert set(inspect(connection).get_table_names()) == {"alembic_version", "model_dialect"}


def test_opening_again_finds_what_was_written_and_imports_no_alembic(url: str) -> None:
    with Store.open(url) as store:
        Journal(store).open_run("run", "a run", "m", 5)
    with Store.open(url) as store:
        assert Journal(store).spent("run") == (0, 0, 5)
    told, tell = journal_workers.PROCESSES.Pipe(duplex=False)
    process = journal_workers.PROCESSES.Process(target=journal_workers.imports_of_opening, args=(url, tell))
    process.start()
    assert told.poll(10)
    assert told.recv() is False
    process.join()
    process.close()


def test_opening_what_is_up_to_date_is_quick(sqlite_url: str) -> None:
    Store.open(sqlite_url).close()
    seconds = []
    for _ in range(5):
        before = time.perf_counter()
        Store.open(sqlite_url).close()
        seconds.append(time.perf_counter() - before)
    assert min(seconds) < 0.03


def test_several_processes_open_a_new_store_at_once(new_url: Callable[[], str]) -> None:
    urls = [new_url() for _ in range(3)]
    together = journal_workers.PROCESSES.Barrier(4)
    ends = [journal_workers.PROCESSES.Pipe(duplex=False) for _ in range(4)]
    processes = [
        journal_workers.PROCESSES.Process(target=journal_workers.open_together, args=(urls, together, tell))
        for _, tell in ends
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
        assert process.exitcode == 0
        process.close()
    assert [told.recv() for told, _ in ends] == ["opened"] * 4


def test_a_store_in_memory_works(attempt: Callable[..., object]) -> None:
    with Store.open("sqlite://") as store:
        journal = Journal(store)
        journal.open_run("run", "a run", "m", 10)
        number = journal.reserve("run", "k", 10, 60, "m", "p")
        journal.record(attempt(cost=4), "run", number)  # type: ignore[arg-type]
        assert journal.spent("run") == (4, 0, 10)
        assert journal.find("k") is not None


def _hold(file: Path) -> threading.Thread:
    """Take the right to write, as another process would, and give it back after a while."""
    holder = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    holder.execute("BEGIN IMMEDIATE")

    def give_back() -> None:
        time.sleep(0.2)
        holder.execute("COMMIT")
        holder.close()

    thread = threading.Thread(target=give_back)
    thread.start()
    return thread


def test_a_writer_has_its_turn_from_the_beginning(sqlite_url: str, tmp_path: Path) -> None:
    with Store.open(sqlite_url) as store:
        other = sqlite3.connect(tmp_path / "work.db", timeout=0, isolation_level=None)
        with store.writing() as connection:
            connection.execute(text("SELECT 1"))
            with pytest.raises(sqlite3.OperationalError, match="locked"):
                other.execute("BEGIN IMMEDIATE")
        other.execute("BEGIN IMMEDIATE")
        other.close()


def test_writers_wait_for_each_other_and_readers_do_not(sqlite_url: str, tmp_path: Path) -> None:
    with Store.open(sqlite_url) as store:
        journal = Journal(store)
        holder = _hold(tmp_path / "work.db")
        assert journal.find("k") is None
        assert holder.is_alive()
        journal.open_run("run", "a run", "m", None)
        holder.join()


def test_opening_a_new_file_waits_for_whoever_is_writing_it(sqlite_url: str, tmp_path: Path) -> None:
    # A file that is not in write-ahead mode yet: SQLite does not wait when it is switched.
    holder = _hold(tmp_path / "work.db")
    Store.open(sqlite_url).close()
    holder.join()


def test_a_schema_of_a_newer_program_is_left_alone(url: str) -> None:
    with Store.open(url) as store, store.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreError, match=rf"schema \(9999\) is newer than this program's \({REVISION}\)"):
        Store.open(url)


def _at_revision(url: str, revision: str) -> None:
    """Make a store as an older program leaves it."""
    with Store.open(url) as store, store.writing() as connection:
        migrating.downgrade(connection, revision)


def test_an_older_file_is_brought_up_to_date_and_an_older_server_is_left_to_people(url: str) -> None:
    _at_revision(url, "0002")
    if url.startswith("postgresql"):
        told = rf"its schema \(0002\) is older than this program's \({REVISION}\); .*: structurer db upgrade"
        with pytest.raises(StoreError, match=told):
            Store.open(url)
        with Store.open(url, upgrade=False) as store:
            assert store.revision == "0002"
            assert "run" not in store.tables()
            assert store.upgrade() == "0002"
            assert store.upgrade() == REVISION
    with Store.open(url) as store:
        assert store.revision == REVISION
        assert set(METADATA.tables) < store.tables()


def test_a_store_that_is_opened_as_it_is_stays_as_it_is(url: str) -> None:
    with Store.open(url, upgrade=False) as store:
        assert store.revision is None
        assert store.tables() == set()
        assert store.upgrade() is None
        assert store.revision == REVISION


def test_a_schema_of_a_newer_program_is_not_upgraded(url: str) -> None:
    with Store.open(url) as store, store.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with Store.open(url, upgrade=False) as store:
        assert store.revision == "9999"
        with pytest.raises(StoreError, match="newer than this program's"):
            store.upgrade()


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("work.db", "work.db: not the URL of a database; write it like sqlite:///work.db"),
        ("mysql://u:secret@h/d", r"mysql://u:\*\*\*@h/d: neither SQLite nor PostgreSQL"),
        ("postgresql://u:secret@h:port/d", r"postgresql://\*\*\*@h:port/d: not the URL of a database"),
        ("sqlite:////no/such/folder/work.db", "cannot be opened or written .* folder that exists"),
        ("sqlite:////proc/work.db", "cannot be opened or written .* can be written"),
        ("sqlite:////tmp", "cannot be opened or written"),
        ("postgresql://u:secret@127.0.0.1:1/d", r"u:\*\*\*@127.0.0.1:1/d: no connection .*refused"),
    ],
)
def test_what_cannot_be_opened_is_told_in_one_line_without_the_password(url: str, message: str) -> None:
    if url.startswith("postgresql"):
        pytest.importorskip("psycopg")
    with pytest.raises(StoreError, match=message) as caught:
        Store.open(url)
    assert "\n" not in str(caught.value)
    assert "secret" not in str(caught.value)
    # Nor in what a traceback would print of its cause.
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_a_file_that_is_no_database_is_not_touched(sqlite_url: str, tmp_path: Path) -> None:
    (tmp_path / "work.db").write_bytes(b"a filing, and no database\n" * 100)
    with pytest.raises(StoreError, match="the file is no SQLite database; name another"):
        Store.open(sqlite_url)
    assert (tmp_path / "work.db").read_bytes() == b"a filing, and no database\n" * 100


def test_a_database_that_fails_later_says_so_without_the_text_it_was_given(
    sqlite_url: str, tmp_path: Path, attempt: Callable[..., object]
) -> None:
    with Store.open(sqlite_url) as store:
        with sqlite3.connect(tmp_path / "work.db") as other:
            other.execute("DROP TABLE model_attempt")
        other.close()
        journal = Journal(store)
        told = "work.db: cannot be read or written .no such table: model_attempt"
        with pytest.raises(StoreError, match=told) as caught:
            journal.record(attempt(response="机密"), None)  # type: ignore[arg-type]
        assert "机密" not in str(caught.value)
        with pytest.raises(StoreError, match=told):
            journal.find("k")
