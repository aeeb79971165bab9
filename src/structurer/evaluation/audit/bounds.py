"""What a sample says of the lot: one-sided upper bounds.

**Strata.** Of stratum h, with a share W of the lot, n(h) values are drawn; all of them are m. The sample is
as large as a proportional one of n = min n(h)/W(h) values, since no stratum has less than its share of n. The
errors found are a sum of independent trials (a hypergeometric count is one too: Vatutin and Mikhailov 1982),
with a mean of at least n times the lot's share of errors. By Hoeffding, "On the distribution of the number
of successes in independent trials" (1956, theorem 4), so few errors are at most as likely as in m trials of
one chance. So Clopper and Pearson's bound on the mean number of errors in m trials, divided by n, bounds the
lot's share. Errors in strata of which more was drawn count fully, which can only raise the bound.

**Whole declarations.** Errors of one declaration are alike, so its values say less than as many values of
many declarations; ``statistics.effective_trials`` says how many independent ones they are worth.

A lot that was looked at whole needs no bound: what was found is what there is.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from math import ceil, comb, floor
from typing import TYPE_CHECKING, NamedTuple

from structurer.evaluation.statistics import (
    clustered_bound,
    effective_trials,
    trials_needed,
    upper_bound,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from structurer.evaluation.audit.plan import Promise


class Stratum(NamedTuple):
    """How many units a stratum has in the lot, and how many of them were judged."""

    units: int
    judged: int


@dataclass(frozen=True, slots=True)
class Sample:
    """Values that were drawn one by one and judged, in strata."""

    strata: tuple[Stratum, ...]

    @property
    def units(self) -> int:
        """How many values the lot has."""
        return sum(stratum.units for stratum in self.strata)

    @property
    def judged(self) -> int:
        """How many were judged."""
        return sum(stratum.judged for stratum in self.strata)

    @property
    def proportional(self) -> float:
        """How large a proportional sample it holds; 0 where nothing of some stratum was judged."""
        return min((s.judged * self.units / s.units for s in self.strata if s.units), default=0.0)

    def bound(self, errors: int, confidence: float) -> float:
        """Return the upper bound on the lot's share of errors; 1 where nothing can be said."""
        if self.units and self.judged == self.units:
            return errors / self.units
        return self._bound(errors, self.judged, self.proportional, confidence)

    def more(self, errors: int, promise: Promise) -> int:
        """Return how many more values, all right, would show the promise; 0 where it is shown.

        That is how much the proportional sample has to grow, with its shares rounded up again.
        """
        target, confidence = promise.target_error, promise.confidence
        if self.bound(errors, confidence) <= target:
            return 0
        size = floor(self.proportional)
        beyond = self.judged - size + len(self.strata) - 1
        enough = max(size + 1, trials_needed(target, errors, confidence))
        while self._bound(errors, enough + beyond, enough, confidence) > target:
            enough += 1
        return min(enough - size, self.units - self.judged)

    def accepts(self, promise: Promise) -> int | None:
        """Return the most errors with which this sample shows the promise; ``None``: it is too small."""
        return _most(lambda errors: self.bound(errors, promise.confidence), self.judged, promise)

    def _bound(self, errors: int, judged: int, proportional: float, confidence: float) -> float:
        if not proportional:
            return 1.0
        return min(1.0, upper_bound(errors, judged, confidence) * judged / proportional)


@dataclass(frozen=True, slots=True)
class ClusteredSample:
    """Values of whole declarations: how many the lot has, and (errors, judged) of each declaration drawn."""

    units: int
    tallies: tuple[tuple[int, int], ...]
    correlation: float

    def bound(self, confidence: float) -> float:
        """Return the upper bound on the lot's share of errors; 1 where nothing can be said."""
        errors, judged = self._sums()
        if self.units and judged == self.units:
            return errors / self.units
        return clustered_bound(self._some(), confidence, self.correlation) if judged else 1.0

    def more(self, promise: Promise) -> int:
        """Return about how many more values, all right, would show the promise; 0 where it is shown."""
        if self.bound(promise.confidence) <= promise.target_error:
            return 0
        errors, judged = self._sums()
        worth = (
            effective_trials(self._some(), promise.confidence, self.correlation) / judged if judged else 0.0
        )
        if not worth:
            return self.units - judged
        enough = trials_needed(promise.target_error, ceil(errors * worth), promise.confidence) / worth
        return min(max(1, ceil(enough - judged)), self.units - judged)

    def accepts(self, promise: Promise) -> int | None:
        """Return the most errors, each in another declaration, with which this sample shows the promise."""

        def bound(errors: int) -> float:
            tallies = tuple((int(n < errors), judged) for n, (_, judged) in enumerate(self.tallies))
            return ClusteredSample(self.units, tallies, self.correlation).bound(promise.confidence)

        return _most(bound, len(self.tallies), promise)

    def _sums(self) -> tuple[int, int]:
        return sum(errors for errors, _ in self.tallies), sum(judged for _, judged in self.tallies)

    def _some(self) -> list[tuple[float, float]]:
        return [(float(errors), float(judged)) for errors, judged in self.tallies if judged]


def _most(bound: Callable[[int], float], limit: int, promise: Promise) -> int | None:
    """Return the most errors whose bound is within the promise; the bound rises with them."""
    within = bisect_right(range(limit + 1), promise.target_error, key=bound)
    return within - 1 if within else None


def declarations_needed(values_per_declaration: float, promise: Promise, correlation: float) -> int:
    """Return how many whole declarations without any error show the promise."""
    needed = trials_needed(promise.target_error, 0, promise.confidence)
    declarations = max(2, ceil(needed / values_per_declaration))
    one = (0.0, values_per_declaration)
    while effective_trials([one] * declarations, promise.confidence, correlation) < needed:
        declarations += max(1, declarations // 50)
    return declarations


def consumers_risk(size: int, accepted: int, error: float) -> float:
    """Return how likely a lot with this share of errors shows at most ``accepted`` in such a sample."""
    return sum(comb(size, n) * error**n * (1 - error) ** (size - n) for n in range(accepted + 1))
