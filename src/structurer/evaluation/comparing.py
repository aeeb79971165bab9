"""Two runs on the same gold: what became better or worse, and whether that is more than chance.

Everything is paired and by declaration: both runs read the same declarations, and values of one declaration
stand and fall together (Miller 2024, "Adding Error Bars to Evals", arXiv 2411.00640, sections 3 and 4: paired
differences, clustered errors).

Two tests are made, each at 5%: on accuracy and on silent errors. Silent errors come first. More of them than
before is never better, whatever the accuracy; so many more that chance does not explain it is worse.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

from structurer.errors import StructurerError
from structurer.evaluation.changes import Change, changes
from structurer.evaluation.statistics import (
    difference_bootstrap,
    minimum_detectable_difference,
    sign_flip,
)
from structurer.evaluation.totals import Totals, by_declaration, totals

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from structurer.evaluation.outcomes import RunRecord
    from structurer.evaluation.statistics import ClusterInterval

    _ByDeclaration = Mapping[tuple[str, int], Totals]

SIGNIFICANT = 0.05
"""Below this p-value a difference counts as more than chance."""

DETECTABLE = 0.01
"""Data that could not show a difference of one point in accuracy are too few to speak of no difference."""

FEWEST_DIFFERING = 6
"""With fewer declarations that differ, a sign-flip test cannot fall below 5%: 2 · 2⁻⁵ is 0.0625."""


class ComparisonError(StructurerError):
    """Two runs cannot be held against each other; the message says what to do."""


class Verdict(StrEnum):
    """What a comparison comes to."""

    BETTER = "better"
    WORSE = "worse"
    NO_EVIDENCE = "no evidence"
    """The data could have shown a difference that matters, and show none."""
    NOT_ENOUGH_DATA = "not enough data"


class Paired(NamedTuple):
    """One figure of each declaration, in both runs.

    ``before`` and ``after`` are means over declarations, ``difference`` the mean of the differences (after
    less before) with its 95% ``interval`` (``None`` below two declarations) and the sign-flip test's ``p``.
    ``higher`` and ``lower`` are the numbers of declarations whose figure rose and fell.
    """

    before: float
    after: float
    difference: float
    interval: ClusterInterval | None
    p: float
    higher: int
    lower: int

    @property
    def significant(self) -> bool:
        """Whether the difference is more than chance."""
        return self.p < SIGNIFICANT

    def as_dict(self) -> dict[str, Any]:
        """Return the figure as JSON values."""
        interval = None if self.interval is None else self.interval._asdict()
        return {**self._asdict(), "interval": interval}


@dataclass(frozen=True, slots=True)
class RunComparison:
    """What changed from one run to another on the same gold.

    ``accuracy`` is the share of a declaration's scored cells that are right, ``silent`` the number of its
    silent errors, ``review`` the share of its certain values that are flagged. ``detectable`` is the
    smallest difference in accuracy that these declarations would show in four cases of five, ``None`` where
    they do not differ enough to tell.
    """

    before: RunRecord
    after: RunRecord
    before_totals: Totals
    after_totals: Totals
    accuracy: Paired
    silent: Paired
    review: Paired
    detectable: float | None
    verdict: Verdict
    changes: tuple[Change, ...]

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why the verdict is what it is, in words."""
        return _reasons(self)

    @property
    def costs(self) -> tuple[Decimal, Decimal]:
        """What both runs cost, in US dollars: known of whole runs only, not of declarations."""
        return Decimal(self.before.cost), Decimal(self.after.cost)

    def as_dict(self) -> dict[str, Any]:
        """Return the comparison as JSON values; of the runs, what names them and their counts."""
        return {
            "before": _named(self.before, self.before_totals),
            "after": _named(self.after, self.after_totals),
            "verdict": self.verdict.value,
            "reasons": list(self.reasons),
            "accuracy": self.accuracy.as_dict(),
            "silent": self.silent.as_dict(),
            "review": self.review.as_dict(),
            "detectable": self.detectable,
            "changes": [change.as_dict() for change in self.changes],
        }


def compare_runs(before: RunRecord, after: RunRecord) -> RunComparison:
    """Hold a run against an earlier one.

    Raises ``ComparisonError`` where they are not of the same gold, scored in the same way.
    """
    _refuse_unlike(before, after)
    was, now = _totals_by_declaration(before, after), _totals_by_declaration(after, before)
    accuracy = _paired(was, now, lambda counts: counts.accuracy)
    silent = _paired(was, now, lambda counts: counts.silent)
    detectable = minimum_detectable_difference([now[key].accuracy - was[key].accuracy for key in was])
    changed = changes(before.outcomes, after.outcomes)
    return RunComparison(
        before=before,
        after=after,
        before_totals=totals(before.outcomes),
        after_totals=totals(after.outcomes),
        accuracy=accuracy,
        silent=silent,
        review=_paired(was, now, lambda counts: counts.review_load),
        detectable=detectable,
        verdict=_verdict(accuracy, silent, detectable, anything_changed=bool(changed)),
        changes=changed,
    )


def _totals_by_declaration(run: RunRecord, other: RunRecord) -> _ByDeclaration:
    """Count each declaration of a run. One that the other run alone made up has nothing in this run."""
    groups = by_declaration(run.outcomes)
    keys = sorted(groups.keys() | by_declaration(other.outcomes).keys())
    return {key: totals(groups.get(key, ())) for key in keys}


def _refuse_unlike(before: RunRecord, after: RunRecord) -> None:
    named = f"{_name(before)} and {_name(after)}"
    again = f"score {_name(before)} again as gold and scoring are now, then compare"
    if before.gold != after.gold:
        raise ComparisonError(
            f"{named} are of different gold sets ({before.gold[:12]} and {after.gold[:12]}); {again}"
        )
    if before.scoring != after.scoring:
        raise ComparisonError(
            f"{named} are scored in different ways ({before.scoring} and {after.scoring}); {again}"
        )
    if _labelled(before) != _labelled(after):
        raise ComparisonError(f"{named} do not have the same labelled values; {again}")


def _labelled(run: RunRecord) -> set[tuple[str, int, str]]:
    return {(cell.filing, cell.ordinal, cell.gold_path) for cell in run.outcomes if cell.gold_path}


def _paired(was: _ByDeclaration, now: _ByDeclaration, figure: Callable[[Totals], float]) -> Paired:
    """Pair a figure of each declaration. Both runs must have the same declarations."""
    by_filing: dict[str, list[float]] = {}
    for key, totals_before in was.items():
        by_filing.setdefault(key[0], []).append(figure(now[key]) - figure(totals_before))
    differences = [difference for filing in by_filing.values() for difference in filing]
    clusters = [[(difference, 1) for difference in filing] for filing in by_filing.values()]
    return Paired(
        before=_mean([figure(each) for each in was.values()]),
        after=_mean([figure(each) for each in now.values()]),
        difference=_mean(differences),
        interval=difference_bootstrap(clusters) if len(differences) > 1 else None,
        p=sign_flip(differences),
        higher=sum(difference > 0 for difference in differences),
        lower=sum(difference < 0 for difference in differences),
    )


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values) if values else 0.0


def _verdict(
    accuracy: Paired, silent: Paired, detectable: float | None, *, anything_changed: bool
) -> Verdict:
    if silent.significant and silent.difference > 0:
        return Verdict.WORSE
    if accuracy.significant and accuracy.difference < 0:
        return Verdict.WORSE
    if accuracy.significant:
        return Verdict.NO_EVIDENCE if silent.difference > 0 else Verdict.BETTER
    if silent.significant:
        return Verdict.BETTER
    if not anything_changed:
        return Verdict.NO_EVIDENCE
    few = accuracy.higher + accuracy.lower < FEWEST_DIFFERING
    return Verdict.NOT_ENOUGH_DATA if few or _coarse(detectable) else Verdict.NO_EVIDENCE


def _coarse(detectable: float | None) -> bool:
    return detectable is None or detectable > DETECTABLE


def _reasons(comparison: RunComparison) -> tuple[str, ...]:
    if not comparison.changes:
        return ("no value came out otherwise",)
    accuracy, silent, detectable = comparison.accuracy, comparison.silent, comparison.detectable
    were, are = comparison.before_totals.silent, comparison.after_totals.silent
    reasons = [
        f"accuracy by declaration {accuracy.before:.2%} → {accuracy.after:.2%}: {_spread(accuracy)}; "
        f"{accuracy.higher} declarations better, {accuracy.lower} worse",
        f"silent errors {were} → {are} (p = {silent.p:.3f})",
        f"review load {comparison.before_totals.review_load:.1%} → {comparison.after_totals.review_load:.1%}",
    ]
    if accuracy.significant and accuracy.difference > 0 and silent.difference > 0:
        reasons.append("more right values, but more errors that nobody is told of: that is not better")
    if comparison.verdict is Verdict.NOT_ENOUGH_DATA:
        differing = accuracy.higher + accuracy.lower
        if differing < FEWEST_DIFFERING:
            reasons.append(f"accuracy differs in {differing} declarations; {FEWEST_DIFFERING} are the fewest")
        if detectable is not None and _coarse(detectable):
            reasons.append(f"only a difference of {100 * detectable:.2f} points would show in this gold")
    return tuple(reasons)


def _spread(figure: Paired) -> str:
    ends = figure.interval
    interval = f"95% {_points(ends.low)} to {_points(ends.high)}, " if ends else ""
    return f"{_points(figure.difference)} ({interval}p = {figure.p:.3f})"


def _points(share: float) -> str:
    return f"{100 * share:+.2f} points"


def _name(run: RunRecord) -> str:
    return f"run {run.number}" if run.number else "the new run"


def _named(run: RunRecord, counts: Totals) -> dict[str, Any]:
    names = ("number", "at", "label", "commit", "engine", "model", "prompts", "cost", "seconds")
    return {**{name: getattr(run, name) for name in names}, **counts.as_dict()}
