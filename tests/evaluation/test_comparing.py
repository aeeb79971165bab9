from __future__ import annotations

import json
from dataclasses import replace

import pytest
from invented_runs import PATHS, declarations, outcome, run, too_many, wrong

from structurer.evaluation.changes import State, changes
from structurer.evaluation.comparing import ComparisonError, Verdict, compare_runs
from structurer.groups import Group


def test_runs_of_other_gold_scoring_or_labels_are_refused() -> None:
    cells = declarations(8)
    mine = run(cells, number=7)
    with pytest.raises(ComparisonError, match=r"^run 3 and run 7 .*gold.* score run 3 again"):
        compare_runs(run(cells, number=3, gold="h" * 64), mine)
    with pytest.raises(ComparisonError, match=r"^run 3 and the new run .*scored .*\(0 and 1\)"):
        compare_runs(run(cells, number=3, scoring="0"), run(cells))
    with pytest.raises(ComparisonError, match="same labelled values"):
        compare_runs(run(cells[:-1], number=3), mine)
    # What a run has too many is no label.
    compare_runs(run([*cells, too_many()], number=3), mine)


def test_the_same_run_again_is_no_evidence_and_changes_nothing() -> None:
    cells = declarations(10, wrong("handler", [1, 2]))
    compared = compare_runs(run(cells), run(cells))
    assert compared.verdict is Verdict.NO_EVIDENCE
    assert compared.changes == ()
    assert compared.accuracy.difference == 0
    assert compared.reasons == ("no value came out otherwise",)


@pytest.mark.parametrize(("flagged", "silent"), [(True, 0), (False, 12)])
def test_fewer_errors_in_enough_declarations_are_better_and_back_again_worse(
    flagged: bool, silent: int
) -> None:
    poor = run(declarations(24, wrong("handler", range(1, 13), flagged=flagged)))
    good = run(declarations(24))
    up = compare_runs(poor, good)
    assert up.verdict is Verdict.BETTER
    # One of five cells in half of the declarations.
    assert up.accuracy.difference == pytest.approx(0.1)
    assert (up.accuracy.before, up.accuracy.after) == pytest.approx((0.9, 1.0))
    assert (up.accuracy.higher, up.accuracy.lower) == (12, 0)
    # Twelve differences of one sign.
    assert up.accuracy.p == 2 / 2**12
    assert up.before_totals.silent == silent
    interval = up.accuracy.interval
    assert interval is not None
    assert 0 < interval.low < 0.1 < interval.high
    down = compare_runs(good, poor)
    assert down.verdict is Verdict.WORSE
    assert down.accuracy.difference == pytest.approx(-0.1)


def test_six_declarations_are_the_fewest_that_show_anything() -> None:
    good = run(declarations(200))
    six = compare_runs(run(declarations(200, wrong("handler", range(6), flagged=True))), good)
    # Ordinals begin with 1: five declarations.
    assert six.verdict is Verdict.NOT_ENOUGH_DATA
    assert "accuracy differs in 5 declarations; 6 are the fewest" in six.reasons
    seven = compare_runs(run(declarations(200, wrong("handler", range(7), flagged=True))), good)
    assert seven.verdict is Verdict.BETTER


def test_data_that_could_not_have_shown_a_point_are_not_enough() -> None:
    before = declarations(20, wrong("handler", range(1, 6), flagged=True))
    after = declarations(20, wrong("project_name", range(6, 11), flagged=True))
    compared = compare_runs(run(before), run(after))
    assert compared.verdict is Verdict.NOT_ENOUGH_DATA
    assert compared.detectable is not None
    assert compared.detectable > 0.01
    assert any("would show in this gold" in reason for reason in compared.reasons)


def test_data_that_would_have_shown_a_point_and_do_not_are_no_evidence() -> None:
    before = declarations(300, wrong("handler", range(1, 6), flagged=True))
    after = declarations(300, wrong("project_name", range(6, 11), flagged=True))
    compared = compare_runs(run(before), run(after))
    assert compared.detectable is not None
    assert compared.detectable < 0.01
    assert compared.verdict is Verdict.NO_EVIDENCE
    assert len(compared.changes) == 10


def test_more_right_values_with_more_silent_errors_are_not_better() -> None:
    before = declarations(40, wrong("handler", range(1, 21), flagged=True))
    after = declarations(40, wrong("project_name", [1]))
    compared = compare_runs(run(before), run(after))
    assert compared.accuracy.significant
    assert compared.accuracy.difference > 0
    assert (compared.before_totals.silent, compared.after_totals.silent) == (0, 1)
    assert compared.verdict is Verdict.NO_EVIDENCE
    assert any("not better" in reason for reason in compared.reasons)


def test_many_more_silent_errors_are_worse_at_the_same_accuracy() -> None:
    told = declarations(20, wrong("handler", range(1, 11), flagged=True))
    untold = declarations(20, wrong("handler", range(1, 11)))
    assert compare_runs(run(told), run(untold)).verdict is Verdict.WORSE
    assert compare_runs(run(untold), run(told)).verdict is Verdict.BETTER


def test_fewer_silent_errors_do_not_make_up_for_worse_values() -> None:
    before = declarations(20, wrong("handler", range(1, 9)))
    after = [
        replace(cell, right=False, flagged=True) if cell.ordinal <= 10 and cell.path in PATHS[:2] else cell
        for cell in declarations(20, wrong("handler", range(1, 9), flagged=True))
    ]
    compared = compare_runs(run(before), run(after))
    assert compared.silent.significant
    assert compared.silent.difference < 0
    assert compared.verdict is Verdict.WORSE


def test_a_record_that_only_one_run_made_up_counts_against_that_run() -> None:
    cells = declarations(8)
    made_up = [too_many(99, path, read=path) for path in ("indicators.0.name", "indicators.1.name")]
    compared = compare_runs(run(cells), run([*cells, *made_up]))
    assert (compared.accuracy.higher, compared.accuracy.lower) == (0, 1)
    assert compared.accuracy.difference == pytest.approx(-1 / 9)
    assert compared.silent.difference == pytest.approx(2 / 9)
    assert compared.after_totals.too_many == 2


def test_one_declaration_says_nothing_and_does_not_break() -> None:
    one = declarations(1)
    compared = compare_runs(run(one), run(declarations(1, wrong("handler", [1]))))
    assert compared.verdict is Verdict.NOT_ENOUGH_DATA
    assert compared.accuracy.interval is None


def test_the_comparison_is_json() -> None:
    before, after = (
        run(declarations(8), number=1, cost="0.1"),
        run(declarations(8, wrong("handler", [1])), number=2),
    )
    values = json.loads(json.dumps(compare_runs(before, after).as_dict(), allow_nan=False))
    assert (values["before"]["number"], values["after"]["number"]) == (1, 2)
    assert values["verdict"] == "not enough data"
    assert values["changes"] == [
        {
            "filing": "a.txt",
            "ordinal": 1,
            "path": "handler",
            "field": "handler",
            "group": "head",
            "gold": "20000000",
            "before": "right",
            "after": "wrong, silent",
            "read_before": "20000000",
            "read_after": "2000000",
            "excerpt": "| handler | 20000000 |",
        }
    ]


@pytest.mark.parametrize(
    ("was", "now", "before", "after", "step", "broken"),
    [
        ({}, {"wrong": "2"}, State.RIGHT, State.SILENT, -3, True),
        ({"flagged": True}, {"wrong": "2"}, State.RIGHT_FLAGGED, State.SILENT, -2, True),
        ({}, {"wrong": "2", "flagged": True}, State.RIGHT, State.WRONG_FLAGGED, -2, True),
        ({"wrong": "2", "flagged": True}, {"wrong": "2"}, State.WRONG_FLAGGED, State.SILENT, -1, False),
        ({}, {"flagged": True}, State.RIGHT, State.RIGHT_FLAGGED, -1, False),
        ({"wrong": "2"}, {}, State.SILENT, State.RIGHT, 3, False),
        ({"wrong": "2"}, {"wrong": "3"}, State.SILENT, State.SILENT, 0, False),
        (
            {"uncertain": True, "flagged": True},
            {"uncertain": True},
            State.UNCERTAIN_FLAGGED,
            State.UNCERTAIN,
            -1,
            False,
        ),
    ],
)
def test_each_way_for_a_cell_to_change(was, now, before, after, step, broken) -> None:  # type: ignore[no-untyped-def]
    (change,) = changes([outcome(**was)], [outcome(**now)])
    assert (change.before, change.after, change.step, change.broken) == (before, after, step, broken)
    assert change.group is Group.MONEY


@pytest.mark.parametrize(
    "same",
    [
        outcome(),
        outcome(wrong="2"),
        outcome(flagged=True),
        outcome(uncertain=True),
        outcome(gold=None, read=None),
    ],
)
def test_a_cell_that_only_looks_otherwise_did_not_change(same) -> None:  # type: ignore[no-untyped-def]
    assert changes([same], [replace(same, confidence=0.1, excerpt="", path="elsewhere")]) == ()


def test_right_in_another_spelling_is_no_change() -> None:
    assert changes([outcome()], [outcome(read="20000000.00")]) == ()


def test_a_row_too_many_is_the_same_one_where_rows_before_it_are_gone() -> None:
    before = [too_many(path="indicators.8.name"), too_many(path="indicators.9.name", read="护栏数量")]
    assert changes(before, [too_many(path="indicators.7.name", read="护栏数量")])[0].read_before == "加固长度"
    (change,) = changes(before, [too_many(path="indicators.7.name", read="护栏数量")])
    assert (change.before, change.after, change.path) == (State.SILENT, State.ABSENT, "indicators.8.name")


def test_the_same_row_twice_too_many_is_two() -> None:
    twice = [too_many(path="indicators.8.name"), too_many(path="indicators.9.name")]
    (change,) = changes(twice[:1], twice)
    assert (change.before, change.after) == (State.ABSENT, State.SILENT)


def test_the_worst_changes_come_first() -> None:
    before = [outcome(1), outcome(2, wrong="2"), outcome(3), outcome(4)]
    after = [outcome(1, flagged=True), outcome(2), outcome(3, wrong="2"), outcome(4, wrong="2")]
    assert [change.ordinal for change in changes(before, after)] == [3, 4, 1, 2]
