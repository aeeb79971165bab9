from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from structurer.evaluation.cells import FIELDS, SCORING, flags_around, flags_over, same
from structurer.paths import covers, value_at


def test_a_change_of_what_is_forgiven_is_a_new_version():
    """Raise the version with every change to the cases below or to how rows are paired."""
    assert SCORING == "1"


def test_every_scalar_and_funding_field_is_scored_in_the_forms_order():
    assert len(FIELDS) == 31
    assert FIELDS[:3] == ("form_title", "fiscal_year", "project_name")
    assert "funding.annual.self_raised" in FIELDS
    assert not any(field.startswith("indicators") for field in FIELDS)


@pytest.mark.parametrize(
    ("field", "gold", "read"),
    [
        ("overview", "加固河堤（北岸）。", "加固 河堤(北岸)\u3000。\n"),
        ("target", "100%", "１００％"),
        ("target", "≥500㎡", "≥ 500m2"),
        ("name", "水质", "⽔质"),
        ("funding.annual.total", "6000000", "6000000.00"),
        ("funding.annual.other", None, None),
        ("duration_years", 3, 3),
    ],
)
def test_what_the_guide_declares_meaningless_is_dropped(field, gold, read):
    assert same(field, gold, read)


@pytest.mark.parametrize(
    ("field", "gold", "read"),
    [
        ("funding.annual.total", "20000000", "2000000"),
        ("funding.annual.total", "20000000", "20,000,000"),
        ("funding.annual.total", "0", None),
        ("funding.annual.other", None, "0"),
        ("funding.annual.total", "1", "NaN"),
        ("target", "≥10户/年", "≤10户/年"),
        ("target", "≥95%", "$\\geq 95\\%$"),
        ("target", "95%以上", "35%以上"),
        ("target", "≥10m3", "≥10m³/年"),
        ("target", "5%", "5"),
        ("name", "验收合格率", "验收合格率。"),
        ("overview", "<p>甲</p>", "甲"),
        ("handler", "Ann", "ANN"),
        ("submitted_at", "2023-01-19T11:52:35", "2023-01-19T11:52:00"),
        ("funding.annual.total", "6000000.00", "6000000.01"),
        ("fiscal_year", 2023, 2022),
        ("fiscal_year", 2023, "2023"),
        ("phone", "2293227", "2293221"),
        ("handler", None, ""),
        ("code", "040", "40"),
    ],
)
def test_everything_else_is_a_full_error(field, gold, read):
    assert not same(field, gold, read)


@given(st.text(), st.text())
def test_texts_are_the_same_only_when_their_characters_are(one, other):
    assert same("overview", one, one)
    assert same("overview", one, other) == same("overview", other, one)


def test_a_path_ends_early_where_the_form_does(data):
    assert value_at(data(), "funding.annual.total") == "6000000"
    assert value_at(data(), "overview.length") is None
    assert value_at(None, "overview") is None


def test_a_flag_covers_its_path_and_everything_below():
    assert covers("funding", "funding.annual.total")
    assert covers("", "phone")
    assert covers("indicators.1", "indicators.1")
    assert not covers("indicators.1", "indicators.12")
    assert not covers("funding.annual.total", "funding.annual")


def test_flags_over_a_value_and_around_a_row(record, source_flag):
    flags = record(flags=["indicators.1.target", "indicators.2", source_flag("indicators")]).flags
    assert [flag.path for flag in flags_over(flags, "indicators.2.name")] == ["indicators.2"]
    assert flags_over(flags, "indicators.1.name") == ()
    assert [flag.path for flag in flags_around(flags, "indicators.1")] == ["indicators.1.target"]
    assert flags_around(flags, "indicators.10") == ()
