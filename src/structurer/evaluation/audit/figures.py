"""The figures of an audit, as values."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from structurer.evaluation.audit.plan import Item
    from structurer.evaluation.audit.result import AuditResult, Judgement
    from structurer.groups import Group


class Promised(StrEnum):
    """Whether the sample shows what was promised."""

    SHOWN = "shown"
    NOT_SHOWN = "not yet shown"
    OPEN = "open"
    """Values are without a verdict, so nothing is shown yet."""


@dataclass(frozen=True, slots=True)
class GroupFigures:
    """One group of fields, or all of them (``group`` is ``None``).

    ``bound`` is the upper bound on the share of the lot that is wrong, ``bound_with_damage`` on the share
    that is wrong or damaged in the source. ``more`` is how many more values, all right, would show the
    target error.
    """

    group: Group | None
    values: int
    drawn: int
    right: int
    wrong: int
    damaged: int
    bound: float
    bound_with_damage: float
    more: int

    @property
    def judged(self) -> int:
        """How many have a verdict."""
        return self.right + self.wrong + self.damaged


class Finding(NamedTuple):
    """One drawn value that is not right, what the reviewer said of it, and the class of error."""

    item: Item
    judgement: Judgement
    error: str


@dataclass(frozen=True, slots=True)
class DeclarationFigures:
    """Whole declarations: judged in full, of these without any error, and with something missing.

    ``bound`` is the upper bound on the share of declarations in which anything is wrong or missing that
    nobody was told of. ``effect`` is the design effect that the bounds on values reckon with.
    """

    judged: int
    right: int
    incomplete: int
    bound: float
    effect: float


@dataclass(frozen=True, slots=True)
class Cost:
    """What the run's model cost, in US dollars: in all, for a correct value, for a correct record.

    ``record_is_most`` tells that the cost of a record is an upper figure: by single values one knows only
    that at most as many records have an error as there are errors. ``None`` where nothing is correct.
    """

    total: Decimal
    value: Decimal | None
    record: Decimal | None
    record_is_most: bool


@dataclass(frozen=True, slots=True)
class AuditReport:
    """All figures.

    ``accepted`` is the most errors with which a sample of this size shows the promise (``None``: too small);
    of whole declarations, if each error is in another. ``risk`` is how likely a lot with just the target
    error then passes, ``None`` for whole declarations. ``size``, in the plan's unit, is that of a sample,
    holding this one, that shows the promise if no more errors are found.
    """

    result: AuditResult
    promised: Promised
    overall: GroupFigures
    groups: tuple[GroupFigures, ...]
    accepted: int | None
    risk: float | None
    size: int
    classes: tuple[tuple[str, int], ...]
    errors: tuple[Finding, ...]
    damaged: tuple[Finding, ...]
    declarations: DeclarationFigures | None
    cost: Cost | None

    def as_dict(self) -> dict[str, Any]:
        """Return the figures as plain JSON values."""
        return {
            "promise": asdict(self.result.plan.promise) | {"state": str(self.promised)},
            "overall": asdict(self.overall),
            "groups": [asdict(group) for group in self.groups],
            "accepted": self.accepted,
            "risk": self.risk,
            "size": self.size,
            "classes": dict(self.classes),
            "errors": [_finding(finding) for finding in self.errors],
            "damaged": [_finding(finding) for finding in self.damaged],
            "declarations": None if self.declarations is None else asdict(self.declarations),
            "cost": None if self.cost is None else {k: _text(v) for k, v in asdict(self.cost).items()},
        }


def _finding(finding: Finding) -> dict[str, Any]:
    item, one = finding.item, finding.judgement
    return {
        "filing": item.filing,
        "ordinal": item.ordinal,
        "line": item.line,
        "path": item.path,
        "value": item.value,
        "correct": one.correct,
        "comment": one.comment,
        "class": finding.error,
    }


def _text(value: object) -> object:
    return str(value) if isinstance(value, Decimal) else value
