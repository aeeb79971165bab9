"""Printing a sheet as text that was taken from a PDF: no columns are left, only an order of lines.

An extractor walks the cells in reading order. Cells of one line that follow each other share a line;
a cell of several lines, or one that is centred beside several rows, stands on lines of its own.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from structurer.synthesis.sheet import LEFT, RIGHT, Kind, Slot
from structurer.text import printed_width

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from random import Random

    from structurer.synthesis.sheet import Cell, Row, Sheet


class Wrap(StrEnum):
    """Where the lines of a wrapped cell come out in a row."""

    CELLS = "cells"
    """Cell by cell: both lines of the name, then the value."""
    HALVES = "halves"
    """Line by line in each half: the value stands between the lines of the name."""
    LINES = "lines"
    """Line by line over the whole row: the lines of both halves are mixed."""


@dataclass(frozen=True, slots=True)
class Page:
    """Widths in columns (a Chinese character takes two), and how wrapped rows come out."""

    wrap: Wrap
    name: int = 24
    target: int = 24
    head: int = 44
    text: int = 108
    left_goal: int = 82
    right_goal: int = 58
    municipal_label_wraps: bool = True


Lines = list[str]


def print_pdf(sheet: Sheet, page: Page, rng: Random) -> str:
    """Return the sheet's text; ``rng`` decides where the extractor leaves a blank line."""
    lines: Lines = []
    rows = list(sheet.rows)
    while rows:
        count = 1
        if rows[0].kind is Kind.INDICATOR:
            while count < len(rows) and rows[count].kind is Kind.INDICATOR:
                count += 1
            lines += _table(rows[:count], page)
        else:
            lines += _row(rows[0], page, rng)
        del rows[:count]
    spaced = "\n".join(line + ("\n" if rng.random() < 0.8 else "") for line in lines)
    return spaced.rstrip("\n") + "\n"


def _row(row: Row, page: Page, rng: Random) -> Lines:
    match row.kind:
        case Kind.GAP:
            return [""]
        case Kind.FUNDING:
            return _funding(row, page)
        case Kind.TEXT:
            name, text = row.cells
            return _flow([[name.text], _wrapped(_loosened(text.text, rng), page.text)])
        case Kind.GOALS:
            name, left, right = row.cells
            return _flow(
                [[name.text], _wrapped(left.text, page.left_goal), _wrapped(right.text, page.right_goal)]
            )
        case Kind.TABLE_HEAD:
            return [
                *"".join(row.cells[0].text.split()),
                *_flow([cell.text.split("\n") for cell in row.cells[1:]]),
            ]
        case Kind.HEAD:
            return _flow([_wrapped(cell.text, page.head) for cell in row.cells])
        case Kind.PEOPLE | Kind.GOALS_HEAD:
            return _flow([cell.text.split("\n") for cell in row.cells])
        case _:
            return row.cells[0].text.split("\n")


def _funding(row: Row, page: Page) -> Lines:
    name, left, left_amount, right, right_amount = (cell.text for cell in row.cells)
    if name:
        before, bracket, after = name.partition("（")
        cells = [text.split("\n") for text in (left, left_amount, right, right_amount)]
        return [line for line in (before, bracket + after) if line] + _flow(cells)
    cells = [left.split("\n"), left_amount.split("\n"), right.split("\n"), right_amount.split("\n")]
    if page.municipal_label_wraps and printed_width(left) > 16 and left.startswith("市县"):
        cells[0] = _wrapped(left, 16)
    if all(len(cell) == 1 for cell in cells):
        indent = "" if left.startswith("其中") else "     "
        gap = " " if left.startswith("其中") else "       "
        return [f"{indent}{left} {left_amount}".rstrip() + f"{gap}{right} {right_amount}".rstrip()]
    return _flow(cells)


def _table(rows: Sequence[Row], page: Page) -> Lines:
    """Print indicator rows; a label that is centred beside several rows is printed before them."""
    lines: Lines = []
    ends = _spans(rows, (Slot.LEVEL1,))
    groups = _spans(rows, (Slot.LEFT_LEVEL2, Slot.RIGHT_LEVEL2))
    position = 0
    while position < len(rows):
        row = rows[position]
        lines += [
            character for cell in _cells(row, (Slot.TABLE,)) for character in "".join(cell.text.split())
        ]
        level1 = _cells(row, (Slot.LEVEL1,))
        inline = ends[position] - position == 1
        if not inline:
            lines += [line for cell in level1 for line in cell.text.split("\n")]
        size = groups[position] - position
        lines += _group(rows[position : position + size], level1 if inline else [], page)
        position += size
    return lines


def _spans(rows: Sequence[Row], slots: tuple[Slot, ...]) -> list[int]:
    """Return, for each row, where the next label of these columns stands: the end of this one's rows."""
    ends = [len(rows)] * len(rows)
    for position in reversed(range(len(rows) - 1)):
        starts = bool(_cells(rows[position + 1], (*slots, Slot.LEVEL1, Slot.TABLE)))
        ends[position] = position + 1 if starts else ends[position + 1]
    return ends


def _group(rows: Sequence[Row], level1: list[Cell], page: Page) -> Lines:
    first = rows[0]
    left_label, right_label = _cells(first, LEFT[:1]), _cells(first, RIGHT[:1])
    left, right = _cells(first, LEFT[1:]), _cells(first, RIGHT[1:])
    if len(rows) == 1:
        return _block([*level1, *left_label, *left], [*right_label, *right], page)
    lines = [line for cell in (*level1, *left_label) for line in cell.text.split("\n")]
    if right_label:
        lines += _block(left, [], page)
        lines += [line for cell in right_label for line in cell.text.split("\n")]
        lines += _block([], right, page)
    else:
        lines += _block(left, right, page)
    for row in rows[1:]:
        lines += _block(_cells(row, LEFT), _cells(row, RIGHT), page)
    return lines


def _cells(row: Row, slots: Iterable[Slot]) -> list[Cell]:
    wanted = set(slots)
    return [cell for cell in row.cells if cell.slot in wanted and cell.text]


def _block(left: list[Cell], right: list[Cell], page: Page) -> Lines:
    """Print the cells of one row."""
    if page.wrap is Wrap.CELLS:
        return _flow([_cell_lines(cell, page) for cell in (*left, *right)])
    if page.wrap is Wrap.LINES:
        return _raster([_cell_lines(cell, page) for cell in (*left, *right)])
    halves = [[_cell_lines(cell, page) for cell in half] for half in (left, right)]
    if all(len(lines) == 1 for half in halves for lines in half):
        return _flow([*halves[0], *halves[1]])
    return [*_raster(halves[0]), *_raster(halves[1])]


def _cell_lines(cell: Cell, page: Page) -> Lines:
    names = (Slot.LEFT_NAME, Slot.RIGHT_NAME)
    return _wrapped(cell.text, page.name if cell.slot in names else page.target)


def _flow(cells: Iterable[Lines]) -> Lines:
    """Join cells of one line that follow each other; a cell of several lines stands alone."""
    lines: Lines = []
    open_line = False
    for cell in cells:
        texts = [text for text in cell if text]
        if len(texts) > 1:
            lines += texts
        elif texts and open_line:
            lines[-1] += f" {texts[0]}"
        elif texts:
            lines += texts
        open_line = len(texts) == 1 or (open_line and not texts)
    return lines


def _raster(cells: Sequence[Lines]) -> Lines:
    """Print cells of a row line by line, each centred in the row's height."""
    height = max((len(cell) for cell in cells), default=0)
    heights: defaultdict[int, Lines] = defaultdict(list)
    for cell in cells:
        for number, text in enumerate(cell):
            heights[height - len(cell) + 2 * number].append(text)
    return [" ".join(heights[position]) for position in sorted(heights)]


def _wrapped(text: str, width: int) -> Lines:
    """Break a text where the cell's width is full; line breaks in it stay."""
    lines: Lines = []
    for part in text.split("\n"):
        line = ""
        for character in part:
            if line and printed_width(line + character) > width:
                lines.append(line.strip())
                line = ""
            line += character
        lines.append(line.strip())
    return [line for line in lines if line]


def _loosened(text: str, rng: Random) -> str:
    """Return a text with the spaces that extractors see before a closing mark."""
    return "".join(f" {c}" if c in "》，" and rng.random() < 0.1 else c for c in text)
