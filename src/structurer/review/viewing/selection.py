"""Text that a person selected, as the value that it prints and where that stands."""

from __future__ import annotations

from structurer.document_types.declaration.layout.values import Value, compose
from structurer.models import Span


def selected(text: str, start: int, end: int) -> Value:
    """Return what ``[start, end)`` of a text prints, in code points, as the program would have read it.

    White space between Chinese characters is dropped; each line is a span of its own. Raises ``ValueError``
    for a stretch that is not in the text, or blank.
    """
    if not 0 <= start < end <= len(text):
        raise ValueError("this is no part of the text; select it again")
    value = compose(text, _by_lines(text, start, end))
    if not value.text:
        raise ValueError("nothing is printed there; select some text")
    return value


def _by_lines(text: str, start: int, end: int) -> list[Span]:
    spans = []
    at = start
    for line in text[start:end].split("\n"):
        stripped = line.strip()
        if stripped:
            first = at + len(line) - len(line.lstrip())
            spans.append(Span(first, first + len(stripped)))
        at += len(line) + 1
    return spans
