"""Checks between values and text: every value stands in the text, and all text is understood."""

from __future__ import annotations

import re
from bisect import bisect_right
from itertools import groupby
from typing import TYPE_CHECKING

from structurer.checks import extraction, quoted
from structurer.models import Flag, Grounding, Severity
from structurer.paths import leaves

if TYPE_CHECKING:
    from collections.abc import Iterator

    from structurer.checks import Subject
    from structurer.models import Segment

_GROUNDLESS = {
    Grounding.NONE: ("stands nowhere in the text", Severity.ERROR),
    Grounding.AMBIGUOUS: ("stands in several places, and nothing says which", Severity.WARNING),
    Grounding.FUZZY: ("stands in the text only but for some characters", Severity.WARNING),
}
_SAYS_NOTHING = re.compile(r"[\W_]*|第?[-—–\s]*\d{1,4}[-—–\s]*页|[-—–]+\s*\d{1,4}\s*[-—–]+|…+")
_INFERRED = ("level2",)


def not_grounded(subject: Subject) -> Iterator[Flag]:
    """Flag a value that does not stand in the text, in one place, character for character.

    A level may be inferred from the form's order and then has no place of its own.
    """
    if subject.evidence is None:
        return
    for path, value in leaves(subject.data):
        if value is None:
            continue
        found = subject.found(path)
        if found is None and path.rpartition(".")[2] in _INFERRED:
            continue
        status = found.status if found is not None else Grounding.NONE
        if status in _GROUNDLESS:
            where, severity = _GROUNDLESS[status]
            yield extraction(path, "not_grounded", f"{quoted(str(value))} {where}", severity)


def unclaimed_text(subject: Subject) -> Iterator[Flag]:
    """Flag text of the form that is neither a label nor part of a value.

    It is reported at the field it follows, or precedes on its own line; pieces
    at the same field make one flag.
    """
    telling = [piece for piece in subject.unclaimed if not _SAYS_NOTHING.fullmatch(piece.text.strip())]
    if not telling:
        return
    evidence = subject.evidence or {}
    places = sorted((span.start, span.end, path) for path, e in evidence.items() for span in e.spans)
    lines = {segment.start: segment.line for segment in subject.segments}
    for path, pieces in groupby(telling, key=lambda piece: _nearest(piece, places, lines)):
        message = f"{quoted(' '.join(piece.text for piece in pieces))} belongs to no field"
        yield extraction(path, "unclaimed_text", message)


def _nearest(piece: Segment, places: list[tuple[int, int, str]], lines: dict[int, int]) -> str:
    """Return the path of the value before the piece; after it, where only that is on the piece's line."""
    index = bisect_right(places, (piece.start,))
    before = places[index - 1] if index else None
    after = places[index] if index < len(places) else None
    if before is None:
        return after[2] if after is not None else ""
    if after is not None and lines.get(after[0]) == piece.line and lines.get(before[0]) != piece.line:
        return after[2]
    return before[2]
