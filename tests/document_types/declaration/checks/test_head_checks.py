from __future__ import annotations

import pytest

from structurer.models import Chunk, Evidence, FlagKind, Grounding, Severity, Span

EXACT = Evidence((Span(0, 1),), Grounding.EXACT)
FUZZY = Evidence((Span(0, 1),), Grounding.FUZZY)
PARTS = ("total", "provincial", "municipal_county", "self_raised")


def test_nothing_is_wrong_with_a_good_declaration(form, check):
    assert check(form()) == []


@pytest.mark.parametrize(
    "path",
    [
        "project_name",
        "competent_department.name",
        "implementing_unit",
        "project_attribute",
        "duration_years",
        "funding.implementation_period.total",
        "funding.annual.total",
        "indicators.3.name",
        "indicators.3.level2",
    ],
)
def test_a_required_field_missing(form, check, path):
    (flag,) = check(form({path: None}), "required_field_missing")
    assert (flag.path, flag.kind) == (path, FlagKind.EXTRACTION)


def test_no_indicator_at_all(form, check):
    (flag,) = check(form(left=(), right=()), "required_field_missing")
    assert flag.path == "indicators"


def test_a_half_that_the_form_does_not_print_is_not_missing(form, check):
    empty = dict.fromkeys(("total", "central", "provincial", "municipal_county", "self_raised", "other"))
    data = form(
        {"funding.implementation_period": empty, "goals.implementation_period": None},
        left=(),
        right=(("数量指标", "灯杆", "≥10根"),),
    )
    assert check(data, "required_field_missing") == []
    text = "项目资金 实施期资金总额 年度资金总额"
    (flag,) = check(data, "required_field_missing", text=text, chunk=Chunk(0, 0, len(text), (0,)))
    assert flag.path == "funding.implementation_period.total"


def test_an_amount_that_is_no_number(form, check):
    flags = check(form({"funding.annual.central": "2O0"}), "amount_not_a_number", "check_failed")
    assert [(f.path, f.severity) for f in flags] == [("funding.annual.central", Severity.ERROR)]


def test_parts_that_do_not_add_up_are_doubted_where_the_print_is_not_certain(form, check):
    flags = check(form({"funding.annual.provincial": "250001"}), "funding_sum")
    assert flags == []  # half a yuan is rounding
    flags = check(form({"funding.annual.provincial": "850000"}), "funding_sum")
    assert [f.path for f in flags] == ["funding.annual"]
    assert {f.kind for f in flags} == {FlagKind.EXTRACTION}
    assert "1,599,999.5" in flags[0].message
    assert "1,000,000" in flags[0].message


@pytest.mark.parametrize(("last", "kind"), [(EXACT, FlagKind.SOURCE), (FUZZY, FlagKind.EXTRACTION)])
def test_parts_that_do_not_add_up_are_the_filings_where_all_is_read_right(form, check, last, kind):
    evidence = {f"funding.annual.{part}": EXACT for part in PARTS} | {"funding.annual.total": last}
    flags = check(form({"funding.annual.total": "7"}), "funding_sum", evidence=evidence)
    assert {f.kind for f in flags} == {kind}


def test_a_year_above_its_period(form, check):
    flags = check(form({"funding.annual.provincial": "1000001"}), "annual_above_period")
    assert [(f.path, f.kind) for f in flags] == [("funding.annual.provincial", FlagKind.SOURCE)]


def test_a_one_off_project_of_several_years(form, check):
    changes = {"project_attribute": "一次性项目", "duration_years": 1}
    assert check(form(changes)) == []
    (flag,) = check(form(changes | {"duration_years": 2}), "one_off_longer_than_a_year")
    assert flag.kind is FlagKind.SOURCE


@pytest.mark.parametrize(
    ("submitted", "code"),
    [
        ("2030-01-05T00:00:00", None),
        ("2032-12-30T23:59:59", None),
        ("2029-12-01T00:00:00", "date_out_of_fiscal_year"),
        ("2033-02-01T00:00:00", "date_out_of_fiscal_year"),
        ("2031-02-30T00:00:00", "date_impossible"),
    ],
)
def test_the_day_of_submission(form, check, submitted, code):
    assert [f.code for f in check(form({"submitted_at": submitted}))] == [code] * (code is not None)


def test_a_year_that_is_no_fiscal_year(form, check):
    assert [f.path for f in check(form({"fiscal_year": 231}), "date_impossible")] == ["fiscal_year"]


@pytest.mark.parametrize(
    "phone",
    [
        "5551234",
        "65551234",
        "08775551234",
        "010-65551234",
        "13712345678",
        "4001234567",
        "5551234/13712345678",
    ],
)
def test_a_telephone_number(form, check, phone):
    assert check(form({"phone": phone})) == []


@pytest.mark.parametrize("phone", ["555123", "12345678901", "1371234567", "赵小满", "5551234赵"])
def test_no_telephone_number(form, check, phone):
    assert [f.kind for f in check(form({"phone": phone}))] == [FlagKind.SOURCE]
    flags = check(form({"phone": phone}), "phone_implausible", evidence={"phone": FUZZY})
    assert [f.kind for f in flags] == [FlagKind.EXTRACTION]
