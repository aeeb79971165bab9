"""Tables that are laid out as other places do: one half, stacked halves, targets in three columns."""

from __future__ import annotations

import pytest

ONE_HALF = "绩效指标\t一级指标\t二级指标\t三级指标\t指标值\n"


def one_half(rows, sep="\t"):
    lines = [
        f"{sep}{sep}{'' if n == 1 else level}{sep}{name}{sep}{target}" for n, (level, name, target) in rows
    ]
    return "\n".join(lines) + "\n"


@pytest.fixture
def half_table(rows):
    return one_half(list(enumerate(rows)))


def test_a_form_of_one_year_has_annual_rows_only(form, read, rows, half_table):
    found = read(form(goals="年度目标\t2031年修补八座古桥。\n", head=ONE_HALF, table=half_table))
    assert found.left == []
    assert found.right == list(rows)
    assert not [path for path, _ in found.flags() if path.startswith("indicators")]


@pytest.mark.parametrize("targets", [("实施期指标值", "年度指标值"), ("指标值", "指标值")])
def test_stacked_halves_keep_their_scope(form, read, rows, half_table, targets):
    period, annual = (ONE_HALF.replace("指标值", target) for target in targets)
    found = read(
        form(
            goals="实施期目标\t三年内修补全部古桥。\n",
            head=period,
            table=f"{half_table}年度目标\t修补八座古桥。\n{annual}{half_table}",
        )
    )
    assert found["goals"] == {"implementation_period": "三年内修补全部古桥。", "annual": "修补八座古桥。"}
    assert found.left == list(rows)
    assert found.right == list(rows)


def test_stacked_tables_below_both_goals(form, read, rows, half_table):
    found = read(
        form(
            head=ONE_HALF.replace("指标值", "实施期指标值"),
            table=half_table + ONE_HALF.replace("指标值", "年度指标值") + half_table,
        )
    )
    assert found.left == found.right == list(rows)
    assert found.flags() == []


SPLIT_HEAD = "绩效指标\t一级指标\t二级指标\t三级指标\t指标性质\t指标值\t度量单位\t权重\n"
SPLIT = (
    "\t产出指标\t数量指标\t修补桥墩数量\t≥\t8\t座\t10\n"
    "\t\t\t加固栏杆长度\t≥\t640\t米\t10\n"
    "\t\t质量指标\t石料抗压合格率\t=\t100\t%\t20\n"
    "\t\t时效指标\t巡检完成时间\t定性\t每季度末\t\t10\n"
    "\t效益指标\t社会效益指标\t减少通行隐患\t定性\t有效减少\t\t20\n"
    "\t满意度指标\t服务对象满意度指标\t过桥行人满意度\t≥\t90\t%\t10\n"
)


def test_a_target_in_three_columns_is_joined_and_weights_are_left_out(form, read):
    found = read(form(goals="年度目标\t2031年修补八座古桥。\n", head=SPLIT_HEAD, table=SPLIT))
    assert found.right == [
        ("数量指标", "修补桥墩数量", "≥8座"),
        ("数量指标", "加固栏杆长度", "≥640米"),
        ("质量指标", "石料抗压合格率", "=100%"),
        ("时效指标", "巡检完成时间", "每季度末"),
        ("社会效益指标", "减少通行隐患", "有效减少"),
        ("服务对象满意度指标", "过桥行人满意度", "≥90%"),
    ]
    assert found.left == []


def test_the_order_of_the_targets_columns_does_not_matter(form, read):
    moved = SPLIT_HEAD.replace("度量单位\t权重", "权重\t度量单位")
    table = SPLIT.replace("座\t10", "10\t座").replace("米\t10", "10\t米").replace("%\t10", "10\t%")
    found = read(
        form(goals="年度目标\t2031年修补八座古桥。\n", head=moved, table=table.replace("%\t20", "20\t%"))
    )
    assert [row[2] for row in found.right][:3] == ["≥8座", "≥640米", "=100%"]


def test_a_targets_columns_may_stand_in_another_order(form, read):
    lines = [line.split("\t") for line in (SPLIT_HEAD + SPLIT).splitlines()]
    turned = ["\t".join([*line[:4], line[6], line[5], line[4], line[7]]) + "\n" for line in lines]
    found = read(form(goals="年度目标\t2031年修补八座古桥。\n", head=turned[0], table="".join(turned[1:])))
    assert [row[2] for row in found.right] == ["≥8座", "≥640米", "=100%", "每季度末", "有效减少", "≥90%"]


def test_a_column_of_remarks_is_understood_and_left_out(form, read, rows, half_table):
    table = half_table.replace("\n", "\t见巡检台账\n")
    found = read(
        form(
            goals="年度目标\t2031年修补八座古桥。\n",
            head=ONE_HALF.replace("指标值", "指标值\t备注"),
            table=table,
        )
    )
    assert found.right == list(rows)
    assert not found.told("见巡检台账")


def test_numbers_before_names_are_dropped(form, read, parts, rows):
    table = parts["table"]
    for number, (_, name, _) in enumerate(rows, 1):
        table = table.replace(f"\t{name}\t", f"\t指标{number}：{name}\t")
    found = read(form(table=table))
    assert found.left == found.right == list(rows)


def test_rows_of_dots_mean_nothing(form, read, parts, rows):
    dots = "\t\t\t……\t\t\t……\t\n"
    lines = parts["table"].splitlines(keepends=True)
    found = read(form(table="".join([*lines[:2], dots, *lines[2:], dots])))
    assert found.left == found.right == list(rows)


def test_newer_forms_have_costs_on_the_first_level(form, read):
    table = (
        "\t成本指标\t经济成本指标\t每座修补费用\t≤12万元\t经济成本指标\t每座修补费用\t≤12万元\n"
        "\t\t社会成本指标\t封桥时长\t≤5天\t社会成本指标\t封桥时长\t≤5天\n"
        "\t\t生态环境成本指标\t占用河滩面积\t≤90平方米\t生态环境成本指标\t占用河滩面积\t≤90平方米\n"
        "\t产出指标\t数量指标\t修补桥墩数量\t≥8座\t数量指标\t修补桥墩数量\t≥8座\n"
        "\t\t质量指标\t石料抗压合格率\t100%\t质量指标\t石料抗压合格率\t100%\n"
        "\t\t时效指标\t巡检完成时间\t每季度末\t时效指标\t巡检完成时间\t每季度末\n"
        "\t效益指标\t社会效益指标\t减少通行隐患\t有效减少\t社会效益指标\t减少通行隐患\t有效减少\n"
        "\t满意度指标\t服务对象满意度指标\t过桥行人满意度\t≥90%\t服务对象满意度指标\t过桥行人满意度\t≥90%\n"
    )
    found = read(form(table=table))
    assert [row[0] for row in found.left] == [
        "经济成本指标",
        "社会成本指标",
        "生态环境成本指标",
        "数量指标",
        "质量指标",
        "时效指标",
        "社会效益指标",
        "服务对象满意度指标",
    ]
    assert found.left == found.right
    assert found["indicators.0.level1"] == "成本指标"


def test_points_beside_a_label_say_nothing(form, read, parts, rows):
    table = parts["table"].replace("产出指标", "产出指标（50分）").replace("质量指标", "质量指标(10分)")
    found = read(form(table=table))
    assert found.left == found.right == list(rows)


SHARED_NAMES = (
    "\t产出指标\t数量指标\t修补桥墩数量\t≥24座\t≥8座\n"
    "\t\t\t加固栏杆长度\t≥1920米\t≥640米\n"
    "\t\t质量指标\t石料抗压合格率\t100%\t100%\n"
    "\t满意度指标\t服务对象满意度指标\t过桥行人满意度\t≥90%\t≥92%\n"
)


@pytest.mark.parametrize("head", ["中期指标值\t年度指标值", "指标值\t指标值"])
def test_a_target_for_each_half_beside_one_name_makes_a_row_in_each(form, read, head):
    found = read(form(head=f"绩效指标\t一级指标\t二级指标\t三级指标\t{head}\n", table=SHARED_NAMES))
    names = [
        ("数量指标", "修补桥墩数量"),
        ("数量指标", "加固栏杆长度"),
        ("质量指标", "石料抗压合格率"),
        ("服务对象满意度指标", "过桥行人满意度"),
    ]
    for scope, targets in (
        ("implementation_period", ["≥24座", "≥1920米", "100%", "≥90%"]),
        ("annual", ["≥8座", "≥640米", "100%", "≥92%"]),
    ):
        assert found.rows(scope) == [(*name, target) for name, target in zip(names, targets, strict=True)]


def test_a_target_for_each_half_without_cells_is_told_and_not_guessed(form, read):
    head = "绩效指标 一级指标 二级指标 三级指标 中期指标值 年度指标值\n"
    found = read(form(head=head, table=SHARED_NAMES.replace("\t", " ")))
    assert found["indicators"] == []
    assert any(flag["code"] == "layout_unknown" for flag in found.record["flags"])
