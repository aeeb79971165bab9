"""Intervals of shares of right cells, and what a report says of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from structurer.evaluation.statistics import ClusterInterval, Resampled, cluster_bootstrap
from structurer.evaluation.totals import by_declaration

if TYPE_CHECKING:
    from collections.abc import Iterable

    from structurer.evaluation.outcomes import CellOutcome


def interval_of(cells: Iterable[CellOutcome]) -> ClusterInterval | None:
    """Return the share of right cells with its interval by declaration; ``None`` of fewer than two."""
    filings: dict[str, list[tuple[float, float]]] = {}
    for (filing, _), some in by_declaration(cell for cell in cells if cell.scored).items():
        filings.setdefault(filing, []).append((sum(cell.right for cell in some), len(some)))
    if sum(map(len, filings.values())) < 2:
        return None
    return cluster_bootstrap(list(filings.values()))


def interval_note(whole: ClusterInterval | None) -> str:
    """Return in words what the lines of a figure are, by the interval of all that it shows."""
    if whole is None:
        return "fewer than two declarations have no interval"
    if whole.resampled is Resampled.NOTHING:
        return (
            "lines are 95% intervals, exact, allowing for values of a declaration being alike: "
            "too few errors to resample"
        )
    return f"lines are 95% intervals from resampling {whole.resampled}"
