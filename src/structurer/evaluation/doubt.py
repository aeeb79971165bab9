"""Flags as a classifier, and confidences beside them: who was told of what, and what nobody was told of.

A flag is right where a value is wrong, or where the label itself is uncertain, since a damaged print has to
be looked at whoever reads it. The figure to look at first is the silent error rate: of the values that
nobody flagged, which share is wrong. All counts are of cells (``outcomes``), so a row that was not read
counts once for each of its values.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from structurer.evaluation.headline import Ratio
from structurer.evaluation.reliability import Rated, reliability
from structurer.evaluation.statistics import clustered_bound, upper_bound
from structurer.groups import Group

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from structurer.evaluation.outcomes import CellOutcome
    from structurer.evaluation.reliability import Reliability


@dataclass(frozen=True, slots=True)
class SilentRate:
    """What is wrong among the values that nobody flagged, with one-sided upper bounds of the true share.

    ``bound`` is Clopper–Pearson's and takes values as independent, which values of one declaration are not:
    it is too good, and given only because others give it. ``clustered_bound`` counts as many values as they
    are worth (``statistics.effective_trials``). ``declarations`` are those with a silent error, of those
    with any value that nobody flagged; their bound needs no assumption.
    """

    values: Ratio
    bound: float
    clustered_bound: float
    declarations: Ratio
    declarations_bound: float
    confidence: float

    def as_dict(self) -> dict[str, Any]:
        """Return the figures as JSON values; bounds with six places."""
        return {
            "values": self.values.as_dict(),
            "bound": round(self.bound, 6),
            "clustered_bound": round(self.clustered_bound, 6),
            "declarations": self.declarations.as_dict(),
            "declarations_bound": round(self.declarations_bound, 6),
            "confidence": self.confidence,
        }


@dataclass(frozen=True, slots=True)
class Doubt:
    """Flags and confidences held against what was wrong or uncertain.

    ``precision`` is over flagged cells without the halves of rows, which no cell prints and which are
    flagged with their row; ``recall`` over all wrong and all uncertain cells, and over either alone in
    ``error_recall`` and ``uncertain_recall``. ``load`` is what a reviewer is asked to look at, of the certain
    values of the labels, halves left out. ``silent`` is over all scored cells that nobody flagged,
    ``silent_filled`` over those where label or record has a value: empty cells are easy. ``rated`` are the
    scored cells with a confidence, and ``confidence`` is about them, flagged or not.
    """

    precision: Ratio
    recall: Ratio
    error_recall: Ratio
    uncertain_recall: Ratio
    load: Ratio
    silent: SilentRate
    silent_filled: SilentRate
    rated: Ratio
    confidence: Reliability

    def as_dict(self) -> dict[str, Any]:
        """Return the figures as JSON values."""
        return {
            "precision": self.precision.as_dict(),
            "recall": self.recall.as_dict(),
            "error_recall": self.error_recall.as_dict(),
            "uncertain_recall": self.uncertain_recall.as_dict(),
            "load": self.load.as_dict(),
            "silent": self.silent.as_dict(),
            "silent_filled": self.silent_filled.as_dict(),
            "rated": self.rated.as_dict(),
            "confidence": self.confidence.as_dict(),
        }


def doubt(cells: Sequence[CellOutcome], confidence: float = 0.95) -> Doubt:
    """Return the figures of outcomes, in whatever order they come. ``confidence`` is that of the bounds."""
    scored = [cell for cell in cells if cell.scored]
    wrong = [cell for cell in scored if not cell.right]
    uncertain = [cell for cell in cells if cell.uncertain]
    printed = [cell for cell in cells if cell.group is not Group.HALF]
    filled = [cell for cell in scored if cell.gold is not None or cell.read is not None]
    rated = rated_cells(scored)
    return Doubt(
        precision=_share(_needs_a_look, (cell for cell in printed if cell.flagged)),
        recall=_share(_flagged, [*wrong, *uncertain]),
        error_recall=_share(_flagged, wrong),
        uncertain_recall=_share(_flagged, uncertain),
        load=_share(_flagged, (cell for cell in printed if cell.scored and cell.gold_path)),
        silent=silent_rate(scored, confidence),
        silent_filled=silent_rate(filled, confidence),
        rated=Ratio(len(rated), len(scored)),
        confidence=reliability(rated),
    )


def doubt_by_group(cells: Iterable[CellOutcome], confidence: float = 0.95) -> dict[Group, Doubt]:
    """Return the figures of each group that has cells, in the groups' order."""
    groups: dict[Group, list[CellOutcome]] = {group: [] for group in Group}
    for cell in cells:
        groups[cell.group].append(cell)
    return {group: doubt(some, confidence) for group, some in groups.items() if some}


def silent_rate(cells: Iterable[CellOutcome], confidence: float = 0.95) -> SilentRate:
    """Return what is wrong among the scored cells that nobody flagged; with none of them, bounds are 1."""
    accepted = [cell for cell in cells if cell.scored and not cell.flagged]
    tallies = tuple(wrong_by_declaration(accepted).values())
    values = Ratio(sum(wrong for wrong, _ in tallies), len(accepted))
    declarations = Ratio(sum(wrong > 0 for wrong, _ in tallies), len(tallies))
    return SilentRate(
        values=values,
        bound=upper_bound(*values, confidence),
        clustered_bound=clustered_bound(tallies, confidence),
        declarations=declarations,
        declarations_bound=upper_bound(*declarations, confidence),
        confidence=confidence,
    )


def wrong_by_declaration(cells: Iterable[CellOutcome]) -> Mapping[tuple[str, int], Ratio]:
    """Return how many cells of each declaration are wrong, of how many."""
    outcomes: defaultdict[tuple[str, int], list[bool]] = defaultdict(list)
    for cell in cells:
        outcomes[cell.declaration].append(not cell.right)
    return {declaration: Ratio(sum(wrong), len(wrong)) for declaration, wrong in outcomes.items()}


def rated_cells(cells: Iterable[CellOutcome]) -> list[Rated]:
    """Return the scored cells that have a confidence, with it."""
    return [
        Rated(cell.confidence, cell.right) for cell in cells if cell.scored and cell.confidence is not None
    ]


def _share(what: Callable[[CellOutcome], bool], cells: Iterable[CellOutcome]) -> Ratio:
    found = [what(cell) for cell in cells]
    return Ratio(sum(found), len(found))


def _flagged(cell: CellOutcome) -> bool:
    return cell.flagged


def _needs_a_look(cell: CellOutcome) -> bool:
    return cell.uncertain or not cell.right
