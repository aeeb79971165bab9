"""Finding a value that nobody has placed: ``ground``."""

from __future__ import annotations

import re
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from structurer.grounding.folding import fold
from structurer.grounding.index import Stretch, TextIndex
from structurer.grounding.misreading import find_misread
from structurer.grounding.numbers import same_number_key
from structurer.grounding.wrapped import find_wrapped
from structurer.models import Evidence, Grounding, Span

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


class ValueKind(StrEnum):
    """What a value is, which decides how far its print may be from it."""

    AMOUNT = "amount"
    """A decimal number without separators. Its print may be grouped or torn by the scanner."""
    CODE = "code"
    """Digits and letters that are no quantity: a department's code, a phone number. Exact."""
    DATE = "date"
    """An ISO date or date-time. Its print may be digits only, or written out with 年, 月 and 日."""
    INTEGER = "integer"
    """A count or a year; the number as a whole must be printed."""
    TEXT = "text"
    """Words. A few misread characters are tolerated in long values."""
    LABEL = "label"
    """A canonical word of the form's vocabulary, whose print may be cut off."""


NOWHERE = Evidence((), Grounding.NONE)

_ISO_DATE = re.compile(r"\d{4}-\d\d-\d\d(?:T\d\d:\d\d:\d\d)?")
_CODE_GOES_ON = re.compile(r"[A-Za-z]|[ \u3000\xa0]*\d")
_CODE_CAME_BEFORE = re.compile(r"(?:[A-Za-z]|\d[ \u3000\xa0]*)$")
_NUMBER_GOES_ON = re.compile(r"\d|[.．]\d|,\d{3}(?!\d)")
_NUMBER_CAME_BEFORE = re.compile(r"(?:\d|\d[.．])\Z")
_GROUP_CAME_BEFORE = re.compile(r"\d,\Z")
_NUMBER_ACROSS_CELLS = re.compile(r"\d\s*\t\s*\d")
_GROUP = re.compile(r"\d{3}(?!\d)")


def ground(index: TextIndex, value: str, kind: ValueKind, within: Sequence[Span] = ()) -> Evidence:
    """Find where ``value`` stands in the text.

    ``within`` are the regions that it may stand in, the preferred first: the cell, then the half, then the
    chunk. The first region that holds the value decides, even if a later one holds a better print. Without
    ``within`` the whole text is one region.

    The status is ``exact``, ``joined``, ``canonical`` or ``fuzzy`` when there is one place, ``none`` when
    there is none. Where one region holds several places and nothing says which, it is ``ambiguous`` and the
    spans are those of the first place in reading order: they show the value, but perhaps not this one.

    Spans are in reading order. For ``exact`` and ``joined`` their text, joined and folded (``folding.fold``;
    for amounts, without separators), is the value folded.
    """
    wanted = fold(value)
    if not wanted:
        return NOWHERE
    for region in within or (None,):
        if kind in (ValueKind.AMOUNT, ValueKind.INTEGER):
            evidence = _ground_number(index, value, wanted, region)
        elif kind is ValueKind.DATE:
            evidence = _ground_date(index, value, wanted, region)
        elif kind is ValueKind.CODE:
            evidence = _evidence(index, value, _codes(index, wanted, index.stretch(region)))
        else:
            evidence = _ground_words(index, value, wanted, kind, index.stretch(region))
        if evidence.status is not Grounding.NONE:
            return evidence
    return NOWHERE


def _ground_number(index: TextIndex, value: str, wanted: str, region: Span | None) -> Evidence:
    found = [
        number
        for number in index.numbers.get(same_number_key(wanted), ())
        if region is None or (region.start <= number.span.start and number.span.end <= region.end)
    ]
    if not found:
        return NOWHERE
    found = [number for number in found if number.plain == wanted] or found
    plain, span = found[0]
    if len(found) > 1:
        status = Grounding.AMBIGUOUS
    elif index.text[span.start : span.end] == value:
        status = Grounding.EXACT
    else:
        status = Grounding.JOINED if plain == wanted else Grounding.CANONICAL
    return Evidence((span,), status)


def _ground_date(index: TextIndex, value: str, wanted: str, region: Span | None) -> Evidence:
    digits = date_digits(wanted)
    if digits is None:
        return NOWHERE
    stretch = index.stretch(region)
    evidence = _evidence(index, value, _codes(index, wanted, stretch))
    if evidence.status is not Grounding.NONE:
        return evidence
    found = list(_codes(index, digits, stretch, across_lines=True)) or list(
        _written_out(index, wanted, stretch)
    )
    evidence = _evidence(index, value, found)
    if evidence.status in (Grounding.EXACT, Grounding.JOINED):
        return Evidence(evidence.spans, Grounding.CANONICAL)
    return evidence


def date_digits(value: str) -> str | None:
    """Return the digits of an ISO date or date-time, or ``None`` when it is no real one."""
    if not _ISO_DATE.fullmatch(value):
        return None
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return None
    return re.sub(r"\D", "", value)


def _written_out(index: TextIndex, wanted: str, region: Stretch) -> Iterator[tuple[Stretch, ...]]:
    """Yield where a date stands in another way of writing: ``2023年1月9日 8:05:00``."""
    year, *others = re.findall(r"\d+", wanted)
    fields = (year, *(f"0?{field[1]}" if field[0] == "0" else field for field in others))
    marks = ("[年./-]", "[月./-]", "[日号T]?", "[时:]", "[分:]", "秒?")
    pattern = "".join(field + mark for field, mark in zip(fields, marks, strict=False))
    written = re.compile(rf"(?<!\d){pattern}(?!\d)")
    for place in _occurrences(index, year, region):
        match = written.match(index.folded, place.first, region.last)
        if match:
            yield (Stretch(*match.span()),)


def _codes(
    index: TextIndex, wanted: str, region: Stretch, *, across_lines: bool = False
) -> Iterator[tuple[Stretch, ...]]:
    """Yield where a run of digits and letters stands alone; blanks inside it are the scanner's.

    Between digits, blanks are no border either: in ``2773 626`` neither half is a code.
    """
    for place in _occurrences(index, wanted, region):
        start, end = index.offsets[place.first], index.end_of(place.last - 1)
        inside = index.clean[start:end]
        if "\t" in inside or ("\n" in inside and not across_lines):
            continue
        if "," in inside and "," not in wanted:
            continue
        if not (
            _CODE_CAME_BEFORE.search(index.clean[max(0, start - 8) : start])
            or _CODE_GOES_ON.match(index.clean, end)
        ):
            yield (place,)


def _occurrences(index: TextIndex, wanted: str, region: Stretch) -> Iterator[Stretch]:
    """Yield where ``wanted`` stands in the folded text, not beginning or ending inside a character."""
    offsets = index.offsets
    first = index.folded.find(wanted, region.first, region.last)
    while first >= 0:
        last = first + len(wanted)
        begins = first == 0 or offsets[first - 1] != offsets[first]
        ends = last == len(offsets) or offsets[last] != offsets[last - 1]
        if begins and ends:
            yield Stretch(first, last)
        first = index.folded.find(wanted, first + 1, region.last)


def _ground_words(index: TextIndex, value: str, wanted: str, kind: ValueKind, region: Stretch) -> Evidence:
    evidence = _evidence(index, value, words(index, wanted, region))
    if evidence.status is not Grounding.NONE:
        return evidence
    if kind is ValueKind.LABEL:
        evidence = _evidence(index, value, _cut_labels(index, wanted, region))
        if evidence.status is Grounding.NONE:
            return _ground_misread(index, wanted, region)
        canonical = evidence.status is not Grounding.AMBIGUOUS
        return Evidence(evidence.spans, Grounding.CANONICAL) if canonical else evidence
    evidence = _evidence(index, value, find_wrapped(index, wanted, region))
    return evidence if evidence.status is not Grounding.NONE else _ground_misread(index, wanted, region)


def words(index: TextIndex, wanted: str, region: Stretch) -> list[tuple[Stretch, ...]]:
    """Return where words stand in one piece, at most two places; within one cell rather than across two."""
    in_one_cell: list[tuple[Stretch, ...]] = []
    across_cells: list[tuple[Stretch, ...]] = []
    for place in _occurrences(index, wanted, region):
        if not _is_whole(index, place):
            continue
        if "\t" in index.clean[index.offsets[place.first] : index.offsets[place.last - 1]]:
            across_cells.append((place,))
            continue
        in_one_cell.append((place,))
        if len(in_one_cell) == 2:
            break
    return in_one_cell or across_cells


def _is_whole(index: TextIndex, place: Stretch) -> bool:
    """Whether words begin and end outside of numbers, and put no number together from two cells."""
    start, end = index.offsets[place.first], index.end_of(place.last - 1)
    if cuts_number(index.clean, start, end):
        return False
    inside = index.clean[start:end]
    return "\t" not in inside or not _NUMBER_ACROSS_CELLS.search(inside)


def cuts_number(text: str, start: int, end: int) -> bool:
    """Whether ``text[start:end]`` begins or ends inside a number: ``5%`` in ``95%`` or in ``4.5%``."""
    if text[end - 1].isdigit() and _NUMBER_GOES_ON.match(text, end):
        return True
    if not start or not text[start].isdigit():
        return False
    before = text[max(0, start - 2) : start]
    if _NUMBER_CAME_BEFORE.search(before):
        return True
    return bool(_GROUP_CAME_BEFORE.search(before) and _GROUP.match(text, start))


def _cut_labels(index: TextIndex, wanted: str, region: Stretch) -> list[tuple[Stretch, ...]]:
    """Return where the beginning of a label stands alone between white space: the longest beginning."""
    for length in range(len(wanted) - 1, shortest_cut(wanted) - 1, -1):
        found: list[tuple[Stretch, ...]] = [
            (place,)
            for place in _occurrences(index, wanted[:length], region)
            if index.opens(place.first) and index.opens(place.last)
        ]
        if found:
            return found
    return []


def shortest_cut(label: str) -> int:
    """Return how much of a label must be left for it to be known again: half of it, and two characters."""
    return max(2, (len(label) + 1) // 2)


def _ground_misread(index: TextIndex, wanted: str, region: Stretch) -> Evidence:
    found = [misread for misread in find_misread(index, wanted, region) if _is_whole(index, misread.place)]
    found = [misread for misread in found if misread.cost == found[0].cost]
    if not found:
        return NOWHERE
    status = Grounding.FUZZY if len(found) == 1 else Grounding.AMBIGUOUS
    return Evidence(index.spans((found[0].place,)), status)


def _evidence(
    index: TextIndex, value: str, places: Sequence[tuple[Stretch, ...]] | Iterator[tuple[Stretch, ...]]
) -> Evidence:
    """Return the evidence for the places where a value stands as it is."""
    places = list(places)
    if not places:
        return NOWHERE
    spans = index.spans(places[0])
    if len(places) > 1:
        return Evidence(spans, Grounding.AMBIGUOUS)
    exact = len(spans) == 1 and index.text[spans[0].start : spans[0].end] == value
    return Evidence(spans, Grounding.EXACT if exact else Grounding.JOINED)
