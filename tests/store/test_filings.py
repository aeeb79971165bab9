"""What plans find, and which contents stand behind it."""

from __future__ import annotations

import threading

import pytest
from run_rows import (
    Site,
    all_rows,
    at_once,
    digest,
    file,
    gave,
    passed_over,
    site,
    stand_in_the_way,
    unreadable,
)
from sqlalchemy import select

from structurer.store import Failure, FilingRow, KnownFile, Sight, State, Store, retry_failed
from structurer.store.tables import DOCUMENT, FILING, RESULT, WORK_ITEM


@pytest.fixture
def here(store: Store) -> Site:
    return site(store)


def _sights(site: Site) -> list[tuple[str, str]]:
    query = select(FILING.c.name, FILING.c.state).where(FILING.c.run_id == site.run).order_by(FILING.c.name)
    return [(row.name, row.state) for row in site.store.rows(query)]


def _items(site: Site) -> dict[str, str]:
    """Return what became of each content of a run, whether or not it is anywhere."""
    query = select(WORK_ITEM.c.sha256, WORK_ITEM.c.state).where(WORK_ITEM.c.run_id == site.run)
    return {row.sha256: row.state for row in site.store.rows(query)}


def test_a_content_of_two_names_is_one_item(here: Site) -> None:
    here.finds(file("a", "same"), file("b", "same"), file("c", "other"))
    assert here.states() == {"a": "pending", "b": "pending", "c": "pending"}
    assert _items(here) == {digest("same"): "pending", digest("other"): "pending"}
    assert here.store.rows(select(DOCUMENT.c.size).where(DOCUMENT.c.sha256 == digest("same")))[0].size == 4
    assert [one.name for one in here.reads()] == ["a", "c"]
    assert set(here.states().values()) == {"done"}


def test_a_content_of_two_kinds_of_file_is_two_items(here: Site) -> None:
    page = FilingRow(b"/data/p", "p", Sight.FOUND, 4, 7, digest("same"), "text/html")
    here.finds(file("t", "same"), page)
    assert len(here.work.claim(10)) == 2


def test_what_is_known_of_a_place(here: Site) -> None:
    assert here.filings.known([b"/data/a"]) == {}
    here.finds(file("a", "one", modified=2**61), unreadable("b"), passed_over("c"))
    known = here.filings.known([b"/data/a", b"/data/b", b"/data/c", b"/data/d"])
    (number,) = here.store.rows(select(FILING.c.id).where(FILING.c.name == "a"))[0]
    assert known == {b"/data/a": KnownFile(number, "a", 3, 2**61, digest("one"))}
    assert here.filings.known([]) == {}
    # Of what is gone nothing, so that it is looked at when it is back.
    here.finds(unreadable("b"))
    assert here.filings.known([b"/data/a"]) == {}


def test_what_this_run_knows_goes_before_what_others_know(store: Store, here: Site) -> None:
    before, after = site(store, "before", "r1"), site(store, "after", "r2")
    before.finds(file("x/a", "old", b"/data/a", modified=1))
    known = here.filings.known([b"/data/a"])[b"/data/a"]
    assert known == KnownFile(None, "x/a", 3, 1, digest("old"))
    here.finds(file("a", "new", modified=2))
    after.finds(file("y/a", "newest", b"/data/a", modified=3))
    known = here.filings.known([b"/data/a"])[b"/data/a"]
    assert (known.filing is not None, known.name, known.sha256) == (True, "a", digest("new"))
    # Without one's own, the others' last.
    third = site(store, "third").filings.known([b"/data/a"])[b"/data/a"]
    assert third == KnownFile(None, "y/a", 6, 3, digest("newest"))


def test_what_is_as_it_was_stays(store: Store, here: Site) -> None:
    here.finds(file("a"), file("b"), passed_over("c"))
    here.reads()
    before = all_rows(store, FILING, WORK_ITEM, DOCUMENT)
    numbers = [here.filings.known([file(name).path])[file(name).path].filing for name in "ab"]
    here.finds(passed_over("c"), unchanged=[number for number in numbers if number is not None])
    after = all_rows(store, FILING, WORK_ITEM, DOCUMENT)
    plan = FILING.columns.keys().index("plan")
    assert [row[plan] for row in before["filing"]] == [1, 1, 1]
    assert [row[plan] for row in after["filing"]] == [2, 2, 2]
    assert after == before | {"filing": [(*row[:plan], 2, *row[plan + 1 :]) for row in before["filing"]]}


def test_a_changed_file_is_read_again_and_its_old_content_is_not(here: Site) -> None:
    here.finds(file("a", "old"), file("b", "stays"))
    here.finds(file("a", "new", modified=8), file("b", "stays"))
    assert _items(here) == {digest("old"): "skipped", digest("new"): "pending", digest("stays"): "pending"}
    assert [(one.name, one.sha256) for one in here.work.claim(10)] == [
        ("b", digest("stays")),
        ("a", digest("new")),
    ]


def test_the_old_content_of_one_name_stays_where_another_has_it(here: Site) -> None:
    here.finds(file("a", "old"), file("b", "old"))
    here.finds(file("a", "new", modified=8), file("b", "old"))
    assert [(one.name, one.sha256) for one in here.reads()] == [("b", digest("old")), ("a", digest("new"))]


def test_what_a_plan_does_not_see_is_gone_and_not_read(here: Site) -> None:
    here.finds(file("a"), file("b"), file("c"), unreadable("d"), passed_over("e"))
    (held,) = here.work.claim(1)
    assert held.name == "a"
    here.finds(file("c"))
    gone = [(name, "gone") for name in "abde"]
    assert _sights(here) == sorted([*gone, ("c", "found")])
    # What was in hand is nobody's any more.
    assert here.work.settle([(held.item, gave("a"))]) == set()
    assert [one.name for one in here.reads()] == ["c"]
    assert _items(here) == {digest("a"): "skipped", digest("b"): "skipped", digest("c"): "done"}
    here.finds(file("a"), file("c"))
    assert [one.name for one in here.reads()] == ["a"]


@pytest.mark.parametrize("outcome", ["pending", "failed", "done"])
def test_what_was_gone_and_comes_back_counts_again(here: Site, outcome: str) -> None:
    here.finds(file("a"), file("b"))
    if outcome == "failed":
        here.work.settle([(one.item, Failure("BrokenError", "broken")) for one in here.work.claim(1)])
    elif outcome == "done":
        here.work.settle([(one.item, gave("a")) for one in here.work.claim(1)])
    here.finds(file("b"))
    assert _items(here) == {digest("a"): "skipped", digest("b"): "pending"}
    assert retry_failed(here.store, here.run) == 0
    here.finds(file("moved", "a"), file("b"))
    assert here.states() == {"moved": "done" if outcome == "done" else "pending", "b": "pending"}
    (row,) = here.store.rows(select(WORK_ITEM).where(WORK_ITEM.c.sha256 == digest("a")))
    assert (row.error, row.problem) == (None, None)
    assert {one.name for one in here.work.claim(10)} == {"moved", "b"} - {
        name for name, state in here.states().items() if state == "done"
    }


def test_content_that_the_same_recipe_read_in_another_run_is_done_at_once(store: Store, here: Site) -> None:
    here.finds(file("a", "same"))
    here.reads()
    before = all_rows(store, RESULT)
    alike, unlike = site(store, "alike", "recipe"), site(store, "unlike", "another recipe")
    for other in (alike, unlike):
        other.finds(file("x", "same", b"/elsewhere/x"), file("y", "new", b"/elsewhere/y"))
    assert alike.states() == {"x": "done", "y": "pending"}
    assert unlike.states() == {"x": "pending", "y": "pending"}
    assert [one.name for one in alike.reads()] == ["y"]
    assert all_rows(store, RESULT)["result"][:1] == before["result"]
    results = store.rows(select(WORK_ITEM.c.result_id).where(WORK_ITEM.c.sha256 == digest("same")))
    assert sorted(results, key=str) == [(before["result"][0][0],)] * 2 + [(None,)]


def test_content_that_is_in_hand_or_to_be_read_again_is_not_done_at_once(store: Store, here: Site) -> None:
    here.finds(file("held"), file("again"))
    (held,) = here.work.claim(1)
    for claimed in here.work.claim(1):
        here.work.settle([(claimed.item, Failure("BrokenError", "broken"))])
    assert retry_failed(store, here.run) == 1
    other = site(store, "other")
    other.finds(file("held"), file("again"))
    other.reads()
    here.finds(file("held"), file("again"))
    assert here.states() == {"held": "pending", "again": "pending"}
    assert here.work.settle([(held.item, gave("held"))]) == {held.item}


def test_names_and_paths_of_any_kind_come_back_as_they_were(here: Site) -> None:
    names = {
        b"/data/\xba\xd3\xb5\xcc.txt": "\ufffd\u04f5\ufffd.txt",
        b"/data/\xff\xfe'\"; DROP TABLE filing; --": "\ufffd\ufffd'\"; DROP TABLE filing; --",
        b"/data/a\nb\x1b[31m\\%s:name%(x)s?$1": "a\nb\x1b[31m\\%s:name%(x)s?$1",
        "/data/河堤\U00020000\u202etxt".encode(): "河堤\U00020000\u202etxt",
        b"/data/" + b"\xb5\xcc" * 120: "\ufffd\ufffd" * 120,
        b"/data/ ": " ",
    }
    here.finds(*(file(name, name, path) for path, name in names.items()))
    known = here.filings.known(list(names))
    assert {path: (one.name, one.sha256) for path, one in known.items()} == {
        path: (name, digest(name)) for path, name in names.items()
    }
    assert {one.path: one.name for one in here.reads()} == names
    assert set(here.states().values()) == {State.DONE}


def test_two_runs_put_the_same_contents_at_once_in_opposite_orders(url: str) -> None:
    rows = [file(f"{number}") for number in range(150)]
    with Store.open(url) as store:
        for key in "ab":
            site(store, key)

    together = threading.Barrier(3)

    def put(store: Store, place: int) -> dict[str, str]:
        if place == 2:
            stand_in_the_way(store, together, DOCUMENT, sha256=rows[75].sha256, size=0)
            return {}
        here = site(store, "ab"[place])
        plan = here.begin()
        together.wait(30)
        here.filings.put(plan, rows if place else rows[::-1])
        return here.states()

    pending = {row.name: "pending" for row in rows}
    assert at_once(url, 3, put) == [pending, pending, {}]
