"""Where a label's values stand, found by exact search, and whether evidence is there."""

from __future__ import annotations

import pytest

from structurer.evaluation.evidence import LONGEST_EXCERPT, excerpt, find_values, judge
from structurer.evaluation.outcomes import Place
from structurer.grounding import TextIndex
from structurer.models import Span

FORM = """\
云溪县项目支出绩效目标申报表
（2022年度）
项目名称\t河堤加固\u3000工程（北岸）
主管部门及代码\t071-云溪县水务局
实施单位\t云溪县水务局
项目期\t3年
项目资金\t实施期资金总额：\t20,000,000.00\t年度资金总额：\t6,000,000
\t中央财政资金\t0\t中央财政资金\t0
\t市县（区）财政资金\t20,000,000\t市县（区）财政资金\t6,000,000
\t单位自筹\t0
\t单位自筹\t0
项目概况\t2023年起加固河堤，
按护栏数量拨付6,000,000。
总体目标\t加固河堤\t加固河堤
一级指标\t二级指标\t三级指标\t指标值\t二级指标\t三级指标\t指标值
产出指标\t数量指标\t加固长度\t≥9公里\t数量指标\t加固长度\t≥3公里
\t\t护栏数量\t12处\t\t护栏数量\t112处
\t成本指标\t巡查次数\t≥24次/年\t成本指标\t灯具
\t\t巡查\t7项\t\t巡查次数\t7项
效益指标\t社会效益指标\t知晓率\t5%\t社会效益\t知晓率
\t\t\t\t\t\t5%
填报日期：20230119115235
"""


def found(data, path, text=FORM, region=None):
    """The text at the place of a label's value; ``None`` where nothing can be said."""
    index = TextIndex(text)
    value = find_values(data, index, region).get(path)
    if value is None or value.own is None:
        return None
    return text[index.offsets[value.own.first] : index.offsets[value.own.last - 1] + 1]


def row(name, target, level2="数量指标", scope="implementation_period"):
    return {"scope": scope, "level2": level2, "name": name, "target": target}


@pytest.mark.parametrize(
    ("path", "value", "printed"),
    [
        ("project_name", "河堤加固工程(北岸)", "河堤加固\u3000工程（北岸）"),
        (
            "overview",
            "2023年起加固河堤，按护栏数量拨付6,000,000。",
            "2023年起加固河堤，\n按护栏数量拨付6,000,000。",
        ),
        ("competent_department.code", "071", "071"),
        ("competent_department.code", "07", None),
        ("implementing_unit", "云溪县水务局", None),
        ("duration_years", 3, "3年"),
        ("fiscal_year", 2023, None),
        ("submitted_at", "2023-01-19T11:52:35", "20230119115235"),
        ("necessity", "河堤年久失修", None),
        ("necessity", None, None),
    ],
)
def test_a_value_that_is_printed_once_stands_there(data, path, value, printed):
    changes = {path.replace(".", "__"): value}
    assert found(data(indicators=[], **changes), path) == printed


@pytest.mark.parametrize(
    ("half", "line", "amount", "printed"),
    [
        ("implementation_period", "total", "20000000", "20,000,000.00"),
        ("annual", "total", "6000000", "6,000,000"),
        ("annual", "total", "600000", None),
        ("implementation_period", "central", "0", "0"),
        ("annual", "central", "0", "0"),
        ("implementation_period", "municipal_county", "20000000", "20,000,000"),
        ("implementation_period", "municipal_county", "6000000", None),
        ("implementation_period", "self_raised", "0", None),
        ("implementation_period", "provincial", "0", None),
    ],
)
def test_an_amount_stands_behind_its_label_in_its_half(data, half, line, amount, printed):
    path = f"funding.{half}.{line}"
    assert found(data(**{path.replace(".", "__"): amount}), path) == printed


def test_both_halves_of_one_line_stand_left_and_right(data):
    index = TextIndex(FORM)
    goals = data(goals__implementation_period="加固河堤", goals__annual="加固河堤", overview=None)
    assert find_values(goals, index, None)["goals.annual"].own is None, "printed in the overview as well"
    table = find_values(goals, index, Span(FORM.index("总体目标"), len(FORM)))
    left, right = table["goals.implementation_period"].own, table["goals.annual"].own
    assert index.offsets[left.first] == FORM.index("加固河堤\t")
    assert index.offsets[right.first] == FORM.index("加固河堤\n")


def test_what_is_printed_once_for_two_cells_may_be_either(data):
    both = [row("灯具", None), row("灯具", None, scope="annual")]
    assert found(data(indicators=both), "indicators.0.name") is None
    assert found(data(indicators=both[:1]), "indicators.0.name") == "灯具"


def test_what_stands_on_two_lines_may_be_either(data):
    both = [row("知晓率", "5%"), row("知晓率", "5%", scope="annual")]
    assert found(data(indicators=both), "indicators.1.name") == "知晓率"
    assert found(data(indicators=both), "indicators.1.target") is None


@pytest.mark.parametrize(
    ("field", "value", "printed"),
    [
        ("name", "加固长度", None),
        ("name", "灯具", "灯具"),
        ("name", "护栏", None),
        ("target", "12处", "12处"),
        ("target", "2处", None),
        ("target", "9公里", None),
        ("target", "≥9公里", "≥9公里"),
    ],
)
def test_an_indicator_stands_in_the_table_as_a_whole_cell(data, field, value, printed):
    rows = [row("别的", None) | {field: value}]
    assert found(data(indicators=rows), f"indicators.0.{field}") == printed


def test_a_second_level_stands_before_the_first_row_of_its_block(data):
    rows = [
        row("加固长度", "≥9公里"),
        row("护栏数量", "12处"),
        row("巡查次数", "≥24次/年", "成本指标"),
        row("加固长度", "≥3公里", scope="annual"),
    ]
    places = find_values(data(indicators=rows), TextIndex(FORM), None)
    offsets = TextIndex(FORM).offsets
    assert offsets[places["indicators.0.level2"].own.first] == FORM.index("数量指标\t加固长度\t≥9")
    assert offsets[places["indicators.3.level2"].own.first] == FORM.index("数量指标\t加固长度\t≥3")
    assert "indicators.1.level2" not in places
    assert "indicators.2.level2" not in places


def test_only_the_projects_own_text_is_searched(data):
    form = data(handler="梁甲", indicators=[])
    text = "经办人：梁甲\n" + FORM + "经办人：梁甲\n"
    assert found(form, "handler", text) is None
    assert found(form, "handler", text, Span(len("经办人：梁甲\n"), len(text))) == "梁甲"


def test_evidence_is_right_when_each_covers_half_of_the_other():
    index = TextIndex("甲乙丙丁 戊己庚辛")
    own = index.stretch(Span(0, 4))
    spans = {
        Place.RIGHT: ([Span(0, 4)], [Span(0, 2), Span(3, 4)], [Span(0, 7)], [Span(2, 4)]),
        Place.WRONG: ([Span(5, 9)], [Span(0, 1)], [Span(3, 9)], [Span(2, 8)]),
        Place.MISSING: ([],),
    }
    for place, cases in spans.items():
        for case in cases:
            assert judge(index, own, case) is place, case
    assert judge(index, None, [Span(0, 4)]) is Place.UNKNOWN
    assert judge(index, None, []) is Place.UNKNOWN


def test_an_excerpt_is_the_line_that_a_place_is_on():
    text = "首行\n  河堤\t加固\t工程 \n末行"
    assert excerpt(text, text.index("加固")) == "河堤 加固 工程"
    assert excerpt(text, 0) == "首行"
    assert excerpt(text, len(text) - 1) == "末行"


@pytest.mark.parametrize("at", [0, 150, 500, 999])
def test_a_long_line_is_cut_around_the_place(at):
    line = "甲" * at + "★" + "乙" * (999 - at)
    shown = excerpt(f"前\n{line}\n后", 2 + at)
    assert "★" in shown
    assert len(shown) == LONGEST_EXCERPT
