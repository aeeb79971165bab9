"""Where a form's pages end, and what a page break does to the labels of merged cells."""

from __future__ import annotations

from dataclasses import replace
from itertools import takewhile
from typing import TYPE_CHECKING

from structurer.synthesis.sheet import LEFT, RIGHT, Cell, Kind, Piece, Row, Sheet, Slot

if TYPE_CHECKING:
    from random import Random

HEAD_KINDS = (Kind.TITLE, Kind.YEAR, Kind.HEAD, Kind.FUNDING)
"""The rows that a form prints again at the head of each page."""


def indicator_rows(sheet: Sheet) -> list[int]:
    """Return the positions of the indicator rows."""
    return [position for position, row in enumerate(sheet.rows) if row.kind is Kind.INDICATOR]


def starts_group(row: Row) -> bool:
    """Tell whether a row prints a second-level label."""
    return any(text_in(row, slot) for slot in (LEFT[0], RIGHT[0]))


def text_in(row: Row, slot: Slot) -> str:
    """Return what a row prints in a column."""
    return "".join(cell.text for cell in row.cells if cell.slot is slot)


def with_text(row: Row, slot: Slot, text: str) -> Row:
    """Return a row with another label in a column."""
    pieces = (Piece(text),) if text else ()
    return replace(row, cells=tuple(Cell(pieces, slot) if cell.slot is slot else cell for cell in row.cells))


def break_head(sheet: Sheet, rng: Random) -> Sheet:
    """End a page above the table; the label of a merged cell that it cuts stands on the next page."""
    places = [
        n for n, row in enumerate(sheet.rows) if n and row.kind in (Kind.FUNDING, Kind.TEXT, Kind.GOALS)
    ]
    at = rng.choice(places)
    rows = list(sheet.rows)
    totals = [n for n, row in enumerate(rows) if row.kind is Kind.FUNDING]
    if rows[at].kind is Kind.FUNDING and at > totals[0]:
        name, *total = rows[totals[0]].cells
        rows[totals[0]] = replace(rows[totals[0]], cells=(Cell(), *total))
        rows[at] = replace(rows[at], cells=(name, *rows[at].cells[1:]))
    rows.insert(at, Row(Kind.GAP))
    return sheet.with_rows(tuple(rows))


def break_table(sheet: Sheet, rng: Random, *, merged: bool) -> Sheet:
    """End a page inside the indicator table.

    A label stands in the vertical middle of its merged cell, so the labels of cells that the break
    cuts come out on the first row after it: 绩效指标, the first level, and in the first group the
    second level (of a later group it would be another reading, so there it stays). With ``merged``
    the next page has one column for 绩效指标 and the first level.
    """
    table = indicator_rows(sheet)
    at = rng.choice(table[1:])
    rows = list(sheet.rows)
    head = table[0] - 1
    name = text_in(rows[head], Slot.TABLE)
    rows[head] = with_text(rows[head], Slot.TABLE, "")
    rows[at] = with_text(rows[at], Slot.TABLE, name)
    if not merged and not text_in(rows[at], Slot.LEVEL1):
        above = next(n for n in range(at - 1, head, -1) if text_in(rows[n], Slot.LEVEL1))
        rows[at] = with_text(rows[at], Slot.LEVEL1, text_in(rows[above], Slot.LEVEL1))
        rows[above] = with_text(rows[above], Slot.LEVEL1, "")
    first_group = not any(starts_group(rows[n]) for n in range(table[0] + 1, at + 1))
    if first_group and rng.random() < 0.5:
        for slot in (LEFT[0], RIGHT[0]):
            rows[at] = with_text(rows[at], slot, text_in(rows[table[0]], slot))
            rows[table[0]] = with_text(rows[table[0]], slot, "")
    if merged:
        rows[at : table[-1] + 1] = [merge_first_columns(row) for row in rows[at : table[-1] + 1]]
    rows.insert(at, Row(Kind.GAP))
    return sheet.with_rows(tuple(rows))


def break_between_groups(sheet: Sheet, rng: Random) -> Sheet:
    """End a page between two groups of the table and print the merged labels again on the next page."""
    places = [n for n in indicator_rows(sheet)[1:] if starts_group(sheet.rows[n])]
    at = rng.choice(places)
    rows = list(sheet.rows)
    head = indicator_rows(sheet)[0] - 1
    above = next(n for n in range(at, head, -1) if text_in(rows[n], Slot.LEVEL1))
    rows[at] = with_text(rows[at], Slot.TABLE, text_in(rows[head], Slot.TABLE))
    rows[at] = with_text(rows[at], Slot.LEVEL1, text_in(rows[above], Slot.LEVEL1))
    rows.insert(at, Row(Kind.GAP))
    return sheet.with_rows(tuple(rows))


def repeat_head(sheet: Sheet, at: int) -> Sheet:
    """End a page before a row and print the form's head again on the next."""
    first_page = takewhile(lambda row: row.kind in (*HEAD_KINDS, Kind.GAP), sheet.rows)
    head = [row for row in first_page if row.kind is not Kind.GAP]
    return sheet.with_rows((*sheet.rows[:at], Row(Kind.GAP), *head, *sheet.rows[at:]))


def narrow_table(sheet: Sheet) -> Sheet:
    """Give the whole table one column for 绩效指标 and the first level; its first label is in the head."""
    table = indicator_rows(sheet)
    rows = list(sheet.rows)
    head = table[0] - 1
    rows[head] = with_text(rows[head], Slot.TABLE, text_in(rows[table[0]], Slot.LEVEL1))
    rows[table[0]] = with_text(rows[table[0]], Slot.LEVEL1, "")
    return sheet.with_rows(
        tuple(merge_first_columns(row) if row.kind is Kind.INDICATOR else row for row in rows)
    )


def merge_first_columns(row: Row) -> Row:
    """Return a row whose first column holds the first level, or else 绩效指标."""
    text = text_in(row, Slot.LEVEL1) or text_in(row, Slot.TABLE)
    cells = tuple(cell for cell in row.cells if cell.slot is not Slot.TABLE)
    return with_text(replace(row, cells=cells), Slot.LEVEL1, text)
