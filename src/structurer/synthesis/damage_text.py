"""Damage to what stands inside cells: spaces, line breaks, misread and lost characters, cut ends.

Every operator takes a sheet, the share of places to hit, and a seeded source of choices. It hits at
least one place when the share is above zero, none at zero.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil
from typing import TYPE_CHECKING

from structurer.synthesis.sheet import Cell, Kind, Piece

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from structurer.synthesis.sheet import Sheet

_LOOK_ALIKES = (
    "未末",
    "己已",
    "人入",
    "士土",
    "日曰",
    "干千",
    "大太",
    "天夫",
    "力刀",
    "治冶",
    "设没",
    "账帐",
    "补朴",
    "拔拨",
    "货贷",
    "免兔",
    "析折",
    "项顶",
    "间问",
    "质贡",
    "标杯",
    "数敷",
    "效敖",
    "益盆",
    "期朝",
    "资咨",
    "金全",
    "时吋",
    "成戍",
    "本木",
    "率卒",
    "合台",
    "格恪",
    "足是",
    "维准",
    "服眼",
    "供洪",
    "位仿",
    "性姓",
    "经径",
    "总息",
    "体休",
    "水氷",
    "准淮",
    "0O",
    "1l",
    "38",
    "56",
    "17",
    "5S",
)
"""Characters that scanners take for each other, pairwise."""

_CONFUSED: dict[str, str] = {}
for _one, _other in map(tuple, _LOOK_ALIKES):
    _CONFUSED[_one] = _CONFUSED.get(_one, "") + _other
    _CONFUSED[_other] = _CONFUSED.get(_other, "") + _one

_CHARACTERS_PER_HIT = 80
"""A long text that is hit is hit once for so many characters."""


@dataclass(frozen=True, slots=True)
class _Place:
    row: int
    cell: int
    piece: int


def spaces(sheet: Sheet, share: float, rng: Random) -> Sheet:
    """Put spaces between characters of a cell. They carry no meaning; the truth stays."""
    return _alter(sheet, share, rng, _at_least(3), lambda text: _insert(text, " ", rng))


def line_breaks(sheet: Sheet, share: float, rng: Random) -> Sheet:
    """Break a cell over two lines. The truth stays, but where no column is left it is in doubt."""
    damaged = _alter(sheet, share, rng, _at_least(4), lambda text: _insert(text, "\n", rng))
    if sheet.columns_kept:
        return damaged
    broken = {
        piece.path
        for row in damaged.rows
        if row.kind in (Kind.INDICATOR, Kind.GOALS)
        for cell in row.cells
        for piece in cell.pieces
        if piece.path is not None and "\n" in piece.text
    }
    return damaged.with_rows(damaged.rows, frozenset(broken))


def misread(sheet: Sheet, share: float, rng: Random) -> Sheet:
    """Put a look-alike for a character. The truth is what is printed; of a label it stays."""
    return _alter(sheet, share, rng, lambda piece: any(c in _CONFUSED for c in piece.text), _misread(rng))


def dropped(sheet: Sheet, share: float, rng: Random) -> Sheet:
    """Lose a character. The truth is what is left; of a label it stays."""

    def drop(text: str) -> str:
        at = rng.choice([n for n, character in enumerate(text) if not character.isspace()])
        return text[:at] + text[at + 1 :]

    return _alter(sheet, share, rng, lambda piece: len(piece.text) >= (3 if piece.path else 4), drop)


def split_digits(sheet: Sheet, share: float, rng: Random) -> Sheet:
    """Put a space into an amount or a date. The truth stays."""

    def digits(piece: Piece) -> bool:
        money_or_date = (piece.path or "").startswith("funding.") or piece.path == "submitted_at"
        return money_or_date and len(piece.text) >= 3

    return _alter(sheet, share, rng, digits, lambda text: _insert(text, " ", rng))


def cut_cells(sheet: Sheet, share: float, rng: Random) -> Sheet:
    """Cut a cell's text at its end. The truth is what is left; a label stays long enough to be known."""
    places = [
        _Place(n, m, 0)
        for n, row in enumerate(sheet.rows)
        for m, cell in enumerate(row.cells)
        if _shortest(cell) < _length(cell)
    ]
    rows = list(sheet.rows)
    for place in _chosen(places, share, rng):
        cells = list(rows[place.row].cells)
        cell = cells[place.cell]
        cells[place.cell] = _cut(cell, rng.randrange(_shortest(cell), _length(cell)))
        rows[place.row] = replace(rows[place.row], cells=tuple(cells))
    return sheet.with_rows(tuple(rows))


def hits(places: int, share: float) -> int:
    """Return how many of so many places to hit: the share, rounded up; none for a share of zero."""
    return min(places, ceil(share * places))


def _chosen(places: list[_Place], share: float, rng: Random) -> list[_Place]:
    return rng.sample(places, hits(len(places), share))


def _alter(
    sheet: Sheet,
    share: float,
    rng: Random,
    eligible: Callable[[Piece], bool],
    alter: Callable[[str], str],
) -> Sheet:
    """Rewrite the text of a share of the eligible pieces; what a converter put there is never hit."""
    places = [
        _Place(n, m, k)
        for n, row in enumerate(sheet.rows)
        for m, cell in enumerate(row.cells)
        for k, piece in enumerate(cell.pieces)
        if not piece.markup and eligible(piece)
    ]
    rows = list(sheet.rows)
    for place in _chosen(places, share, rng):
        cells = list(rows[place.row].cells)
        pieces = list(cells[place.cell].pieces)
        text = pieces[place.piece].text
        for _ in range(1 + len(text) // _CHARACTERS_PER_HIT):
            text = alter(text)
        pieces[place.piece] = replace(pieces[place.piece], text=text)
        cells[place.cell] = replace(cells[place.cell], pieces=tuple(pieces))
        rows[place.row] = replace(rows[place.row], cells=tuple(cells))
    return sheet.with_rows(tuple(rows))


def _at_least(length: int) -> Callable[[Piece], bool]:
    return lambda piece: len(piece.text) >= length


def _insert(text: str, what: str, rng: Random) -> str:
    at = rng.randrange(1, len(text))
    return text[:at] + what + text[at:]


def _misread(rng: Random) -> Callable[[str], str]:
    def alter(text: str) -> str:
        at = rng.choice([n for n, character in enumerate(text) if character in _CONFUSED])
        return text[:at] + rng.choice(_CONFUSED[text[at]]) + text[at + 1 :]

    return alter


def _length(cell: Cell) -> int:
    return sum(len(piece.text) for piece in cell.pieces if not piece.markup)


def _shortest(cell: Cell) -> int:
    """Return how many characters a cut must leave: labels such as 项目概况 differ in their third."""
    if any(piece.path is not None for piece in cell.pieces):
        return max(2, _length(cell) * 2 // 5)
    return max(3, ceil(_length(cell) * 0.6))


def _cut(cell: Cell, length: int) -> Cell:
    pieces: list[Piece] = []
    for piece in cell.pieces:
        text = piece.text if piece.markup else piece.text[:length]
        length -= 0 if piece.markup else len(text)
        if text:
            pieces.append(replace(piece, text=text))
    return replace(cell, pieces=tuple(pieces))
