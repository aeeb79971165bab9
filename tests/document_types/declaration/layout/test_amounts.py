from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from structurer.document_types.declaration.layout.amounts import parse_amount
from structurer.document_types.declaration.layout.values import Value

PERIOD, ANNUAL = "funding.implementation_period", "funding.annual"


@pytest.mark.parametrize(
    ("text", "yuan"),
    [
        ("9,000,000", "9000000"),
        ("0", "0"),
        ("1,500,00 0", "1500000"),
        ("30,682,853. 34", "30682853.34"),
        ("５，２００", "5200"),
        ("279,000.82", "279000.82"),
        ("5200元", "5200"),
        ("12.5万元", "125000"),
        ("-300", "-300"),
    ],
)
def test_an_amount_is_yuan_whatever_the_scanner_did(text, yuan):
    amount = parse_amount(Value(text, ()))
    assert (amount.yuan, amount.sound) == (yuan, True)


@pytest.mark.parametrize(("text", "yuan"), [("12.5", "125000"), ("0", "0"), ("0.0001", "1"), ("7元", "7")])
def test_a_form_in_ten_thousands_is_brought_to_yuan(text, yuan):
    assert parse_amount(Value(text, ()), in_wan=True).yuan == yuan


@pytest.mark.parametrize("text", ["详见附件", "3O0,000", "1.5.2", "约300", "300,000至500,000"])
def test_what_is_no_number_is_no_amount(text):
    amount = parse_amount(Value(text, ()))
    assert amount.yuan is None
    assert not amount.sound


@pytest.mark.parametrize("text", ["90,00,000", "9,0000", "1,50,000", "00,12,345"])
def test_thousands_that_do_not_fit_are_not_sound(text):
    assert not parse_amount(Value(text, ())).sound


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**11), st.data())
def test_spaces_in_digits_say_nothing(number, data):
    printed = f"{number:,}"
    places = data.draw(st.lists(st.integers(0, len(printed)), max_size=3))
    for place in sorted(places, reverse=True):
        printed = printed[:place] + " " + printed[place:]
    amount = parse_amount(Value(printed, ()))
    assert (amount.yuan, amount.sound) == (str(number), True)


def replaced(parts, old, new):
    assert old in parts["funding"]
    return parts["funding"].replace(old, new, 1)


def test_digits_split_inside_a_cell_are_joined(form, read, parts):
    found = read(form(funding=replaced(parts, "6,000,000", "6,000,00 0")))
    assert found[f"{PERIOD}.provincial"] == "6000000"
    assert found.flags() == []


def test_digits_split_in_running_text_are_joined(form, read):
    found = read(
        form(
            funding="项目资金（元）\n实施期资金总额： 9,000,00 0 年度资金总额： 3,000,000\n"
            "其中：中央财政资金 0 其中：中央财政资金 0\n省级财政资金 6,000,000 省级财政资金 2,000,000\n"
            "市县（区）财政资金 3,000,000 市县（区）财政资金 1,000,000\n"
        )
    )
    assert found[f"{PERIOD}.total"] == "9000000"
    assert found[f"{ANNUAL}.total"] == "3000000"
    assert not found.doubted("funding")


def test_both_labels_before_both_numbers(form, read):
    found = read(
        form(
            funding="项目资金（元）\n实施期资金总额： 年度资金总额：\n9,000,000 3,000,000\n"
            "其中：中央财政资金 其中：中央财政资金\n0 0\n省级财政资金 省级财政资金\n6,000,000 2,000,000\n"
            "市县（区）财政资金 市县（区）财政资金\n3,000,000 1,000,000\n"
            "单位自筹 单位自筹\n其他资金 其他资金\n"
        )
    )
    assert found[PERIOD] == {
        "total": "9000000",
        "central": "0",
        "provincial": "6000000",
        "municipal_county": "3000000",
        "self_raised": None,
        "other": None,
    }
    assert found[f"{ANNUAL}.provincial"] == "2000000"
    assert found.flags() == []


def test_a_label_that_wraps_is_no_part_of_the_amount(form, read):
    found = read(
        form(
            funding="项目资金\n（元）\n实施期资金总额： 9,000,000 年度资金总额： 3,000,000\n"
            "其中：中央财政资金 0 其中：中央财政资金 0\n省级财政资金 6,000,000 省级财政资金 2,000,000\n"
            "市县（区）财政资\n金\n3,000,000 市县（区）财政资金 1,000,000\n"
            "单位自筹 0 单位自筹 0\n其他资金 其他资金\n"
        )
    )
    assert found[f"{PERIOD}.municipal_county"] == "3000000"
    assert found[f"{ANNUAL}.municipal_county"] == "1000000"
    assert found.flags() == []


def test_both_halves_labels_wrap(form, read):
    found = read(
        form(
            funding="项目资金（元）\n实施期资金总额： 9,000,000 年度资金总额： 3,000,000\n"
            "其中：中央财政资金 0 其中：中央财政资金 0\n省级财政资金 6,000,000 省级财政资金 2,000,000\n"
            "市县（区）财政资\n金\n3,000,000\n市县（区）财政资\n金\n1,000,000\n"
            "单位自筹 0 单位自筹 0\n其他资金 其他资金\n"
        )
    )
    assert found[f"{PERIOD}.municipal_county"] == "3000000"
    assert found[f"{ANNUAL}.municipal_county"] == "1000000"


def test_ten_thousands_stand_in_the_label_or_in_the_cell(form, read, parts):
    label = parts["funding"].replace("（元）", "（万元）")
    found = read(form(funding=label.replace("9,000,000", "900.5")))
    assert found[f"{PERIOD}.total"] == "9005000"
    assert found[f"{PERIOD}.central"] == "0"
    cell = read(form(funding=replaced(parts, "9,000,000", "900万元")))
    assert cell[f"{PERIOD}.total"] == "9000000"
    assert cell.flags() == []


def test_a_unit_above_the_table_counts(form, read, parts):
    found = read(form(title=parts["title"] + "单位：万元\n", funding=replaced(parts, "（元）", "")))
    assert found[f"{ANNUAL}.total"] == "30000000000"


def test_an_empty_cell_stays_null(form, read, parts):
    found = read(form(funding=replaced(parts, "单位自筹\t0", "单位自筹\t")))
    assert found[f"{PERIOD}.self_raised"] is None
    assert found[f"{ANNUAL}.self_raised"] == "0"


@pytest.mark.parametrize("printed", ["6,0O0,000", "见附表", "六百万"])
def test_what_is_no_number_is_null_and_flagged(form, read, parts, printed):
    found = read(form(funding=replaced(parts, "6,000,000", printed)))
    assert found[f"{PERIOD}.provincial"] is None
    assert found.doubted(f"{PERIOD}.provincial") or found.told(printed)
    assert found[f"{ANNUAL}.provincial"] == "2000000"


def test_thousands_that_do_not_fit_are_flagged(form, read, parts):
    found = read(form(funding=replaced(parts, "6,000,000", "6,00,000")))
    assert (f"{PERIOD}.provincial", "amount_groups") in found.flags()


def test_a_repeated_page_that_prints_another_amount_is_flagged(form, read, parts):
    page = parts["name"] + parts["department"] + parts["attribute"]
    same = read(form(table=page + parts["funding"] + parts["head"] + parts["table"]))
    assert same.flags() == []
    other = read(
        form(table=page + parts["funding"].replace("2,000,000", "2,900,000") + parts["head"] + parts["table"])
    )
    assert other[f"{ANNUAL}.provincial"] == "2000000"
    assert (f"{ANNUAL}.provincial", "pages_differ") in other.flags()
