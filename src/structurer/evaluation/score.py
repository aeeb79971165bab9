"""Labels against records, from end to end: outcomes, figures, and the mistakes one by one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from structurer.evaluation.collecting import outcomes_of
from structurer.evaluation.headline import Headline, headline
from structurer.evaluation.mistakes import Doubt, Mistake, doubts, mistakes

if TYPE_CHECKING:
    from collections.abc import Iterable

    from structurer.evaluation.gold import GoldLabel
    from structurer.evaluation.headline import Goal
    from structurer.evaluation.outcomes import CellOutcome
    from structurer.models import Document, Record


@dataclass(frozen=True)
class Score:
    """All outcomes of labels and their records, and what they come to."""

    outcomes: tuple[CellOutcome, ...]

    @cached_property
    def headline(self) -> Headline:
        """The figures."""
        return headline(self.outcomes)

    @cached_property
    def errors(self) -> tuple[Mistake, ...]:
        """All mistakes, by filing and ordinal, fields first."""
        return mistakes(self.outcomes)

    @cached_property
    def doubts(self) -> tuple[Doubt, ...]:
        """Everything that the labels mark uncertain."""
        return doubts(self.outcomes)

    @property
    def goals(self) -> tuple[Goal, ...]:
        """The bars that a release must reach."""
        return self.headline.goals


def score(
    labels: Iterable[GoldLabel], records: Iterable[Record], documents: Iterable[Document] = ()
) -> Score:
    """Compare records with labels; arguments and errors are those of ``collecting.outcomes_of``."""
    return Score(outcomes_of(labels, records, documents))
