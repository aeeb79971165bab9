"""Checks on one indicator row: it has a target, of a kind that fits its level and its name."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from structurer.checks import extraction, quoted
from structurer.document_types.declaration.checks._shapes import Shape
from structurer.document_types.declaration.checks._table import ORDER, Row, Table
from structurer.document_types.declaration.measure import measure
from structurer.document_types.declaration.model import Level1, Level2

if TYPE_CHECKING:
    from collections.abc import Iterator

    from structurer.models import Flag

_RATE_NAME = re.compile(r"(?:率|满意度|比例|占比)$")
_MAY_EXCEED_ALL = re.compile(r"增|提高|提升|倍|周转|负债|同比|收益")
_ABOUT_RATES = re.compile(r"率|比|幅|节约|控制|降低|下降|减少")
_ABOUT_TIME = re.compile(r"期|时间|时长|年限")
_SATISFACTION = re.compile(r"满意|好评|认可|投诉|信访|表扬")
_PRAISE = re.compile(r"满意|好|优|高|良|认可")
_TIMELINESS_NAME = re.compile(r"(?:及时性|及时率|及时度|时限|完成时间|时效)$")
_NUMERAL_IN_WORDS = re.compile(r"[全各每按所若满零无一二两三四五六七八九十百千万]")
_DIGIT = re.compile(r"\d")
_PERCENT = re.compile(r"(\d+(?:\.\d+)?)(?:%|百分比)")
_ALL = 100
_SHORTEST_NAME = 4
_FITTING_TIMELINESS_COUNT = re.compile(r"[次批遍轮期]")
_MISFITS = {
    "质量": {Shape.DATE},
    "时效": {Shape.MONEY, Shape.COUNT},
    "成本": {Shape.COUNT, Shape.DATE, Shape.TIME, Shape.RATE, Shape.PROMPT},
    "满意度": {Shape.MONEY, Shape.COUNT, Shape.DATE, Shape.TIME, Shape.PROMPT, Shape.WORDS},
    "数量": {Shape.WORDS, Shape.PROMPT, Shape.DATE},
}
_COSTS_OF_ANY_KIND = (Level2.SOCIAL_COST, Level2.ENVIRONMENTAL_COST)
"""A burden on people or on nature is counted in days or tons (财预〔2021〕101号)."""

_NO_RATES = (Shape.MONEY, Shape.COUNT, Shape.DATE)
_TABLE_LABELS = frozenset(
    [*Level1, *Level2, "一级指标", "二级指标", "三级指标", "绩效指标", "指标值", "指标名称", "指标内容"]
)
# Cut short (经济效益, 服务对象满意度) they are names that forms do use.


def indicator_without_target(table: Table) -> Iterator[Flag]:
    """Flag an indicator without a target."""
    for row in table.rows:
        if row.target is None:
            message = f"{quoted(row.name)} has no target"
            yield extraction(f"{row.path}.target", "indicator_without_target", message)


def target_wrong_kind(table: Table) -> Iterator[Flag]:
    """Flag a target that does not fit its level or name: a cost without money, a rate above 100%.

    A misfit is a slid target, a wrong level or, now and then, the filing's own mistake; which of
    the first two it is cannot be told, so the whole row is flagged.
    """
    for row in table.rows:
        if row.target is None:
            continue
        reason = _misfit_of_level(row) or _misfit_of_name(row)
        if reason is not None:
            yield extraction(row.path, "target_wrong_kind", f"target {quoted(row.target)} of {reason}")


def level2_wrong_kind(table: Table) -> Iterator[Flag]:
    """Flag a name that speaks of satisfaction or promptness under another level, and the reverse."""
    for row in table.rows:
        if row.level2 is None:
            continue
        reason = None
        if row.key.endswith(("满意度", "满意", "满意率")) and row.group != "满意度":
            reason = "speaks of satisfaction"
        elif (
            row.group == "满意度"
            and row.kind is Shape.WORDS
            and not _SATISFACTION.search(row.key + row.plain)
        ):
            reason = "speaks of no satisfaction"
        elif row.group != "时效" and (_TIMELINESS_NAME.search(row.key) or row.kind is Shape.PROMPT):
            reason = "speaks of promptness"
        if reason is not None:
            message = f"{quoted(row.name)} {reason} but stands under {row.level2}"
            yield extraction(f"{row.path}.level2", "level2_wrong_kind", message)


def level2_out_of_order(table: Table) -> Iterator[Flag]:
    """Flag levels of one half that do not follow the form's order.

    Cost is left out: since 财预〔2021〕101号 some forms print it first.
    """
    for half in (table.left, table.right):
        ranked = [(ORDER.index(row.group), row) for row in half if row.group not in (None, "成本")]
        for (before, upper), (after, lower) in pairwise(ranked):
            if after < before:
                message = f"{lower.level2} stands below {upper.level2}, against the form's order"
                for row in (upper, lower):
                    yield extraction(f"{row.path}.level2", "level2_out_of_order", message)


def cells_exchanged(table: Table) -> Iterator[Flag]:
    """Flag a row that slid by a cell: its name is a quantity or a label, its target a label or a name."""
    names = {row.key for row in table.rows if len(row.key) >= _SHORTEST_NAME}
    for row in table.rows:
        if row.key in _TABLE_LABELS or _is_quantity(row.name):
            message = (
                f"the name {quoted(row.name)} is a quantity or a label of the form; the row may have slid"
            )
        elif row.plain in _TABLE_LABELS or row.plain in names:
            message = f"the target {quoted(row.plain)} is a label or a name; the row may have slid"
        else:
            continue
        yield extraction(row.path, "cells_exchanged", message)


def _misfit_of_level(row: Row) -> str | None:
    kind, target = row.kind, row.plain
    if kind not in _MISFITS.get(row.group or "", ()):
        return None
    excused = (
        (row.group == "数量" and kind is Shape.WORDS and _NUMERAL_IN_WORDS.search(target))
        or (row.group == "时效" and kind is Shape.COUNT and _FITTING_TIMELINESS_COUNT.search(target))
        or row.level2 in _COSTS_OF_ANY_KIND
        or (row.group == "成本" and kind is Shape.RATE and not _is_bare_cost_rate(row))
        or (row.group == "成本" and kind is Shape.TIME and _ABOUT_TIME.search(row.key))
        or (row.group == "满意度" and kind is Shape.COUNT and "满意" not in row.key)
        or (row.group == "满意度" and kind is Shape.WORDS and not _is_unrated(row))
    )
    return None if excused else f"{row.level2} {quoted(row.name)} is {kind}"


def _is_bare_cost_rate(row: Row) -> bool:
    """Return whether a cost's target is a percentage of nothing (``投资额的10%`` is money)."""
    return measure(row.target) is not None and not _ABOUT_RATES.search(row.key)


def _is_unrated(row: Row) -> bool:
    """Return whether a satisfaction has words for a target that rate nothing (``长期``)."""
    return "满意" in row.key and not _PRAISE.search(row.plain)


def _misfit_of_name(row: Row) -> str | None:
    if not _RATE_NAME.search(row.key):
        return None
    if row.kind in _NO_RATES and not (row.kind is Shape.DATE and row.group == "时效"):
        return f"the rate {quoted(row.name)} is {row.kind}"
    percents = [float(number) for number in _PERCENT.findall(row.plain)]
    if any(number > _ALL for number in percents) and not _MAY_EXCEED_ALL.search(row.key):
        return f"the rate {quoted(row.name)} is above 100%"
    return None


def _is_quantity(name: str) -> bool:
    return _DIGIT.search(name) is not None and measure(name) is not None
