"""The five printings of the form: how each words, pages and lays out a declaration."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from random import Random
from typing import TYPE_CHECKING

from structurer.synthesis import paging
from structurer.synthesis.pdf import Page, Wrap, print_pdf
from structurer.synthesis.sheet import Cell, Kind, Row, Wording, build_sheet
from structurer.synthesis.tabs import (
    DISCLOSED,
    FLAT,
    SHIFTED,
    WIDE_TEXTS,
    ZONE_EIGHT,
    ZONE_EVEN,
    ZONE_TEN,
    print_tabs,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from structurer.document_types.declaration.model import Declaration
    from structurer.synthesis.sheet import Sheet


class Family(StrEnum):
    """A printing of the form."""

    BUREAU = "bureau"
    """Tab cells; one title at the top of the filing for all forms."""
    PDF = "pdf"
    """Text taken from a PDF: no columns, blank lines, wrapped cells; a title over each form."""
    ZONE = "zone"
    """Tab cells in a wide grid with many empty columns; a title over each form; half-width marks."""
    PAGED = "paged"
    """Tab cells; long forms print their head again on each page."""
    DISCLOSURE = "disclosure"
    """Tab cells without a title of their own inside a longer disclosure; its heading has the year."""

    @property
    def columns_kept(self) -> bool:
        """Whether the print tells which column a cell stands in."""
        return self is not Family.PDF

    @property
    def own_title(self) -> bool:
        """Whether each form prints title and year itself."""
        return self in (Family.PDF, Family.ZONE, Family.PAGED)


@dataclass(frozen=True)
class Form:
    """A declaration laid out for one family, and how to print it."""

    sheet: Sheet
    print: Callable[[Sheet], str]


_FULL = ("（", "）")
_HALF = ("(", ")")
_CUT_SATISFACTION = (
    ("服务对象满意度指标", "服务对象满意度指标"),
    ("服务对象满意度指标", "服务对象满意度指"),
    ("服务对象满意度", "服务对象满意度指"),
    ("服务对象满意度", "服务对象满意度"),
)
_LONG_TABLE = 14
"""Rows of an indicator table that does not fit on a page with the rest of its form."""


def lay_out(family: Family, truth: Declaration, seed: str) -> Form:
    """Return a declaration as a family prints it; the seed chooses among the family's variants."""
    return _LAYOUTS[family](truth, Random(f"layout:{seed}"), seed)


def _bureau(truth: Declaration, rng: Random, seed: str) -> Form:
    del seed
    sheet = build_sheet(truth, _wording(rng), title=None, columns_kept=True)
    if rng.random() < 0.4:
        sheet = paging.break_head(sheet, rng)
    if rng.random() < 0.4:
        sheet = paging.break_table(sheet, rng, merged=False)
    if rng.random() < 0.1:
        sheet = sheet.with_rows((*sheet.rows, Row(Kind.RULE)))
    return Form(sheet, partial(print_tabs, geometry=rng.choice([FLAT, FLAT, WIDE_TEXTS, SHIFTED])))


def _pdf(truth: Declaration, rng: Random, seed: str) -> Form:
    wording = Wording()
    sheet = build_sheet(truth, wording, title="", columns_kept=False)
    if len(paging.indicator_rows(sheet)) > _LONG_TABLE:
        sheet = paging.break_between_groups(sheet, rng)
    page = Page(
        wrap=rng.choice([Wrap.CELLS, Wrap.CELLS, Wrap.HALVES, Wrap.LINES]),
        name=rng.choice([22, 24, 26]),
        municipal_label_wraps=rng.random() < 0.7,
    )
    return Form(sheet, lambda sheet: print_pdf(sheet, page, Random(f"print:{seed}")))


def _zone(truth: Declaration, rng: Random, seed: str) -> Form:
    del seed
    wording = replace(_wording(rng), colon=":", brackets=_HALF, markup=False)
    sheet = build_sheet(truth, wording, title="", columns_kept=True)
    return Form(sheet, partial(print_tabs, geometry=rng.choice([ZONE_TEN, ZONE_EIGHT, ZONE_EVEN])))


def _paged(truth: Declaration, rng: Random, seed: str) -> Form:
    del seed
    sheet = build_sheet(truth, _wording(rng), title=rng.choice(["# ", "## "]), columns_kept=True)
    table = paging.indicator_rows(sheet)
    if len(table) > _LONG_TABLE:
        sheet = paging.repeat_head(sheet, rng.choice(table[_LONG_TABLE // 2 :]))
        goals = next(n for n, row in enumerate(sheet.rows) if row.kind is Kind.GOALS)
        sheet = paging.repeat_head(sheet, goals)
    elif rng.random() < 0.4:
        sheet = paging.break_table(sheet, rng, merged=False)
    return Form(sheet, partial(print_tabs, geometry=rng.choice([FLAT, ZONE_EIGHT, ZONE_EVEN])))


def _disclosure(truth: Declaration, rng: Random, seed: str) -> Form:
    del seed
    wording = replace(_wording(rng), markup=False)
    sheet = build_sheet(truth, wording, title=None, columns_kept=True)
    choice = rng.random()
    if choice < 0.25:
        sheet = paging.narrow_table(sheet)
    elif choice < 0.85:
        sheet = paging.break_table(sheet, rng, merged=rng.random() < 0.6)
    if rng.random() < 0.4:
        sheet = _date_in_its_label(sheet)
    return Form(sheet, partial(print_tabs, geometry=DISCLOSED))


_LAYOUTS = {
    Family.BUREAU: _bureau,
    Family.PDF: _pdf,
    Family.ZONE: _zone,
    Family.PAGED: _paged,
    Family.DISCLOSURE: _disclosure,
}


def _wording(rng: Random) -> Wording:
    return Wording(
        colon=rng.choice("：:"),
        brackets=rng.choice([_FULL, _HALF]),
        funding=rng.choice(["项目资金（元）", "项目资金 （元）", "项目资金 (元)", "项目资金(元)"]),
        period=rng.choice(["项目期", "项目期", "项目期", "项目日期"]),
        satisfaction=rng.choice(_CUT_SATISFACTION),
        table=rng.choice(["绩效指标", "绩效指标", "绩效 指标"]),
        markup=rng.random() < 0.2,
    )


def _date_in_its_label(sheet: Sheet) -> Sheet:
    """Print the date in the cell of its label."""
    *others, people = sheet.rows
    *cells, name, date = people.cells
    merged = Cell((*name.pieces, *date.pieces))
    return sheet.with_rows((*others, replace(people, cells=(*cells, merged))))
