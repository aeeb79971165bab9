"""Live sums: which part of an amount breaks its total."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from structurer.document_types.declaration import DECLARATION
from structurer.review.editing.state import opened
from structurer.review.editing.sums import Sum, sums

KEYS = ("total", "central", "provincial", "municipal_county", "self_raised", "other")


def annual(amounts: dict[str, Any], period: dict[str, Any] | None = None) -> Sum:
    """Return the sum of the year's half."""
    data = DECLARATION.entry.empty()
    data["funding"]["annual"] |= amounts
    data["funding"]["implementation_period"] |= period or {}
    record = {"data": data, "evidence": {}}
    return sums(opened(record, data), DECLARATION.entry.halves)[1]


def test_parts_that_add_up_break_nothing() -> None:
    found = annual({"total": "300.5", "central": "100", "provincial": "200.5"})
    assert found == Sum("annual", Decimal("300.5"), Decimal("300.5"), Decimal(0), (), "")


def test_nothing_is_said_without_parts_or_without_a_total() -> None:
    assert annual({"total": "300"}).parts is None
    assert annual({"central": "300"}).off == 0
    assert annual({}).total is None


def test_the_part_that_lost_a_digit_is_found() -> None:
    found = annual({"total": "2500000", "central": "500000", "provincial": "200000"})
    assert (found.off, found.breaks) == (Decimal(-1800000), ("funding.annual.provincial",))
    assert "digit" in found.why


def test_an_empty_part_that_the_other_half_has_is_found() -> None:
    found = annual(
        {"total": "700", "central": "500"}, {"total": "900", "provincial": "200", "central": "700"}
    )
    assert set(found.breaks) == {"funding.annual.provincial", "funding.annual.central"}
    assert "other half" in found.why


def test_a_part_too_many_is_found_and_so_is_a_wrong_total() -> None:
    assert annual({"total": "500", "central": "500", "other": "77"}).breaks == ("funding.annual.other",)
    assert annual({"total": "7000", "central": "500", "other": "200"}).breaks == ("funding.annual.total",)


def test_what_nothing_explains_is_still_off_by_so_much() -> None:
    found = annual({"total": "1000", "central": "500", "other": "123"})
    assert (found.off, found.breaks, found.why) == (Decimal(-377), (), "")


def test_what_is_no_amount_is_left_out() -> None:
    assert annual({"total": "500", "central": "500", "other": "about ten"}).off == 0


def test_a_single_part_and_the_total_are_both_asked_about() -> None:
    found = annual({"total": "5000", "central": "500"})
    assert set(found.breaks) == {"funding.annual.total", "funding.annual.central"}
