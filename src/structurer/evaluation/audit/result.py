"""What a reviewer said of a sample."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from structurer.evaluation.audit.files import read_json
from structurer.evaluation.audit.plan import AuditError, AuditPlan, plan_of
from structurer.files import write_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

EMPTY = "(empty)"
"""What a reviewer writes as the correct value where the form prints nothing."""


class Verdict(StrEnum):
    """What a reviewer finds by looking at the source."""

    RIGHT = "right"
    WRONG = "wrong"
    DAMAGED = "damaged source"
    """The source is damaged there, so that careful readers could disagree: no error of reading."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """One line of the sheet as it came back; ``row`` counts as a spreadsheet does, the head being row 1."""

    row: int
    item: str
    verdict: Verdict
    correct: str
    comment: str


@dataclass(frozen=True, slots=True)
class Problem:
    """One line that cannot be used, and why. ``row`` is ``None`` for an item that the sheet no longer has."""

    row: int | None
    item: str
    message: str


@dataclass(frozen=True, slots=True)
class AuditResult:
    """A plan, the verdicts that can be used, one for an item at most, and what is wrong with the others."""

    plan: AuditPlan
    judgements: tuple[Judgement, ...]
    problems: tuple[Problem, ...]

    @property
    def open(self) -> int:
        """The items without a verdict that can be used."""
        return len(self.plan.items) - len(self.judgements)

    def as_dict(self) -> dict[str, Any]:
        """Return the result as plain JSON values."""
        return {
            "plan": self.plan.as_dict(),
            "judgements": [asdict(judgement) for judgement in self.judgements],
            "problems": [asdict(problem) for problem in self.problems],
        }


def by_message(problems: Sequence[Problem]) -> tuple[tuple[str, str], ...]:
    """Return each problem with the rows that have it, as ``2-620, 624``; rows that are gone by their ids."""
    rows: dict[str, list[Problem]] = {}
    for problem in problems:
        rows.setdefault(problem.message, []).append(problem)
    return tuple((_places(some), message) for message, some in rows.items())


def _places(problems: Sequence[Problem]) -> str:
    numbers = sorted(problem.row for problem in problems if problem.row is not None)
    runs: list[tuple[int, int]] = []
    for number in numbers:
        if runs and runs[-1][1] == number - 1:
            runs[-1] = (runs[-1][0], number)
        else:
            runs.append((number, number))
    places = [str(first) if first == last else f"{first}-{last}" for first, last in runs]
    return ", ".join(places + [problem.item for problem in problems if problem.row is None])


def write_result(result: AuditResult, path: Path) -> None:
    """Write a result as JSON, in place of an earlier one. Raises ``OutputError`` where that cannot be."""
    write_text(path, json.dumps(result.as_dict(), ensure_ascii=False, indent=1) + "\n")


def read_result(path: Path) -> AuditResult:
    """Read what ``write_result`` wrote. Raises ``AuditError`` for any other file."""
    values = read_json(path, "an audit's result; make one with: structurer eval audit record")
    try:
        return AuditResult(
            plan_of(values["plan"]),
            tuple(Judgement(**{**one, "verdict": Verdict(one["verdict"])}) for one in values["judgements"]),
            tuple(Problem(**one) for one in values["problems"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise AuditError(f"{path}: is no audit's result ({error!r})") from error
