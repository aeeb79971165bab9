"""Composing a value out of pieces of text: what the scanner did is undone, what was printed stays.

Rules: eval/labeling-guide.md, "Transcribing text".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from structurer.models import Span

if TYPE_CHECKING:
    from collections.abc import Iterable

_MARKUP = re.compile(r"</?(?:p|br|sub|sup|b|i|u|strong|em|span|font|div|td|tr)\b[^<>]*>", re.IGNORECASE)
_CJK = "\u2e80-\u9fff\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef\u3000-\u303f\u2018-\u201d"
_SPACE_IN_CJK = re.compile(rf"(?<=[{_CJK}])\s+|\s+(?=[{_CJK}])")
_MESSY = re.compile(r"[\s<$]")
_SPACES = re.compile(r"\s+")
_FORMULA = re.compile(r"\$([^$\n]{1,80})\$")
_FORMULA_SIGNS = (
    (r"\geqslant", "≥"),
    (r"\leqslant", "≤"),
    (r"\geq", "≥"),
    (r"\leq", "≤"),
    (r"\ge", "≥"),
    (r"\le", "≤"),
    (r"\times", "×"),
    (r"\%", "%"),
    (r"\gt", ">"),
    (r"\lt", "<"),
)


class Value(NamedTuple):
    """A value as it goes into the record, and the spans it was copied from, in reading order."""

    text: str
    spans: tuple[Span, ...]


def compose(text: str, spans: Iterable[Span]) -> Value:
    r"""Join pieces of ``text``: markup dropped, white space between Chinese characters dropped.

    The returned spans leave out markup and outer white space, so that joined and without white
    space they give the value; a formula (``$\\geq 95\\%$``) is one span and is written as its signs.
    """
    spans = tuple(spans)
    if len(spans) == 1 and _MESSY.search(text, *spans[0]) is None:
        return Value(text[spans[0].start : spans[0].end], spans)
    parts: list[str] = []
    kept: list[Span] = []
    for span in spans:
        for start, end in _without_markup(text, span):
            piece = text[start:end]
            stripped = piece.strip()
            if stripped:
                start += piece.index(stripped[0])
                parts.append(stripped)
                kept.append(Span(start, start + len(stripped)))
    return Value(tidy("".join(parts)), tuple(kept))


def tidy(text: str) -> str:
    """Return text without the white space and formula signs that carry no meaning."""
    if "$" in text:
        text = _FORMULA.sub(_plain_formula, text)
    if _SPACES.search(text):
        text = _SPACES.sub(" ", _SPACE_IN_CJK.sub("", text.strip()))
    return text


def _without_markup(text: str, span: Span) -> list[tuple[int, int]]:
    if text.find("<", span.start, span.end) < 0:
        return [(span.start, span.end)]
    pieces: list[tuple[int, int]] = []
    position = span.start
    for tag in _MARKUP.finditer(text, span.start, span.end):
        pieces.append((position, tag.start()))
        position = tag.end()
    pieces.append((position, span.end))
    return pieces


def _plain_formula(match: re.Match[str]) -> str:
    body = match[1]
    for sign, plain in _FORMULA_SIGNS:
        body = body.replace(sign, plain)
    return "".join(body.split()) if "\\" not in body else match[0]
