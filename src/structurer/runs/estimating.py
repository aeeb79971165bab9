"""What asking a model will cost, before anything is sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from structurer.document_types.declaration import DECLARATION
from structurer.llm.tokens import likely

if TYPE_CHECKING:
    from structurer.asking import Ask
    from structurer.llm.prices import Prices
    from structurer.passage import Passage

ANSWER = 0.25
"""The share of its allowance that an answer likely takes."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """Tokens that questions will likely take. Right to about a third either way."""

    questions: int = 0
    input_tokens: int = 0
    output_tokens: int = 0

    def __add__(self, other: Estimate) -> Estimate:
        """Return both together."""
        return Estimate(
            self.questions + other.questions,
            self.input_tokens + other.input_tokens,
            self.output_tokens + other.output_tokens,
        )

    def cost(self, prices: Prices) -> int:
        """Return the likely cost in nano-dollars."""
        return prices.cost(self.input_tokens, self.output_tokens)


def estimate(ask: Ask) -> Estimate:
    """Return what one question will likely take."""
    return Estimate(1, likely(ask.system) + likely(ask.user), round(ask.max_tokens * ANSWER))


def estimate_whole(passage: Passage, answers: str) -> Estimate:
    """Return what asking about a whole passage will likely take."""
    questions = DECLARATION.questions
    return estimate(questions.formats[answers].ask(passage, questions.keys, passage.segments))
