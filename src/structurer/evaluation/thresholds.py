"""From a target error to the confidence below which values must be flagged, and whether gold can promise it.

Gold's values without a flag are taken from the surest down. The surest half is tried first, or as many as
could show the target if nothing were wrong, where that is more; then ever larger sets, until one does not
show it. Since the order is fixed before looking at errors and the first failure ends it, the promise holds
for the set that is chosen, not only for each set alone (fixed sequence testing: Bauer 1991, Statistics in
Medicine 10; for thresholds Angelopoulos et al. 2021, "Learn then Test", arXiv 2110.01052). Of fewer than half
one unlucky value would too often end it all. Bounds count values by declaration.

Each value is rated by a calibration that has not seen its filing. The promise is for declarations like
gold's, and for the values that carry no other flag.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from structurer.calibration import CalibrationError
from structurer.evaluation.calibrating import Sure, cross_fitted
from structurer.evaluation.statistics import design_effect, effective_trials, trials_needed, upper_bound

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from structurer.calibration import Calibration
    from structurer.evaluation.outcomes import CellOutcome, RunRecord
    from structurer.groups import Group


_FIRST = 0.5


@dataclass(frozen=True, slots=True)
class Threshold:
    """The lowest calibrated confidence from which values may go without a flag, and what gold shows of it.

    ``group`` is ``None`` for all groups together. ``at`` is ``None`` where nothing can be promised. ``wrong``
    of ``values``, of so many ``declarations``, are those at least as sure (where nothing is promised, those
    that came nearest to showing it); ``bound`` is the one-sided upper bound of the share that is wrong,
    ``worth`` how many independent values they count as. ``kept`` is their share of all rated values without
    another flag. ``more`` is about how many more values, all right, would have been enough; 0 if promised.
    """

    group: Group | None
    target_error: float
    confidence: float
    at: float | None
    values: int
    wrong: int
    declarations: int
    worth: float
    bound: float
    kept: float
    more: int

    @property
    def promised(self) -> bool:
        """Whether gold shows that values from ``at`` on are wrong in at most the target's share."""
        return self.at is not None

    @property
    def message(self) -> str:
        """What is promised, or what is missing, in one line."""
        name = "all fields" if self.group is None else str(self.group)
        seen = (
            f"{self.wrong:,} wrong of {self.values:,} values without a flag in {self.declarations:,} "
            f"declarations (worth {self.worth:,.0f} independent ones): at most {self.bound:.2%} wrong "
            f"at {self.confidence:.0%}"
        )
        if self.at is not None:
            return f"{name}: from {self.at:.4g} on, {seen}; {self.kept:.0%} of what no other flag covers"
        if not self.values:
            return f"{name}: no promise of {self.target_error:.2%}: gold has no rated value without a flag"
        declarations = math.ceil(self.more * self.declarations / self.values)
        return (
            f"{name}: no promise of {self.target_error:.2%}: {seen}; about {self.more:,} more values "
            f"({declarations:,} declarations), all of them right, are needed"
        )

    def as_dict(self) -> dict[str, Any]:
        """Return the figures as JSON values."""
        return asdict(self) | {"promised": self.promised, "message": self.message}


def threshold(
    calibration: Calibration,
    run: RunRecord,
    target_error: float,
    confidence: float = 0.95,
    group: Group | None = None,
) -> Threshold:
    """Return the lowest confidence from which a run's gold shows at most the target's share of errors.

    Errors without a confidence that nobody flagged, such as rows that were not read, are among the values
    at any threshold, since none can catch them. Raises ``CalibrationError`` when the calibration is of
    another gold, scoring, engine, model or set of prompts than the run, ``ValueError`` when target or
    confidence is not in (0, 1).
    """
    calibration.check(run.engine, run.model, run.prompts)
    if (calibration.origin.gold, calibration.origin.scoring) != (run.gold, run.scoring):
        raise CalibrationError("this calibration was learned from other gold labels; calibrate on this run")
    enough = trials_needed(target_error, 0, confidence)
    outcomes = [cell for cell in run.outcomes if group is None or cell.group == group]
    sure = [each for each in cross_fitted(run.outcomes) if group is None or each.cell.group == group]
    sure = [each for each in sure if not each.cell.flagged]
    lost = [cell for cell in outcomes if cell.silent and cell.confidence is None]
    taken = _Taken(confidence, lost, rated=len(sure))
    best: Threshold | None = None
    for at, tied in _surest_first(sure):
        for each in tied:
            taken.add(each.cell.declaration, wrong=not each.cell.right)
        if taken.rated_share < _FIRST or taken.worth_if_right() < enough:
            continue
        tried = taken.threshold(group, target_error, at)
        if not tried.promised:
            return best or tried
        best = tried
    return best or taken.threshold(group, target_error, None)


def _surest_first(sure: Sequence[Sure]) -> Iterator[tuple[float, list[Sure]]]:
    ordered = sorted(sure, key=_calibrated, reverse=True)
    return ((at, list(tied)) for at, tied in groupby(ordered, key=_calibrated))


def _calibrated(sure: Sure) -> float:
    return sure.calibrated


class _Taken:
    """The values taken so far: how many, and how many of them wrong, in each declaration.

    ``lost`` are errors without a confidence, taken from the start; ``rated`` is how many values have one.
    """

    def __init__(self, confidence: float, lost: Sequence[CellOutcome], rated: int) -> None:
        self._confidence = confidence
        self._lost = len(lost)
        self._rated = rated
        self._wrong: defaultdict[tuple[str, int], int] = defaultdict(int)
        self._values: defaultdict[tuple[str, int], int] = defaultdict(int)
        for cell in lost:
            self.add(cell.declaration, wrong=True)

    def add(self, declaration: tuple[str, int], *, wrong: bool) -> None:
        self._values[declaration] += 1
        self._wrong[declaration] += wrong

    @property
    def rated_share(self) -> float:
        return (sum(self._values.values()) - self._lost) / self._rated if self._rated else 0.0

    def worth_if_right(self) -> float:
        return effective_trials([(0, values) for values in self._values.values()], self._confidence)

    def threshold(self, group: Group | None, target_error: float, at: float | None) -> Threshold:
        """Return what the values taken show, with ``at`` only where they show the target."""
        values, wrong = sum(self._values.values()), sum(self._wrong.values())
        tallies = [(self._wrong[declaration], count) for declaration, count in self._values.items()]
        worth = effective_trials(tallies, self._confidence)
        bound = upper_bound(wrong * worth / values if values else 0.0, worth, self._confidence)
        shown = at is not None and bound <= target_error
        return Threshold(
            group=group,
            target_error=target_error,
            confidence=self._confidence,
            at=at if shown else None,
            values=values,
            wrong=wrong,
            declarations=len(tallies),
            worth=worth,
            bound=bound,
            kept=self.rated_share,
            more=0 if shown else self._more(target_error, worth),
        )

    def _more(self, target_error: float, worth: float) -> int:
        values, wrong = sum(self._values.values()), sum(self._wrong.values())
        each = worth / values if worth else 1 / design_effect(values / max(1, len(self._values)))
        needed = trials_needed(target_error, math.ceil(wrong * each), self._confidence) / each
        return max(1, math.ceil(needed - values))
