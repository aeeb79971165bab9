"""The filing's text beside a record: lines in pieces, so that every place in it is known by its offset.

A piece holds as many characters as the stretch of text that it stands for, so that a place on the page can be
told from the piece's start. What cannot be seen, or would change how its neighbours look, is shown by a sign.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_LINES_AROUND = 12
_AROUND = 3_000
"""Characters before and behind a record that are shown at most, unless the whole filing is."""

_MOST = 60_000
_MOST_OF_WHOLE = 400_000
"""Characters that a page holds at most."""

_UNSEEN = re.compile(
    "(?:\f|[\x00-\x08\x0b\x0d-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]+)"
)
_SIGN = "\N{WHITE SQUARE WITH ROUNDED CORNERS}"


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch ``[start, end)`` of the text, in code points. ``cited`` says that a value stands in it.

    ``unseen`` names characters that ``text`` shows signs for; ``page_break`` is a form feed.
    """

    start: int
    end: int
    text: str
    cited: bool = False
    unseen: str = ""
    page_break: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A line, or what is shown of it; ``number`` counts from 1. ``ours`` says that it is of the record."""

    number: int
    ours: bool
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Source:
    """What is shown of a text. ``before`` and ``behind`` count the characters that are not shown.

    ``cut`` says that the record's own part is too long to be shown as a whole.
    """

    lines: tuple[Line, ...]
    before: int
    behind: int
    cut: bool


def source_of(text: str, part: tuple[int, int], spans: Iterable[tuple[int, int]], *, whole: bool) -> Source:
    """Return a record's ``part`` of a text with some of what is around, or with as much as a page holds.

    ``spans`` are where values stand: pieces end at their borders.
    """
    start, end = _window(text, part, whole=whole)
    cited = _merged(spans)
    borders = sorted({*part, *(border for span in spans for border in span)})
    lines = tuple(_lines(text, start, end, part, borders, cited))
    return Source(lines, start, len(text) - end, cut=end < part[1])


def _window(text: str, part: tuple[int, int], *, whole: bool) -> tuple[int, int]:
    first, last = part
    most = _MOST_OF_WHOLE if whole else _MOST
    start, end = (0, len(text)) if whole else (_lines_before(text, first), _lines_behind(text, last))
    if end - start > most:
        start = max(start, first - (most // 4 if whole else _AROUND))
        end = min(end, start + most)
    return start, end


def _lines_before(text: str, place: int) -> int:
    at = place
    for _ in range(_LINES_AROUND + 1):
        at = text.rfind("\n", max(place - _AROUND, 0), at)
        if at < 0:
            return max(place - _AROUND, 0)
    return at + 1


def _lines_behind(text: str, place: int) -> int:
    most = min(place + _AROUND, len(text))
    at = place
    for _ in range(_LINES_AROUND + 1):
        at = text.find("\n", at, most) + 1
        if not at:
            return most
    return at


def _merged(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return stretches that do not overlap, in order, for spans that may."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _lines(
    text: str,
    start: int,
    end: int,
    part: tuple[int, int],
    borders: Sequence[int],
    cited: Sequence[tuple[int, int]],
) -> Iterator[Line]:
    number = text.count("\n", 0, start) + 1
    at = start
    while at < end:
        stop = text.find("\n", at, end)
        stop = end if stop < 0 else stop
        ours = at < part[1] and stop >= part[0]
        yield Line(number, ours, tuple(_pieces(text, at, stop, borders, cited)))
        number += 1
        at = stop + 1


def _pieces(
    text: str, start: int, end: int, borders: Sequence[int], cited: Sequence[tuple[int, int]]
) -> Iterator[Piece]:
    inside = borders[bisect_right(borders, start) : bisect_left(borders, end)]
    for first, last in zip((start, *inside), (*inside, end), strict=True):
        within = bisect_right(cited, (first, len(text))) - 1
        is_cited = within >= 0 and cited[within][1] >= last
        yield from _seen(text, first, last, is_cited)


def _seen(text: str, start: int, end: int, cited: bool) -> Iterator[Piece]:
    at = start
    for match in _UNSEEN.finditer(text, start, end):
        if at < match.start():
            yield Piece(at, match.start(), text[at : match.start()], cited)
        at = match.end()
        if match[0] == "\f":
            yield Piece(match.start(), at, "\N{SPACE}", page_break=True)
        else:
            yield Piece(match.start(), at, _SIGN * len(match[0]), cited, _names(match[0]))
    if at < end:
        yield Piece(at, end, text[at:end], cited)


def _names(unseen: str) -> str:
    shown = [unicodedata.name(each, f"U+{ord(each):04X}").lower() for each in unseen[:3]]
    return ", ".join(shown) + (", …" if len(unseen) > len(shown) else "")
