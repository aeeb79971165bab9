"""What counts as a character of a value, and in which form two characters are the same.

White space, zero-width characters and the markup that OCR engines and converters print around text
are no characters of values; full-width and half-width forms are the same character (Unicode NFKC,
one character at a time, UAX #15).
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_CELL_TAGS = "table|thead|tbody|tr|td|th"
_LINE_TAGS = "p|br|div|li|ul|ol|h[1-6]"
_INLINE_TAGS = "sub|sup|small|big|b|i|u|em|strong|span|font|center"

_SYMBOLS = {
    r"\geqslant": "≥",
    r"\leqslant": "≤",
    r"\geq": "≥",
    r"\leq": "≤",
    r"\ge": "≥",
    r"\le": "≤",
    r"\gt": ">",
    r"\lt": "<",
    r"\times": "×",
    r"\cdot": "·",
    r"\pm": "±",
    r"\div": "÷",
    r"\sim": "~",
    r"\circ": "°",
    r"\%": "%",
    r"\#": "#",
    r"\&": "&",
    r"\_": "_",
    r"\$": "$",
    "&lt;": "<",
    "&gt;": ">",
    "&amp;": "&",
    "&quot;": '"',
}

# Only names of real tags: in these filings `<100%` and `<关于…的通知>` are text.
_MARKUP = re.compile(
    rf"""
      (?P<cell> \| (?:[ ]*:?-{{3,}}:?[ ]*(?=\|))? | </?(?:{_CELL_TAGS})(?:\s[^<>\n]{{0,200}})?/?> )
    | (?P<line> </?(?:{_LINE_TAGS})(?:\s[^<>\n]{{0,200}})?/?> )
    | (?P<symbol> \\(?:geqslant|leqslant|geq|leq|ge|le|gt|lt|times|cdot|pm|div|sim|circ)(?![A-Za-z])
        | \\[%#&_$] | &(?:lt|gt|amp|quot); )
    | (?P<blank> </?(?:{_INLINE_TAGS})(?:\s[^<>\n]{{0,200}})?/?>
        | &nbsp; | \*\*+ | __+ | (?<!.)\#{{1,6}}(?=\s)
        | \\(?:mathrm|mathbf|mathit|text|textbf|rm|bf|quad|qquad|left|right)(?![A-Za-z]) | \\[,;:!()\[\]] )
    """,
    re.VERBOSE | re.IGNORECASE,
)
_MARKUP_HINT = re.compile(r"[<&$\\|#]|\*\*|__")

# A pair of dollar signs is mathematics only when what stands between looks like it.
_MATHEMATICS = re.compile(r"\$(?:[^$\n]{0,200}?[\\^_{][^$\n]{0,200}|[\d\s.,=<>≥≤+\-/%]{1,40})\$")
_MATHEMATICS_MARKS = str.maketrans("${}^_", "     ")

_THOUSANDS = re.compile(r"(?<![\d.,])\d{1,3}(?:,\d{3})+(?![\d,])")
_DROPPED = "\u200b"
RUN = re.compile(r"[^\s\u200b-\u200f\u2060\ufeff\xad]+")
"""A stretch of text that nothing breaks: what stands between white space."""


def may_hold_markup(text: str) -> bool:
    """Whether there is anything in ``text`` that could be markup; quick to tell."""
    return _MARKUP_HINT.search(text) is not None


def blank_markup(text: str) -> str:
    """Return ``text`` with its markup blanked out, character positions unchanged.

    Marks of table cells become tabs, marks of lines line breaks, other marks blanks. A LaTeX symbol
    or an HTML entity becomes its character, followed by blanks.
    """
    if not may_hold_markup(text):
        return text
    if "$" in text:
        text = _MATHEMATICS.sub(_blank_mathematics, text)
    return _MARKUP.sub(_blank, text)


def _blank_mathematics(match: re.Match[str]) -> str:
    inner = match.group()
    # `\_` and `\$` are symbols, not marks; `_MARKUP` reads them afterwards.
    return re.sub(r"\\.|[${}^_]", lambda m: m.group() if m.group()[0] == "\\" else " ", inner)


def _blank(match: re.Match[str]) -> str:
    token = match.group()
    if match.lastgroup == "cell":
        return "\t" * len(token)
    if match.lastgroup == "line":
        return "\n" + " " * (len(token) - 1)
    if match.lastgroup == "symbol":
        return _SYMBOLS[token.lower()].ljust(len(token))
    return " " * len(token)


def drop_thousands_separators(text: str) -> str:
    """Return ``text``, positions unchanged, with the commas of grouped numbers made no characters."""
    if "," not in text:
        return text
    return _THOUSANDS.sub(lambda match: match.group().replace(",", _DROPPED), text)


def symbol_end(text: str, start: int) -> int:
    """Return where the symbol ends that ``blank_markup`` put one character in place of."""
    match = _MARKUP.match(text, start)
    return match.end() if match else start + 1


@cache
def width_table() -> Mapping[int, str]:
    """Return the table for ``str.translate`` that folds each character to its NFKC form.

    Covers the planes that print: compatibility forms of the BMP, mathematical letters and digits,
    enclosed letters, compatibility ideographs. White space that NFKC makes up is dropped.
    """
    blocks = (
        range(0xA0, 0xD800),
        range(0xF900, 0x10000),
        range(0x1D400, 0x1D800),
        range(0x1F100, 0x1F200),
        range(0x2F800, 0x2FA20),
    )
    folded = ((code, unicodedata.normalize("NFKC", chr(code))) for block in blocks for code in block)
    return {code: "".join(form.split()) for code, form in folded if form != chr(code)}


def fold(text: str) -> str:
    """Return the characters of ``text`` that count, each in its one form.

    Two texts say the same, for grounding, when they fold to the same string.
    """
    kept = "".join(RUN.findall(drop_thousands_separators(blank_markup(text))))
    return kept if kept.isascii() else kept.translate(width_table())
