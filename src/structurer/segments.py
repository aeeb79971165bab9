"""A chunk's text as numbered segments: what a layout reader or a model points at.

A line with tabs is a row of cells, and so is a line of a Markdown table; any other line is cut at
its white space. Empty cells make no segment but keep their column.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from structurer.models import Segment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from structurer.models import Chunk, Document

_STRETCH = re.compile(r"[^\s\u200b-\u200d\ufeff]+")
"""Text between white space of any width, zero width included."""

_RULE = re.compile(r"^\s*(?:[\-=_|:+—─]\s*){3,}$")
_CELL_RULE = re.compile(r"^:?[\-=_—─]{2,}:?$")
_BAR_ROW = re.compile(r"^\s*\|.*\|\s*$")
_HEADING = re.compile(r"^\s{0,3}#{1,6}\s+")


def segments(document: Document, chunk: Chunk) -> tuple[Segment, ...]:
    """Return the chunk's segments in reading order, numbered from 0.

    Lines that only draw (``-----``) make no segment.
    """
    found: list[Segment] = []
    for line in chunk.lines:
        start, end = line_span(document, line)
        for column, left, right in _pieces(document.text[start:end]):
            piece = document.text[start + left : start + right]
            found.append(Segment(len(found), line, column, start + left, start + right, piece))
    return tuple(found)


def is_blank(line: str) -> bool:
    """Say whether a line prints nothing."""
    return _STRETCH.search(line) is None


def line_span(document: Document, line: int) -> tuple[int, int]:
    """Return where a line stands, without its line break."""
    starts = document.line_starts
    end = starts[line + 1] - 1 if line + 1 < len(starts) else len(document.text)
    return starts[line], end


def _pieces(line: str) -> Iterator[tuple[int, int, int]]:
    """Yield (column, start, end) for each non-empty cell or stretch of a line."""
    if _RULE.match(line):
        return
    if "\t" in line:
        yield from _cells(line, "\t", 0, len(line))
    elif _BAR_ROW.match(line):
        yield from _cells(line, "|", line.index("|") + 1, line.rindex("|"))
    else:
        heading = _HEADING.match(line)
        begin = heading.end() if heading else 0
        for column, stretch in enumerate(_STRETCH.finditer(line, begin)):
            yield column, stretch.start(), stretch.end()


def _cells(line: str, border: str, position: int, limit: int) -> Iterator[tuple[int, int, int]]:
    column = 0
    while position <= limit:
        right = line.find(border, position, limit)
        if right < 0:
            right = limit
        words = list(_STRETCH.finditer(line, position, right))
        if words and not _CELL_RULE.match(line[position:right].strip()):
            yield column, words[0].start(), words[-1].end()
        column += 1
        position = right + 1
