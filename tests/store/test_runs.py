"""Runs, and the processes at work on them."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from journal_workers import PROCESSES
from run_rows import at_once, enter_and_wait, file, site, spec
from sqlalchemy import select, update

from structurer.store import Runs, Store
from structurer.store.database import now
from structurer.store.runs import Planning
from structurer.store.tables import RUN, RUNNER

if TYPE_CHECKING:
    from multiprocessing.context import ForkServerProcess


@pytest.fixture
def runs(store: Store) -> Runs:
    return Runs(store)


def _runners(store: Store) -> dict[int, int]:
    """Return until when each runner has its lease, in the database's time."""
    return {row.id: row.expires_at for row in store.rows(select(RUNNER))}


def _now(store: Store) -> int:
    found: int = store.rows(select(now()))[0][0]
    return found


def _other_process(url: str, run: int) -> tuple[ForkServerProcess, tuple[int, int | None, int]]:
    """Return a process at work on a run, and its number there, its plan's, and how much it has in hand."""
    told, tell = PROCESSES.Pipe(duplex=False)
    process = PROCESSES.Process(target=enter_and_wait, args=(url, run, tell))
    process.start()
    assert told.poll(30)
    return process, told.recv()


def _killed(process: ForkServerProcess) -> None:
    process.kill()
    process.join()
    process.close()


def test_opening_a_run_twice_gives_one_run(runs: Runs, store: Store) -> None:
    first = runs.open(spec("a"))
    other = runs.open(spec("b"))
    assert runs.open(spec("a")) == first
    assert first.number != other.number
    assert runs.all() == [first, other]
    assert len(store.rows(select(RUN))) == 2


def test_a_run_is_found_by_key_and_number_as_it_was_begun(runs: Runs, store: Store) -> None:
    # Paths are given as file names are: their bytes need not be text.
    odd: dict[str, Any] = {"inputs": ("/堤/a\udcb0\nb", "/%s"), "settings": {"x": [1, "\ud800\x00"]}}
    wanted = replace(spec("a"), model="m", **odd)
    before = _now(store)
    opened = runs.open(wanted)
    assert before <= opened.created_at <= _now(store)
    assert (opened.spec, opened.plan, opened.planned) == (wanted, 0, False)
    assert runs.find("a") == runs.get(opened.number) == opened
    assert runs.find("b") is None
    assert runs.get(opened.number + 1) is None


def test_runs_that_are_opened_at_once_are_one(url: str) -> None:
    Store.open(url).close()
    runs = at_once(url, 6, lambda store, _: Runs(store).open(spec()))
    assert len({run.number for run in runs}) == 1
    with Store.open(url) as store:
        assert Runs(store).all() == runs[:1]


def test_a_lease_is_from_entering_and_renewed_from_now(runs: Runs, store: Store) -> None:
    run = runs.open(spec()).number
    before = _now(store)
    me = runs.enter(run, 60)
    assert before + 60_000 <= _runners(store)[me] <= _now(store) + 60_000
    other = runs.enter(run, 0.5)
    expires = _runners(store)[other]
    before = _now(store)
    runs.renew(me, 600)
    assert before + 600_000 <= _runners(store)[me] <= _now(store) + 600_000
    assert _runners(store)[other] == expires


def test_who_left_has_no_lease_and_its_number_is_not_given_again(runs: Runs, store: Store) -> None:
    run = runs.open(spec()).number
    one, two = runs.enter(run, 60), runs.enter(run, 60)
    runs.leave(two)
    assert set(_runners(store)) == {one}
    runs.renew(two, 60)
    assert set(_runners(store)) == {one}
    assert runs.enter(run, 60) > two


def test_leases_are_by_the_clock_of_the_database(
    runs: Runs, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = runs.open(spec()).number
    for wrong in (0.0, 9e9):
        monkeypatch.setattr(time, "time", lambda wrong=wrong: wrong)
        before = _now(store)
        me = runs.enter(run, 60)
        assert before + 60_000 <= _runners(store)[me] <= _now(store) + 60_000
        assert runs.begin_plan(run, me) is not None
        assert runs.planning(run).under_way
        runs.end_plan(run, me, complete=True)
    monkeypatch.undo()
    # The database's time is the time of day.
    assert abs(_now(store) / 1000 - time.time()) < 3600


def test_a_killed_process_has_no_lease_any_more(url: str, store: Store) -> None:
    here = site(store)
    here.finds(file("a"), file("b"))
    runs = Runs(store)
    process, (other, plan, in_hand) = _other_process(url, here.run)
    assert (plan, in_hand) == (2, 2)
    runs.expire_the_dead(here.run)
    here.work.free_the_lost()
    assert here.work.open() == (0, 2)
    assert runs.begin_plan(here.run, here.me) is None
    leases = _runners(store)
    _killed(process)
    # Until somebody looks whether it lives, its lease counts.
    assert runs.planning(here.run) == Planning(under_way=True, given_up=False)
    runs.expire_the_dead(here.run)
    assert _runners(store) == leases | {other: 0}
    assert runs.planning(here.run) == Planning(under_way=False, given_up=True)
    assert runs.begin_plan(here.run, here.me) == 3
    here.work.free_the_lost()
    assert here.work.open() == (2, 0)


def test_only_processes_of_this_machine_and_run_are_looked_for(url: str, store: Store) -> None:
    here, elsewhere = site(store), site(store, "elsewhere")
    process, (other, _plan, _in_hand) = _other_process(url, here.run)
    _killed(process)
    leases = _runners(store)
    Runs(store).expire_the_dead(elsewhere.run)
    assert _runners(store) == leases
    with store.writing() as connection:
        connection.execute(update(RUNNER).where(RUNNER.c.id == other).values(machine="another"))
    Runs(store).expire_the_dead(here.run)
    assert _runners(store) == leases


def test_a_plan_is_made_by_one(runs: Runs, store: Store) -> None:
    run = runs.open(spec()).number
    one, two = runs.enter(run, 600), runs.enter(run, 600)
    assert runs.planning(run) == Planning(under_way=False, given_up=False)
    assert runs.begin_plan(run, one) == 1
    assert runs.begin_plan(run, two) is None
    assert runs.planning(run) == Planning(under_way=True, given_up=False)
    # Only who is at it can end it.
    runs.end_plan(run, two, complete=True)
    assert runs.planning(run).under_way
    runs.end_plan(run, one, complete=False)
    assert runs.planning(run) == Planning(under_way=False, given_up=False)
    found = runs.get(run)
    assert found is not None
    assert (found.plan, found.planned) == (1, False)
    assert runs.begin_plan(run, two) == 2
    runs.end_plan(run, two, complete=True)
    found = runs.get(run)
    assert found is not None
    assert (found.plan, found.planned) == (2, True)


def test_a_plan_that_many_begin_at_once_is_made_by_one(url: str) -> None:
    with Store.open(url) as store:
        run = Runs(store).open(spec()).number

    def begin(store: Store, _place: int) -> int | None:
        runs = Runs(store)
        return runs.begin_plan(run, runs.enter(run, 600))

    assert sorted(at_once(url, 6, begin), key=str) == [1, *[None] * 5]


def test_a_planner_that_left_or_whose_lease_ended_is_followed_by_another(runs: Runs, store: Store) -> None:
    run = runs.open(spec()).number
    one, two, three = runs.enter(run, 600), runs.enter(run, 600), runs.enter(run, 600)
    assert runs.begin_plan(run, one) == 1
    runs.leave(one)
    assert runs.planning(run) == Planning(under_way=False, given_up=True)
    assert runs.begin_plan(run, two) == 2
    assert runs.begin_plan(run, three) is None
    runs.renew(two, 0)
    assert runs.planning(run) == Planning(under_way=False, given_up=True)
    assert runs.begin_plan(run, three) == 3
    # The late one cannot end the plan of its successor.
    runs.renew(two, 600)
    runs.end_plan(run, two, complete=True)
    assert runs.planning(run) == Planning(under_way=True, given_up=False)


def test_a_runner_says_which_process_it_is(runs: Runs, store: Store) -> None:
    runs.enter(runs.open(spec()).number, 600)
    (row,) = store.rows(select(RUNNER))
    assert row.pid == os.getpid()
    assert row.machine
