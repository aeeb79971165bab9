"""Work items: taken in hand by runners, put back, freed, settled, tried again."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import cast

import pytest
from run_rows import FLAG, Site, all_rows, at_once, body, digest, file, gave, record, site
from sqlalchemy import select, text
from sqlalchemy.exc import StatementError

from structurer.errors import StoreError
from structurer.store import Failure, NewResult, Runs, Store
from structurer.store.packing import unpacked
from structurer.store.tables import CHUNK, DOCUMENT_TEXT, RECORD, RESULT, WORK_ITEM
from structurer.store.tables import FLAG as FLAGS

# All that what a content gave is written to.
KEPT = (DOCUMENT_TEXT, RESULT, CHUNK, RECORD, FLAGS)
Outcomes = list[tuple[int, NewResult | Failure]]
BROKEN = Failure("BrokenError", "broken\nin the middle")


@pytest.fixture
def here(store: Store) -> Site:
    return site(store)


def _attempts(site: Site) -> list[int]:
    query = select(WORK_ITEM.c.attempts).where(WORK_ITEM.c.run_id == site.run).order_by(WORK_ITEM.c.id)
    return [row.attempts for row in site.store.rows(query)]


def _names(site: Site, most: int = 100) -> list[str]:
    return [one.name for one in site.work.claim(most)]


def test_items_are_taken_in_the_order_in_which_they_were_found(here: Site) -> None:
    names = [f"{number}" for number in (3, 1, 4, 15, 9, 2, 6, 5, 35, 8)]
    here.finds(*map(file, names))
    assert _names(here, 0) == []
    assert _names(here, 4) == names[:4]
    assert _names(here, 1) == names[4:5]
    assert _names(here) == names[5:]
    assert _names(here) == []
    assert _attempts(here) == [1] * 10


def test_an_item_comes_with_the_first_of_its_names_and_its_hash(here: Site) -> None:
    gone = file("Z", "same", b"/data/gone")
    here.finds(file("b", "same", b"/data/b"), gone)
    here.finds(file("b", "same", b"/data/b"), file("a", "same", b"\xb0\xa1"))
    (claimed,) = here.work.claim(5)
    assert claimed[1:] == ("a", b"\xb0\xa1", digest("same"))


def test_items_of_other_runs_are_not_taken(store: Store, here: Site) -> None:
    other = site(store, "other")
    here.finds(file("a"))
    other.finds(file("b"))
    assert _names(here) == ["a"]
    assert _names(other) == ["b"]


def test_an_item_is_taken_by_one_of_many_at_once(url: str) -> None:
    names = {f"{number:03}" for number in range(120)}
    with Store.open(url) as store:
        here = site(store)
        here.finds(*map(file, sorted(names)))

    all_have_some = threading.Barrier(8)

    def take_all(store: Store, place: int) -> list[str]:
        mine = site(store)
        taken = _names(mine, 1 + place % 3)
        # Whoever is quick must not take all.
        all_have_some.wait(30)
        while some := _names(mine, 1 + place % 3):
            taken += some
        return taken

    taken = at_once(url, 8, take_all)
    assert sorted(name for names in taken for name in names) == sorted(names)
    assert all(taken)
    with Store.open(url) as store:
        assert _attempts(site(store)) == [1] * 120


def test_who_takes_items_steps_over_those_that_another_is_just_taking(url: str, store: Store) -> None:
    if store.dialect == "sqlite":
        pytest.skip("SQLite has one writer at a time")
    here = site(store)
    here.finds(*map(file, "abcd"))
    with Store.open(url) as other:
        mine = site(other)
        with other.writing() as connection:
            connection.execute(text("SET lock_timeout = '5s'"))
        with store.writing() as connection:
            some = select(WORK_ITEM.c.id).order_by(WORK_ITEM.c.id).limit(2).with_for_update()
            assert len(connection.execute(some).all()) == 2
            assert _names(mine) == ["c", "d"]
        assert _names(mine) == ["a", "b"]


def test_what_is_put_back_is_as_it_was(store: Store, here: Site) -> None:
    here.finds(*map(file, "abc"))
    other = site(store)
    one, two = here.work.claim(2)
    other.work.release([one.item, two.item])
    assert _attempts(here) == [1, 1, 0]
    here.work.release([one.item])
    here.work.release([])
    assert _attempts(here) == [0, 1, 0]
    assert _names(other) == ["a", "c"]


def test_what_a_runner_that_is_no_more_had_is_free_and_comes_last(store: Store, here: Site) -> None:
    here.finds(*map(file, "abcdef"))
    left, late, there = site(store), site(store), site(store)
    assert [_names(one, 1) for one in (left, late, there)] == [["a"], ["b"], ["c"]]
    here.work.free_the_lost()
    assert here.work.open() == (3, 3)
    Runs(store).leave(left.me)
    Runs(store).renew(late.me, 0)
    site(store, "other").work.free_the_lost()
    assert here.work.open() == (3, 3)
    here.work.free_the_lost()
    assert here.work.open() == (5, 1)
    assert _names(here, 3) == ["d", "e", "f"]
    assert here.work.open() == (2, 1)
    assert _names(here) == ["a", "b"]
    assert _attempts(here) == [2, 2, 1, 1, 1, 1]
    assert there.work.open() == (0, 5)


def test_an_item_is_settled_with_all_that_it_gave(store: Store, here: Site) -> None:
    here.finds(file("a"), file("b"), file("c"))
    a, b, _ = here.work.claim(3)
    other_flag = FLAG._replace(path="year", code="range")
    records = record({"堤": 1}, FLAG, other_flag), record(2, failed=True), record(3)
    made = gave("a", *records, text="文\ud800\x00")
    assert here.work.settle([(a.item, made), (b.item, BROKEN)]) == {a.item, b.item}
    rows = {row.sha256: row for row in store.rows(select(WORK_ITEM))}
    done, failed = rows[digest("a")], rows[digest("b")]
    assert (done.state, done.runner_id, done.error, done.problem) == ("done", None, None, None)
    assert (failed.state, failed.runner_id, failed.result_id) == ("failed", None, None)
    assert (failed.error, failed.problem) == ("BrokenError", "broken\nin the middle")
    assert rows[digest("c")].runner_id == here.me
    (result,) = store.rows(select(RESULT))
    assert result.id == done.result_id
    assert (result.sha256, result.recipe, result.encoding) == (digest("a"), "recipe", "gb18030")
    assert (result.declarations, result.flagged, result.pages, result.residue) == (3, 2, 1, "[]")
    (decoded,) = store.rows(select(DOCUMENT_TEXT))
    assert (decoded.digest, unpacked(decoded.body)) == (result.text_digest, "文\ud800\x00")
    chunks = store.rows(select(CHUNK.c.ordinal, CHUNK.c.start, CHUNK.c.end).order_by(CHUNK.c.ordinal))
    assert [tuple(row) for row in chunks] == [(1, 0, 1), (2, 1, 2), (3, 2, 3)]
    kept = store.rows(select(RECORD).order_by(RECORD.c.ordinal))
    assert [(row.ordinal, row.version, row.latest, row.failed, body(row)) for row in kept] == [
        (1, 1, True, False, {"堤": 1}),
        (2, 1, True, True, 2),
        (3, 1, True, False, 3),
    ]
    assert [row.status for row in kept] == ["flagged", "flagged", "accepted"]
    assert all_rows(store, FLAGS)["flag"] == [
        (kept[0].id, 0, *FLAG),
        (kept[0].id, 1, *other_flag),
    ]


def test_a_content_without_a_declaration_is_settled(store: Store, here: Site) -> None:
    here.finds(file("a"))
    ((item, *_),) = here.work.claim(1)
    empty = NewResult(digest("a"), "text/plain", "utf-8", 1, "d", b"", (), (), 0, "[]", '{"asked": 0}')
    here.work.settle([(item, empty)])
    assert here.states() == {"a": "done"}
    assert [row.model_share for row in store.rows(select(RESULT.c.model_share))] == ['{"asked": 0}']


@pytest.mark.parametrize("wrong", [None, 7, "text"])
def test_what_cannot_be_written_leaves_nothing_and_the_items_in_hand(
    store: Store, here: Site, wrong: object
) -> None:
    here.finds(file("a"), file("b"), file("c"))
    a, b, c = here.work.claim(3)
    before = all_rows(store, WORK_ITEM, *KEPT)
    spoilt = gave("c", record(1, FLAG), replace(record(2), body=cast("bytes", wrong)))
    outcomes: Outcomes = [(a.item, BROKEN), (b.item, gave("b", record(1, FLAG))), (c.item, spoilt)]
    with pytest.raises((StoreError, StatementError, TypeError), match=r"NOT NULL|not-null|bytes"):
        here.work.settle(outcomes)
    assert all_rows(store, WORK_ITEM, *KEPT) == before
    outcomes[2] = (c.item, gave("c"))
    assert here.work.settle(outcomes) == {a.item, b.item, c.item}


def test_who_no_longer_has_an_item_writes_nothing(store: Store, here: Site) -> None:
    here.finds(file("a"), file("b"), file("c"))
    a, b, c = here.work.claim(3)
    Runs(store).renew(here.me, 0)
    other = site(store)
    other.work.free_the_lost()
    assert [one.item for one in other.work.claim(2)] == [a.item, b.item]
    other.work.settle([(a.item, gave("a"))])
    before = all_rows(store, WORK_ITEM, *KEPT)
    late: Outcomes = [(a.item, gave("a", record("late"))), (b.item, BROKEN), (c.item, gave("c"))]
    assert here.work.settle(late) == set()
    here.work.release([a.item, b.item])
    assert all_rows(store, WORK_ITEM, *KEPT) == before
    assert other.work.settle([(b.item, gave("b"))]) == {b.item}


def test_an_item_is_settled_once(store: Store, here: Site) -> None:
    here.finds(file("a"))
    ((item, *_),) = here.work.claim(1)
    here.work.settle([(item, gave("a"))])
    before = all_rows(store, WORK_ITEM, *KEPT)
    assert here.work.settle([(item, BROKEN)]) == set()
    assert all_rows(store, WORK_ITEM, *KEPT) == before
