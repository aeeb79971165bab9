"""What a finite gold set can show: bounds, intervals by declaration, tests of differences.

Values of one declaration stand and fall together, so nothing here but ``clopper_pearson`` and
``upper_bound`` treats values as independent trials; intervals and tests resample declarations. A
seed fixes every random draw, so the same outcomes give the same figures.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy import special

if TYPE_CHECKING:
    from collections.abc import Iterable

CORRELATION = 0.08
"""How alike values of one declaration are assumed to be in being right (intraclass correlation).

Few errors say nothing of it, so no estimate below this is believed."""

_MANY_FILINGS = 8
_FEW_DECLARATIONS = 5
_EXACT_FLIPS = 14

Tally = tuple[float, float]
"""Of one declaration: the part (right values, say) and the whole (scored values)."""

Clusters = Sequence[Sequence[Tally]]
"""The tallies of the declarations of each filing."""


class Interval(NamedTuple):
    """A two-sided interval of a share, and how often such intervals hold the truth."""

    low: float
    high: float
    confidence: float


class Resampled(StrEnum):
    """What an interval's chance consists of."""

    FILINGS = "filings, then their declarations"
    """The interval is for other filings, too."""
    DECLARATIONS = "declarations within these filings"
    """Too few filings to learn how filings differ: the interval is for declarations of the same filings."""
    NOTHING = "nothing: too few declarations differ; exact, with assumed correlation"


class ClusterInterval(NamedTuple):
    """A ratio of sums over declarations, its interval, and how it was found."""

    value: float
    low: float
    high: float
    confidence: float
    resampled: Resampled
    filings: int
    declarations: int


def clopper_pearson(events: float, trials: float, confidence: float = 0.95) -> Interval:
    """Return the exact two-sided interval of a probability (Clopper & Pearson 1934, Biometrika 26).

    Trials are taken as independent. They need not be whole numbers: see ``effective_trials``. No trials
    give [0, 1]. Raises ``ValueError`` when events are not in [0, trials] or confidence not in (0, 1).
    """
    _refuse(events, trials, confidence)
    tail = (1 - confidence) / 2
    return Interval(_below(events, trials, tail), _above(events, trials, tail), confidence)


def upper_bound(events: float, trials: float, confidence: float = 0.95) -> float:
    """Return the exact one-sided upper bound of a probability; with no trials 1. See ``clopper_pearson``."""
    _refuse(events, trials, confidence)
    return _above(events, trials, 1 - confidence)


def trials_needed(target: float, errors: int = 0, confidence: float = 0.95) -> int:
    """Return the fewest independent trials that, with so many errors, bring ``upper_bound`` to the target.

    No error among 598 shows under 0.5%. Raises ``ValueError`` when target is not in (0, 1).
    """
    if not 0 < target < 1:
        raise ValueError(f"a target is a share between 0 and 1, not {target}")
    few, enough = errors, errors + 1
    while upper_bound(errors, enough, confidence) > target:
        few, enough = enough, 2 * enough
    while enough - few > 1:
        middle = (few + enough) // 2
        if upper_bound(errors, middle, confidence) > target:
            few = middle
        else:
            enough = middle
    return enough


def design_effect(size: float, correlation: float = CORRELATION) -> float:
    """Return how many values of clusters of a mean size are worth one independent value (Kish 1965)."""
    return 1 + max(0.0, size - 1) * correlation


def effective_trials(
    tallies: Iterable[Tally], confidence: float = 0.95, correlation: float = CORRELATION
) -> float:
    """Return how many independent trials the declarations' values are worth, for an exact bound.

    Korn & Graubard 1998 (Survey Methodology 24): the whole, divided by the design effect and corrected
    for the number of declarations. The design effect is the estimated one, but never below that of the
    assumed correlation: with one or two errors the estimate is about 1 whatever the truth is. Below two
    declarations nothing can be said: 0.
    """
    pairs = [(part, whole) for part, whole in tallies if whole > 0]
    count = len(pairs)
    if count < 2:
        return 0.0
    part, whole = sum(pair[0] for pair in pairs), sum(pair[1] for pair in pairs)
    share = part / whole
    assumed = design_effect(whole / count, correlation)
    spread = sum((p - share * w) ** 2 for p, w in pairs) * count / (count - 1) / whole
    estimated = spread / (share * (1 - share)) if 0 < share < 1 else 0.0
    quantile = (1 + confidence) / 2
    few = float(special.ndtri(quantile) / special.stdtrit(count - 1, quantile)) ** 2
    return min(whole, whole / max(assumed, estimated) * few)


def clustered_bound(
    tallies: Sequence[Tally], confidence: float = 0.95, correlation: float = CORRELATION
) -> float:
    """Return the one-sided upper bound of a share whose values come by declaration."""
    return upper_bound(*_effective(tallies, confidence, correlation), confidence)


def cluster_bootstrap(
    clusters: Clusters, confidence: float = 0.95, resamples: int = 2000, seed: int = 20150101
) -> ClusterInterval:
    """Return the interval of a share (sum of parts / sum of wholes) by resampling declarations, never values.

    With eight filings or more, filings are drawn and then declarations within them; with fewer, there is
    too little to learn how filings differ, and only declarations are drawn, within their filings (filings
    of one declaration are put together). Percentiles are widened for few clusters (Hesterberg 2015, The
    American Statistician 69, "expanded percentile"). Where fewer than five declarations have any error,
    or fewer than five anything right, resampling would give a width near 0 for lack of errors to draw;
    then the interval is Clopper–Pearson's with ``effective_trials``. On clusters see Davison & Hinkley
    1997, section 3.8; Miller 2024, arXiv 2411.00640.

    Raises ``ValueError`` when there is nothing to resample, or a part is not in [0, whole].
    """
    tallies = _tallies(clusters)
    if any(not 0 <= part <= whole for part, whole in tallies):
        raise ValueError("a part is between 0 and its whole; for differences take difference_bootstrap")
    touched = min(sum(part > 0 for part, _ in tallies), sum(part < whole for part, whole in tallies))
    if touched >= _FEW_DECLARATIONS:
        return difference_bootstrap(clusters, confidence, resamples, seed)
    low, high, _ = clopper_pearson(*_effective(tallies, confidence, CORRELATION), confidence)
    filings = sum(any(whole > 0 for _, whole in filing) for filing in clusters)
    value = _ratio(tallies)
    return ClusterInterval(value, low, high, confidence, Resampled.NOTHING, filings, len(tallies))


def difference_bootstrap(
    clusters: Clusters, confidence: float = 0.95, resamples: int = 2000, seed: int = 20150101
) -> ClusterInterval:
    """Return the interval of any ratio of sums over declarations; see ``cluster_bootstrap``.

    Parts may be negative: right values of one run less those of another, say. Where no declaration
    differs the interval has no width, which shows nothing: look at ``minimum_detectable_difference``.
    Raises ``ValueError`` below two declarations.
    """
    tallies = _tallies(clusters)
    if len(tallies) < 2:
        raise ValueError("one declaration says nothing of how declarations differ; give two at least")
    filings = [[tally for tally in filing if tally[1] > 0] for filing in clusters]
    filings = [filing for filing in filings if filing]
    draw = np.random.default_rng(seed)
    if len(filings) >= _MANY_FILINGS:
        resampled, strata, clusters_drawn, fixed = Resampled.FILINGS, filings, len(filings), 1
        drawn = draw.multinomial(len(filings), [1 / len(filings)] * len(filings), size=resamples)
    else:
        strata = _strata(filings)
        resampled, clusters_drawn, fixed = Resampled.DECLARATIONS, len(tallies), len(strata)
        drawn = np.ones((resamples, len(strata)), dtype=int)
    sums = np.zeros((resamples, 2))
    for number, stratum in enumerate(strata):
        size = len(stratum)
        sums += draw.multinomial(drawn[:, number] * size, [1 / size] * size) @ np.array(stratum, dtype=float)
    low, high = np.quantile(sums[:, 0] / sums[:, 1], _percentiles(confidence, clusters_drawn, fixed))
    return ClusterInterval(
        _ratio(tallies), float(low), float(high), confidence, resampled, len(filings), len(tallies)
    )


def sign_flip(differences: Sequence[float], samples: int = 20_000, seed: int = 20150101) -> float:
    """Return the two-sided p value of paired differences, one for each declaration, having mean 0.

    Under the null hypothesis each difference might as well have the other sign (Fisher 1935). All signs are
    tried for up to 14 differences that are not 0, else ``samples`` of them are drawn and p is (k + 1) /
    (n + 1) (Phipson & Smyth 2010), never 0. Fewer than six cannot give p < 0.05. None give 1.
    """
    sizes = np.abs([difference for difference in differences if difference != 0])
    if not sizes.size:
        return 1.0
    # A little below what was seen: sums of the same numbers in another order are the same.
    seen = abs(sum(differences)) - 1e-9 * float(sizes.sum())
    if sizes.size <= _EXACT_FLIPS:
        flips = (np.arange(2**sizes.size)[:, None] >> np.arange(sizes.size)) & 1
        return float(np.mean(np.abs((1 - 2 * flips) @ sizes) >= seen))
    draw = np.random.default_rng(seed)
    extreme = sum(
        int(np.sum(np.abs(draw.choice((-1, 1), size=(rows, sizes.size)) @ sizes) >= seen))
        for rows in _batches(samples)
    )
    return (extreme + 1) / (samples + 1)


def minimum_detectable_difference(
    differences: Sequence[float], power: float = 0.8, alpha: float = 0.05
) -> float | None:
    """Return the least true mean difference that as many pairs, scattered alike, would show this often.

    See ``detectable_difference``. ``None`` where the differences do not scatter or there are fewer than two:
    then nothing is known of what could have been seen.
    """
    deviation = float(np.std(differences, ddof=1)) if len(differences) > 1 else 0.0
    return detectable_difference(len(differences), deviation, power, alpha) if deviation > 0 else None


def detectable_difference(pairs: int, deviation: float, power: float = 0.8, alpha: float = 0.05) -> float:
    """Return the difference that a two-sided paired test at ``alpha`` finds with a probability of ``power``.

    (t(1 - alpha/2) + t(power)) · deviation / √pairs, with t of pairs - 1 degrees of freedom (Bloom 1995,
    Evaluation Review 19; Miller 2024, arXiv 2411.00640). Unit of the deviation. Raises ``ValueError``
    below two pairs.
    """
    if pairs < 2:
        raise ValueError("a difference is found in two pairs at least")
    quantiles = special.stdtrit(pairs - 1, 1 - alpha / 2) + special.stdtrit(pairs - 1, power)
    return float(quantiles) * deviation / float(np.sqrt(pairs))


def _refuse(events: float, trials: float, confidence: float) -> None:
    if not 0 <= events <= trials:
        raise ValueError(f"{events} events among {trials} trials cannot be")
    if not 0 < confidence < 1:
        raise ValueError(f"a confidence is between 0 and 1, not {confidence}")


def _below(events: float, trials: float, tail: float) -> float:
    return float(special.betaincinv(events, trials - events + 1, tail)) if events > 0 else 0.0


def _above(events: float, trials: float, tail: float) -> float:
    return float(special.betaincinv(events + 1, trials - events, 1 - tail)) if events < trials else 1.0


def _effective(tallies: Sequence[Tally], confidence: float, correlation: float) -> tuple[float, float]:
    """Return events and trials of as many independent values as the tallies are worth."""
    trials = effective_trials(tallies, confidence, correlation)
    return (_ratio(tallies) * trials if trials else 0.0), trials


def _ratio(tallies: Sequence[Tally]) -> float:
    return sum(part for part, _ in tallies) / sum(whole for _, whole in tallies)


def _tallies(clusters: Clusters) -> list[Tally]:
    tallies = [tally for tally in chain.from_iterable(clusters) if tally[1] > 0]
    if not tallies:
        raise ValueError("no declaration has a value to resample")
    return tallies


def _strata(filings: list[list[Tally]]) -> list[list[Tally]]:
    """Return the filings, those of one declaration put together, since alone they could not vary."""
    filings = sorted(filings, key=len)
    alone = [filing for filing in filings if len(filing) == 1]
    rest = filings[len(alone) :]
    if len(alone) == 1 and rest:
        alone.append(rest.pop(0))
    return [*([list(chain.from_iterable(alone))] if alone else []), *rest]


def _percentiles(confidence: float, clusters: int, means: int) -> tuple[float, float]:
    """Return percentiles that make up for how narrow resampling a few clusters about their means is."""
    freedom = clusters - means
    tail = special.ndtr(-np.sqrt(clusters / freedom) * special.stdtrit(freedom, (1 + confidence) / 2))
    return float(tail), 1 - float(tail)


def _batches(samples: int, size: int = 5000) -> Iterable[int]:
    return [size] * (samples // size) + ([samples % size] if samples % size else [])
