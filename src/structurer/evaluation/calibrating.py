"""Learning from a run what confidences are worth.

For each group of fields with enough errors a curve of its own; the others share one; where even together
they have too few, nothing can be learned about wrong values, and the confidences stay as they are.

A curve is the isotonic regression of right on confidence (Zadrozny & Elkan 2002, KDD): steps that rise, as
coarse as the data ask for. The share of each step is taken with one right and one wrong value more (Laplace),
so that no step says 1 for want of data; where this turns two steps round, they become one.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.optimize import isotonic_regression

from structurer.calibration import Calibration, Curve, Origin, Quality, Step
from structurer.evaluation.reliability import Rated, reliability
from structurer.evaluation.statistics import clustered_bound
from structurer.groups import Group

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from structurer.evaluation.outcomes import CellOutcome, RunRecord

METHOD = "isotonic regression, Laplace's rule for each step, cross-fitted by filing"

_VALUES = 100
_ERRORS = 10
_FILINGS = 2
_PLACES = 10_000


class Sure(NamedTuple):
    """A scored cell that has a confidence, with what the calibrated one is."""

    cell: CellOutcome
    calibrated: float


def fit(run: RunRecord) -> Calibration:
    """Learn a calibration from a run, and say what it brings on filings that it has not seen."""
    cells = rated(run.outcomes)
    return Calibration(
        origin=Origin(
            run=run.number,
            at=run.at,
            gold=run.gold,
            scoring=run.scoring,
            schema_version=run.schema_version,
            structurer=run.structurer,
            engine=run.engine,
            model=run.model,
            prompts=run.prompts,
            method=METHOD,
        ),
        curves=tuple(_curve(groups, cells) for groups in _pools(cells)),
        before=_quality([Rated(_confidence(cell), cell.right) for cell in cells]),
        after=_quality([Rated(sure.calibrated, sure.cell.right) for sure in cross_fitted(run.outcomes)]),
    )


def cross_fitted(outcomes: Iterable[CellOutcome]) -> tuple[Sure, ...]:
    """Return the scored cells with a confidence, each calibrated by the other filings' cells, in order.

    Which groups share a curve is decided on all cells. So the result is a fair trial of ``fit``, though for
    curves of one filing less.
    """
    cells = rated(outcomes)
    pools = _pools(cells)
    curves = {
        filing: _by_group(pools, [cell for cell in cells if cell.filing != filing], cells)
        for filing in {cell.filing for cell in cells}
    }
    return tuple(Sure(cell, curves[cell.filing][cell.group].apply(_confidence(cell))) for cell in cells)


def rated(outcomes: Iterable[CellOutcome]) -> list[CellOutcome]:
    """Return the scored cells that have a confidence."""
    return [cell for cell in outcomes if cell.scored and cell.confidence is not None]


def _confidence(cell: CellOutcome) -> float:
    return 0.0 if cell.confidence is None else cell.confidence


def _pools(cells: Iterable[CellOutcome]) -> list[tuple[Group, ...]]:
    """Return the sets of groups that share a curve: those with errors enough alone, the rest together."""
    groups: defaultdict[Group, list[CellOutcome]] = defaultdict(list)
    for cell in cells:
        groups[cell.group].append(cell)
    alone = [group for group in Group if _enough(groups[group])]
    rest = tuple(group for group in Group if group not in alone)
    return [*((group,) for group in alone), *([rest] if rest else [])]


def _enough(cells: Sequence[CellOutcome]) -> bool:
    wrong = [cell for cell in cells if not cell.right]
    filings = {cell.filing for cell in wrong}
    return len(cells) >= _VALUES and len(wrong) >= _ERRORS and len(filings) >= _FILINGS


def _by_group(
    pools: Iterable[tuple[Group, ...]], others: Sequence[CellOutcome], cells: Sequence[CellOutcome]
) -> dict[Group, Curve]:
    """Return each group's curve as the other filings draw it, learned where all filings are enough."""
    curves: dict[Group, Curve] = {}
    for pool in pools:
        enough = _enough([cell for cell in cells if cell.group in pool])
        steps = _steps([cell for cell in others if cell.group in pool]) if enough else ()
        curve = Curve(groups=pool, values=0, wrong=0, bound=1.0, steps=steps)
        curves |= dict.fromkeys(pool, curve)
    return curves


def _curve(groups: tuple[Group, ...], cells: Iterable[CellOutcome]) -> Curve:
    pool = [cell for cell in cells if cell.group in groups]
    declarations: defaultdict[tuple[str, int], list[bool]] = defaultdict(list)
    for cell in pool:
        declarations[cell.declaration].append(not cell.right)
    return Curve(
        groups=groups,
        values=len(pool),
        wrong=sum(not cell.right for cell in pool),
        bound=clustered_bound([(sum(wrong), len(wrong)) for wrong in declarations.values()]),
        steps=_steps(pool) if _enough(pool) else (),
    )


def _steps(cells: Sequence[CellOutcome]) -> tuple[Step, ...]:
    """Return rising steps of the share that is right, by confidence; none of no cells."""
    if not cells:
        return ()
    values = Counter(_confidence(cell) for cell in cells)
    right = Counter(_confidence(cell) for cell in cells if cell.right)
    places = sorted(values)
    whole = np.array([values[place] for place in places], dtype=float)
    part = np.array([right[place] for place in places], dtype=float)
    rising = _blocks(part / whole, whole)
    whole_of = np.add.reduceat(whole, rising[:-1])
    part_of = np.add.reduceat(part, rising[:-1])
    smooth = (part_of + 1) / (whole_of + 2)
    joined = _blocks(smooth, whole_of)
    steps = []
    for first, last in pairwise(joined):
        some, all_ = part_of[first:last].sum(), whole_of[first:last].sum()
        # Where steps are joined their smoothed shares are weighted, as the regression does.
        share = float(np.average(smooth[first:last], weights=whole_of[first:last]))
        # Rounded down: what is below 1 stays below 1.
        steps.append(
            Step(
                at=places[rising[first]],
                calibrated=math.floor(share * _PLACES) / _PLACES,
                values=int(all_),
                wrong=int(all_ - some),
            )
        )
    return tuple(steps)


def _blocks(shares: np.ndarray, weights: np.ndarray) -> list[int]:
    """Return where the rising steps of the isotonic regression begin, and where the last one ends."""
    return [int(place) for place in isotonic_regression(shares, weights=weights).blocks]


def _quality(values: Sequence[Rated]) -> Quality:
    found = reliability(values)
    return Quality(
        values=found.values, wrong=found.wrong, brier=found.brier, ece=found.ece, auroc=found.auroc
    )
