"""Checks on 项目资金: amounts that are numbers, parts that add up, a year within its period."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

from structurer.checks import extraction, source
from structurer.document_types.declaration.model import FundingHalf, Scope
from structurer.models import Flag, Grounding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from structurer.checks import Subject

_AMOUNT = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
_PARTS = tuple(name for name in FundingHalf.model_fields if name != "total")
_ROUNDING = Decimal(1)
_READ_RIGHT = (Grounding.EXACT, Grounding.JOINED)


def amount_not_a_number(subject: Subject) -> Iterator[Flag]:
    """Flag an amount that is no decimal number."""
    for scope in Scope:
        for name, value in subject.data["funding"][scope].items():
            if value is not None and not _AMOUNT.fullmatch(value):
                path = f"funding.{scope}.{name}"
                yield extraction(path, "amount_not_a_number", "the amount is not a number", Severity.ERROR)


def funding_sum(subject: Subject) -> Iterator[Flag]:
    """Flag a half whose parts do not add up to its total, to the yuan.

    Where every amount stands in the text as it was read, and none that the other half prints is empty,
    the filing is odd; else one of them may be misread or lost, and nobody can say which, so the whole
    half is flagged.
    """
    for scope in Scope:
        amounts = {name: amount(subject, scope, name) for name in ("total", *_PARTS)}
        total = amounts.pop("total")
        printed = {name: value for name, value in amounts.items() if value is not None}
        if total is None or not printed or abs(sum(printed.values()) - total) <= _ROUNDING:
            continue
        scope_path = f"funding.{scope}"
        message = f"parts add up to {sum(printed.values()):,}, the form says {total:,}"
        paths = [f"funding.{scope}.{name}" for name in ("total", *printed)]
        found = [subject.found(path) for path in paths]
        sure = all(evidence is not None and evidence.status in _READ_RIGHT for evidence in found)
        if sure and not _lost_parts(subject, scope):
            yield source(paths[0], "funding_sum", message)
        else:
            yield extraction(scope_path, "funding_sum", message)


def _lost_parts(subject: Subject, scope: Scope) -> bool:
    """Say whether this half is empty where the other one prints an amount."""
    halves = subject.data["funding"]
    others = (halves[other] for other in Scope if other is not scope)
    return any(other[name] is not None and halves[scope][name] is None for other in others for name in _PARTS)


def amount_in_one_half(subject: Subject) -> Iterator[Flag]:
    """Flag a part that is empty in one half while the other prints it: a label or number may be lost."""
    halves = subject.data["funding"]
    for scope, other in (
        (Scope.IMPLEMENTATION_PERIOD, Scope.ANNUAL),
        (Scope.ANNUAL, Scope.IMPLEMENTATION_PERIOD),
    ):
        if all(value is None for value in halves[scope].values()):
            continue
        for name, value in halves[scope].items():
            if value is None and halves[other][name] is not None:
                yield extraction(
                    f"funding.{scope}.{name}", "amount_in_one_half", "only the other half prints it"
                )


def annual_above_period(subject: Subject) -> Iterator[Flag]:
    """Flag a year's amount above that of the whole period."""
    for name in ("total", *_PARTS):
        annual, period = (
            amount(subject, Scope.ANNUAL, name),
            amount(subject, Scope.IMPLEMENTATION_PERIOD, name),
        )
        if annual is not None and period is not None and annual > period:
            message = f"the year's {annual:,} is above the period's {period:,}"
            yield source(f"funding.annual.{name}", "annual_above_period", message)


def amount(subject: Subject, scope: str, name: str) -> Decimal | None:
    """Return one amount of a half in yuan; None where it is empty or not a number."""
    value = subject.data["funding"][scope][name]
    return Decimal(value) if value is not None and _AMOUNT.fullmatch(value) else None
