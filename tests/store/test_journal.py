from __future__ import annotations

import random
import sqlite3
import time
from typing import TYPE_CHECKING

import journal_workers
import pytest
from sqlalchemy import func, select

from structurer.store import Attempt, Journal, Outcome, Store, UsageRow
from structurer.store.tables import ATTEMPT, RESERVATION

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    MakeAttempt = Callable[..., Attempt]

USEFUL = {Outcome.ANSWERED, Outcome.TRUNCATED}


@pytest.mark.parametrize("outcome", sorted(USEFUL))
def test_an_answer_is_served_just_as_it_was_recorded(
    journal: Journal, attempt: MakeAttempt, outcome: Outcome
) -> None:
    made = attempt(
        "k", outcome, detail="一行", response='{"a": "总成本\U00020000"}\n', estimated=True, status=None
    )
    assert journal.find("k") is None
    journal.record(made, None)
    found = journal.find("k")
    assert found == made
    assert found is not None
    assert found.outcome is outcome
    assert journal.find("another") is None


def test_failures_are_kept_and_never_served(journal: Journal, store: Store, attempt: MakeAttempt) -> None:
    for outcome in sorted(set(Outcome) - USEFUL):
        key = f"key of {outcome}"
        journal.record(attempt(key, outcome, response="evidence"), "run")
        assert journal.find(key) is None
        kept = store.rows(select(ATTEMPT.c.outcome, ATTEMPT.c.response).where(ATTEMPT.c.key == key))
        assert [(row.outcome, row.response) for row in kept] == [(outcome.value, "evidence")]
        journal.record(attempt(key), "run")
        journal.record(attempt(key, outcome), "run")
        assert journal.find(key) == attempt(key)


def test_the_newest_answer_is_served(journal: Journal, attempt: MakeAttempt) -> None:
    journal.record(attempt(response="first"), "run")
    journal.record(attempt(response="second"), "run")
    found = journal.find("k")
    assert found is not None
    assert found.response == "second"


def test_discarded_answers_are_not_served_and_newer_ones_are(journal: Journal, attempt: MakeAttempt) -> None:
    for key in "abc":
        journal.record(attempt(key), "run")
    journal.discard(key for key in ("a", "b", "unknown"))
    journal.discard([])
    assert [journal.find(key) is None for key in "abc"] == [True, True, False]
    journal.record(attempt("a", response="again"), "run")
    found = journal.find("a")
    assert found is not None
    assert found.response == "again"


@pytest.mark.parametrize("refusal", [Outcome.REFUSED, Outcome.REJECTED])
def test_what_a_batch_was_refused_last_is_known(
    journal: Journal, attempt: MakeAttempt, refusal: Outcome
) -> None:
    assert not journal.refused_in_batch("k")
    journal.record(attempt("k", refusal, source="online"), "run")
    journal.record(attempt("other", refusal, source="batch"), "run")
    assert not journal.refused_in_batch("k")
    journal.record(attempt("k", refusal, source="batch"), "run")
    journal.record(attempt("k", Outcome.TIMEOUT, source="online"), "run")
    assert journal.refused_in_batch("k")
    journal.record(attempt("k", Outcome.SERVER_ERROR, source="batch"), "run")
    assert not journal.refused_in_batch("k")


def test_text_that_no_database_holds_is_still_recorded(journal: Journal, attempt: MakeAttempt) -> None:
    journal.record(attempt(response="a\0b\ud800c", detail="\0"), "run")
    found = journal.find("k")
    assert found is not None
    assert (found.response, found.detail) == ("a\N{REPLACEMENT CHARACTER}b?c", "\N{REPLACEMENT CHARACTER}")


def test_money_is_reserved_up_to_the_budget_and_not_beyond(journal: Journal, attempt: MakeAttempt) -> None:
    first = journal.reserve("run", "a", 60, 60, "m", "p")
    assert first is not None
    assert journal.reserve("run", "b", 41, 60, "m", "p") is None
    second = journal.reserve("run", "b", 40, 60, "m", "p")
    assert second is not None
    assert journal.spent("run") == (0, 100, 100)
    journal.record(attempt("a", cost=11), "run", first)
    assert journal.spent("run") == (11, 40, 100)
    journal.release(second)
    assert journal.spent("run") == (11, 0, 100)
    assert journal.reserve("run", "c", 90, 60, "m", "p") is None
    assert journal.reserve("run", "c", 89, 60, "m", "p") is not None


def test_a_reservation_ends_once(journal: Journal, attempt: MakeAttempt) -> None:
    number = journal.reserve("run", "a", 60, 60, "m", "p")
    other = journal.reserve("run", "b", 30, 60, "m", "p")
    assert number is not None
    journal.record(attempt("a", cost=5), "run", number)
    journal.release(number)
    assert journal.spent("run") == (5, 30, 100)
    assert other is not None
    journal.release(other)
    # A number is not given again, or a late worker would end another's reservation.
    assert journal.reserve("run", "c", 1, 60, "m", "p") not in (number, other)


def test_a_failure_that_was_paid_for_counts(journal: Journal, attempt: MakeAttempt) -> None:
    number = journal.reserve("run", "a", 60, 60, "m", "p")
    journal.record(attempt("a", Outcome.TIMEOUT, cost=60, estimated=True), "run", number)
    assert journal.spent("run") == (60, 0, 100)


def test_a_run_without_a_budget_reserves_any_amount(journal: Journal) -> None:
    journal.open_run("free", "no limit", "m", None)
    for _ in range(2):
        assert journal.reserve("free", "k", 4 * 10**18, 60, "m", "p") is not None
    assert journal.spent("free") == (0, 8 * 10**18, None)


def test_what_was_spent_outlives_the_process_and_a_new_budget_counts_it(
    url: str, attempt: MakeAttempt
) -> None:
    with Store.open(url) as store:
        journal = Journal(store)
        journal.open_run("run", "a run", "m", 100)
        journal.record(attempt(cost=70), "run", journal.reserve("run", "k", 80, 60, "m", "p"))
        journal.count_hits("run", 3)
    with Store.open(url) as store:
        journal = Journal(store)
        journal.open_run("run", "renamed", "m", 120)
        assert journal.spent("run") == (70, 0, 120)
        assert journal.reserve("run", "l", 51, 60, "m", "p") is None
        journal.open_run("run", "renamed", "m", 60)
        assert journal.reserve("run", "l", 0, 60, "m", "p") is None
        assert journal.find("k") == attempt(cost=70)
        assert [(row.label, row.hits) for row in journal.usage()] == [("renamed", 3)]


def test_runs_have_budgets_of_their_own(journal: Journal, attempt: MakeAttempt) -> None:
    journal.open_run("other", "another", "m", 10)
    journal.record(attempt(cost=100), "run")
    journal.record(attempt(cost=1000), None)
    assert journal.spent("other") == (0, 0, 10)
    assert journal.spent("run") == (100, 0, 100)


def test_a_run_that_was_never_opened_is_an_error(
    journal: Journal, store: Store, attempt: MakeAttempt
) -> None:
    for call in (
        lambda: journal.reserve("none", "k", 1, 60, "m", "p"),
        lambda: journal.record(attempt(), "none"),
        lambda: journal.count_hits("none", 1),
        lambda: journal.spent("none"),
    ):
        with pytest.raises(LookupError, match="run none was never opened"):
            call()
    # What fails leaves nothing half done.
    assert store.rows(select(ATTEMPT)) == []


def test_an_expired_reservation_becomes_a_lost_attempt_that_cost_all_of_it(
    journal: Journal, store: Store
) -> None:
    journal.reserve("run", "dead", 30, 0, "m2", "p@2")
    journal.reserve("run", "alive", 20, 60, "m", "p")
    assert journal.spent("run") == (0, 50, 100)
    journal.open_run("another", "a run of somebody else", "m", None)
    assert journal.spent("run") == (30, 20, 100)
    lost = store.rows(select(ATTEMPT))[0]
    assert (lost.run_id, lost.key, lost.outcome, lost.model, lost.prompt) == (
        "run",
        "dead",
        "lost",
        "m2",
        "p@2",
    )
    assert (lost.cost, lost.estimated, lost.response) == (30, True, None)
    assert journal.find("dead") is None
    journal.open_run("run", "a run", "m", 100)
    assert journal.spent("run") == (30, 20, 100)


@pytest.mark.parametrize("answered", [True, False])
def test_a_worker_that_was_only_late_corrects_what_was_given_up_as_lost(
    journal: Journal, store: Store, attempt: MakeAttempt, answered: bool
) -> None:
    number = journal.reserve("run", "late", 100, 0, "m", "p")
    assert number is not None
    journal.open_run("run", "a run", "m", 100)
    assert journal.spent("run") == (100, 0, 100)
    if answered:
        journal.record(attempt("late", cost=8), "run", number)
        assert journal.find("late") == attempt("late", cost=8)
    else:
        journal.release(number)
    assert journal.spent("run") == (8 if answered else 0, 0, 100)
    assert len(store.rows(select(ATTEMPT))) == answered
    assert store.rows(select(RESERVATION)) == []


def test_usage_is_added_up_by_run_and_model(journal: Journal, attempt: MakeAttempt) -> None:
    journal.open_run("cached", "all from the journal", "m", None)
    journal.count_hits("cached", 5)
    journal.count_hits("cached", 2)
    journal.record(attempt("a", cost=10), "run")
    journal.record(attempt("b", Outcome.TRUNCATED, cost=5), "run")
    journal.record(attempt("c", Outcome.TIMEOUT, cost=20, estimated=True, output_tokens=0), "run")
    journal.record(attempt("d", model="m2", cost=3), "run")
    journal.record(attempt("e", cost=1), None)
    assert journal.usage() == [
        UsageRow("run", "a run", "m", 3, 1, 0, 2, 90, 8, 35, 20),
        UsageRow("run", "a run", "m2", 1, 1, 0, 0, 30, 4, 3, 0),
        UsageRow("cached", "all from the journal", "m", 0, 0, 7, 0, 0, 0, 0, 0),
        UsageRow(None, "", "m", 1, 1, 0, 0, 30, 4, 1, 0),
    ]


def test_how_to_speak_to_a_model_is_kept_by_server_and_model(journal: Journal) -> None:
    assert journal.dialect("http://a/v1", "m") is None
    journal.keep_dialect("http://a/v1", "m", '{"mode": "tools"}')
    journal.keep_dialect("http://b/v1", "m", "{}")
    journal.keep_dialect("http://a/v1", "m", '{"mode": "json"}')
    assert journal.dialect("http://a/v1", "m") == '{"mode": "json"}'
    assert journal.dialect("http://a/v1", "m2") is None


def test_four_processes_share_a_budget_and_never_pass_it(url: str) -> None:
    budget = 2000
    together = journal_workers.PROCESSES.Barrier(4)
    with Store.open(url) as store:
        journal = Journal(store)
        journal.open_run("run", "a run", "m", budget)
        ends = [journal_workers.PROCESSES.Pipe(duplex=False) for _ in range(4)]
        processes = [
            journal_workers.PROCESSES.Process(
                target=journal_workers.spend_at_random, args=(url, seed, together, tell)
            )
            for seed, (_, tell) in enumerate(ends)
        ]
        for process in processes:
            process.start()
        most = 0
        while any(process.is_alive() for process in processes):
            money = journal.spent("run")
            most = max(most, money.spent + money.reserved)
            time.sleep(0.001)
        for process in processes:
            process.join()
            assert process.exitcode == 0
            process.close()
        settled = [told.recv() for told, _ in ends]
        assert max(most, *(each.most for each in settled)) <= budget
        assert journal.spent("run") == (sum(each.cost for each in settled), 0, budget)
        # It was really contended: all but the smallest amounts were taken, and all were refused.
        assert max(each.most for each in settled) > budget - 90
        paid = store.rows(select(func.sum(ATTEMPT.c.cost)))[0][0]
        assert paid == journal.spent("run").spent


def test_processes_that_are_killed_lose_no_answer_and_no_money(url: str, tmp_path: Path) -> None:
    chance = random.Random(3)
    recorded = tmp_path / "recorded"
    for seed in range(15):
        # Each has a little more money: many are killed while they spend, some when it is gone.
        budget = 200 * (seed + 1)
        told, tell = journal_workers.PROCESSES.Pipe(duplex=False)
        process = journal_workers.PROCESSES.Process(
            target=journal_workers.ask_until_killed, args=(url, seed, budget, str(recorded), tell)
        )
        process.start()
        assert told.poll(10)
        time.sleep(chance.uniform(0, 0.03))
        process.kill()
        process.join()
        process.close()
        with Store.open(url) as store:
            money = Journal(store).spent("run")
            paid = store.rows(select(func.coalesce(func.sum(ATTEMPT.c.cost), 0)))[0][0]
            reserved = store.rows(select(func.coalesce(func.sum(RESERVATION.c.amount), 0)))[0][0]
            assert (money.spent, money.reserved) == (paid, reserved)
            assert money.spent + money.reserved <= budget
    time.sleep(0.03)
    keys = recorded.read_text().split()
    assert keys
    with Store.open(url) as store:
        journal = Journal(store)
        journal.open_run("run", "a run", "m", None)
        for key in keys:
            found = journal.find(key)
            assert found is not None
            assert found.response == f"answer to {key}"
        money = journal.spent("run")
        assert (money.spent, money.reserved) == (store.rows(select(func.sum(ATTEMPT.c.cost)))[0][0], 0)
        # Nothing is there twice: each request that was begun is one row, answered or lost.
        assert store.rows(select(ATTEMPT.c.key).group_by(ATTEMPT.c.key).having(func.count() > 1)) == []
    if url.startswith("sqlite"):
        with sqlite3.connect(url.removeprefix("sqlite:///")) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        connection.close()
