"""How far two people agree who reviewed the same declaration without knowing of each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from desks import Reviewer, take_all_in

from commands import FILINGS, structurer
from structurer.groups import Group
from structurer.review.editing import commands as do
from structurer.review.policy import Policy
from structurer.review.quality.agreement import Reading, agreed
from structurer.review.quality.checks import checks_of
from structurer.review.quality.telling import agreement
from structurer.store import Store
from structurer.store.packing import from_json
from structurer.store.review import QueueFilter, Tasks
from structurer.store.review.figures import Figures

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from structurer.review.sitting import Sitting

TWICE = Policy(second_look=1.0, planted=0.0)
TWICE_PLANTED = Policy(second_look=1.0, planted=1.0)


@pytest.fixture
def store(new_url: Callable[[], str]) -> Iterator[Store]:
    place = new_url()
    assert structurer("run", FILINGS, "--store", place, "--store-only").exit_code == 0
    with Store.open(place) as store:
        take_all_in(store)
        yield store


def _second(reviewer: Reviewer, first: Sitting) -> Sitting:
    """Take the second look at a declaration in hand."""
    (task,) = [each for each in Tasks(reviewer.store).of_item(first.task.item) if each.round == "second"]
    assert reviewer.claim(task.id)
    return reviewer.desk.look(task.id)


def test_two_who_accept_all_agree_on_what_they_were_asked_about(store: Store) -> None:
    ann, ben = Reviewer(store, "ann", TWICE), Reviewer(store, "ben", TWICE)
    first = ann.accept_all(ann.next())
    ann.finish(first)
    second = ben.accept_all(_second(ben, first))
    ben.finish(second)
    groups = agreement(Figures(store).second_readings())
    assert groups
    assert all(group.share == 1.0 for group in groups)
    asked = {doubt.at for doubt in first.doubts}
    kept = list(Figures(store).second_readings())
    assert {each.at for each in kept} >= {at for at in asked if at in first.start.cells}
    assert len(kept) < len(first.start.cells)
    assert Figures(store).disagreements(10) == ()


def test_what_one_of_them_changed_is_a_disagreement_with_both_values(store: Store) -> None:
    ann, ben = Reviewer(store, "ann", TWICE), Reviewer(store, "ben", TWICE)
    first = ann.do(ann.accept_all(ann.next(QueueFilter())), do.Correct(at="phone", value="1"))
    ann.finish(first)
    second = ben.do(ben.accept_all(_second(ben, first)), do.Correct(at="phone", value="2"))
    ben.finish(second)
    (found,) = Figures(store).disagreements(10)
    assert found.at == "phone"
    assert (from_json(found.one), from_json(found.two)) == ("1", "2")
    (people,) = [group for group in agreement(Figures(store).second_readings()) if group.group == "people"]
    assert people.equal == people.values - 1


def test_a_row_that_one_of_them_took_away_or_added_is_a_disagreement(store: Store) -> None:
    ann, ben = Reviewer(store, "ann", TWICE), Reviewer(store, "ben", TWICE)
    first = ann.accept_all(ann.next())
    row = first.state.rows[1]
    ann.finish(ann.do(first, do.RemoveRow(row=row)))
    second = _second(ben, first)
    second = ben.do(ben.accept_all(second), do.AddRow(after=second.state.rows[-1]))
    added = second.state.rows[-1]
    ben.finish(ben.do(second, do.Correct(at=f"{added}.name", value="new")))
    at = {each.at for each in Figures(store).disagreements(50)}
    assert f"{row}.name" in at
    assert any(address.startswith("indicators.n") for address in at)


def test_values_that_were_shown_wrong_to_one_of_them_are_left_out(store: Store) -> None:
    ann, ben = Reviewer(store, "ann", TWICE_PLANTED), Reviewer(store, "ben", TWICE_PLANTED)
    first = ann.next()
    for check in checks_of(first.probes):
        first = ann.do(first, do.Correct(at=check.at, value="9"))
    first = ann.accept_all(first)
    ann.finish(first)
    second = ben.accept_all(_second(ben, first))
    ben.finish(second)
    planted = {check.at for probes in (first.probes, second.probes) for check in checks_of(probes)}
    assert planted
    assert not planted & {each.at for each in Figures(store).second_readings()}


def test_alpha_is_that_of_the_values_as_they_are_compared() -> None:
    def read(one: Any, two: Any) -> Reading:
        return Reading("phone", Group.PEOPLE, one, two)

    (same,) = agreed([read("1", "１"), read("2", " 2")])
    assert (same.equal, same.alpha) == (2, 1.0)
    (chance,) = agreed([read("1", "2"), read("2", "1")])
    assert chance.alpha == pytest.approx(-0.5)
    (one,) = agreed([read("1", "1")])
    assert (one.share, one.alpha) == (1.0, None)
    (money,) = agreed([Reading("funding.annual.total", Group.MONEY, "100.0", "100")])
    assert money.equal == 1
