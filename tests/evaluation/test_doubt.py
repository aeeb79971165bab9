"""What flags catch and what nobody was told of; whether confidences are to be believed."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from invented_runs import outcome, too_many

from structurer.evaluation.doubt import doubt, doubt_by_group, silent_rate
from structurer.evaluation.reliability import (
    Rated,
    auroc,
    brier,
    equal_bins,
    expected_calibration_error,
    reliability,
    risk_coverage,
)
from structurer.evaluation.statistics import trials_needed, upper_bound
from structurer.groups import Group

PEOPLE = {"path": "handler", "group": Group.PEOPLE}


def cells():
    """Return ten cells: five right, three wrong (one flagged), two uncertain (one flagged)."""
    return [
        *(outcome(n) for n in range(1, 5)),
        outcome(5, flagged=True),
        outcome(6, wrong="2000000", flagged=True),
        outcome(7, wrong="2000000"),
        too_many(8),
        outcome(9, uncertain=True, flagged=True, **PEOPLE),
        outcome(10, uncertain=True, right=False, **PEOPLE),
    ]


# --- flags ---------------------------------------------------------------------------------------


def test_flags_are_right_on_what_is_wrong_or_uncertain():
    figures = doubt(cells())
    assert figures.precision == (2, 3)
    assert figures.recall == (2, 5)
    assert figures.error_recall == (1, 3)
    assert figures.uncertain_recall == (1, 2)


def test_an_uncertain_cell_that_differs_is_no_error():
    assert doubt([outcome(uncertain=True, right=False)]).silent.values == (0, 0)


def test_the_load_is_of_certain_labelled_values_that_a_cell_prints():
    half = outcome(1, "indicators.0.scope", group=Group.HALF, flagged=True)
    figures = doubt([*cells(), half])
    assert figures.load == (2, 7)
    assert figures.precision == (2, 3)


def test_a_half_that_is_wrong_and_not_flagged_is_silent_all_the_same():
    half = outcome(1, "indicators.0.scope", group=Group.HALF, wrong="annual")
    assert doubt([half]).silent.values == (1, 1)
    assert doubt([half]).recall == (0, 1)


def test_silent_errors_are_of_what_nobody_flagged():
    rate = doubt(cells()).silent
    assert rate.values == (2, 6)
    assert rate.declarations == (2, 6)
    assert rate.bound == rate.declarations_bound == upper_bound(2, 6)


def test_empty_cells_do_not_thin_out_the_silent_errors_of_filled_ones():
    empty = outcome(1, "phone", gold=None, read=None)
    made_up = outcome(2, "phone", gold=None, read="2000000", right=False)
    figures = doubt([*cells(), empty, made_up])
    assert figures.silent.values == (3, 8)
    assert figures.silent_filled.values == (3, 7)


def test_values_of_one_declaration_are_not_independent():
    together = [outcome(1 + n // 60) for n in range(2400)]
    apart = [outcome(n) for n in range(2400)]
    assert silent_rate(together).bound == silent_rate(apart).bound < 0.00125
    assert silent_rate(together).clustered_bound > 5 * silent_rate(apart).clustered_bound
    assert silent_rate(together).declarations_bound == upper_bound(0, 40)


def test_without_unflagged_values_nothing_is_known():
    rate = silent_rate([outcome(flagged=True)])
    assert rate.values.value is None
    assert (rate.bound, rate.clustered_bound, rate.declarations_bound) == (1.0, 1.0, 1.0)


def test_each_group_has_its_own_figures():
    groups = doubt_by_group(cells())
    assert list(groups) == [Group.MONEY, Group.PEOPLE, Group.NAME]
    assert groups[Group.MONEY].error_recall == (1, 2)
    assert groups[Group.PEOPLE].uncertain_recall == (1, 2)
    assert groups[Group.NAME].silent.values == (1, 1)


def test_the_figures_do_not_depend_on_the_order_of_cells_and_are_json():
    figures = doubt(cells())
    assert doubt(cells()[::-1]) == figures
    written = json.loads(json.dumps(figures.as_dict(), allow_nan=False))
    assert written["silent"]["values"] == {"part": 2, "whole": 6, "value": 0.333333}
    assert written["confidence"]["curve"][0]["values"] == 8


def test_cells_without_a_confidence_are_left_out_and_told():
    missing = replace(outcome(3, wrong="x"), confidence=None, path="")
    figures = doubt([outcome(1), outcome(2, uncertain=True), missing])
    assert figures.rated == (1, 2)
    assert (figures.confidence.values, figures.confidence.wrong) == (1, 0)


# --- confidences ---------------------------------------------------------------------------------


def test_the_curve_accepts_the_surest_first_and_ties_together():
    rated = [Rated(0.9, True), Rated(0.9, False), Rated(0.5, True), Rated(0.99, True)]
    assert risk_coverage(rated) == (
        (0.99, 0.25, 0.0, 1),
        (0.9, 0.75, pytest.approx(1 / 3), 3),
        (0.5, 1.0, 0.25, 4),
    )


def test_brier_is_the_mean_squared_distance():
    assert brier([Rated(0.8, True), Rated(0.6, False)]) == pytest.approx((0.04 + 0.36) / 2)


def test_calibration_error_is_the_distance_in_bins():
    surer = [Rated(0.9, n < 8) for n in range(10)]
    less = [Rated(0.5, n < 6) for n in range(10)]
    assert expected_calibration_error(surer + less, bins=2) == pytest.approx((0.1 + 0.1) / 2)
    assert expected_calibration_error([Rated(0.5, True), Rated(0.5, False)]) == 0


def test_bins_hold_as_many_values_each_and_keep_ties_together():
    even = equal_bins([Rated(n / 100, True) for n in range(100)], bins=4)
    assert [each.right.whole for each in even] == [25, 25, 25, 25]
    assert even[0].confidence == pytest.approx(0.12)
    heaped = equal_bins([Rated(0.1, True)] * 3 + [Rated(0.995, True)] * 97, bins=10)
    assert [each.right.whole for each in heaped] == [100]
    split = equal_bins([Rated(0.1, False)] * 20 + [Rated(0.995, True)] * 80, bins=10)
    assert split[0].right == (0, 20)
    assert (split[0].low, split[0].high) == (0.0, pytest.approx(0.1684, abs=1e-4))
    assert split[1].right == (80, 80)


def test_auroc_counts_ties_half():
    assert auroc([Rated(0.9, True), Rated(0.1, False)]) == 1.0
    assert auroc([Rated(0.1, True), Rated(0.9, False)]) == 0.0
    assert auroc([Rated(0.5, True), Rated(0.5, False)]) == 0.5
    assert auroc([Rated(0.9, True), Rated(0.5, True), Rated(0.5, False), Rated(0.1, False)]) == 0.875


@given(st.lists(st.tuples(st.sampled_from((0.1, 0.5, 0.9, 0.99)), st.booleans()), max_size=30))
def test_figures_agree_with_counting(pairs):
    rated = [Rated(*pair) for pair in pairs]
    figures = reliability(rated)
    right = [value.confidence for value in rated if value.right]
    wrong = [value.confidence for value in rated if not value.right]
    wins = [(one > other) + (one == other) / 2 for one in right for other in wrong]
    assert figures.auroc == (pytest.approx(sum(wins) / len(wins)) if wins else None)
    assert sum(each.right.whole for each in figures.bins) == len(rated)
    assert sum(each.right.part for each in figures.bins) == len(right)
    for point in figures.curve:
        kept = [value for value in rated if value.confidence >= point.confidence]
        assert point.values == len(kept)
        assert point.risk == pytest.approx(sum(not value.right for value in kept) / len(kept))


def test_without_values_there_are_no_figures():
    figures = reliability([])
    assert figures.brier is figures.ece is figures.auroc is None
    assert figures.bins == figures.curve == ()


def test_five_hundred_and_ninety_eight_values_of_as_many_declarations_show_a_half_percent():
    rate = silent_rate(outcome(n) for n in range(trials_needed(0.005)))
    assert rate.bound <= 0.005 < silent_rate(outcome(n) for n in range(597)).bound
