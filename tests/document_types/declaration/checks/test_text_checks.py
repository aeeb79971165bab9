from __future__ import annotations

import pytest

from structurer.models import Chunk, Evidence, FlagKind, Grounding, Segment, Span


@pytest.mark.parametrize(
    "text",
    ["依据《行道树管理办法》（试行", "完成修剪，补种灌木、", "经费用于购置剪枝机和", "成立“绿色街区"],
)
def test_a_text_that_stops_in_the_middle(form, check, text):
    (flag,) = check(form({"basis": text}))
    assert (flag.path, flag.code, flag.kind) == ("basis", "text_cut_off", FlagKind.SOURCE)


@pytest.mark.parametrize(
    "text",
    [
        "完成修剪",
        "1）修剪；2）补种",
        "依据《办法》(试行)",
        "街区称“绿色示范区，已完成修剪。",
        "共计 3.5 万元",
    ],
)
def test_a_text_that_ends(form, check, text):
    assert check(form({"basis": text})) == []


def test_a_goal_that_goes_on_in_the_other_half(form, check):
    goals = {"implementation_period": "完成全市行道树修剪补种浇灌", "annual": "完成全市行道树修剪补种"}
    assert [f.path for f in check(form({"goals": goals}))] == ["goals.annual"]


def test_a_text_followed_by_unclaimed_text_was_cut_by_us(form, check):
    text = "完成修剪，补种灌木、浇灌草坪"
    first, rest = Segment(0, 0, 0, 0, 10, text[:10]), Segment(1, 0, 1, 10, 14, text[10:])
    parts = {
        "evidence": {"basis": Evidence((Span(0, 10),), Grounding.EXACT)},
        "text": text,
        "chunk": Chunk(0, 0, len(text), (0,)),
        "segments": (first, rest),
    }
    kinds = [
        [f.kind for f in check(form({"basis": text[:10]}), "text_cut_off", unclaimed=unclaimed, **parts)]
        for unclaimed in ((rest,), ())
    ]
    assert kinds == [[FlagKind.EXTRACTION], [FlagKind.SOURCE]]


@pytest.mark.parametrize(
    ("goal", "odd"),
    [
        ("2031年申请财政资金100万元用于养护。", False),
        ("申请财政资金0.01亿元。", False),
        ("申请财政资金25万元。", False),  # 250,000.5: right to the last digit spoken
        ("申请财政资金180万元。", True),
        ("预算安排1000001元。", True),
        ("2030年预算180万元，已完成。", False),
        ("每株补贴180元。", False),
    ],
)
def test_a_goal_that_speaks_of_other_money(form, check, goal, odd):
    flags = check(form({"goals.annual": goal}), "goals_contradict_funding")
    assert [(f.path, f.kind) for f in flags] == [("goals.annual", FlagKind.SOURCE)] * odd
