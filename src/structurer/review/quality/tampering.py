"""Values made wrong as scanners and layouts make them wrong: one place, and still a value of the form.

What is made keeps the length of a text, so that an offset into the one is an offset into the other.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Any

from structurer.evaluation.cells import same
from structurer.grounding.misreading import look_alikes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from structurer.document_types.base import Entry

_DIGITS = {
    "0": "68",
    "1": "74",
    "2": "7",
    "3": "85",
    "4": "19",
    "5": "63",
    "6": "508",
    "7": "12",
    "8": "369",
    "9": "84",
}
"""Digits that are taken for each other."""

_SIGNS = {"≥": "≤", "≤": "≥", ">": "<", "<": ">", "＞": "＜", "＜": "＞"}

_LONGEST = 60
"""In longer texts one wrong character says more about patience than about care."""

_CHINESE = re.compile(r"[一-鿿]")


def tampered(entry: Entry, field: str, value: Any, chance: float) -> Any:
    """Return a wrong value for a field in the place of a right one; ``None`` where none can be made.

    ``chance`` in [0, 1) chooses among those that there are. What is made is a value that people could type,
    and differs from the right one by more than white space and width.
    """
    kinds = [
        found
        for kind in _kinds(field, value)
        if (found := [wrong for wrong in kind if _fits(entry, field, value, wrong)])
    ]
    if not kinds:
        return None
    place = chance * len(kinds)
    chosen = kinds[int(place)]
    return chosen[int((place - int(place)) * len(chosen))]


def _kinds(field: str, value: Any) -> Iterator[list[Any]]:
    """Yield the ways to go wrong, each with the values that it gives."""
    if isinstance(value, int):
        yield [int(wrong) for wrong in _digits(str(value))]
    elif not isinstance(value, str) or len(value) > _LONGEST:
        return
    elif field == "submitted_at":
        yield [value[:8] + wrong + value[10:] for wrong in _days(value)]
    elif field.startswith("funding."):
        # A lone 0 stands for an empty part; nobody's scanner makes money of it.
        yield [wrong for wrong in _digits(value) if len(value) > 1]
        yield list(_swaps(value))
    else:
        yield list(_digits(value))
        yield list(_swaps(value))
        yield list(_signs(value))
        yield list(_characters(value))


def _fits(entry: Entry, field: str, value: Any, wrong: Any) -> bool:
    if entry.choices(field) or same(field, value, wrong):
        return False
    try:
        return bool(entry.typed(field, str(wrong)) == wrong)
    except ValueError:
        return False


def _digits(text: str) -> Iterator[str]:
    for place, digit in enumerate(text):
        for other in _DIGITS.get(digit, ""):
            if place or other != "0":
                yield text[:place] + other + text[place + 1 :]


def _swaps(text: str) -> Iterator[str]:
    for match in re.finditer(r"(?=([0-9])([0-9]))", text):
        first, second = match.groups()
        begins = match.start() == 0 or not text[match.start() - 1].isdigit()
        if first != second and not (begins and second == "0"):
            yield text[: match.start()] + second + first + text[match.start() + 2 :]


def _signs(text: str) -> Iterator[str]:
    for place, sign in enumerate(text):
        if sign in _SIGNS:
            yield text[:place] + _SIGNS[sign] + text[place + 1 :]


def _characters(text: str) -> Iterator[str]:
    for place, character in enumerate(text):
        for other in look_alikes(character):
            if _CHINESE.fullmatch(character) and _CHINESE.fullmatch(other):
                yield text[:place] + other + text[place + 1 :]


def _days(moment: str) -> Iterator[str]:
    """Yield other days of the month, one digit away."""
    for wrong in (*_digits(moment[8:10]), *_swaps(moment[8:10])):
        try:
            datetime.fromisoformat(moment[:8] + wrong)
        except ValueError:
            continue
        yield wrong
