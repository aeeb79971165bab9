from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from structurer.checks import Subject, run_checks
from structurer.document_types.declaration.checks import CHECKS
from structurer.document_types.declaration.model import Level2
from structurer.models import Chunk, FlagKind


def changed(rows, number, **parts):
    level2, name, target = rows[number]
    row = (parts.get("level2", level2), parts.get("name", name), parts.get("target", target))
    return (*rows[:number], row, *rows[number + 1 :])


def paths(flags):
    return [(flag.path, flag.code) for flag in flags]


def test_a_row_without_target(form, check, rows):
    left = changed(rows, 2, target=None)
    assert paths(check(form(left=left, right=rows))) == [("indicators.2.target", "indicator_without_target")]


@pytest.mark.parametrize(
    ("number", "target"),
    [
        (0, "明显改善"),
        (1, "2031年6月底前"),
        (2, "≥180%"),
        (2, "12元"),
        (3, "≤18元/株"),
        (3, "1200株"),
        (4, "100%"),
        (4, "1200株"),
        (4, "及时"),
        (4, "6月底前"),
        (7, "1200株"),
        (7, "长期"),
    ],
)
def test_a_target_of_the_wrong_kind(form, check, rows, number, target):
    table = changed(rows, number, target=target)
    flags = check(form(left=table), "target_wrong_kind")
    assert [flag.path for flag in flags] == [f"indicators.{number}", f"indicators.{number + len(rows)}"]
    assert {flag.kind for flag in flags} == {FlagKind.EXTRACTION}


@pytest.mark.parametrize(
    ("number", "name", "target"),
    [
        (0, "修剪行道树", "全部修剪"),
        (0, "养护项目", "两项"),
        (2, "苗木增长率", "120%"),
        (3, "按时完工率", "2031年完成"),
        (3, "修剪频次", "每年2次"),
        (4, "修剪费用", "按合同价"),
        (4, "修剪补助", "工程款的30%"),
        (4, "成本节约率", "≥5%"),
        (4, "修剪总价", "≤20万"),
        (7, "投诉次数", "≤3次"),
        (7, "沿街商户满意度", "比较满意"),
    ],
)
def test_a_target_of_an_unusual_but_fitting_kind(form, check, rows, number, name, target):
    assert check(form(left=changed(rows, number, name=name, target=target))) == []


@pytest.mark.parametrize(
    ("number", "name", "target"),
    [(5, "行人满意度", "≥90%"), (2, "修剪及时性", "100%"), (6, "排水", "及时"), (7, "养护队伍", "稳定")],
)
def test_a_name_under_the_wrong_level(form, check, rows, number, name, target):
    flags = check(form(left=changed(rows, number, name=name, target=target)), "level2_wrong_kind")
    assert [flag.path for flag in flags] == [f"indicators.{n}.level2" for n in (number, number + len(rows))]


def test_levels_against_the_forms_order(form, check, rows):
    table = changed(rows, 5, level2=Level2.QUALITY)
    flags = check(form(left=table), "level2_out_of_order")
    assert {flag.path for flag in flags} == {f"indicators.{n}.level2" for n in (3, 5, 11, 13)}


def test_cost_may_come_first(form, check, rows):
    cost_first = ((Level2.ECONOMIC_COST, "每株修剪费用", "≤18.5元/株"), *rows[:4], *rows[5:])
    assert check(form(left=cost_first)) == []


@pytest.mark.parametrize(
    "parts",
    [{"name": "≥1200株"}, {"name": "成本指标"}, {"target": "时效指标"}, {"target": "补种灌木面积"}],
)
def test_a_row_that_slid_by_a_cell(form, check, rows, parts):
    data = form(left=changed(rows, 0, **parts), right=rows)
    assert paths(check(data, "cells_exchanged")) == [("indicators.0", "cells_exchanged")]


def test_the_same_indicator_under_another_level(form, check, rows):
    right = changed(rows, 5, level2=Level2.ECONOMIC)
    flags = check(form(left=rows, right=right))
    assert paths(flags) == [
        ("indicators.5.level2", "halves_disagree"),
        ("indicators.13.level2", "halves_disagree"),
    ]


@pytest.mark.parametrize(
    ("left", "right", "odd"),
    [
        ("≥3600株", "≥1200株", False),
        ("≥1200株/年", "≥1200株", False),
        ("=1200株", "≥1200株", False),
        ("≥1200株", "≥1500株", True),
        ("≥1200株", "≥1200棵", True),
        ("≥0.12万株", "≥1200株", False),
        ("≥1200株/月", "≥1200株", True),
    ],
)
def test_another_target_in_the_other_half(form, check, rows, left, right, odd):
    data = form(left=changed(rows, 0, target=left), right=changed(rows, 0, target=right))
    flags = check(data)
    assert [(f.path, f.kind) for f in flags] == [("indicators.8.target", FlagKind.SOURCE)] * odd


def test_targets_of_neighbours_exchanged_in_one_half(form, check, rows):
    right = changed(changed(rows, 0, target=rows[1][2]), 1, target=rows[0][2])
    flags = check(form(left=rows, right=right))
    assert {f.path for f in flags} == {f"indicators.{n}.target" for n in (0, 1, 8, 9)}
    assert {f.kind for f in flags} == {FlagKind.EXTRACTION}


def test_a_number_in_one_half_and_words_in_the_other(form, check, rows):
    flags = check(form(left=rows, right=changed(rows, 2, target="良好")), "halves_disagree")
    assert [(f.path, f.kind) for f in flags] == [
        ("indicators.2.target", FlagKind.EXTRACTION),
        ("indicators.10.target", FlagKind.EXTRACTION),
    ]


def test_a_row_that_one_half_lacks(form, check, rows):
    flags = check(form(left=rows, right=(*rows[:1], *rows[2:])))
    assert [(f.path, f.code, f.kind) for f in flags] == [("indicators.1", "row_in_one_half", FlagKind.SOURCE)]


def test_a_name_cut_off_in_the_narrow_half_is_the_same_name(form, check, rows):
    narrow = tuple((level2, name[:5], target) for level2, name, target in rows)
    assert check(form(left=rows, right=narrow), "row_in_one_half", "halves_disagree") == []


def test_halves_with_other_indicators_are_not_compared(form, check, rows):
    right = tuple(
        (level2, f"另{number}项{name}", target) for number, (level2, name, target) in enumerate(rows)
    )
    assert check(form(left=rows, right=right)) == []


def test_a_group_that_a_half_lacks(form, check, rows):
    without = (*rows[:3], *rows[4:])
    flags = check(form(left=rows, right=without), "group_missing")
    assert [f.path for f in flags] == ["indicators.10.level2", "indicators.11.level2"]


def test_a_half_without_indicators(form, check, rows):
    assert paths(check(form(left=rows, right=()))) == [("indicators", "half_without_indicators")]
    assert check(form({"goals.annual": None}, left=rows, right=())) == []


TEXTS = st.one_of(
    st.none(),
    st.text(max_size=12),
    st.sampled_from(["≥95%", "2031年", "及时", "成本指标", "12元/人/月", "在1-3万之间", "一项", "$\\geq 3$"]),
)
INDICATORS = st.lists(
    st.fixed_dictionaries(
        {
            "scope": st.sampled_from(["implementation_period", "annual"]),
            "level1": st.none(),
            "level2": st.one_of(st.none(), st.sampled_from([str(level) for level in Level2])),
            "name": TEXTS,
            "target": TEXTS,
        }
    ),
    max_size=12,
)


@settings(max_examples=150, deadline=None)
@given(indicators=INDICATORS, goal=TEXTS, phone=TEXTS)
def test_no_table_and_no_text_breaks_a_check(form, indicators, goal, phone):
    data = form({"indicators": indicators, "goals.annual": goal, "phone": phone})
    subject = Subject(data, None, "", Chunk(0, 0, 0, ()))
    flags = run_checks(subject, CHECKS)
    assert "check_failed" not in {flag.code for flag in flags}
    assert flags == run_checks(subject, CHECKS)
    assert all(flag.message.isprintable() for flag in flags)
