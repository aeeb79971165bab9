"""Checks between the halves of the indicator table, which usually hold the same indicators."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from structurer.checks import extraction, quoted, source
from structurer.document_types.declaration.checks._shapes import Shape
from structurer.document_types.declaration.checks._table import CORE, ORDER, Row, Table
from structurer.document_types.declaration.measure import measure
from structurer.document_types.declaration.model import Scope
from structurer.models import Flag, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from structurer.checks import Subject

_MAGNITUDES = {"亿": Decimal(100_000_000), "万": Decimal(10_000), "千": Decimal(1_000), "百": Decimal(100)}
_UNIT_SYNONYMS = {"百分比": "%", "平米": "平方米"}
_OF_A_YEAR = ("年", "年度")
_TELLING_KINDS = {Shape.MONEY, Shape.RATE, Shape.COUNT, Shape.WORDS}


def level2_differs_between_halves(table: Table) -> Iterator[Flag]:
    """Flag an indicator that stands under another level in either half."""
    for row, other in table.pairs if table.alike else ():
        if row.level2 and other.level2 and row.group != other.group:
            message = f"{quoted(row.name)} stands under {row.level2} left and {other.level2} right"
            for one in (row, other):
                yield extraction(f"{one.path}.level2", "halves_disagree", message)


def target_differs_between_halves(table: Table) -> Iterator[Flag]:
    """Flag an indicator whose targets in the halves differ by more than a year explains.

    A period may hold more of something than a year, and is not "per year". Anything else is odd, and
    a sign of misreading where neighbouring rows seem to have each other's targets, or where one half
    has a number and the other words.
    """
    if not table.alike:
        return
    differing = [pair for pair in table.pairs if _differ(*pair)]
    slid = _slid(differing)
    for row, other in differing:
        what = f"{quoted(row.name)}: {quoted(row.target or '')} left, {quoted(other.target or '')} right"
        if row in slid or _of_other_kinds(row, other):
            for one in (row, other):
                yield extraction(f"{one.path}.target", "halves_disagree", f"{what}; a target may have slid")
            continue
        reason = _oddity(row, measure(row.target), measure(other.target))
        if reason is not None:
            yield source(f"{other.path}.target", "halves_disagree", f"{what}: {reason}")


def row_in_one_half(table: Table) -> Iterator[Flag]:
    """Flag an indicator that one half lacks, where the halves are mostly alike."""
    paired = {row.number for pair in table.pairs for row in pair}
    for row in table.rows if table.alike else ():
        if row.number in paired:
            continue
        where = "left" if row.scope == Scope.IMPLEMENTATION_PERIOD else "right"
        message = f"only the {where} half has {quoted(row.name)}"
        yield source(row.path, "row_in_one_half", message, Severity.INFO)


def group_missing(table: Table) -> Iterator[Flag]:
    """Flag the place where a half has no indicators of a group that nearly every form fills.

    Where a group is missing, its label may be lost and its rows may stand in the groups beside it, so
    the last row before the gap and the first row after it are flagged.
    """
    for rows in (table.left, table.right):
        half = [row for row in rows if row.group is not None]
        present = {row.group for row in half}
        for group in CORE if half else ():
            if group in present:
                continue
            message = f"no indicator of {group} in this half; this row may be one, or one may be lost"
            for row in _beside_gap(half, ORDER.index(group)):
                yield extraction(f"{row.path}.level2", "group_missing", message)


def half_without_indicators(subject: Subject) -> Iterator[Flag]:
    """Flag a half that has money and a goal but no indicators, when the other half has some."""
    scopes = {indicator["scope"] for indicator in subject.data["indicators"]}
    for scope in Scope:
        asked = subject.data["funding"][scope]["total"] is not None and subject.data["goals"][scope]
        if scopes and scope not in scopes and asked:
            message = f"the half {scope} has money and a goal but no indicators"
            yield extraction("indicators", "half_without_indicators", message)


def _beside_gap(half: list[Row], gap: int) -> list[Row]:
    ranked = [(ORDER.index(row.group or ""), row) for row in half]
    return [row for rank, row in ranked if rank < gap][-1:] + [row for rank, row in ranked if rank > gap][:1]


def _differ(row: Row, other: Row) -> bool:
    if row.target is None or other.target is None or row.group != other.group:
        return False
    return _within_a_year(row) != _within_a_year(other)


def _within_a_year(row: Row) -> str:
    return row.plain.removesuffix("/年")


def _of_other_kinds(row: Row, other: Row) -> bool:
    """Return whether one target is of another kind than the other, and not just the other's beginning."""
    if row.kind is other.kind or {row.kind, other.kind} - _TELLING_KINDS:
        return False
    period, annual = measure(row.target), measure(other.target)
    same_number = period is not None and annual is not None and period["value"] == annual["value"]
    return not (same_number or row.plain.startswith(other.plain) or other.plain.startswith(row.plain))


def _slid(differing: list[tuple[Row, Row]]) -> set[Row]:
    """Return the left rows of neighbouring pairs of which one has the other's target in the other half."""
    slid = set()
    for half in (0, 1):
        for upper, lower in pairwise(sorted(differing, key=lambda pair: pair[half].number)):
            neighbours = lower[half].number == upper[half].number + 1
            (left, right), (next_left, next_right) = upper, lower
            if neighbours and (
                _within_a_year(left) == _within_a_year(next_right)
                or _within_a_year(right) == _within_a_year(next_left)
            ):
                slid |= {left, next_left}
    return slid


def _oddity(row: Row, period: dict[str, Any] | None, annual: dict[str, Any] | None) -> str | None:
    """Return what is odd about two quantities of one indicator, None where the year explains it."""
    if period is None or annual is None or "between" in (period["operator"], annual["operator"]):
        return None
    unit, scale = _unit(period["unit"])
    annual_unit, annual_scale = _unit(annual["unit"])
    if unit != annual_unit:
        return "another unit"
    if _per(period) != _per(annual):
        return "per something else"
    most, year = Decimal(period["value"]) * scale, Decimal(annual["value"]) * annual_scale
    if most == year:
        return None
    if row.group in ("数量", "成本") and unit != "%" and most > year:
        return None
    return "another number"


def _unit(unit: str | None) -> tuple[str, Decimal]:
    """Return a unit without its magnitude, and the magnitude."""
    name = (unit or "").lower()
    scale = _MAGNITUDES.get(name[:1])
    if scale is None or name in _UNIT_SYNONYMS:
        return _UNIT_SYNONYMS.get(name, name), Decimal(1)
    return _UNIT_SYNONYMS.get(name[1:], name[1:]), scale


def _per(quantity: dict[str, Any]) -> list[str]:
    return sorted(part for part in (quantity["per"] or "").split("/") if part and part not in _OF_A_YEAR)
