"""Answers that are made up from beginning to end."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from model_server.answers import UnknownFilingError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from model_server.prompt import Question

_HALVES = ("implementation_period", "annual")
_LEVELS = ("数量指标", "质量指标", "时效指标", "成本指标", "社会效益指标", "服务对象满意度指标")
_SOURCES = ("total", "central", "provincial", "municipal_county", "self_raised", "other")
_TEXTS = (
    "form_title",
    "fiscal_year",
    "project_name",
    "competent_department",
    "implementing_unit",
    "project_attribute",
    "duration_years",
    "overview",
    "basis",
    "necessity",
    "safeguards",
    "implementation_plan",
    "responsible_person",
    "handler",
    "phone",
    "submitted_at",
)


@dataclass(frozen=True)
class InventedAnswers:
    """Points at any of the shown segments, or makes text up. The same request gets the same invention."""

    seed: int = 0

    def __call__(self, question: Question | None, body: Mapping[str, Any]) -> Any:
        if question is None:
            raise UnknownFilingError("the request shows no filing")
        dice = random.Random(
            f"{self.seed} {question.format} {question.keys} {sorted(question.shown.items())}"
        )
        pointing = question.format == "point"
        numbers = list(question.shown) or [0]

        def value() -> Any:
            return [dice.choice(numbers)] if pointing else invented_text(dice)

        def amount() -> Any:
            return value() if pointing else str(dice.randrange(1, 10**8))

        answer: dict[str, Any] = {key: value() for key in _TEXTS}
        if not pointing:
            answer |= {
                "fiscal_year": dice.randrange(2015, 2030),
                "duration_years": dice.randrange(1, 6),
                "competent_department": {"code": str(dice.randrange(100, 999)), "name": invented_text(dice)},
                "project_attribute": dice.choice(["经常性项目", "一次性项目", "延续性项目"]),
                "submitted_at": f"20{dice.randrange(15, 30)}-01-{dice.randrange(10, 29)}T09:30:00",
            }
        answer["funding"] = {half: {source: amount() for source in _SOURCES} for half in _HALVES}
        answer["goals"] = {half: value() for half in _HALVES}
        answer["indicators"] = {
            half: {level: [[value(), value()] for _ in range(dice.randrange(1, 4))] for level in _LEVELS}
            for half in _HALVES
        }
        return answer


def invented_text(dice: random.Random) -> str:
    """Return a few Chinese characters that make no sense together."""
    return "".join(chr(dice.randrange(0x4E00, 0x9FA0)) for _ in range(dice.randrange(4, 9)))
