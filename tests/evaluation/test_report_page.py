"""What a report's page says and draws."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from invented_runs import declarations, run

from structurer.evaluation.pages import report_page
from structurer.evaluation.plots import Point, curve

if TYPE_CHECKING:
    from structurer.evaluation.outcomes import CellOutcome


def _some_wrong(cell: CellOutcome) -> CellOutcome:
    wrong = cell.ordinal % 3 == 0 and cell.field == "handler"
    return replace(cell, read="x", right=False, error="wrong value") if wrong else cell


@pytest.mark.parametrize(
    ("cells", "caption"),
    [
        (
            declarations(30),
            "lines are 95% intervals, exact, allowing for values of a declaration being alike: "
            "too few errors to resample",
        ),
        (
            declarations(30, _some_wrong),
            "lines are 95% intervals from resampling declarations within these filings",
        ),
        (declarations(1), "fewer than two declarations have no interval"),
    ],
)
def test_the_caption_says_what_the_intervals_are(cells: list[CellOutcome], caption: str) -> None:
    page = report_page(run(cells))
    assert f"Share of certain cells that are right; {caption}." in page


def test_a_curve_begins_at_zero_unless_it_goes_below() -> None:
    high, low = ([Point(x, x / 100 + shift) for x in range(3)] for shift in (0.9, -0.9))
    assert _heights(curve(high, "run", "share right")) < 0.1 * _heights(curve(low, "run", "share right"))


def _heights(svg: str) -> float:
    """Return how much of the figure's height the curve goes over, in points."""
    lines = re.findall(r'<path d="(M [^"]*)" clip-path', svg)
    spans = []
    for line in lines:
        numbers = [float(number) for number in re.findall(r"-?[0-9.]+", line)]
        xs, ys = numbers[::2], numbers[1::2]
        if len(set(xs)) > 2:
            spans.append(max(ys) - min(ys))
    return max(spans)
