"""What the outcomes of a run come to, in whole numbers: what history, comparison and gates speak of.

Whole numbers are the same on every machine, so that they can be held against each other exactly.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from structurer.groups import Group

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from structurer.evaluation.outcomes import CellOutcome


@dataclass(frozen=True, slots=True)
class Totals:
    """Counts over outcomes, all of single cells: a row that was not read is as many as it has values.

    ``cells`` are all scored cells, ``too_many`` those of them that no label has: wrong by being there.
    ``empty`` are cells that the form leaves empty; they are among ``cells`` too. ``silent`` are wrong and
    not flagged. ``review`` are the flagged ones of ``reviewable`` cells: certain values of the labels
    without the halves of rows, which no cell prints. ``uncertain`` cells must be flagged and count for
    nothing else. ``declarations`` are those of the labels; ``declarations_right`` have not one wrong cell.
    """

    declarations: int
    declarations_right: int
    cells: int
    right: int
    too_many: int
    empty: int
    empty_right: int
    silent: int
    reviewable: int
    review: int
    uncertain: int
    uncertain_flagged: int

    @property
    def accuracy(self) -> float:
        """Share of scored cells that are right; 1 of none, since nothing is wrong."""
        return self.right / self.cells if self.cells else 1.0

    @property
    def review_load(self) -> float:
        """Share of the certain values that a reviewer is asked to look at."""
        return self.review / self.reviewable if self.reviewable else 0.0

    def as_dict(self) -> dict[str, int]:
        """Return the counts as JSON values."""
        return asdict(self)


def totals(outcomes: Iterable[CellOutcome]) -> Totals:
    """Count outcomes."""
    cells = tuple(outcomes)
    scored = [cell for cell in cells if cell.scored]
    empty = [cell for cell in scored if cell.empty and cell.gold_path]
    reviewable = [cell for cell in scored if cell.gold_path and cell.group is not Group.HALF]
    uncertain = [cell for cell in cells if cell.uncertain]
    declarations = {cell.declaration for cell in cells if cell.gold_path}
    with_errors = {cell.declaration for cell in scored if not cell.right}
    return Totals(
        declarations=len(declarations),
        declarations_right=len(declarations - with_errors),
        cells=len(scored),
        right=sum(cell.right for cell in scored),
        too_many=sum(not cell.gold_path for cell in scored),
        empty=len(empty),
        empty_right=sum(cell.right for cell in empty),
        silent=sum(cell.silent for cell in scored),
        reviewable=len(reviewable),
        review=sum(cell.flagged for cell in reviewable),
        uncertain=len(uncertain),
        uncertain_flagged=sum(cell.flagged for cell in uncertain),
    )


def totals_from(values: Mapping[str, Any]) -> Totals:
    """Return the totals that ``as_dict`` made these values of. Raises ``TypeError`` for others."""
    return Totals(**values)


def by_declaration(outcomes: Iterable[CellOutcome]) -> dict[tuple[str, int], tuple[CellOutcome, ...]]:
    """Return the outcomes of each declaration, by filing and ordinal."""
    groups: dict[tuple[str, int], list[CellOutcome]] = {}
    for cell in outcomes:
        groups.setdefault(cell.declaration, []).append(cell)
    return {declaration: tuple(groups[declaration]) for declaration in sorted(groups)}
