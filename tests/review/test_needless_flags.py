"""What the program's doubts turned out to be worth, once people looked."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest
from desks import Reviewer, take_all_in

from commands import FILINGS, structurer
from structurer.review.editing import commands as do
from structurer.review.policy import Policy
from structurer.review.quality.findings import findings
from structurer.review.quality.shares import at_most
from structurer.review.quality.telling import ALL, needless, paces
from structurer.store import Store
from structurer.store.review.figures import Figures, Tally, Time

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from structurer.review.sitting import Sitting

PLANTING = Policy(second_look=0.0, planted=1.0)


@pytest.fixture
def store(new_url: Callable[[], str]) -> Iterator[Store]:
    place = new_url()
    assert structurer("run", FILINGS, "--store", place, "--store-only").exit_code == 0
    with Store.open(place) as store:
        take_all_in(store)
        yield store


@pytest.fixture
def ann(store: Store) -> Reviewer:
    return Reviewer(store, "ann")


def _with_doubts(ann: Reviewer, least: int) -> Sitting:
    """Take a declaration in hand that has so many doubtful values."""
    for _ in range(38):
        sitting = ann.next()
        if len(_values(sitting)) >= least:
            return sitting
    raise AssertionError("no declaration has so many doubts")


def _values(sitting: Sitting) -> list[str]:
    """Return the doubtful values that are words."""
    return [doubt.at for doubt in sitting.doubts if isinstance(sitting.state.value(doubt.at), str)]


def test_what_was_said_of_each_doubt_is_noted(ann: Reviewer) -> None:
    sitting = _with_doubts(ann, 5)
    texts = [at for at in _values(sitting) if at.endswith((".name", ".target"))]
    texts += [at for at in _values(sitting) if at not in texts]
    changed, unread, left, again, back = texts[:5]
    sitting = ann.do(sitting, do.Correct(at=changed, value=_other(sitting, changed)))
    sitting = ann.do(sitting, do.Illegible(at=unread))
    sitting = ann.do(sitting, do.Skip(at=left, reason="?"))
    sitting = ann.do(sitting, do.Correct(at=again, value=str(sitting.state.value(again))))
    sitting = ann.do(sitting, do.Correct(at=back, value=_other(sitting, back)))
    sitting = ann.do(sitting, do.Undo())
    sitting = ann.accept_all(sitting)
    said = {finding.at: finding.said for finding in findings(sitting)}
    assert said.pop(changed) == "corrected"
    assert said.pop(unread) == "illegible"
    assert said.pop(left) == "skipped"
    assert said.pop(again) == "accepted"
    assert said.pop(back) == "accepted"
    assert set(said.values()) <= {"accepted"}


def _other(sitting: Sitting, at: str) -> str:
    choices = sitting.form.document_type.entry.choices(at)
    return next((each for each in choices if each != sitting.state.value(at)), "9")


def test_a_row_that_was_taken_away_was_doubted_with_reason(ann: Reviewer) -> None:
    sitting = next(
        found
        for found in (ann.next() for _ in range(38))
        if any(doubt.at.startswith("indicators.b") for doubt in found.doubts)
    )
    at = next(doubt.at for doubt in sitting.doubts if doubt.at.startswith("indicators.b"))
    row = ".".join(at.split(".")[:2])
    sitting = ann.do(sitting, do.RemoveRow(row=row))
    said = {finding.at: finding.said for finding in findings(sitting)}
    assert said[at] == "corrected"


def test_every_code_is_counted_once_for_each_place_and_time_once_for_each_doubt(
    store: Store, ann: Reviewer
) -> None:
    sitting = _with_doubts(ann, 3)
    for doubt in sitting.open_doubts:
        sitting = ann.do(sitting, do.Accept(at=doubt.at), 2.0)
    found = list(findings(sitting))
    expected = Counter((doubt.at, reason.code) for doubt in sitting.doubts for reason in doubt.reasons)
    assert {(finding.at, finding.code) for finding in found} == set(expected)
    assert len(found) == len(expected)
    timed = [finding.milliseconds for finding in found if finding.milliseconds is not None]
    assert timed == [2000] * len(sitting.doubts)
    ann.finish(sitting)
    (whole,) = [each for each in Figures(store).times() if each.name == "ann" and each.tenths == 20][:1]
    assert whole.number >= 1
    assert sum(each.number for each in Figures(store).times()) == len(sitting.doubts)


def test_flags_are_told_by_code_and_group_with_a_bound(store: Store, ann: Reviewer) -> None:
    for _ in range(4):
        ann.finish(ann.accept_all(ann.next()))
    rows = needless(Figures(store).flags())
    assert rows
    assert all(row.accepted == row.doubts for row in rows)
    assert all(row.needed_at_most == at_most(0, row.doubts) for row in rows)
    totals = [row for row in rows if row.group == ALL]
    assert [row.doubts for row in totals] == sorted((row.doubts for row in totals), reverse=True)
    for total in totals:
        parts = [row.doubts for row in rows if row.code == total.code and row.group != ALL]
        assert sum(parts) == total.doubts


def test_planted_values_are_neither_flags_nor_learned_from(store: Store) -> None:
    ben = Reviewer(store, "ben", PLANTING)
    sitting = ben.next()
    assert sitting.probes
    ben.finish(ben.accept_all(sitting))
    figures = Figures(store)
    kinds = Counter(known.kind for known in figures.known())
    assert "planted" not in kinds
    assert kinds["control"] == sum(probe.kind == "control" for probe in sitting.probes)
    assert "low_confidence" not in {row.code for row in needless(figures.flags())}


def test_what_is_known_says_how_sure_the_program_was(store: Store, ann: Reviewer) -> None:
    sitting = _with_doubts(ann, 2)
    changed = _values(sitting)[0]
    sitting = ann.do(sitting, do.Correct(at=changed, value=_other(sitting, changed)))
    ann.finish(ann.accept_all(sitting))
    known = list(Figures(store).known())
    assert {each.said for each in known} == {"accepted", "corrected"}
    expected = sorted(
        round(finding.confidence, 6) for finding in findings(sitting) if finding.confidence is not None
    )
    assert sorted(each.confidence for each in known) == pytest.approx(expected)


def test_a_share_needs_something_that_was_decided() -> None:
    (whole, head) = needless([Tally(("empty", "head"), "skipped", 3)])
    assert (whole.group, head.group) == (ALL, "head")
    assert whole.share is None
    assert whole.needed_at_most == 1.0
    (whole, _money) = needless(
        [Tally(("sum", "money"), "accepted", 3), Tally(("sum", "money"), "corrected", 1)]
    )
    assert whole.share == 0.75


def test_paces_are_medians_and_ninetieth_percentiles() -> None:
    times = [Time("ann", "head", tenths, 1) for tenths in range(1, 11)] + [Time("ben", "head", 30, 4)]
    ann, ben = paces(times, lambda each: each.name)
    assert (ann.doubts, ann.median, ann.ninety) == (10, 0.5, 0.9)
    assert (ben.doubts, ben.median, ben.ninety) == (4, 3.0, 3.0)
    (head,) = paces(sorted(times, key=lambda each: each.tenths), lambda each: each.group)
    assert head.doubts == 14
