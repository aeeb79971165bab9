"""Places that a plan sees several times, and plans that are late."""

from __future__ import annotations

from itertools import permutations
from typing import TYPE_CHECKING

import pytest
from run_rows import Site, all_rows, digest, file, passed_over, site, unreadable
from sqlalchemy import select

from structurer.store import FilingRow, Runs, Store
from structurer.store.tables import FILING, WORK_ITEM

if TYPE_CHECKING:
    from collections.abc import Sequence


@pytest.fixture
def here(store: Store) -> Site:
    return site(store)


SIGHTS = {
    "longer names": ([file("b/x", "x", b"/x"), file("x", "x", b"/x"), file("a/b/x", "x", b"/x")], "found"),
    "read and passed over": ([file("x.md", "x", b"/x"), passed_over("b/x.md", b"/x")], "found"),
    "unreadable and passed over": ([unreadable("x.md", b"/x"), passed_over("b/x.md", b"/x")], "failed"),
    "all of them": ([file("x", "x", b"/x"), unreadable("b/x", b"/x"), passed_over("a/b/x", b"/x")], "found"),
}


@pytest.mark.parametrize("apart", [False, True], ids=["in one batch", "in several"])
@pytest.mark.parametrize(("sights", "state"), SIGHTS.values(), ids=SIGHTS)
def test_of_several_sights_of_a_place_the_best_and_the_longest_name_stay(
    here: Site, sights: Sequence[FilingRow], state: str, apart: bool
) -> None:
    best = next(sight for sight in sights if sight.sight == state)
    longest = max((sight.name for sight in sights), key=len)
    # The last in its first order, so that every plan begins otherwise than the one before ended.
    for order in [*permutations(sights), tuple(sights)]:
        plan = here.begin()
        for batch in [[sight] for sight in order] if apart else [order]:
            here.filings.put(plan, batch)
        here.end(plan)
        (row,) = here.store.rows(select(FILING))
        assert (row.name, row.state, row.plan) == (longest, state, plan)
        assert (row.size, row.modified) == (best.size, best.modified)
        assert (row.error, row.problem) == (best.error, best.problem)
        assert (row.item_id is not None) == (state == "found")


def test_who_was_late_with_a_plan_changes_nothing_in_the_next_one(store: Store, here: Site) -> None:
    late = here.begin()
    here.filings.put(late, [file("a", "old"), file("b")])
    Runs(store).renew(here.me, 0)
    other = site(store)
    plan = other.begin()
    other.filings.put(plan, [file("a", "new", modified=8)])
    after = all_rows(store, FILING, WORK_ITEM)
    here.filings.put(late, [file("a", "old"), file("c")])
    here.filings.sweep(late)
    assert all_rows(store, FILING, WORK_ITEM) == after
    other.end(plan)
    rows = store.rows(select(FILING.c.name, FILING.c.state).order_by(FILING.c.name))
    assert [tuple(row) for row in rows] == [("a", "found"), ("b", "gone")]
    assert [one.sha256 for one in other.reads()] == [digest("new")]


def test_the_longest_name_stays_where_a_later_batch_was_looked_up_before_an_earlier_was_written(
    here: Site,
) -> None:
    short, long = file("x", "x", b"/d/b/x"), file("b/x", "x", b"/d/b/x")
    here.finds(short, long)
    plan = here.begin()
    known = here.filings.known([b"/d/b/x"])[b"/d/b/x"]
    assert (known.name, known.filing is not None) == ("b/x", True)
    here.filings.put(plan, [short])
    here.filings.put(plan, [], [known.filing or 0])
    here.end(plan)
    assert here.states() == {"b/x": "pending"}
