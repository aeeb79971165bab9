"""How far a run is, what it flagged, and whether all that went in has come out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from run_rows import FLAG, Site, digest, file, gave, passed_over, record, site, unreadable
from sqlalchemy import delete, insert, select, update

from structurer.store import (
    Counted,
    Failure,
    Imbalance,
    Store,
    count,
    flags_by_code,
    imbalances,
    retry_failed,
    skipped_kinds,
)
from structurer.store.tables import CHUNK, RECORD, RESULT
from structurer.store.tables import FLAG as FLAGS

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

NOTHING = Counted(pending=0, in_hand=0, done=0, failed=0, skipped=0, declarations=0, flagged=0)


@pytest.fixture
def here(store: Store) -> Site:
    return site(store)


def _count(site: Site) -> Counted:
    return count(site.store, site.run)


def test_filings_count_by_name_and_declarations_by_content(store: Store, here: Site) -> None:
    assert _count(here) == NOTHING
    found = [file("a"), file("a2", "a"), file("b"), file("c"), file("c2", "c"), file("d"), file("e")]
    here.finds(*found, unreadable("f"), passed_over("g"), passed_over("h"))
    assert _count(here) == NOTHING._replace(pending=7, failed=1, skipped=2)
    a, b, c, d = here.work.claim(4)
    assert _count(here) == NOTHING._replace(pending=7, in_hand=6, failed=1, skipped=2)
    result = gave("a", record(1), record(2, FLAG), record(3, FLAG, FLAG))
    here.work.settle([(a.item, result), (b.item, gave("b")), (c.item, Failure("BrokenError", "broken"))])
    expected = Counted(pending=2, in_hand=1, done=3, failed=3, skipped=2, declarations=4, flagged=2)
    assert _count(here) == expected
    # Others' work does not count, even where they share it.
    other = site(store, "other")
    other.finds(file("x", "a"), file("y", "d"))
    assert _count(other) == NOTHING._replace(pending=1, done=1, declarations=3, flagged=2)
    assert _count(here) == expected
    here.work.release([d.item])
    assert _count(here) == expected._replace(in_hand=0)
    assert retry_failed(store, here.run) == 1
    assert _count(here) == expected._replace(pending=4, in_hand=0, failed=1)


def test_what_is_gone_or_was_changed_does_not_count(here: Site) -> None:
    here.finds(file("a"), file("b"), file("c", "old"), unreadable("d"), passed_over("e"))
    doubtful = {content: gave(content, record(1, FLAG), record(2)) for content in ("a", "b", "old")}
    here.reads(**doubtful)
    assert _count(here) == Counted(0, 0, done=3, failed=1, skipped=1, declarations=6, flagged=3)
    here.finds(file("a"), file("c", "new", modified=8))
    here.reads()
    assert _count(here) == NOTHING._replace(done=2, declarations=3, flagged=1)
    assert flags_by_code(here.store, here.run) == [("missing", "empty", 1)]
    # Back again, without being read again.
    here.finds(file("a"), file("b"), file("c", "old", modified=9))
    assert _count(here) == NOTHING._replace(done=3, declarations=6, flagged=3)
    assert imbalances(here.store, here.run) == []


def test_records_that_came_out_otherwise_count_as_they_are_now(here: Site) -> None:
    here.finds(file("a"))
    here.reads(a=gave("a", record(1, FLAG), record("no", FLAG, failed=True)))
    assert _count(here) == NOTHING._replace(done=1, declarations=2, flagged=2)
    retry_failed(here.store, here.run)
    assert _count(here) == NOTHING._replace(pending=1)
    here.reads(a=gave("a", record(1, FLAG), record(2)))
    assert _count(here) == NOTHING._replace(done=1, declarations=2, flagged=1)
    assert flags_by_code(here.store, here.run) == [("missing", "empty", 1)]


def test_flags_are_counted_by_kind_and_code_most_first(store: Store, here: Site) -> None:
    assert flags_by_code(store, here.run) == []
    odd, range_ = FLAG._replace(code="odd"), FLAG._replace(kind="doubtful", code="range")
    other_path = FLAG._replace(path="year", severity="low")
    here.finds(file("a"), file("a2", "a"), file("b"), file("c"))
    here.reads(a=gave("a", record(1, odd, FLAG), record(2, other_path, range_)), b=gave("b", record(3, odd)))
    other = site(store, "other", "another recipe")
    other.finds(file("a"))
    other.reads(a=gave("a", record(1, FLAG)))
    assert flags_by_code(store, here.run) == [
        ("missing", "empty", 2),
        ("missing", "odd", 2),
        ("doubtful", "range", 1),
    ]
    assert flags_by_code(store, other.run) == [("missing", "empty", 1)]


def test_what_folders_held_beside_filings_is_counted_by_kind(store: Store, here: Site) -> None:
    kinds = [".pdf file", "hidden file", ".pdf file", ".\ufffd\x1b[31m file", ".pdf file"]
    here.finds(
        *(passed_over(f"{number}", kind=kind) for number, kind in enumerate(kinds)),
        unreadable("u"),
        file("f"),
    )
    site(store, "other").finds(passed_over("0"))
    expected = [(".pdf file", 3), (".\ufffd\x1b[31m file", 1), ("hidden file", 1)]
    assert skipped_kinds(store, here.run) == expected
    here.finds(passed_over("1", kind="hidden file"))
    assert skipped_kinds(store, here.run) == [("hidden file", 1)]


def _record_lost(connection: Connection, result: int) -> None:
    lost = RECORD.c.result_id == result, RECORD.c.ordinal == 2
    connection.execute(delete(FLAGS).where(FLAGS.c.record_id.in_(select(RECORD.c.id).where(*lost))))
    connection.execute(delete(RECORD).where(*lost))


def _record_doubled(connection: Connection, result: int) -> None:
    double = {"result_id": result, "ordinal": 1, "version": 2, "latest": True, "failed": False}
    connection.execute(insert(RECORD), double | {"key": "k", "status": "accepted", "body": b""})


def _lost_and_doubled(connection: Connection, result: int) -> None:
    _record_lost(connection, result)
    _record_doubled(connection, result)


def _none_is_the_latest(connection: Connection, result: int) -> None:
    connection.execute(
        update(RECORD).where(RECORD.c.result_id == result, RECORD.c.ordinal == 3).values(latest=False)
    )


def _chunk_lost(connection: Connection, result: int) -> None:
    connection.execute(delete(CHUNK).where(CHUNK.c.result_id == result, CHUNK.c.ordinal == 3))


def _both_lost(connection: Connection, result: int) -> None:
    _record_lost(connection, result)
    connection.execute(delete(CHUNK).where(CHUNK.c.result_id == result, CHUNK.c.ordinal == 2))


@pytest.mark.parametrize(
    ("spoil", "chunks", "records"),
    [
        (_record_lost, 3, 2),
        (_record_doubled, 3, 4),
        (_lost_and_doubled, 3, 3),
        (_none_is_the_latest, 3, 2),
        (_chunk_lost, 2, 3),
        (_both_lost, 2, 2),
    ],
)
def test_chunks_without_exactly_one_record_are_told(
    store: Store, here: Site, spoil: Callable[[Connection, int], None], chunks: int, records: int
) -> None:
    unread = site(store, "unread")
    unread.finds(file("other"))
    here.finds(file("gone", "a"), file("n", "a"), file("o", "a"), file("b"), file("c"))
    three = {name: gave(name, record(1, FLAG), record("no", FLAG, failed=True), record(3)) for name in "abc"}
    here.reads(**three)
    # Older versions are in nobody's way.
    retry_failed(store, here.run)
    here.reads(**{name: gave(name, record(1, FLAG), record(2, FLAG), record(3)) for name in "abc"})
    here.finds(file("n", "a"), file("o", "a"), file("b"), file("c"))
    assert imbalances(store, here.run) == []
    (result,) = store.rows(select(RESULT.c.id).where(RESULT.c.sha256 == digest("a")))
    with store.writing() as connection:
        spoil(connection, result.id)
    assert imbalances(store, here.run) == [Imbalance("n", chunks, records)]
    assert imbalances(store, unread.run) == []


def test_no_more_imbalances_are_told_than_asked_for(store: Store, here: Site) -> None:
    names = [f"{number}" for number in range(15)]
    here.finds(*map(file, names))
    here.reads()
    with store.writing() as connection:
        connection.execute(delete(RECORD))
    assert len(imbalances(store, here.run)) == 10
    assert len(imbalances(store, here.run, most=2)) == 2
    told = imbalances(store, here.run, most=100)
    assert sorted(told) == [Imbalance(name, 1, 0) for name in sorted(names)]
