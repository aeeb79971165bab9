"""Confidences learned from gold, the file that keeps them, and what gold can promise with them."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from invented_runs import outcome, run

from structurer.calibration import CalibrationError, flags_below, load
from structurer.evaluation.calibrating import cross_fitted, fit
from structurer.evaluation.reliability import Rated, expected_calibration_error
from structurer.evaluation.statistics import clustered_bound
from structurer.evaluation.thresholds import threshold
from structurer.groups import Group
from structurer.models import FlagKind

FILINGS = ("a.txt", "b.txt", "c.txt", "d.txt")


def gold(shares, each=300, seed=1, per_declaration=1, group=Group.MONEY):
    """Return cells over four filings: for each confidence so many, right in the share given."""
    draw = random.Random(seed)
    cells = []
    for confidence, share in shares.items():
        for _ in range(each):
            right = draw.random() < share
            number = len(cells)
            said = {} if right else {"wrong": "2000000"}
            cells.append(
                outcome(
                    1 + number // len(FILINGS) // per_declaration,
                    filing=FILINGS[number % len(FILINGS)],
                    confidence=confidence,
                    group=group,
                    **said,
                )
            )
    return cells


# --- what is learned -----------------------------------------------------------------------------


def test_too_sure_a_program_is_brought_down():
    made = fit(run(gold({0.99: 0.8, 0.9: 0.5})))
    assert made.apply(0.99, Group.MONEY) == pytest.approx(0.8, abs=0.06)
    assert made.apply(0.9, Group.MONEY) == pytest.approx(0.5, abs=0.08)
    assert made.apply(0.95, Group.MONEY) == made.apply(0.9, Group.MONEY)
    assert made.apply(0.1, Group.MONEY) == made.apply(0.9, Group.MONEY)


def test_what_is_learned_holds_on_filings_that_were_not_seen():
    made = fit(run(gold({0.99: 0.9, 0.9: 0.6, 0.5: 0.2}, each=1000)))
    assert made.before.ece > 0.15
    assert made.after.ece < 0.04
    assert made.after.brier < made.before.brier


def test_a_confidence_that_says_nothing_becomes_one_step():
    (curve, rest) = fit(run(gold({0.9: 0.5, 0.99: 0.4}))).curves
    assert curve.groups == (Group.MONEY,)
    assert len(curve.steps) == 1
    assert not rest.learned


def test_a_value_is_never_rated_by_its_own_filing():
    cells = gold({0.9: 1.0})
    # One filing is all wrong; the others, all right but for two of each, have seen no such thing.
    own = [replace(cell, right=cell.filing != "a.txt") for cell in cells]
    own = [replace(cell, right=cell.right and cell.ordinal > 2) for cell in own]
    rated = {each.cell.filing: each.calibrated for each in cross_fitted(own)}
    assert rated["a.txt"] == pytest.approx(1 - 7 / 227, abs=1e-4)
    assert rated["b.txt"] < 0.7
    assert fit(run(own)).apply(0.9, Group.MONEY) < 0.75


def test_groups_learn_apart_and_those_with_few_errors_together():
    cells = gold({0.9: 0.5})
    cells += gold({0.9: 0.9}, seed=2, group=Group.NAME)
    cells += gold({0.9: 0.93}, each=80, seed=3, group=Group.LEVEL)
    cells += gold({0.9: 0.93}, each=80, seed=4, group=Group.TARGET)
    made = fit(run(cells))
    assert [curve.groups for curve in made.curves[:2]] == [(Group.MONEY,), (Group.NAME,)]
    assert made.apply(0.9, Group.MONEY) < 0.6 < 0.85 < made.apply(0.9, Group.NAME)
    together = made.curves[2]
    assert together.learned
    assert together.values == 160
    assert made.apply(0.9, Group.LEVEL) == made.apply(0.9, Group.TARGET) == made.apply(0.9, Group.HALF)


def test_without_errors_nothing_is_learned_and_confidences_stay():
    cells = gold({0.995: 1.0, 0.8: 1.0}, per_declaration=50)
    made = fit(run(cells))
    (curve,) = made.curves
    assert not curve.learned
    assert [made.apply(confidence, Group.NAME) for confidence in (0.3, 0.8, 0.995)] == [0.3, 0.8, 0.995]
    assert made.before == made.after
    assert curve.bound == clustered_bound([(0, 50)] * 12)
    assert "too few errors to learn from" in curve.says
    assert "0 of 600" in curve.says


def test_errors_of_one_filing_are_not_enough():
    cells = [replace(cell, right=cell.filing != "a.txt") for cell in gold({0.9: 1.0})]
    assert not fit(run(cells)).curves[0].learned


def test_uncertain_cells_and_cells_without_a_confidence_teach_nothing():
    cells = gold({0.9: 0.5})
    more = [replace(cell, uncertain=True, right=False) for cell in cells]
    more += [replace(cell, confidence=None, right=False) for cell in cells]
    assert fit(run([*cells, *more])) == fit(run(cells))
    assert len(cross_fitted([*cells, *more])) == len(cells)


def test_no_outcomes_at_all_leave_the_priors():
    made = fit(run([]))
    assert made.apply(0.7, Group.HEAD) == 0.7
    assert made.after.brier is None


@settings(max_examples=40)
@given(
    st.lists(
        st.tuples(st.sampled_from((0.0, 0.2, 0.5, 0.9, 0.99, 1.0)), st.booleans(), st.sampled_from(FILINGS)),
        min_size=100,
        max_size=160,
    )
)
def test_what_is_learned_rises_and_is_never_certain(values):
    cells = [
        outcome(n, filing=filing, confidence=confidence, right=right)
        for n, (confidence, right, filing) in enumerate(values)
    ]
    made = fit(run(cells))
    learned = [made.apply(n / 50, Group.MONEY) for n in range(51)]
    if made.curves[0].learned:
        assert all(low <= high for low, high in pairwise(learned))
        assert all(0 < value < 1 for value in learned)
        assert sum(step.values for step in made.curves[0].steps) == made.curves[0].values
        assert sum(step.wrong for step in made.curves[0].steps) == made.curves[0].wrong
        # On what it was learned from it is right within what Laplace's rule adds.
        own = [Rated(made.apply(cell.confidence, cell.group), cell.right) for cell in cells]
        assert expected_calibration_error(own, bins=1) < 0.1


def test_few_right_values_on_top_do_not_make_a_top_step():
    cells = gold({0.9: 0.99}, each=2000)
    cells += [outcome(n, filing="a.txt", confidence=0.999) for n in range(2)]
    made = fit(run(cells))
    assert made.apply(0.999, Group.MONEY) == made.apply(0.9, Group.MONEY)


# --- the file ------------------------------------------------------------------------------------


def test_a_calibration_survives_its_file(tmp_path):
    made = fit(run(gold({0.99: 0.9, 0.9: 0.6}), number=7, engine="hybrid", model="m", prompts="ask@3"))
    path = tmp_path / "calibration.json"
    path.write_text(made.as_json(), encoding="utf-8")
    assert load(path) == made
    origin = json.loads(made.as_json())["origin"]
    assert origin["run"] == 7
    assert (origin["engine"], origin["model"], origin["prompts"]) == ("hybrid", "m", "ask@3")
    assert origin["gold"] == "g" * 64
    assert "isotonic" in origin["method"]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda raw: raw.pop("origin"), "origin: Field required"),
        (lambda raw: raw.update(format="structurer-calibration-2"), "format: "),
        (lambda raw: raw["curves"].pop(), "exactly one curve"),
        (lambda raw: raw["curves"][0]["steps"].reverse(), "steps must rise"),
        (lambda raw: raw["curves"][0]["steps"][0].update(calibrated=1.0), "calibrated: "),
        (lambda raw: raw["curves"][0]["groups"].append("colour"), "groups"),
    ],
)
def test_what_is_no_calibration_is_refused_with_the_reason(tmp_path, change, problem):
    raw = json.loads(fit(run(gold({0.99: 0.9, 0.9: 0.6}))).as_json())
    change(raw)
    path = tmp_path / "calibration.json"
    path.write_text(json.dumps(raw), encoding="utf-8")
    with pytest.raises(CalibrationError, match=problem):
        load(path)


def test_a_file_that_is_not_there_or_no_json_is_refused(tmp_path):
    with pytest.raises(CalibrationError, match="cannot be read"):
        load(tmp_path / "none.json")
    (tmp_path / "some.json").write_bytes(b"\xff{")
    with pytest.raises(CalibrationError, match="no calibration"):
        load(tmp_path / "some.json")


@pytest.mark.parametrize(
    ("asked", "problem"),
    [
        (("layout", "m", "ask@3"), "for engine hybrid, not layout"),
        (("hybrid", "other", "ask@3"), "for model m, not other"),
        (("hybrid", None, "ask@3"), "for model m, not none"),
        (("hybrid", "m", "ask@4"), "for prompts ask@3, not ask@4"),
    ],
)
def test_confidences_are_not_portable(asked, problem):
    made = fit(run([], engine="hybrid", model="m", prompts="ask@3"))
    made.check("hybrid", "m", "ask@3")
    with pytest.raises(CalibrationError, match=problem):
        made.check(*asked)


def test_a_records_confidences_are_mapped_by_their_fields_group():
    made = fit(run(gold({0.9: 0.5}) + gold({0.9: 0.9}, seed=2, group=Group.NAME)))
    mapped = made.calibrated({"funding.annual.total": 0.9, "indicators.3.name": 0.9, "handler": 0.9})
    assert mapped == {
        "funding.annual.total": made.apply(0.9, Group.MONEY),
        "indicators.3.name": made.apply(0.9, Group.NAME),
        "handler": 0.9,
    }


def test_values_below_a_threshold_are_flagged_for_a_reviewer():
    (flag,) = flags_below({"handler": 0.9799, "phone": 0.98}, 0.98, 0.005)
    assert (flag.path, flag.code, flag.kind) == ("handler", "low_confidence", FlagKind.EXTRACTION)
    assert "0.9799" in flag.message
    assert "0.50%" in flag.message


# --- what gold can promise -----------------------------------------------------------------------


def decide(cells, target=0.01, **said):
    gold_run = run(cells)
    return threshold(fit(gold_run), gold_run, target, **said)


def test_enough_clean_values_are_promised_from_the_lowest_confidence_on():
    found = decide(gold({0.99: 1.0, 0.9: 1.0}, each=400))
    assert found.promised
    assert (found.at, found.values, found.wrong, found.more) == (0.9, 800, 0, 0)
    assert found.kept == 1.0
    assert found.bound <= 0.01
    assert "from 0.9 on, 0 wrong of 800" in found.message


def test_the_errors_decide_where_the_promise_ends():
    cells = gold({0.995: 1.0}, each=1200) + gold({0.8: 0.8}, each=300)
    found = decide(cells)
    assert found.promised
    assert found.values == 1200
    assert 0.8 < found.at < 1
    made = fit(run(cells))
    assert made.apply(0.995, Group.MONEY) >= found.at > made.apply(0.8, Group.MONEY)


def test_too_few_values_promise_nothing_and_say_how_many_more():
    found = decide(gold({0.99: 1.0}, each=400), target=0.005)
    assert not found.promised
    assert found.at is None
    assert 190 <= found.more <= 210
    assert found.bound > 0.005
    assert "no promise of 0.50%" in found.message
    more = decide(gold({0.99: 1.0}, each=400 + found.more), target=0.005)
    assert more.promised


def test_values_of_the_same_declarations_promise_less():
    alone = decide(gold({0.99: 1.0}, each=800))
    together = decide(gold({0.99: 1.0}, each=800, per_declaration=50))
    assert alone.promised
    assert not together.promised
    assert together.declarations == 16
    assert together.worth < alone.worth / 4
    assert "16 declarations" in together.message


def test_errors_among_the_surest_values_promise_nothing():
    found = decide(gold({0.99: 0.9}, each=600))
    assert not found.promised
    assert found.wrong > 30
    assert found.more > 1000


def test_flagged_values_are_no_part_of_the_promise():
    cells = gold({0.99: 1.0}, each=800) + [
        replace(cell, flagged=True, right=False) for cell in gold({0.99: 1.0}, each=5)
    ]
    found = decide(cells)
    assert (found.promised, found.values) == (True, 800)


def test_errors_without_a_confidence_are_not_forgotten():
    lost = [outcome(n, path="", right=False, confidence=None, filing="a.txt") for n in range(1, 30)]
    found = decide([*gold({0.99: 1.0}, each=800), *lost])
    assert not found.promised
    assert (found.values, found.wrong, found.kept) == (829, 29, 1.0)


def test_a_group_is_promised_by_its_own_values():
    cells = gold({0.99: 1.0}, each=500) + gold({0.99: 1.0}, each=50, group=Group.NAME)
    assert decide(cells, group=Group.MONEY).promised
    name = decide(cells, group=Group.NAME)
    assert (name.promised, name.values) == (False, 50)
    none = decide(cells, group=Group.HALF)
    assert none.more >= 299
    assert "half: no promise of 1.00%: gold has no rated value" in none.message


def spoilt(cells, count):
    return [replace(cell, right=False) for cell in cells[:count]] + cells[count:]


def test_the_surest_half_must_show_the_target_before_more_is_tried():
    surest, less, least = (gold({confidence: 1.0}, each=400) for confidence in (0.99, 0.9, 0.8))
    # One wrong of 800 or 1,200 shows 1%, one of 400 does not; but 400 are less than half, and not tried.
    assert decide([*spoilt(surest, 1), *less, *least]).values == 1200
    # Four wrong of 800 do not show 1%. All 1,200 would, but by choosing among sets until one does.
    found = decide([*spoilt(surest, 4), *less, *least])
    assert not found.promised
    assert (found.values, found.wrong) == (800, 4)
    assert decide([*surest, *less, *spoilt(least, 4)]).values == 1200
    assert decide([*surest, *less, *spoilt(least, 9)]).values == 800


def test_a_calibration_of_another_run_is_refused():
    made = fit(run(gold({0.99: 1.0})))
    with pytest.raises(CalibrationError, match="other gold"):
        threshold(made, run(gold({0.99: 1.0}), gold="h" * 64), 0.01)
    with pytest.raises(CalibrationError, match="engine"):
        threshold(made, run(gold({0.99: 1.0}), engine="hybrid"), 0.01)


def test_a_threshold_is_json():
    found = decide(gold({0.99: 1.0}, each=400))
    written = json.loads(json.dumps(found.as_dict(), allow_nan=False))
    assert written["promised"] is True
    assert written["message"] == found.message
