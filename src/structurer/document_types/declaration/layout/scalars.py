"""The form's short fields: what is printed beside a label, brought into the record's types."""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime
from typing import TYPE_CHECKING

from rapidfuzz.distance import Levenshtein

from structurer.document_types.declaration.layout.values import Value
from structurer.models import Span
from structurer.text import bare

if TYPE_CHECKING:
    from collections.abc import Iterable

ATTRIBUTES = ("经常性项目", "一次性项目", "延续性项目")
_DEPARTMENT = re.compile(
    r"^[\[(（【]?(?P<code>\d(?: ?\d){1,11}) ?[\])）】]?\s*[-－—–_]?\s*(?P<name>[^\W\da-zA-Z_].*)?$", re.DOTALL
)
_DAMAGED_CODE = re.compile(r"^[\[(（【]?[0-9A-Za-z ]{2,12}[\])）】]?\s*[-－—–_]\s*")
_PHONE_AT_END = re.compile(r"[\s,，、:：]*(?P<phone>\d[\d\-]{6,})$")
_YEARS = re.compile(r"^(?P<years>\d{1,2})\s*年?$")
_DATE_DIGITS = 14


def split_department(text: str, printed: Value) -> tuple[Value | None, Value | None]:
    """Cut ``040-某局`` into its code and its name; either is None where it is not printed.

    A code that is no number is None.
    """
    found = _DEPARTMENT.match(printed.text)
    if found is None:
        damaged = _DAMAGED_CODE.match(printed.text)
        return None, cut_value(text, printed, damaged.end(), len(printed.text)) if damaged else printed
    code = cut_value(text, printed, *found.span("code"))
    code = code._replace(text="".join(code.text.split()))
    name = cut_value(text, printed, *found.span("name")) if found["name"] else None
    return code, name


def split_person(text: str, printed: Value) -> tuple[Value | None, Value | None]:
    """Cut ``张某 13800000000`` into the name and the telephone number."""
    found = _PHONE_AT_END.search(printed.text)
    if found is None:
        return printed, None
    name = cut_value(text, printed, 0, found.start()) if found.start() else None
    return name, cut_value(text, printed, *found.span("phone"))


def read_attribute(printed: Value) -> str | None:
    """Return the attribute's canonical name, its bracket dropped; None where it is another word."""
    words = re.split(r"[(（]", unicodedata.normalize("NFKC", printed.text).replace(" ", ""))[0]
    near = [name for name in ATTRIBUTES if _is_near(words, name)]
    return near[0] if len(near) == 1 else None


def _is_near(words: str, name: str) -> bool:
    short = name.removesuffix("项目")
    return words == short or Levenshtein.distance(words, name, score_cutoff=1) <= 1


def read_years(printed: Value) -> int | None:
    """Return the project's period in years (3年); None where dates or words are printed."""
    found = _YEARS.match(unicodedata.normalize("NFKC", printed.text).replace(" ", ""))
    return int(found["years"]) if found else None


def read_timestamp(printed: Value) -> str | None:
    """Return 14 digits YYYYMMDDhhmmss as an ISO time; None where they form no real time."""
    digits = bare(printed.text)
    if not re.fullmatch(rf"\d{{{_DATE_DIGITS}}}", digits, re.ASCII):
        return None
    try:
        return datetime.strptime(digits, "%Y%m%d%H%M%S").isoformat()
    except ValueError:
        return None


def cut_value(text: str, value: Value, start: int, end: int) -> Value:
    """Return the part ``[start, end)`` of a value's text, with the spans of that part."""
    skip = sum(1 for character in value.text[:start] if not character.isspace())
    take = sum(1 for character in value.text[start:end] if not character.isspace())
    places = [
        place for span in value.spans for place in range(span.start, span.end) if not text[place].isspace()
    ][skip : skip + take]
    return Value(value.text[start:end].strip(), tuple(_runs(text, places)))


def _runs(text: str, places: Iterable[int]) -> list[Span]:
    """Join neighbouring places into spans; white space between two places does not part them."""
    runs: list[Span] = []
    for place in places:
        if runs and not text[runs[-1].end : place].strip():
            runs[-1] = Span(runs[-1].start, place + 1)
        else:
            runs.append(Span(place, place + 1))
    return runs
