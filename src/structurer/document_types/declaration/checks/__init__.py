"""The checks on a declaration, in the order of the form: head, money, time, texts, table, coverage."""

from __future__ import annotations

from typing import TYPE_CHECKING

from structurer.document_types.declaration.checks import (
    coverage,
    dates,
    fields,
    funding,
    halves,
    indicators,
    texts,
)
from structurer.document_types.declaration.checks._table import Table, read_table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from structurer.checks import Check, Subject
    from structurer.models import Flag

TABLE_CHECKS: tuple[Callable[[Table], Iterable[Flag]], ...] = (
    indicators.indicator_without_target,
    indicators.target_wrong_kind,
    indicators.level2_wrong_kind,
    indicators.level2_out_of_order,
    indicators.cells_exchanged,
    halves.level2_differs_between_halves,
    halves.target_differs_between_halves,
    halves.row_in_one_half,
    halves.group_missing,
)


def indicator_table(subject: Subject) -> Iterator[Flag]:
    """Run the checks on the indicator table, which all look at it paired by name."""
    table = read_table(subject.data["indicators"])
    for check in TABLE_CHECKS:
        yield from check(table)


CHECKS: tuple[Check, ...] = (
    fields.required_field_missing,
    fields.phone_implausible,
    funding.amount_not_a_number,
    funding.funding_sum,
    funding.amount_in_one_half,
    funding.annual_above_period,
    dates.date_impossible,
    dates.date_out_of_fiscal_year,
    dates.one_off_longer_than_a_year,
    texts.text_cut_off,
    texts.goals_contradict_funding,
    halves.half_without_indicators,
    indicator_table,
    coverage.not_grounded,
    coverage.unclaimed_text,
)
