"""How many planted values a reviewer catches, and what that shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from desks import Reviewer, take_all_in
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from commands import FILINGS, structurer
from structurer.review.editing import commands as do
from structurer.review.policy import Policy
from structurer.review.quality.checks import checks_of
from structurer.review.quality.findings import catch_up
from structurer.review.quality.shares import at_least, at_most
from structurer.review.quality.telling import catch_rates
from structurer.store import Store
from structurer.store.review.figures import Figures
from structurer.store.review.probes import ProbeKind, Probes
from structurer.store.tables import FINDING, NOTED_TASK

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from structurer.review.sitting import Sitting

PLANTING = Policy(second_look=0.0, planted=1.0)


@given(st.integers(0, 3_000), st.integers(0, 3_000), st.sampled_from([0.8, 0.95, 0.999]))
def test_bounds_are_those_of_clopper_and_pearson(one: int, other: int, confidence: float) -> None:
    events, trials = min(one, other), max(one, other)
    low = stats.beta.ppf(1 - confidence, events, trials - events + 1) if events else 0.0
    high = stats.beta.ppf(confidence, events + 1, trials - events) if events < trials else 1.0
    assert at_least(events, trials, confidence) == pytest.approx(low, abs=1e-9)
    assert at_most(events, trials, confidence) == pytest.approx(high, abs=1e-9)


def test_bounds_of_what_people_remember() -> None:
    assert at_most(0, 598) < 0.005 < at_most(0, 597)
    assert at_least(0, 0) == 0.0
    assert at_most(0, 0) == 1.0
    assert at_least(59, 59) == pytest.approx(0.05 ** (1 / 59))
    with pytest.raises(ValueError, match="cannot be"):
        at_least(3, 2)


@pytest.fixture
def store(new_url: Callable[[], str]) -> Iterator[Store]:
    place = new_url()
    assert structurer("run", FILINGS, "--store", place, "--store-only").exit_code == 0
    with Store.open(place) as store:
        take_all_in(store)
        yield store


def _review(reviewer: Reviewer, *, catching: bool) -> Sitting:
    """Settle the next declaration: what is planted is caught, or accepted like all else."""
    sitting = reviewer.next()
    for check in checks_of(sitting.probes) if catching else ():
        sitting = reviewer.do(sitting, do.Correct(at=check.at, value=str(check.truth.value)))
    sitting = reviewer.accept_all(sitting)
    reviewer.finish(sitting)
    return sitting


def _planted(store: Store, sitting: Sitting) -> int:
    return sum(probe.kind is ProbeKind.PLANTED for probe in Probes(store).of(sitting.task.id))


def test_each_reviewer_has_a_rate_with_its_bound_and_all_have_one(store: Store) -> None:
    ann, ben = Reviewer(store, "ann", PLANTING), Reviewer(store, "ben", PLANTING)
    caught = sum(_planted(store, _review(ann, catching=True)) for _ in range(3))
    missed = sum(_planted(store, _review(ben, catching=False)) for _ in range(2))
    assert caught
    assert missed
    rates = {rate.name: rate for rate in catch_rates(Figures(store).checks())}
    assert (rates["ann"].caught, rates["ann"].missed) == (caught, 0)
    assert rates["ann"].at_least == pytest.approx(0.05 ** (1 / caught))
    assert (rates["ben"].caught, rates["ben"].missed) == (0, missed)
    assert rates["ben"].at_least == 0.0
    assert (rates[""].caught, rates[""].missed) == (caught, missed)
    assert rates[""].share == caught / (caught + missed)
    own = catch_rates(Figures(store).checks(ben.account))
    assert [rate.name for rate in own] == ["ben"]


def test_a_check_that_was_skipped_counts_neither_way(store: Store) -> None:
    ann = Reviewer(store, "ann", PLANTING)
    sitting = ann.next()
    for doubt in sitting.doubts:
        sitting = ann.do(sitting, do.Skip(at=doubt.at, reason="?"))
    ann.finish(sitting)
    (rate,) = [rate for rate in catch_rates(Figures(store).checks()) if rate.name == "ann"]
    assert (rate.caught, rate.missed) == (0, 0)
    assert rate.undecided == _planted(store, sitting)
    assert rate.share is None


def test_what_was_not_noted_when_a_turn_ended_is_noted_later_and_once(store: Store) -> None:
    ann = Reviewer(store, "ann", PLANTING)
    for _ in range(3):
        _review(ann, catching=True)
    figures = Figures(store)
    noted = figures.checks()
    with store.writing() as connection:
        connection.execute(FINDING.delete())
        connection.execute(NOTED_TASK.delete())
    assert figures.checks() == ()
    assert catch_up(store, 2) == 1
    assert catch_up(store, 2) == 0
    assert sorted(figures.checks()) == sorted(noted)
    assert catch_up(store, 2) == 0
    assert sorted(figures.checks()) == sorted(noted)
