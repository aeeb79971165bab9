"""Items that are tried again, and contents that several runs settle at the same time."""

from __future__ import annotations

import sqlite3
import threading
from typing import TYPE_CHECKING, Any

import pytest
from run_rows import FLAG, Site, all_rows, at_once, body, digest, file, gave, record, site, stand_in_the_way
from sqlalchemy import select

from structurer.store import Failure, NewResult, Store, retry_failed
from structurer.store.tables import CHUNK, DOCUMENT_TEXT, RECORD, RESULT, WORK_ITEM
from structurer.store.tables import FLAG as FLAGS

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Table

BROKEN = Failure("BrokenError", "broken")


@pytest.fixture
def here(store: Store) -> Site:
    return site(store)


def _versions(store: Store) -> list[tuple[Any, ...]]:
    rows = store.rows(select(RECORD).order_by(RECORD.c.result_id, RECORD.c.ordinal, RECORD.c.version))
    return [(row.ordinal, row.version, row.latest, row.failed, body(row)) for row in rows]


def _settle(site: Site, **given: NewResult | Failure) -> None:
    outcomes = {digest(content): outcome for content, outcome in given.items()}
    claimed = site.work.claim(100)
    assert {one.sha256 for one in claimed} == set(outcomes)
    assert len(site.work.settle([(one.item, outcomes[one.sha256]) for one in claimed])) == len(claimed)


def test_what_failed_is_tried_again_and_nothing_else(store: Store, here: Site) -> None:
    for one in (here, other := site(store, "other", "r2")):
        one.finds(*map(file, "abcde"))
        assert one.work.claim(1)[0].name == "a"
        partly = gave("c", record(1), record("no", failed=True))
        _settle(one, b=BROKEN, c=partly, d=gave("d", record("doubtful", FLAG)), e=gave("e"))
    before = all_rows(store, RESULT, RECORD)
    assert retry_failed(store, here.run) == 2
    assert here.states() == {"a": "pending", "b": "pending", "c": "pending", "d": "done", "e": "done"}
    assert other.states() == {"a": "pending", "b": "failed", "c": "done", "d": "done", "e": "done"}
    # What they gave before is there until they give something else.
    assert all_rows(store, RESULT, RECORD) == before
    (row,) = store.rows(
        select(WORK_ITEM).where(WORK_ITEM.c.run_id == here.run, WORK_ITEM.c.sha256 == digest("b"))
    )
    assert (row.error, row.problem, row.runner_id, row.attempts) == (None, None, None, 0)
    _settle(here, b=gave("b"), c=gave("c", record(1), record(2)))
    assert retry_failed(store, here.run) == 0
    # By the latest records: the older one is still there, and failed.
    assert other.states()["b"] == "failed"


def test_records_that_came_out_otherwise_are_new_versions_and_the_old_ones_stay(
    store: Store, here: Site
) -> None:
    here.finds(file("a"))
    _settle(here, a=gave("a", record(1, FLAG), record("no", FLAG, failed=True), record(3)))
    (chunks, texts) = all_rows(store, CHUNK), all_rows(store, DOCUMENT_TEXT)
    retry_failed(store, here.run)
    later = FLAG._replace(code="range")
    _settle(here, a=gave("a", record(1, FLAG), record("still not", FLAG, later, failed=True), record(3)))
    retry_failed(store, here.run)
    _settle(here, a=gave("a", record(1, FLAG), record(2), record("three", later)))
    assert _versions(store) == [
        (1, 1, True, False, 1),
        (2, 1, False, True, "no"),
        (2, 2, False, True, "still not"),
        (2, 3, True, False, 2),
        (3, 1, False, False, 3),
        (3, 2, True, False, "three"),
    ]
    (result,) = store.rows(select(RESULT))
    assert (result.declarations, result.flagged) == (3, 2)
    flags = (
        select(RECORD.c.ordinal, RECORD.c.version, FLAGS.c.number, FLAGS.c.code)
        .join(FLAGS, FLAGS.c.record_id == RECORD.c.id)
        .order_by(RECORD.c.ordinal, RECORD.c.version, FLAGS.c.number)
    )
    assert [tuple(row) for row in store.rows(flags)] == [
        (1, 1, 0, "empty"),
        (2, 1, 0, "empty"),
        (2, 2, 0, "empty"),
        (2, 2, 1, "range"),
        (3, 2, 0, "range"),
    ]
    assert (all_rows(store, CHUNK), all_rows(store, DOCUMENT_TEXT)) == (chunks, texts)
    assert retry_failed(store, here.run) == 0


def test_what_was_tried_again_is_not_so_once_more(store: Store, here: Site) -> None:
    here.finds(file("a"))
    _settle(here, a=BROKEN)
    retry_failed(store, here.run)
    _settle(here, a=gave("a"))
    here.finds()
    here.finds(file("a"))
    assert here.states() == {"a": "done"}


def test_what_was_read_before_in_another_run_stays_when_it_is_read_again_unasked(
    store: Store, here: Site
) -> None:
    other = site(store, "other")
    here.finds(file("a"))
    other.finds(file("x", "a"))
    _settle(other, a=gave("a", record("first")))
    _settle(here, a=gave("a", record("second"), record("third")))
    assert _versions(store) == [(1, 1, True, False, "first")]
    assert len(store.rows(select(RESULT))) == 1
    assert [row.result_id for row in store.rows(select(WORK_ITEM))] == [1, 1]


def test_other_recipes_make_other_results_of_one_text(store: Store, here: Site) -> None:
    other = site(store, "other", "another recipe")
    for one in (here, other):
        one.finds(file("a"))
        _settle(one, a=gave("a", record(one.run)))
    assert [row.recipe for row in store.rows(select(RESULT).order_by(RESULT.c.id))] == [
        "recipe",
        "another recipe",
    ]
    assert len(store.rows(select(DOCUMENT_TEXT))) == 1


def test_settling_nothing_waits_for_nobody(sqlite_url: str, tmp_path: Path) -> None:
    with Store.open(sqlite_url) as store:
        here = site(store)
        writer = sqlite3.connect(tmp_path / "work.db", isolation_level=None, check_same_thread=False)
        writer.execute("BEGIN IMMEDIATE")
        stuck = threading.Timer(20, writer.execute, ("COMMIT",))
        stuck.start()
        assert here.work.settle([]) == set()
        assert writer.in_transaction
        stuck.cancel()
        writer.close()


CONTENTS = [f"{number}" for number in range(60)]


def _two_runs(url: str) -> None:
    """Let two runs find the same contents in opposite orders."""
    with Store.open(url) as store:
        site(store, "0").finds(*map(file, CONTENTS))
        site(store, "1").finds(*map(file, reversed(CONTENTS)))


def _settle_at_once(url: str, table: Table | None = None, **row: object) -> None:
    """Let both runs settle all at once; where a row is said, they meet at it in the middle."""
    together = threading.Barrier(3)

    def settle(store: Store, place: int) -> None:
        here = site(store, f"{place}")
        contents = {digest(content): content for content in CONTENTS}
        outcomes = [
            (one.item, gave(content, record([place, content], FLAG)))
            for one in here.work.claim(100)
            for content in [contents[one.sha256]]
        ]
        together.wait(30)
        assert len(here.work.settle(outcomes)) == len(CONTENTS)

    def third(store: Store) -> None:
        if table is None:
            together.wait(30)
        else:
            stand_in_the_way(store, together, table, **row)

    at_once(url, 3, lambda store, place: third(store) if place == 2 else settle(store, place))


@pytest.mark.parametrize("known", [False, True], ids=["new texts", "known texts"])
def test_runs_that_settle_the_same_contents_at_once_make_one_result_of_each(url: str, known: bool) -> None:
    _two_runs(url)
    made = gave(CONTENTS[30])
    if known:
        with Store.open(url) as store:
            other = site(store, "other", "another recipe")
            other.finds(*map(file, CONTENTS))
            other.reads(**{content: gave(content) for content in CONTENTS})
        same = {"sha256": made.sha256, "media_type": made.media_type, "recipe": "recipe"}
        counts = dict.fromkeys(("pages", "declarations", "flagged", "residue_lines", "made_at"), 0)
        texts = {"encoding": "", "text_digest": made.text_digest, "residue": ""}
        _settle_at_once(url, RESULT, **same, **counts, **texts)
    else:
        _settle_at_once(url, DOCUMENT_TEXT, digest=made.text_digest, body=b"")
    with Store.open(url) as store:
        mine = select(RESULT.c.id).where(RESULT.c.recipe == "recipe").scalar_subquery()
        for key in "01":
            assert set(site(store, key).states().values()) == {"done"}
        given = store.rows(
            select(WORK_ITEM.c.sha256, WORK_ITEM.c.result_id).where(WORK_ITEM.c.result_id.in_(mine))
        )
        assert len(given) == 2 * len(CONTENTS)
        assert len({row.result_id for row in given}) == len({tuple(row) for row in given}) == len(CONTENTS)
        for table in (CHUNK, RECORD):
            kept = store.rows(select(table.c.ordinal).where(table.c.result_id.in_(mine)))
            assert len(kept) == len(CONTENTS)
        assert len(store.rows(select(FLAGS))) == len(CONTENTS)


def test_runs_that_replace_the_same_results_at_once_make_one_version_after_the_other(url: str) -> None:
    _two_runs(url)
    with Store.open(url) as store:
        for key in "01":
            failing = {content: gave(content, record("no", failed=True)) for content in CONTENTS}
            _settle(site(store, key), **failing)
        assert [retry_failed(store, site(store, key).run) for key in "01"] == [len(CONTENTS)] * 2
    _settle_at_once(url)
    with Store.open(url) as store:
        rows = _versions(store)
        assert [row[1:3] for row in rows] == [(1, False), (2, False), (3, True)] * len(CONTENTS)
        assert all(
            {second[4][0], third[4][0]} == {0, 1}
            for second, third in zip(rows[1::3], rows[2::3], strict=True)
        )
