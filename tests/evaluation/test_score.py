"""What each error costs, and the laws that a score must obey."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from structurer.document_types.declaration.model import Declaration
from structurer.evaluation.compare import ErrorKind
from structurer.evaluation.headline import Ratio, headline
from structurer.evaluation.score import score
from structurer.paths import leaves

ROWS = 6


def kinds(result):
    return {str(kind): count for kind, count in result.headline.errors.items() if count}


def field(result, name):
    return next(each for each in result.headline.fields if each.field == name)


def met(result):
    return [goal.met for goal in result.goals]


# --- what each error costs -----------------------------------------------------------------------


def test_a_record_as_labelled_has_no_error(label, record):
    result = score([label()], [record()])
    assert result.errors == ()
    assert result.headline.f1.value == result.headline.scalars.value == 1.0
    assert result.headline.declarations == (1, 1)
    assert met(result) == [True] * 5


def test_empty_cells_are_counted_apart(label, record, data):
    result = score([label()], [record(data(responsible_person="梁乙"))])
    assert field(result, "phone").empty == (1, 1)
    assert field(result, "phone").filled == (0, 0)
    assert field(result, "responsible_person").empty == (0, 1)
    assert field(result, "project_name").filled == (1, 1)


def test_an_amount_ten_times_too_small_is_a_full_error(label, record, data):
    result = score([label()], [record(data(funding__implementation_period__total="2000000"))])
    assert kinds(result) == {"wrong value": 1}
    assert result.headline.scalars == (30, 31)
    assert met(result) == [False, True, False, True, True]


def test_swapped_totals_are_two_full_errors(label, record, data):
    swapped = data(funding__implementation_period__total="6000000", funding__annual__total="20000000")
    assert kinds(score([label()], [record(swapped)])) == {"wrong value": 2}


def test_another_year_is_a_full_error(label, record, data):
    assert kinds(score([label()], [record(data(fiscal_year=2022))])) == {"wrong value": 1}


def test_targets_slid_by_one_row_make_every_row_wrong(label, record, data):
    targets = [row["target"] for row in data()["indicators"]]
    slid = data(**{f"indicators__{n}__target": targets[n - 1] for n in range(ROWS)})
    result = score([label()], [record(slid)])
    # The first row of a half gets its target from the other half, which is not next to it.
    assert kinds(result) == {"target of another row": ROWS - 2, "wrong target": 2}
    assert result.headline.f1 == (0, 2 * ROWS)
    assert field(result, "indicators.target").filled == (0, ROWS)
    assert field(result, "indicators.name").filled == (ROWS, ROWS)


@pytest.mark.parametrize(("row", "target"), [(0, "≤9公里"), (3, "35%以上"), (2, "≥24次"), (1, None)])
def test_a_target_that_means_something_else_is_a_full_error(label, record, data, row, target):
    result = score([label()], [record(data(**{f"indicators__{row}__target": target}))])
    assert kinds(result) == {"wrong target": 1}
    assert result.headline.recall == (ROWS - 1, ROWS)
    assert met(result)[1:3] == [False, False]


def test_every_indicator_in_the_wrong_half_leaves_no_row_right(label, record, data):
    gold = data(indicators=data()["indicators"][:4])
    moved = data(indicators=[row | {"scope": "annual"} for row in gold["indicators"]])
    result = score([label(gold)], [record(moved)])
    assert kinds(result) == {"wrong half": 4}
    assert result.headline.f1.part == 0
    assert field(result, "indicators.scope").filled == (0, 4)


def test_a_wrong_level_and_a_wrong_name_are_told_apart(label, record, data):
    changed = data(indicators__0__level2="质量指标", indicators__1__name="护栏数")
    result = score([label()], [record(changed)])
    assert kinds(result) == {"wrong level": 1, "wrong name": 1}
    assert [error.path for error in result.errors] == ["indicators.0.level2", "indicators.1.name"]
    assert result.headline.precision == result.headline.recall == (ROWS - 2, ROWS)


def test_a_missing_and_an_extra_row(label, record, data):
    rows = data()["indicators"]
    extra = {"scope": "annual", "level2": "时效指标", "name": "完工时间", "target": "年底"}
    result = score([label()], [record(data(indicators=[*rows[1:], extra]))])
    assert kinds(result) == {"missing row": 1, "extra row": 1}
    missing, added = result.errors
    assert (missing.gold_path, missing.path, added.gold_path, added.path) == (
        "indicators.0",
        "",
        "",
        "indicators.5",
    )
    assert field(result, "indicators.name").filled == (ROWS - 1, ROWS)


def test_rows_in_another_order_are_right_but_counted(label, record, data):
    rows = data()["indicators"]
    result = score([label()], [record(data(indicators=[rows[2], rows[0], rows[1], *rows[3:]]))])
    assert result.errors == ()
    assert result.headline.misplaced == 1


def test_a_row_in_the_wrong_half_is_not_out_of_order_too(label, record, data):
    rows = data()["indicators"]
    moved = data(indicators=[*rows[1:], rows[0] | {"scope": "annual", "level2": "时效指标"}])
    result = score([label()], [record(moved)])
    assert kinds(result)["wrong half"] == 1
    assert result.headline.misplaced == 0


def test_a_failed_chunk_is_all_wrong_and_flagged(label, record):
    result = score([label(rows=[1], fields=["overview"])], [record(None)])
    assert result.headline.scalars == (0, 30)
    assert result.headline.recall == (0, ROWS - 1)
    assert result.headline.silent.part == 0
    assert result.headline.flagged.value == 1.0
    assert result.headline.flag_recall == (2, 2)


def test_a_project_without_a_record_is_all_wrong_and_silent(label, record):
    result = score([label(), label(ordinal=2, rows=[1])], [record()])
    assert kinds(result) == {"not read": 31, "missing row": ROWS - 1}
    assert result.headline.silent == (36, 36)
    assert result.headline.flag_recall == (0, 1)
    assert result.headline.declarations == (1, 2)


def test_a_record_too_many_costs_itself_and_its_rows(label, record):
    result = score([label()], [record(), record(ordinal=2), record(filing="unlabelled.txt")])
    assert kinds(result) == {"extra record": 1, "extra row": ROWS}
    assert result.headline.precision == (ROWS, 2 * ROWS)
    assert result.headline.silent.part == 1 + ROWS
    assert result.headline.declarations == (1, 1)


def test_the_same_project_twice_is_refused(label, record):
    with pytest.raises(ValueError, match="is there twice"):
        score([label()], [record(), record()])
    with pytest.raises(ValueError, match="is there twice"):
        score([label(), label()], [record()])


# --- what a person has to correct -----------------------------------------------------------------


def test_corrections_are_counted_once_each(label, record, data):
    filled = sum(value is not None for _, value in leaves(data(), derived=("level1", "measure")))
    wrong = data(handler=None, phone="5550100", fiscal_year=2022, indicators__1__target="13处")
    found = score([label()], [record(wrong)]).headline
    assert found.corrections == (filled - 3, 2, 1, 1)
    assert found.aligned == (filled - 3, filled + 1)
    assert score([label()], [record()]).headline.aligned == (filled, filled)


def test_a_failed_chunk_scores_nothing(label, record):
    found = score([label()], [record(None)]).headline
    assert (found.aligned.part, found.empty.part, found.recall.part) == (0, 0, 0)
    assert found.aligned.whole == found.corrections.added


def test_a_row_too_many_is_to_be_deleted_cell_by_cell(label, record, data):
    extra = {"scope": "annual", "level2": "时效指标", "name": "完工时间", "target": None}
    found = score([label()], [record(data(indicators=[*data()["indicators"], extra]))]).headline
    assert found.corrections.deleted == 3
    assert found.declarations == (0, 1)


def test_what_the_form_leaves_empty_is_counted_apart(label, record, data):
    empty = sum(value is None for _, value in leaves(data(), derived=("level1", "measure", "indicators")))
    found = score([label()], [record(data(phone="5550100"))]).headline
    assert found.empty == (empty - 1, empty)
    people = next(group for group in found.groups if group.field == "people")
    assert (people.filled, people.empty, people.silent) == ((1, 1), (2, 3), 1)


def test_figures_do_not_depend_on_the_order_of_outcomes(label, record, data):
    gold = [label(rows=[1, 2], fields=["goals"]), label(ordinal=2)]
    wrong = data(indicators=data()["indicators"][::-1], handler="梁乙")
    outcomes = score(gold, [record(wrong, flags=["indicators.1"]), record(ordinal=3)]).outcomes
    shuffled = random.Random(0).sample(outcomes, len(outcomes))
    assert headline(shuffled).as_dict() == headline(outcomes).as_dict()


# --- silent or flagged ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "silent"),
    [
        ("funding.annual.total", False),
        ("funding.annual", False),
        ("funding", False),
        ("", False),
        ("funding.annual.central", True),
        ("funding.implementation_period", True),
        ("fun", True),
    ],
)
def test_a_wrong_field_is_silent_without_a_flag_at_its_path_or_above(label, record, data, path, silent):
    result = score([label()], [record(data(funding__annual__total="1"), flags=[path])])
    assert result.headline.silent == (int(silent), 1)
    assert field(result, "funding.annual.total").silent == int(silent)


def test_a_flag_about_the_filing_does_not_excuse_us(label, record, data, source_flag):
    wrong = record(data(funding__annual__total="1"), flags=[source_flag("funding.annual.total")])
    assert score([label()], [wrong]).headline.silent == (1, 1)


@pytest.mark.parametrize(
    ("path", "silent"),
    [
        ("indicators.0.name", False),
        ("indicators.0", False),
        ("indicators", False),
        ("indicators.0.target", True),
    ],
)
def test_a_flag_on_a_target_does_not_excuse_a_wrong_name(label, record, data, path, silent):
    result = score([label()], [record(data(indicators__0__name="加固长"), flags=[path])])
    assert kinds(result) == {"wrong name": 1}
    assert result.headline.silent.part == int(silent)


@pytest.mark.parametrize(
    ("path", "silent"),
    [
        ("indicators.6.target", False),
        ("indicators.6", False),
        ("indicators", False),
        ("indicators.5", True),
    ],
)
def test_an_extra_row_is_told_of_by_any_flag_in_it(label, record, data, path, silent):
    extra = {"scope": "annual", "level2": "时效指标", "name": "完工时间", "target": "年底"}
    result = score([label()], [record(data(indicators=[*data()["indicators"], extra]), flags=[path])])
    assert result.headline.silent == (int(silent), 1)


@pytest.mark.parametrize(
    ("path", "silent"),
    [
        ("indicators", False),
        ("indicators.0.target", False),
        ("indicators.1", False),
        ("indicators.2", True),
        ("indicators.3", True),
        ("overview", True),
    ],
)
def test_a_missing_row_is_told_of_by_its_neighbours_in_the_block(label, record, data, path, silent):
    rows = data()["indicators"]
    result = score([label()], [record(data(indicators=[rows[0], *rows[2:]]), flags=[path])])
    assert kinds(result) == {"missing row": 1}
    assert result.headline.silent == (int(silent), 1)


@pytest.mark.parametrize(("path", "silent"), [("indicators", False), ("indicators.3", True)])
def test_a_block_that_is_missing_whole_is_told_of_by_the_list_only(label, record, data, path, silent):
    rows = data()["indicators"]
    result = score([label()], [record(data(indicators=[*rows[:3], *rows[4:]]), flags=[path])])
    assert result.headline.silent == (int(silent), 1)


def test_flagged_share_is_by_leaf_over_the_labels_certain_values(label, record):
    result = score([label(rows=[5])], [record(flags=["indicators.0", "indicators.1.name", "indicators.5"])])
    assert result.headline.flagged == (4, 31 + 3 * (ROWS - 1))
    assert field(result, "indicators.name").flagged == 2


# --- uncertain rows and fields -------------------------------------------------------------------


def test_uncertain_places_are_not_scored_but_must_be_flagged(label, record, data):
    gold = label(rows=[1, 3], fields=["goals"])
    misread = data(
        goals__annual="?",
        indicators__1__target=None,
        indicators__1__level2="时效指标",
        indicators__3__name="别的",
    )
    result = score([gold], [record(misread, flags=["goals.annual", "indicators.1.target"])])
    assert result.headline.flag_recall == (2, 4)
    assert [doubt.gold_path for doubt in result.doubts if not doubt.flagged] == [
        "goals.implementation_period",
        "indicators.3",
    ]
    assert kinds(result) == {"extra row": 1}
    assert result.headline.precision == (ROWS - 2, ROWS - 1)
    assert result.headline.scalars == (29, 29)


def test_an_uncertain_row_that_was_not_read_is_flagged_at_its_gap(label, record, data):
    rows = data()["indicators"]
    gold, read = label(rows=[1]), data(indicators=[rows[0], *rows[2:]])
    assert score([gold], [record(read, flags=["indicators.0"])]).headline.flag_recall == (1, 1)
    assert score([gold], [record(read, flags=["indicators.2"])]).headline.flag_recall == (0, 1)
    assert score([gold], [record(read)]).errors == ()


def test_goals_stand_on_their_bars(label, record):
    gold = [label(rows=[0, 1, 2, 3, 4], fields=["goals", "funding"], ordinal=1)]
    below = score(gold, [record(flags=["funding", "indicators.0", "indicators.1", "indicators.2"])])
    assert below.headline.flag_recall == (15, 19)
    assert met(below)[3] is False
    at_bar = score(
        gold,
        [record(flags=["funding", "goals", "indicators.0", "indicators.1", "indicators.2", "indicators.3"])],
    )
    assert at_bar.headline.flag_recall == (18, 19)
    assert met(at_bar)[3:] == [True, True]
    assert met(score(gold, [record(flags=["overview", "phone"])]))[4] is False


def test_a_share_of_nothing_has_no_value():
    assert Ratio(0, 0).value is None
    assert Ratio(1, 4).value == 0.25


# --- laws ----------------------------------------------------------------------------------------

row_data = st.fixed_dictionaries(
    {
        "scope": st.sampled_from(["annual", "implementation_period"]),
        "level2": st.sampled_from(["数量指标", "质量指标", None]),
        "name": st.sampled_from(["甲乙", "甲乙丙", "甲丁", "戊己", "戊"]),
        "target": st.sampled_from(["1", "2", "2%", None]),
    }
)
rows = st.lists(row_data, max_size=7)
paths = st.lists(st.sampled_from(["name", "target", None]), max_size=7)


def form(indicators, **changes):
    return Declaration.model_validate({"indicators": indicators} | changes).model_dump(mode="json")


def distinct(indicators):
    return all(row not in indicators[:n] for n, row in enumerate(indicators))


def flagged(leaves, order):
    """Flags on rows, given for row n by its leaf, and carried along when the rows move."""
    return [
        f"indicators.{place}" + ("" if leaves[n] is None else f".{leaves[n]}")
        for place, n in enumerate(order)
        if n < len(leaves)
    ]


def figures(result):
    fields = [(each.field, each.filled, each.empty) for each in result.headline.fields]
    return (
        fields,
        result.headline.precision,
        result.headline.recall,
        result.headline.f1,
        result.headline.errors,
        result.headline.declarations,
    )


@given(rows, st.sets(st.integers(0, 6)))
def test_a_label_scores_one_against_itself(label, record, gold, uncertain):
    there = {n for n in uncertain if n < len(gold)}
    result = score([label(form(gold), rows=there)], [record(form(gold))])
    assert result.errors == ()
    assert result.headline.f1.value in (1.0, None)
    if distinct(gold):
        assert result.headline.misplaced == 0


@given(rows, rows, paths, st.sets(st.integers(0, 6)), st.randoms(use_true_random=False))
def test_order_changes_no_figure(label, record, gold, read, leaves, uncertain, shuffle):
    there = {n for n in uncertain if n < len(gold)}
    labels = [label(form(gold), rows=there), label(form(gold[::-1]), ordinal=2), label(filing="b.txt")]
    straight = range(len(read))
    order = list(straight)
    shuffle.shuffle(order)
    moved = [read[n] for n in order]
    one = score(labels, [record(form(read), flags=flagged(leaves, straight)), record(form(read), ordinal=2)])
    two = score(
        labels[::-1], [record(form(moved), ordinal=2), record(form(moved), flags=flagged(leaves, order))]
    )
    assert figures(one) == figures(two)
    if distinct(read):
        assert (one.headline.silent, one.headline.flagged, one.headline.flag_recall) == (
            two.headline.silent,
            two.headline.flagged,
            two.headline.flag_recall,
        )


@given(rows, rows, st.sets(st.integers(0, 6)), st.integers(0, 7), st.booleans(), row_data)
def test_a_made_up_row_never_helps(label, record, gold, read, uncertain, at, is_flagged, junk):
    there = {n for n in uncertain if n < len(gold)}
    labels = [label(form(gold), rows=there)]
    at = min(at, len(read))
    flags = [f"indicators.{at}"] if is_flagged else []
    before = score(labels, [record(form(read))])
    after = score(labels, [record(form([*read[:at], junk | {"name": "无关"}, *read[at:]]), flags=flags)])
    assert (after.headline.precision.value or 0) <= (before.headline.precision.value or 0)
    assert (after.headline.f1.value or 0) <= (
        before.headline.f1.value if before.headline.f1.value is not None else 1
    )
    assert len(after.errors) == len(before.errors) + 1
    assert after.headline.errors[ErrorKind.EXTRA] == before.headline.errors[ErrorKind.EXTRA] + 1
    assert after.headline.silent.part == before.headline.silent.part + (not is_flagged)
    assert [each.filled for each in after.headline.fields] == [each.filled for each in before.headline.fields]
    assert (after.headline.flagged, after.headline.flag_recall) == (
        before.headline.flagged,
        before.headline.flag_recall,
    )


@given(rows, rows, row_data)
def test_a_row_that_the_label_does_not_have_never_helps_the_strict_figures(label, record, gold, read, added):
    if form([added])["indicators"][0] in form(gold)["indicators"]:
        return
    before = score([label(form(gold))], [record(form(read))])
    after = score([label(form(gold))], [record(form([*read, added]))])
    assert after.headline.recall == before.headline.recall
    assert (after.headline.f1.value or 0) <= (
        before.headline.f1.value if before.headline.f1.value is not None else 1
    )


@given(st.lists(st.integers(1, 6), unique=True, min_size=1))
def test_records_may_come_in_any_order(label, record, ordinals):
    labels = [label(ordinal=n) for n in ordinals]
    records = [record(ordinal=n) for n in ordinals[1:]]
    shuffled = random.Random(0).sample(records, len(records))
    assert score(labels, records) == score(labels[::-1], shuffled)
