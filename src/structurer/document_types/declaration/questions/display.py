"""A passage as a model sees it: numbered segments between marks that the filing's text cannot forge."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from itertools import groupby
from typing import TYPE_CHECKING

from structurer.document_types.declaration.layout.atoms import borders
from structurer.segments import line_span

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from structurer.models import Document, Segment

OPENING, CLOSING = "<<<FILING", "FILING>>>"
_NUMBER_MARKS = {"⟦": "[", "⟧": "]"}
_UNSAFE = re.compile(
    "[\u27e6\u27e7"  # the marks of numbers
    "\x00-\x1f\x7f-\x9f\u2028\u2029"  # controls and line breaks
    "\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"  # unseen, turning
    "\ud800-\udfff\U000e0000-\U000e0fff]"  # halves of characters, and tags
)
_THRICE = re.compile(r"<<<+|>>>+")
_LOOKS_SAFE = {"<": "‹", ">": "›"}
_LONGEST = 1_500
_SHOWN_END = 500
_MOST_EMPTY = 20
"""More empty cells in a row than this are told by their number."""


def shown(text: str) -> str:
    """Return a segment's text as it is shown: on one line, without unseen characters, unable to forge marks.

    A very long text is shown as its beginning and its end.
    """
    plain = _THRICE.sub(_look_alike, _UNSAFE.sub(_plain, text)) if _may_be_unsafe(text) else text
    if len(plain) <= _LONGEST:
        return plain
    hidden = len(plain) - _LONGEST
    return f"{plain[: _LONGEST - _SHOWN_END]} …({hidden} characters)… {plain[-_SHOWN_END:]}"


def _may_be_unsafe(text: str) -> bool:
    return _UNSAFE.search(text) is not None or "<<<" in text or ">>>" in text


def _plain(match: re.Match[str]) -> str:
    character = match[0]
    if character in _NUMBER_MARKS:
        return _NUMBER_MARKS[character]
    if character <= "\x9f" or character in "\u2028\u2029":
        return " "
    return "\ufffd" if "\ud800" <= character <= "\udfff" else ""


def _look_alike(match: re.Match[str]) -> str:
    return _LOOKS_SAFE[match[0][0]] * len(match[0])


def displayed(document: Document, segments: Iterable[Segment]) -> str:
    """Return segments line by line: cells of a row between bars, stretches of a line two spaces apart.

    Empty cells are shown too, so that columns can be seen, but for those at the end of a row.
    """
    lines: list[str] = []
    for number, group in groupby(segments, key=lambda segment: segment.line):
        printed = list(group)
        if borders(document.text, line_span(document, number)):
            lines.append(_row(printed))
        else:
            lines.append("  ".join(_numbered(segment) for segment in printed))
    return "\n".join(lines)


def _row(printed: Sequence[Segment]) -> str:
    cells: list[str] = []
    column = 0
    for segment in printed:
        empty = segment.column - column
        cells += [""] * empty if empty <= _MOST_EMPTY else [f"…({empty} empty cells)…"]
        cells.append(_numbered(segment))
        column = segment.column + 1
    return " | ".join(cells).strip() if cells[0] else f"| {' | '.join(cells[1:])}"


def _numbered(segment: Segment) -> str:
    return f"⟦{segment.number}⟧{shown(segment.text)}"


def as_compared(text: str) -> tuple[str, list[int]]:
    """Return a text as pieces of it are compared, and for each character its place in the text.

    Width, white space and what ``shown`` changes make no difference, so a piece may be copied from what was
    shown as well as from the filing.
    """
    kept: list[str] = []
    places: list[int] = []
    for place, character in enumerate(text):
        for part in _compared_character(character):
            kept.append(part)
            places.append(place)
    return "".join(kept), places


@lru_cache(maxsize=10_000)
def _compared_character(character: str) -> str:
    plain = unicodedata.normalize("NFKC", _UNSAFE.sub(_plain, character))
    return "".join(plain.split()).replace("‹", "<").replace("›", ">")
