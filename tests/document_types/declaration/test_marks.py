from __future__ import annotations

import pytest

from structurer.document_types.declaration.marks import Mark, find_year, is_title, is_year, read_mark


@pytest.mark.parametrize(
    ("line", "mark", "word"),
    [
        ("项目名称\t古桥养护\t\t\t", Mark.HEAD, "古桥养护"),
        ("项目名称：古桥养护", Mark.HEAD, "古桥养护"),
        ("项目名称 古桥养护", Mark.HEAD, "古桥养护"),
        ("项 目 名 称\t古桥养护", Mark.HEAD, "古桥养护"),
        ("| 项目名称 | 古桥养护 | |", Mark.HEAD, "古桥养护"),
        ("\t项目名称\t古桥养护", Mark.HEAD, "古桥养护"),
        ("主管部门及代码\t517-望鹤县交通运输局", Mark.BODY, "competent_department"),
        ("项目资金（元）", Mark.BODY, None),
        ("省级财政资金 0 省级财政资金 0", Mark.BODY, None),
        ("总体目标\t三年内修补全部古桥。", Mark.BODY, None),
        ("一级指标\t二级指标\t三级指标\t指标值", Mark.TABLE, None),
        ("绩效指标\t一级指标\t二级指标\t三级指标\t指标值", Mark.TABLE, None),
        ("负责人：\t孟一舟\t经办人：", Mark.FOOT, "responsible_person"),
        ("项目支出绩效目标申报表", Mark.TITLE, None),
        ("（2031年度）", Mark.YEAR, None),
        ("十一、国有资产占有使用情况", Mark.SECTION, None),
        ("第四部分 名词解释", Mark.SECTION, None),
        ("（一）政府采购情况", Mark.SECTION, None),
        ("| --- | --- |", Mark.RULE, None),
        ("--------", Mark.RULE, None),
        ("养护全县古桥，保障行人安全。", Mark.PLAIN, None),
        ("\t\t\t加固栏杆长度\t≥640米", Mark.PLAIN, None),
    ],
)
def test_a_line_says_what_it_is(line, mark, word):
    found = read_mark(line)
    assert found.mark is mark
    assert word is None or found.word == word


@pytest.mark.parametrize(
    ("above", "below"), [("项目名", "称 古桥养护"), ("项目", "名称\t古桥养护"), ("项", "目名称古桥养护")]
)
def test_a_head_broken_over_two_lines(above, below):
    assert read_mark(above, below) == (Mark.HEAD, "古桥养护")
    assert read_mark(above, "养护全县古桥。").mark is not Mark.HEAD


@pytest.mark.parametrize(
    "line",
    [
        "望鹤县县级预算部门（单位）项目支出绩效目标申报表",
        "# 望鹤县项目支出绩效目标表",
        "2031年度项目支出绩效目标批复表",
        "项目支出绩效目标 申报表",
        "部门预算项目绩效目标公开表",
        "望鹤县县级预算部门（单位）项目支出绩效日标申报表",
        "望鹤县县级预算部门（单位）项目支出绩效目标申报",
    ],
)
def test_titles(line):
    assert is_title(line)


@pytest.mark.parametrize(
    "line",
    [
        "根据项目支出绩效目标申报表，项目已立项。",
        "附：项目支出绩效目标申报表",
        "2031年项目支出预算表",
        "绩效目标\t申报表",
        "绩效目标情况（附表说明）",
        "按规定填报了绩效目标申报表并由财政部门审核批复后随预算一并下达，单位据此开展绩效监控、绩效自评，结果应用于下一年度绩效目标申报表",
        "项目支出绩效评价报告",
    ],
)
def test_no_titles(line):
    assert not is_title(line)


@pytest.mark.parametrize(
    ("line", "year"),
    [
        ("（2031年度）", "2031"),
        ("(2031年度)", "2031"),
        ("2031年度", "2031"),
        ("2031年", "2031"),
        ("（2 031 年度）", "2 031"),
        ("（203 1年 度）", "203 1"),
        ("2031年度部门预算公开", "2031"),
        ("望鹤县交通运输局2031年度部门预算公开", "2031"),
        ("# 望鹤县2031年度项目支出绩效目标申报表", "2031"),
        ("2031年部门预算", "2031"),
    ],
)
def test_the_fiscal_year_of_a_heading(line, year):
    found = find_year(line)
    assert found is not None
    assert line[found.start : found.end] == year


@pytest.mark.parametrize(
    "line",
    [
        "2029年完成全部古桥勘察，2031年度部门预算据此安排。",
        "截至2030年12月31日",
        "2031年收入合计\t880",
        "2031年财政拨款收支总表\t6",
        "2031年部门预算报表 ........ 2",
        "填报日期：20310118093015",
        "古桥养护（2031年）",
        "项目期 3年",
    ],
)
def test_no_fiscal_year(line):
    assert find_year(line) is None


def test_a_year_line_holds_nothing_else():
    assert is_year("（2031年度）")
    assert not is_year("2031年度部门预算公开")
    assert not is_year("（1年度）")
