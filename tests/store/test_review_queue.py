"""The queue on both databases: its order, its filters, and that one task is never in two hands."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import insert, select, update

from commands import some_filings, structurer
from structurer.review.ranking import rank
from structurer.review.web.stores import AT_ONCE, Stores
from structurer.store import Store
from structurer.store.database import now
from structurer.store.review import Items, NewDoubt, NewItem, Queue, QueueFilter, Round, Tasks
from structurer.store.review.accounts import Accounts, Role
from structurer.store.tables import ACCOUNT, RECORD, REVIEW_TASK

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

ALL = QueueFilter()
ROUNDS = frozenset(Round)
LEASE = 900.0
PEOPLE = 50


@pytest.fixture
def url(new_url: Callable[[], str], tmp_path: Path) -> str:
    """A store with one filing's records; nothing of them is in the queue."""
    place = new_url()
    result = structurer("run", some_filings(tmp_path / "filings", 0), "--store", place, "--store-only")
    assert result.exit_code == 0, result.output
    return place


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    with Store.open(url) as opened:
        yield opened


def item(store: Store, key: str, rank: int = 0, **changes: Any) -> NewItem:
    (row,) = store.rows(select(RECORD.c.id).limit(1))
    made = NewItem(
        key, row.id, "a.txt", 1, "部门", "项目", "layout", rank, (NewDoubt("phone", "x", "people"),)
    )
    return made._replace(**changes)


def put(store: Store, *items: NewItem, rounds: tuple[Round, ...] = (Round.FIRST,)) -> None:
    Items(store).put([(each, rounds) for each in items])


def queue(store: Store, name: str = "ann", rounds: frozenset[Round] = ROUNDS) -> Queue:
    return Queue(store, account(store, name), rounds)


def account(store: Store, name: str = "ann") -> int:
    known = Accounts(store).named(name)
    return known[0].id if known else Accounts(store).add(name, Role.REVIEWER).id


def keys(found: Queue, wanted: QueueFilter = ALL) -> list[str]:
    return [row.title for row in found.rows(wanted, 100)]


def a_record(path: str, code: str, sure: float) -> dict[str, Any]:
    flag = {"path": path, "code": code, "kind": "extraction"}
    return {"data": {}, "flags": [flag], "confidence": {path: sure}}


def test_broken_arithmetic_comes_first_then_what_a_mistake_would_cost_then_the_oldest(store: Store) -> None:
    ranks = {
        "long text": rank(a_record("overview", "text_cut_off", 0.5)),
        "amount": rank(a_record("funding.annual.total", "thin_margin", 0.5)),
        "surer amount": rank(a_record("funding.annual.total", "thin_margin", 0.9)),
        "broken sum": rank(a_record("funding.annual.total", "funding_sum", 0.99)),
        "as surer amount": rank(a_record("funding.annual.total", "thin_margin", 0.9)),
        "nothing of it": rank({"data": None, "flags": [], "confidence": {}}),
    }
    put(store, *(item(store, key, each, title=key) for key, each in ranks.items()))
    in_order = ["broken sum", "nothing of it", "amount", "surer amount", "as surer amount", "long text"]
    ann = queue(store)
    assert keys(ann) == in_order
    taken = [ann.claim_next(ALL, LEASE) for _ in in_order]
    assert [row.task for row in ann.rows(ALL, 100)] == taken
    assert ann.claim_next(ALL, LEASE) is None


def test_rows_behind_one_go_on_where_the_page_ended(store: Store) -> None:
    put(store, *(item(store, f"k{number}", number // 3) for number in range(20)))
    ann = queue(store)
    whole = ann.rows(ALL, 100)
    assert len({row.task for row in whole}) == 20
    for size in (1, 4, 7):
        pages = []
        after = None
        while page := ann.rows(ALL, size, after):
            pages += page
            after = (page[-1].rank, page[-1].task)
        assert tuple(pages) == whole


def test_filters_choose_and_counts_agree_with_them(store: Store) -> None:
    put(
        store,
        item(store, "1", title="1", filing="a.txt", department="甲", engine="layout"),
        item(store, "2", title="2", filing="b.txt", department="甲", engine="hybrid"),
        item(store, "3", title="3", filing="b.txt", department="乙", doubts=()),
        item(
            store,
            "4",
            title="4",
            filing="b.txt",
            department="乙",
            doubts=(
                NewDoubt("funding.annual.total", "funding_sum", "money"),
                NewDoubt("phone", "x", "people"),
            ),
        ),
    )
    ann = queue(store)
    chosen = {
        QueueFilter(filing="b.txt"): "234",
        QueueFilter(department="甲"): "12",
        QueueFilter(engine="hybrid"): "2",
        QueueFilter(code="x"): "124",
        QueueFilter(code="funding_sum"): "4",
        QueueFilter(group="money"): "4",
        QueueFilter(filing="b.txt", code="x", group="people"): "24",
        QueueFilter(filing="b.txt", department="甲", engine="layout"): "",
        QueueFilter(filing="' OR 1=1 --"): "",
    }
    for wanted, titles in chosen.items():
        assert keys(ann, wanted) == list(titles), wanted
        assert ann.count(wanted) == len(titles), wanted
    facets = ann.facets(10)
    assert facets.filing == (("b.txt", 3), ("a.txt", 1))
    assert set(facets.department) == {("甲", 2), ("乙", 2)}
    assert facets.code == (("x", 3), ("funding_sum", 1))
    assert facets.group == (("people", 3), ("money", 1))
    assert facets.engine == (("layout", 3), ("hybrid", 1))
    assert [row.title for row in ann.rows(QueueFilter(code="funding_sum"), 9)] == ["4"]
    assert ann.claim_next(QueueFilter(engine="hybrid"), LEASE) is not None
    assert [row.title for row in ann.mine()] == ["2"]
    assert ann.claim_next(QueueFilter(engine="hybrid"), LEASE) is None


def test_few_and_many_are_in_the_same_order(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    put(store, *(item(store, f"k{n}", n * 7 % 5, title=str(n), filing=f"{n % 2}.txt") for n in range(20)))
    wanted = QueueFilter(filing="1.txt", code="x")
    ann = queue(store)
    among_few = keys(ann, wanted)
    assert len(among_few) == ann.count(wanted) == 10
    monkeypatch.setattr("structurer.store.review.queue._FEW", 3)
    assert keys(ann, wanted) == among_few
    assert ann.count(wanted) == 10
    (first, *_) = ann.rows(wanted, 1)
    assert ann.claim_next(wanted, LEASE) == first.task


def test_the_queue_is_of_the_rounds_that_one_may_take_and_no_second_look_at_ones_own(store: Store) -> None:
    put(store, item(store, "1", title="first"))
    put(store, item(store, "2", title="second"), rounds=(Round.SECOND,))
    put(store, item(store, "3", title="curation"), rounds=(Round.CURATION,))
    # Ann looked at the second before.
    put(store, item(store, "2", title="second"), rounds=(Round.FIRST,))
    ann = account(store)
    with store.writing() as connection:
        before = (REVIEW_TASK.c.round == "first") & (REVIEW_TASK.c.item_id == 2)
        done = update(REVIEW_TASK).where(before).values(state="done", finished_by=ann)
        connection.execute(done)
    reviewing = ROUNDS - {Round.CURATION}
    assert keys(queue(store, "ann", reviewing)) == ["first"]
    assert queue(store, "ann", reviewing).count(ALL) == 1
    assert keys(queue(store, "bob", reviewing)) == ["first", "second"]
    assert keys(queue(store, "cat")) == ["first", "second", "curation"]


def test_what_somebody_has_in_hand_is_taken_by_another_only_after_its_lease(store: Store) -> None:
    put(store, item(store, "1"))
    ann, bob = queue(store, "ann"), queue(store, "bob")
    task = ann.claim_next(ALL, LEASE)
    assert task is not None
    assert bob.claim_next(ALL, LEASE) is None
    assert [row.holder for row in bob.rows(ALL, 9)] == ["ann"]
    assert bob.mine() == ()
    with store.writing() as connection:
        connection.execute(update(REVIEW_TASK).values(lease_until=now() - 1))
    assert [row.holder for row in bob.rows(ALL, 9)] == [None]
    assert ann.mine() == ()
    assert bob.claim_next(ALL, LEASE) == task
    assert not Tasks(store).renew(task, account(store, "ann"), LEASE)
    assert [row.holder for row in bob.rows(ALL, 9)] == ["bob"]


def claimed_at_once(url: str, people: Sequence[int]) -> list[int | None]:
    """Let all of them claim the next task at the same time; return what each got."""
    ready = threading.Barrier(len(people))
    turns = threading.Semaphore(AT_ONCE)

    def claims(who: int) -> int | None:
        ready.wait(60)
        with turns, stores.lent() as own:
            return Queue(own, who, ROUNDS).claim_next(ALL, LEASE)

    with closing(Stores(url)) as stores, ThreadPoolExecutor(len(people)) as pool:
        return list(pool.map(claims, people))


def test_fifty_people_at_once_get_fifty_different_tasks(url: str, store: Store) -> None:
    put(store, *(item(store, f"k{number}", number) for number in range(PEOPLE)))
    with store.writing() as connection:
        row = {"role": "reviewer", "active": True, "created_at": 0}
        people = [{**row, "id": 1000 + n, "name": f"p{n}", "folded": f"p{n}"} for n in range(PEOPLE)]
        connection.execute(insert(ACCOUNT), people)
    taken = claimed_at_once(url, range(1000, 1000 + PEOPLE))
    assert None not in taken
    assert len(set(taken)) == PEOPLE
    held = store.rows(select(REVIEW_TASK.c.id, REVIEW_TASK.c.holder_id))
    assert {row.id: row.holder_id for row in held} == {
        task: 1000 + number for number, task in enumerate(taken)
    }


def test_of_fifty_people_who_want_one_task_one_gets_it(url: str, store: Store) -> None:
    put(store, item(store, "only"))
    taken = claimed_at_once(url, [account(store, f"p{number}") for number in range(PEOPLE)])
    assert len([task for task in taken if task is not None]) == 1
