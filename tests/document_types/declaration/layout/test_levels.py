from __future__ import annotations

import pytest

from structurer.document_types.declaration.layout.level_doubts import level_doubts
from structurer.document_types.declaration.layout.levels import assign_levels
from structurer.document_types.declaration.layout.rows import HalfRow, PrintedLevel, Row
from structurer.document_types.declaration.layout.values import Value
from structurer.document_types.declaration.model import Level2

NAMES = {
    "数": ("修补桥墩数量", "≥8座"),
    "数二": ("加固栏杆长度", "≥640米"),
    "质": ("石料抗压合格率", "100%"),
    "时": ("巡检完成时间", "每季度末"),
    "本": ("每座修补费用", "≤12万元"),
    "经": ("带动沿线民宿增收", "≥3%"),
    "社": ("减少通行隐患", "有效减少"),
    "可": ("健全管护机制", "持续健全"),
    "满": ("过桥行人满意度", "≥90%"),
}
LABELS = {
    "数量": Level2.QUANTITY,
    "质量": Level2.QUALITY,
    "时效": Level2.TIMELINESS,
    "成本": Level2.COST,
    "经济": Level2.ECONOMIC,
    "社会": Level2.SOCIAL,
    "生态": Level2.ECOLOGICAL,
    "可持续": Level2.SUSTAINABLE,
    "满意": Level2.SATISFACTION,
}


def half(label, name):
    printed = PrintedLevel((LABELS[label],), ()) if label else None
    name, target = NAMES[name] if name else (None, None)
    return HalfRow(printed, name and Value(name, ()), target and Value(target, ()))


def row(text, number):
    """``数量:数 | :数`` is a row with a label left and none right; ``社会:`` prints a label only."""
    halves = [half(*cell.strip().split("/")[0].split(":")) for cell in text.split("|")]
    level1 = text.partition("/")[2] or None
    return Row(halves[0], halves[1] if len(halves) > 1 else half("", ""), 6.0, number, (), level1)


def levelled(*lines):
    rows = [row(line, number) for number, line in enumerate(lines)]
    levels = assign_levels(rows)
    names = [tuple(half.level and half.level.removesuffix("指标") for half in pair) for pair in levels]
    return names, levels, level_doubts(rows, levels)


def both(line):
    return f"{line} | {line}"


WHOLE = [
    "数量:数",
    ":数二",
    "质量:质",
    "时效:时",
    "成本:本",
    "经济:经",
    "社会:社",
    "生态:",
    "可持续:可",
    "满意:满",
]


def test_printed_labels_hold_until_the_next():
    names, levels, doubts = levelled(*map(both, WHOLE))
    assert [left for left, _ in names] == [
        "数量",
        "数量",
        "质量",
        "时效",
        "成本",
        "经济效益",
        "社会效益",
        "生态效益",
        "可持续影响",
        "服务对象满意度",
    ]
    assert all(left == right for left, right in names)
    assert set(doubts) == {(None, None)}
    assert all(level.margin > 1 for n, pair in enumerate(levels) for level in pair if WHOLE[n] != "生态:")


def test_rows_before_the_first_label_are_of_quantity_without_doubt():
    lines = [both(":数"), both(":数二"), *map(both, WHOLE[2:])]
    names, _, doubts = levelled(*lines)
    assert names[0] == names[1] == ("数量", "数量")
    assert doubts[0] == doubts[1] == (None, None)


def test_a_label_lost_between_two_others_is_supplied_and_flagged():
    lines = list(map(both, WHOLE))
    lines[3] = both(":时")
    names, _, doubts = levelled(*lines)
    assert names[3] == ("时效", "时效")
    assert doubts[3][0]
    assert "时效指标" in doubts[3][0]


def test_beside_a_lost_label_every_row_without_its_own_is_doubted():
    lines = list(map(both, WHOLE))
    lines[3] = both(":时")
    _, _, doubts = levelled(*lines)
    assert all("时效指标 is not legible" in doubt for doubt in doubts[1])
    assert doubts[2] == (None, None)


def test_a_level_that_is_supplied_where_one_half_only_is_printed_says_so():
    lines = ["数量:数", "质量:质", ":时", "成本:本", "社会:社", "满意:满"]
    names, levels, doubts = levelled(*lines)
    assert names[2][0] == "时效"
    assert "was supplied" in doubts[2][0] or levels[2][0].margin < 1


def test_a_label_lost_in_one_half_makes_the_same_row_of_the_other_doubtful():
    lines = list(map(both, WHOLE))
    lines[3] = ":时 | 时效:时"
    names, _, doubts = levelled(*lines)
    assert names[3] == ("时效", "时效")
    assert all(doubts[3])


def test_a_label_one_row_late_is_moved_up_or_flagged():
    lines = list(map(both, WHOLE))
    lines[5:8] = [both("经济:"), both(":社"), both("社会:"), both("生态:")]
    names, _, doubts = levelled(*lines)
    assert names[6] == ("社会效益", "社会效益") or all("next label" in (doubt or "") for doubt in doubts[6])


def test_a_label_that_comes_again_makes_the_rows_between_doubtful():
    lines = list(map(both, [*WHOLE[:2], "数量:数二", *WHOLE[2:]]))
    names, _, doubts = levelled(*lines)
    assert names[1] == names[2] == ("数量", "数量")
    assert "数量指标 is printed again" in doubts[0][0]


def test_a_row_below_an_empty_groups_label_is_doubted():
    lines = list(map(both, WHOLE))
    lines[5:7] = [both("经济:"), both(":社")]
    _, _, doubts = levelled(*lines[:6], both(":社"), *lines[7:])
    assert all(doubts[6])


def test_a_label_that_is_not_believed_is_named():
    lines = list(map(both, WHOLE))
    lines[3] = both("质量:时")
    names, _, doubts = levelled(*lines)
    if names[3] != ("质量", "质量"):
        assert "质量指标" in doubts[3][0]


def test_halves_that_disagree_are_flagged_in_both(form, read, parts):
    quality, time = parts["table"].splitlines(keepends=True)[2:4]
    moved = quality.replace("100%\t质量指标", "100%\t") + time.replace(
        "每季度末\t时效指标", "每季度末\t质量指标"
    )
    found = read(form(table=parts["table"].replace(quality + time, moved)))
    assert [row[1] for row in found.left] == [row[1] for row in found.right]
    for number, (left, right) in enumerate(zip(found.left, found.right, strict=True)):
        if left[0] != right[0]:
            assert found.row_doubted("implementation_period", number, "level2")
            assert found.row_doubted("annual", number, "level2")
    assert found.row_doubted("annual", 3, "level2")


def test_a_first_level_label_that_does_not_fit_is_a_doubt():
    lines = list(map(both, WHOLE[:5]))
    _, _, doubts = levelled(*lines, ":社/效益指标", *map(both, WHOLE[6:]))
    assert doubts[5][0]


def test_a_misread_label_takes_the_level_that_its_place_allows():
    torn = HalfRow(PrintedLevel((Level2.SOCIAL, Level2.ECOLOGICAL), ()), *half("", "社")[1:])
    rows = [row(line, n) for n, line in enumerate([*WHOLE[:6], "社会:社", *WHOLE[7:]])]
    rows[6] = rows[6]._replace(left=torn)
    assert assign_levels(rows)[6][0].level is Level2.SOCIAL


def test_newer_forms_levels_are_never_supplied():
    names, _, _ = levelled(*map(both, [":数", ":质", ":时", ":本", ":社", ":满"]))
    assert {left for left, _ in names} & {"经济成本", "社会成本", "生态环境成本"} == set()


def test_no_labels_at_all_leave_every_level_but_the_first_in_doubt():
    names, levels, doubts = levelled(*map(both, [":数", ":质", ":时", ":本", ":社", ":满"]))
    for (left, _), (level, _), (doubt, _) in list(zip(names, levels, doubts, strict=True)):
        assert left in (None, "数量") or doubt or level.margin < 1


def test_an_empty_table_has_no_levels():
    assert assign_levels([]) == []


@pytest.mark.parametrize("lost", ["质量指标", "时效指标", "成本指标", "社会效益指标", "可持续影响指标"])
@pytest.mark.parametrize("halves", [1, 2])
def test_a_lost_label_is_never_a_silent_wrong_level(form, read, parts, rows, lost, halves):
    table = parts["table"]
    if halves == 1:
        place = table.index(lost)
        table = table[:place] + table[place + len(lost) :]
    else:
        table = table.replace(f"\t{lost}\t", "\t\t")
    found = read(form(table=table))
    for scope, half_rows in (("implementation_period", found.left), ("annual", found.right)):
        assert [r[1:] for r in half_rows] == [r[1:] for r in rows]
        for number, (expected, got) in enumerate(zip(rows, half_rows, strict=True)):
            assert expected[0] == got[0] or found.row_doubted(scope, number, "level2")
