"""Where something stands in a document, in words for people."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from structurer.models import Document, Span

_LONGEST = 60


def line_number(document: Document, offset: int) -> int:
    """Return the number of the line that an offset is on, counted from 1."""
    return bisect_right(document.line_starts, offset)


def line_range(document: Document, start: int, end: int) -> str:
    """Return the lines of ``[start, end)`` as ``12`` or ``12-15``, counted from 1."""
    first, last = line_number(document, start), line_number(document, max(end - 1, start))
    return str(first) if first == last else f"{first}-{last}"


def printed(document: Document, spans: Iterable[Span]) -> str:
    """Return what the document prints at the spans, pieces set apart by a slash."""
    return " / ".join(document.text[span.start : span.end] for span in spans)


def excerpt(text: str, value: str) -> str:
    """Return printed text in one line, cut to a readable length; nothing where it only repeats the value."""
    words = " ".join(text.split())
    if words == value:
        return ""
    return words if len(words) <= _LONGEST else f"{words[: _LONGEST - 1]}…"
