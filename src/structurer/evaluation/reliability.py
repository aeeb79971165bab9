"""Whether confidences are to be believed: how far off they are, and whether they put errors last.

Everything here is about pairs of a confidence in [0, 1] and whether the value is right; values without
a confidence (a row that was not read, the half of a row) are the caller's to leave out and to tell of.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple

from structurer.evaluation.headline import Ratio
from structurer.evaluation.statistics import clopper_pearson

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_BINS = 10


class Rated(NamedTuple):
    """A confidence in [0, 1], and whether the value is right."""

    confidence: float
    right: bool


class Accepted(NamedTuple):
    """What accepting all values of at least this confidence would mean: how many, and how wrong.

    ``coverage`` is the share of the values that are accepted, ``risk`` the share of these that are wrong.
    """

    confidence: float
    coverage: float
    risk: float
    values: int


class Bin(NamedTuple):
    """Values of like confidence: their mean confidence, how many are right, and that share's interval.

    The interval is 95%, Clopper–Pearson; it takes the values as independent and is so too narrow.
    """

    confidence: float
    right: Ratio
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Reliability:
    """Figures of rated values; ``None`` where there are none (``auroc``: none right, or none wrong).

    ``brier`` is the mean squared distance of confidence and outcome (Brier 1950), ``ece`` the expected
    calibration error (Naeini et al. 2015, AAAI; Guo et al. 2017, ICML) over bins of equal mass, ``auroc``
    the chance that a right value has a higher confidence than a wrong one, ties counting half.
    """

    values: int
    wrong: int
    brier: float | None
    ece: float | None
    auroc: float | None
    bins: tuple[Bin, ...]
    curve: tuple[Accepted, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return the figures as JSON values."""
        bins = [{**each._asdict(), "right": each.right.as_dict()} for each in self.bins]
        return asdict(self) | {"bins": bins, "curve": [point._asdict() for point in self.curve]}


def reliability(rated: Sequence[Rated], bins: int = _BINS) -> Reliability:
    """Return all figures of rated values."""
    filled = equal_bins(rated, bins)
    return Reliability(
        values=len(rated),
        wrong=sum(not value.right for value in rated),
        brier=brier(rated),
        ece=_calibration_error(filled),
        auroc=auroc(rated),
        bins=filled,
        curve=risk_coverage(rated),
    )


def risk_coverage(rated: Sequence[Rated]) -> tuple[Accepted, ...]:
    """Return one point for each confidence there is, from the highest: accept what is at least as sure.

    El-Yaniv & Wiener 2010 (JMLR 11). Values of the same confidence are accepted together, since nothing
    tells them apart.
    """
    points, values, wrong = [], 0, 0
    for confidence, tied in _by_confidence(rated, highest_first=True):
        values += len(tied)
        wrong += sum(not value.right for value in tied)
        points.append(Accepted(confidence, values / len(rated), wrong / values, values))
    return tuple(points)


def equal_bins(rated: Sequence[Rated], bins: int = _BINS) -> tuple[Bin, ...]:
    """Return at most so many bins of about as many values each, from the lowest confidence.

    Equal mass, because confidences crowd near 1 (Nguyen & O'Connor 2015, EMNLP). Values of the same
    confidence stay together, so there may be fewer bins, and larger ones.
    """
    found: list[Bin] = []
    waiting: list[Rated] = []
    seen = 0
    for _, tied in _by_confidence(rated):
        waiting += tied
        seen += len(tied)
        # The next bin's border is passed: close this one.
        if seen * bins >= (len(found) + 1) * len(rated):
            found.append(_bin(waiting))
            waiting = []
    return tuple(found)


def expected_calibration_error(rated: Sequence[Rated], bins: int = _BINS) -> float | None:
    """Return how far mean confidence and share of right values are apart, weighted over ``equal_bins``."""
    return _calibration_error(equal_bins(rated, bins))


def brier(rated: Sequence[Rated]) -> float | None:
    """Return the mean of (confidence - outcome)², with 1 for right and 0 for wrong."""
    if not rated:
        return None
    # fsum, here and below: the same figure in whatever order the values come.
    return math.fsum((value.confidence - value.right) ** 2 for value in rated) / len(rated)


def auroc(rated: Sequence[Rated]) -> float | None:
    """Return the chance that a right value is rated above a wrong one, ties half (Mann & Whitney 1947)."""
    right = sum(value.right for value in rated)
    wrong = len(rated) - right
    if not right or not wrong:
        return None
    above, wrong_below = 0.0, 0
    for _, tied in _by_confidence(rated):
        right_here = sum(value.right for value in tied)
        wrong_here = len(tied) - right_here
        above += right_here * (wrong_below + wrong_here / 2)
        wrong_below += wrong_here
    return above / (right * wrong)


def _by_confidence(
    rated: Iterable[Rated], *, highest_first: bool = False
) -> Iterator[tuple[float, list[Rated]]]:
    ordered = sorted(rated, key=_confidence, reverse=highest_first)
    return ((confidence, list(tied)) for confidence, tied in groupby(ordered, key=_confidence))


def _confidence(value: Rated) -> float:
    return value.confidence


def _bin(values: Sequence[Rated]) -> Bin:
    right = Ratio(sum(value.right for value in values), len(values))
    low, high, _ = clopper_pearson(*right)
    return Bin(math.fsum(value.confidence for value in values) / len(values), right, low, high)


def _calibration_error(bins: Sequence[Bin]) -> float | None:
    values = sum(each.right.whole for each in bins)
    if not values:
        return None
    return sum(abs(each.right.part - each.confidence * each.right.whole) for each in bins) / values
