from __future__ import annotations

import numpy as np
import pytest

from structurer.evaluation.audit.bounds import (
    ClusteredSample,
    Sample,
    Stratum,
    consumers_risk,
    declarations_needed,
)
from structurer.evaluation.audit.plan import Promise
from structurer.evaluation.statistics import upper_bound


def test_no_error_in_598_shows_half_a_percent():
    promise = Promise(0.005, 0.95)
    big = 10**6
    assert Sample((Stratum(big, 598),)).more(0, promise) == 0
    assert Sample((Stratum(big, 597),)).more(0, promise) == 1
    assert Sample((Stratum(big, 598),)).more(1, promise) == 947 - 598
    assert Sample((Stratum(big, 598),)).bound(0, 0.95) <= 0.005


def test_shares_rounded_up_still_show_it():
    """Eight groups of uneven size, each with its share of 598 rounded up."""
    units = (292_001, 380_003, 266_007, 95_011, 994_013, 877_017, 985_019, 969_023)
    strata = tuple(Stratum(n, -(-598 * n // sum(units))) for n in units)
    assert Sample(strata).more(0, Promise(0.005, 0.95)) == 0


def test_what_is_drawn_beyond_the_share_does_not_lower_the_bound():
    fair = Sample((Stratum(9000, 90), Stratum(1000, 10)))
    more = Sample((Stratum(9000, 90), Stratum(1000, 100)))
    assert fair.bound(0, 0.95) == pytest.approx(upper_bound(0, 100, 0.95))
    assert more.proportional == fair.proportional == 100
    assert more.bound(0, 0.95) >= fair.bound(0, 0.95)


def test_the_bound_holds_as_often_as_it_says_whatever_stratum_the_errors_are_in():
    """2% of errors in all; the chance that the bound is below it is at most 5%."""
    draw = np.random.default_rng(1)
    strata = (Stratum(9000, 140), Stratum(1000, 40))
    for errors in ((200, 0), (100, 100), (0, 200)):
        found = sum(
            draw.hypergeometric(wrong, stratum.units - wrong, stratum.judged, 4000)
            for wrong, stratum in zip(errors, strata, strict=True)
        )
        bounds = {n: Sample(strata).bound(int(n), 0.95) for n in set(found.tolist())}
        missed = np.mean([bounds[n] < 0.02 for n in found.tolist()])
        assert missed <= 0.05


def test_a_lot_looked_at_whole_needs_no_bound():
    assert Sample((Stratum(40, 40), Stratum(10, 10))).bound(1, 0.95) == 0.02
    assert ClusteredSample(12, ((1, 6), (0, 6)), 0.08).bound(0.95) == 1 / 12


def test_where_nothing_was_judged_nothing_is_said():
    assert Sample((Stratum(40, 40), Stratum(10, 0))).bound(0, 0.95) == 1.0
    assert Sample(()).bound(0, 0.95) == 1.0
    assert ClusteredSample(100, (), 0.08).bound(0.95) == 1.0
    assert ClusteredSample(100, (), 0.08).more(Promise()) == 100


def test_never_more_are_asked_for_than_there_are():
    assert Sample((Stratum(700, 100),)).more(0, Promise(0.001)) == 600
    assert ClusteredSample(700, ((0, 50), (0, 50)), 0.08).more(Promise(0.001)) == 600


def test_values_of_one_declaration_count_for_less():
    alone, together = ((0, 1),) * 600, ((0, 60),) * 10
    assert ClusteredSample(10**6, alone, 0.08).bound(0.95) < 0.0052
    assert ClusteredSample(10**6, together, 0.08).bound(0.95) > 0.02
    assert ClusteredSample(10**6, together, 0.08).more(Promise(0.005)) > 2000


def test_as_many_declarations_are_drawn_as_show_the_promise():
    promise = Promise(0.01)
    needed = declarations_needed(60, promise, 0.08)
    assert ClusteredSample(10**6, ((0, 60),) * needed, 0.08).bound(0.95) <= 0.01
    assert ClusteredSample(10**6, ((0, 60),) * (needed - 2), 0.08).bound(0.95) > 0.01


def test_a_sample_passes_a_bad_lot_as_rarely_as_it_promises():
    promise = Promise(0.005, 0.95)
    accepted = [Sample((Stratum(10**6, size),)).accepts(promise) for size in (597, 598, 946, 947, 1258)]
    assert accepted == [None, 0, 0, 1, 2]
    assert consumers_risk(598, 0, 0.005) == pytest.approx(0.995**598)
    assert consumers_risk(947, 1, 0.005) <= 0.05
    assert Sample((Stratum(1000, 1000),)).accepts(promise) == 5


def test_whole_declarations_pass_with_as_many_errors_as_their_bound_allows():
    tallies = ((0, 60),) * 120
    accepted = ClusteredSample(10**6, tallies, 0.08).accepts(Promise(0.01))
    assert accepted is not None
    for errors, within in ((accepted, True), (accepted + 1, False)):
        some = tuple((int(n < errors), 60) for n in range(120))
        assert (ClusteredSample(10**6, some, 0.08).bound(0.95) <= 0.01) is within
    assert ClusteredSample(10**6, tallies[:9], 0.08).accepts(Promise(0.01)) is None
