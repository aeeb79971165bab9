"""Figures of a report as SVG: self-contained, and the same bytes for the same numbers."""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING, NamedTuple

import matplotlib as mpl
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager

    from matplotlib.axes import Axes

_SAYS_NOTHING = ("Date", "Creator", "Format", "Type")
_INK, _LINE, _SOFT = "#1f2937", "#2563eb", "#cbd5e1"


class Bar(NamedTuple):
    """A share with its interval, each in [0, 1]."""

    name: str
    value: float
    low: float
    high: float


class Point(NamedTuple):
    """A point of a curve. ``size`` is the number of values behind it, 0 where that says nothing."""

    x: float
    y: float
    size: int = 0


def bars(some: Sequence[Bar], label: str) -> str:
    """Return horizontal bars with their intervals, the first on top; the axis begins below the lowest."""
    figure, axes = _figure(height=0.6 + 0.32 * len(some))
    places = list(range(len(some)))
    lowest = min((bar.low for bar in some), default=0.0)
    left = max(0.0, min(0.95, lowest - 0.02))
    axes.barh(places, [bar.value - left for bar in some], left=left, color=_SOFT, height=0.6)
    errors = [[bar.value - bar.low for bar in some], [bar.high - bar.value for bar in some]]
    axes.errorbar([bar.value for bar in some], places, xerr=errors, fmt="o", color=_LINE, ms=3, lw=1.2)
    axes.set_yticks(places, [bar.name for bar in some])
    axes.invert_yaxis()
    axes.set_xlim(left, 1.0 + (1.0 - left) * 0.03)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:.4g}")
    axes.set_xlabel(label)
    return _svg(figure)


def curve(points: Sequence[Point], x: str, y: str, *, diagonal: bool = False) -> str:
    """Return a curve through points, larger where more values stand behind them."""
    figure, axes = _figure(height=2.6)
    if diagonal:
        axes.plot([0, 1], [0, 1], color=_SOFT, lw=1, ls="--")
    axes.plot([point.x for point in points], [point.y for point in points], color=_LINE, lw=1.4)
    most = max((point.size for point in points), default=0)
    if most:
        sizes = [8 + 60 * point.size / most for point in points]
        axes.scatter([point.x for point in points], [point.y for point in points], s=sizes, color=_LINE)
    if all(point.y >= 0 for point in points):
        # The curves are of shares and counts: cut off above 0, a small rise would look steep.
        axes.set_ylim(bottom=0)
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    return _svg(figure)


def _style() -> AbstractContextManager[None]:
    # The salt makes the ids in the file the same each time.
    return mpl.rc_context(
        {"svg.hashsalt": "structurer", "svg.fonttype": "path", "font.size": 9, "text.color": _INK}
    )


def _figure(height: float) -> tuple[Figure, Axes]:
    with _style():
        figure = Figure(figsize=(6.4, height), layout="constrained")
        FigureCanvasSVG(figure)
        axes = figure.add_subplot()
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="x", color="#e5e7eb", lw=0.6)
    axes.set_axisbelow(True)
    return figure, axes


def _svg(figure: Figure) -> str:
    with _style():
        text = StringIO()
        figure.savefig(text, format="svg", metadata=dict.fromkeys(_SAYS_NOTHING), transparent=True)
    svg = text.getvalue()
    return svg[svg.index("<svg") :]
