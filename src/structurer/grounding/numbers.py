"""Reading the numbers of a text: grouped by thousands, torn apart by a scanner, or plain.

A scanner tears a number at any digit (``1,500,00 0``), and two numbers may stand side by side
(``100 200``). Which of the two it is shows in the pieces: where one piece is no number by itself
but the pieces joined are one, the number was torn, and neither piece is a value. Where both
readings are possible over a single blank, both are given.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from structurer.models import Span

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_HALF_WIDTH = str.maketrans("０１２３４５６７８９，．－−\u200b\ufeff\xad", "0123456789,.--   ")
_PIECE = re.compile(r"[.,]?[0-9](?:[.,]?[0-9])*[.,]?")
_PLAIN = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_GROUPED = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?")
_GROUPED_BY_POINTS = re.compile(r"[0-9]{1,3}(?:[.,][0-9]{3}){2,}")
_CLAUSE_COMMA = re.compile(r"(?<=[0-9]{4}),(?![0-9]{3}(?![0-9]))(?=[0-9])")
_ONE_BLANK = frozenset((" ", "\u3000", "\xa0"))
_SIGN_STANDS_AFTER = frozenset("\n\t :：(（")
_LONGEST_TEAR = 4
"""A scanner leaves a number in at most this many pieces; more pieces in a row are a list of numbers."""


class Number(NamedTuple):
    """A number that can be read in the text: its digits without separators, and where it stands."""

    plain: str
    span: Span


class _Piece(NamedTuple):
    start: int
    end: int
    text: str


def read_number(printed: str) -> str | None:
    """Return a printed number without its separators, or ``None`` when it is no number.

    ``20,000,000.50`` gives ``20000000.50``; ``20.000.000``, commas misread as points, ``20000000``;
    ``1,500,00``, which a scanner damaged, ``None``. Blanks must have been dropped.
    """
    printed = printed.translate(_HALF_WIDTH)
    digits = printed.removeprefix("-")
    if _PLAIN.fullmatch(digits):
        return printed
    if _GROUPED.fullmatch(digits):
        return printed.replace(",", "")
    if _GROUPED_BY_POINTS.fullmatch(digits):
        return printed.replace(",", "").replace(".", "")
    return None


def read_torn_number(pieces: Sequence[str]) -> str | None:
    """Return the number that a scanner tore into these pieces, or ``None`` if they may be several numbers."""
    if not all(_torn(left, right) for left, right in pairwise(pieces)):
        return None
    return read_number("".join(pieces))


def same_number_key(plain: str) -> str:
    """Return one key for all ways to write a number without separators: ``0500.00`` and ``500``."""
    sign = "-" if plain.startswith("-") else ""
    whole, _, fraction = plain.removeprefix("-").partition(".")
    fraction = fraction.rstrip("0")
    return f"{sign}{whole.lstrip('0') or '0'}{'.' if fraction else ''}{fraction}"


def numbers_in(clean: str) -> Iterator[Number]:
    """Yield each number that can be read in ``clean`` (see ``blank_markup``), by where it starts."""
    text = clean.translate(_HALF_WIDTH)
    row: list[_Piece] = []
    for piece in _pieces(text):
        if row and not _in_a_row(text[row[-1].end : piece.start]):
            yield from _readings(text, row)
            row = []
        row.append(piece)
    yield from _readings(text, row)


def _pieces(text: str) -> Iterator[_Piece]:
    for match in _PIECE.finditer(text):
        # 50000,20 cannot be one number: the comma parts two clauses.
        cuts = [comma.start() for comma in _CLAUSE_COMMA.finditer(match.group())]
        start = match.start()
        for cut in (*cuts, len(match.group())):
            end = match.start() + cut
            yield _Piece(start, end, text[start:end])
            start = end + 1


def _in_a_row(gap: str) -> bool:
    # A tab on a line of its own borders nothing.
    lines = gap.split("\n")
    return gap.isspace() and "\t" not in lines[0] and "\t" not in lines[-1]


def _readings(text: str, row: list[_Piece]) -> Iterator[Number]:
    if len(row) == 1:
        number = _reading(text, row)
        if number:
            yield number
        return
    pairs = list(pairwise(row))
    torn = [_torn(left.text, right.text) for left, right in pairs]
    near = [text[left.end : right.start] in _ONE_BLANK for left, right in pairs]
    for first in range(len(row)):
        if first and torn[first - 1]:
            continue
        for last in range(first, min(first + _LONGEST_TEAR, len(row))):
            if last > first and not (torn[last - 1] or near[last - 1]):
                break
            if last < len(torn) and torn[last]:
                continue
            number = _reading(text, row[first : last + 1])
            if number:
                yield number


def _torn(left: str, right: str) -> bool:
    """Whether two pieces in a row are one number because they cannot be two."""
    if _number(left + right) is None:
        return False
    left_is_number = _number(left) is not None and left[-1] not in ".,"
    right_is_number = _number(right) is not None and right[0] not in ".," and not _has_leading_zeros(right)
    return not (left_is_number and right_is_number)


def _has_leading_zeros(piece: str) -> bool:
    return len(piece) > 1 and piece[0] == "0" and piece[1] != "."


def _number(printed: str) -> str | None:
    return read_number(printed.strip(".,"))


def _reading(text: str, pieces: list[_Piece]) -> Number | None:
    joined = "".join(piece.text for piece in pieces)
    plain = _number(joined)
    if plain is None:
        return None
    start = pieces[0].start + (pieces[0].text[0] in ".,")
    end = pieces[-1].end - (pieces[-1].text[-1] in ".,")
    if start and text[start - 1] == "-" and (start == 1 or text[start - 2] in _SIGN_STANDS_AFTER):
        return Number("-" + plain, Span(start - 1, end))
    return Number(plain, Span(start, end))
