"""Krippendorff's α for nominal data and two people, each of whom gave every value.

Krippendorff, "Computing Krippendorff's Alpha-Reliability" (2011, University of Pennsylvania): 1 - observed /
expected disagreement, where what is expected is that the values both wrote were dealt out by chance. 1 is
perfect, 0 is chance.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def alpha(units: Iterable[tuple[object, object]]) -> float | None:
    """Return Krippendorff's α of values that two people gave to the same things; ``None``: all are one."""
    units = list(units)
    counts = Counter(value for unit in units for value in unit)
    total = counts.total()
    if total < 2:
        return None
    expected = 1 - sum(count * (count - 1) for count in counts.values()) / (total * (total - 1))
    observed = sum(one != other for one, other in units) / len(units)
    return 1 - observed / expected if expected else None
