"""Where something stands in a document, in words for people."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

from structurer.models import Grounding

if TYPE_CHECKING:
    from structurer.models import Document, Evidence

_LONGEST = 60


def line_number(document: Document, offset: int) -> int:
    """Return the number of the line that an offset is on, counted from 1."""
    return bisect_right(document.line_starts, offset)


def line_range(document: Document, start: int, end: int) -> str:
    """Return the lines of ``[start, end)`` as ``12`` or ``12-15``, counted from 1."""
    first, last = line_number(document, start), line_number(document, max(end - 1, start))
    return str(first) if first == last else f"{first}-{last}"


def how_printed(document: Document, evidence: Evidence, value: str) -> str:
    """Return what stands at a value's place, pieces set apart by a slash; nothing where it is the value.

    White space says nothing here. A place that is doubtful, or prints another form, is named as such.
    """
    pieces = [document.text[span.start : span.end] for span in evidence.spans]
    if _bare("".join(pieces)) == _bare(value):
        return ""
    words = " / ".join(" ".join(piece.split()) for piece in pieces)
    cut = words if len(words) <= _LONGEST else f"{words[: _LONGEST - 1]}…"
    plain = evidence.status in {Grounding.EXACT, Grounding.JOINED}
    return cut if plain else f"{evidence.status}: {cut}"


def _bare(text: str) -> str:
    return "".join(text.split())
