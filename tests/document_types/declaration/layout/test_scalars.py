from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from structurer.document_types.declaration.layout.scalars import (
    cut_value,
    read_attribute,
    read_timestamp,
    read_years,
    split_department,
)
from structurer.document_types.declaration.layout.values import Value, compose
from structurer.models import Span


def value(text):
    return Value(text, (Span(0, len(text)),))


@pytest.mark.parametrize(
    ("printed", "code", "name"),
    [
        ("517-望鹤县交通运输局", "517", "望鹤县交通运输局"),
        ("517—望鹤县交通运输局", "517", "望鹤县交通运输局"),
        ("517－望鹤县交通运输局", "517", "望鹤县交通运输局"),
        ("[015001]望鹤县交通运输局", "015001", "望鹤县交通运输局"),
        ("【015001】望鹤县交通运输局", "015001", "望鹤县交通运输局"),
        ("5 17-望鹤县交通运输局", "517", "望鹤县交通运输局"),
        ("517 - 望鹤县交通运输局", "517", "望鹤县交通运输局"),
        ("517望鹤县交通运输局", "517", "望鹤县交通运输局"),
        ("望鹤县交通运输局", None, "望鹤县交通运输局"),
        ("望鹤县第3-2管理处", None, "望鹤县第3-2管理处"),
        ("5I7-望鹤县交通运输局", None, "望鹤县交通运输局"),
        ("517", "517", None),
    ],
)
def test_a_department_is_cut_into_code_and_name(printed, code, name):
    found = split_department(printed, value(printed))
    assert tuple(part and part.text for part in found) == (code, name)


def test_code_and_name_point_at_their_own_places():
    text = "主管部门 517-望鹤县\n交通运输局"
    code, name = split_department(text, compose(text, [Span(5, 12), Span(13, 18)]))
    assert [text[start:end] for start, end in code.spans] == ["517"]
    assert "".join("".join(text[start:end].split()) for start, end in name.spans) == name.text


@pytest.mark.parametrize(
    ("printed", "name"),
    [
        ("经常性项目（长期开展）", "经常性项目"),
        ("一次性项目(1年结束)", "一次性项目"),
        ("延续性项目", "延续性项目"),
        ("延续性", "延续性项目"),
        ("经常 性项目", "经常性项目"),
        ("经常牲项目(长期开展)", "经常性项目"),
        ("一次性顶目", "一次性项目"),
        ("特定目标类", None),
        ("□新增 √延续", None),
        ("性项目", None),
    ],
)
def test_an_attribute_is_canonical_its_bracket_dropped(printed, name):
    assert read_attribute(value(printed)) == name


@pytest.mark.parametrize(
    ("printed", "years"),
    [
        ("3年", 3),
        ("1 年", 1),
        ("９９年", 99),
        ("10", 10),
        ("2031年度", None),
        ("202101-202312", None),
        ("长期", None),
    ],
)
def test_a_period_is_a_number_of_years(printed, years):
    assert read_years(value(printed)) == years


@pytest.mark.parametrize(
    ("printed", "moment"),
    [
        ("20310118093015", "2031-01-18T09:30:15"),
        ("203101180930 15", "2031-01-18T09:30:15"),
        ("２０３１０１１８０９３０１５", "2031-01-18T09:30:15"),
        ("20310229093015", None),
        ("20311301000000", None),
        ("20310118250000", None),
        ("2031011809301", None),
        ("203101180930155", None),
        ("2031-01-18 09:30", None),
        ("2O310118093015", None),
    ],
)
def test_a_timestamp_is_14_digits_that_form_a_real_time(printed, moment):
    assert read_timestamp(value(printed)) == moment


@settings(max_examples=60, deadline=None)
@given(st.text("望鹤 \n517-", min_size=1, max_size=12), st.data())
def test_a_part_of_a_value_stands_where_it_was_printed(text, data):
    printed = compose(text, [Span(0, len(text))])
    start = data.draw(st.integers(0, len(printed.text)))
    end = data.draw(st.integers(start, len(printed.text)))
    part = cut_value(text, printed, start, end)
    joined = "".join(text[left:right] for left, right in part.spans)
    assert "".join(joined.split()) == "".join(part.text.split())


def replaced(parts, part, old, new):
    assert old in parts[part]
    return {part: parts[part].replace(old, new, 1)}


def test_an_attribute_with_a_bracket_and_a_misread_character(form, read, parts):
    found = read(form(**replaced(parts, "attribute", "经常性项目（长期开展）", "经常性顶目 （长期 开展）")))
    assert found["project_attribute"] == "经常性项目"


def test_an_unknown_attribute_is_null_and_flagged(form, read, parts):
    found = read(form(**replaced(parts, "attribute", "经常性项目（长期开展）", "重大专项")))
    assert found["project_attribute"] is None
    assert found.doubted("project_attribute")


@pytest.mark.parametrize("label", ["项目日期", "项目期限", "项目 期", "实施周期"])
def test_the_period_has_several_labels(form, read, parts, label):
    found = read(form(**replaced(parts, "attribute", "项目期", label)))
    assert found["duration_years"] == 3
    assert found.flags() == []


def test_a_period_of_dates_is_null_and_flagged(form, read, parts):
    found = read(form(**replaced(parts, "attribute", "项目期\t3年", "项目起止时间\t203101-203312")))
    assert found["duration_years"] is None
    assert found.doubted("duration_years")


def test_a_code_that_is_no_number_is_null_and_flagged(form, read, parts):
    found = read(form(**replaced(parts, "department", "517-", "5I7-")))
    assert found["competent_department"] == {"code": None, "name": "望鹤县交通运输局"}
    assert found.doubted("competent_department.code")


def test_a_repeated_head_with_another_wording_is_flagged(form, read, parts):
    head = parts["name"] + parts["department"] + parts["attribute"]
    again = head.replace("望鹤县桥梁管护所", "望鹤县桥梁养护所")
    found = read(form(table=again + parts["head"] + parts["table"]))
    assert found["implementing_unit"] == "望鹤县桥梁管护所"
    assert ("implementing_unit", "pages_differ") in found.flags()
    assert len(found.flags()) == 1


def test_a_long_text_goes_on_over_lines_and_without_markup(form, read, parts):
    found = read(
        form(
            **replaced(
                parts, "texts", "养护全县古桥。", "<p>养护全县\n\n古桥24座，石料1200m <sup>3</sup>。</p>"
            )
        )
    )
    assert found["overview"] == "养护全县古桥24座，石料1200m3。"
    assert found["basis"] == "按县政府批复立项。"


def test_two_wrapped_cells_side_by_side_without_columns_are_doubted(form, read):
    found = read(
        form(
            department="主管部门及代码 517-望鹤县交通运输和\n城乡建设管理局 实施单位 望鹤县桥梁\n管护所\n",
        )
    )
    printed = {"517", "望鹤县交通运输和城乡建设管理局", "望鹤县桥梁管护所"}
    read_values = {*found["competent_department"].values(), found["implementing_unit"]}
    assert (
        read_values == printed or found.doubted("competent_department") or found.doubted("implementing_unit")
    )
