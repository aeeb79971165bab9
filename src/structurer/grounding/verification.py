"""Checking a place that an engine gave for a value: ``verify``."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

from rapidfuzz.distance import LCSseq

from structurer.grounding.folding import fold, may_hold_markup
from structurer.grounding.index import Stretch, TextIndex
from structurer.grounding.misreading import misreading_cost
from structurer.grounding.numbers import read_number, read_torn_number, same_number_key
from structurer.grounding.search import NOWHERE, ValueKind, cuts_number, date_digits, ground, shortest_cut
from structurer.models import Evidence, Grounding, Span

if TYPE_CHECKING:
    from collections.abc import Sequence

_WORDS = frozenset((ValueKind.TEXT, ValueKind.LABEL))
_NUMBERS = frozenset((ValueKind.AMOUNT, ValueKind.INTEGER))

# What stands before and after a value that surely is no part of a longer one; the rest takes a closer look.
_BLANK = r"[^\S\n\t]"
_NUMBER_ENDS = re.compile(rf"{_BLANK}?(?:$|[\t\n]|[^\d\s.,．，])|{_BLANK}{{2}}")
_NUMBER_BEGINS = re.compile(rf"(?:^|[\t\n]|[^\d\s.,．，+\-−－]){_BLANK}?$|{_BLANK}{{2}}$")
_CODE_ENDS = re.compile(rf"{_BLANK}*(?:$|[\t\n]|[^\d\sA-Za-z])")
_CODE_BEGINS = re.compile(rf"(?:^|[\t\n]|[^\d\sA-Za-z]){_BLANK}*$")
_FEW_LINES = 2_000
"""Characters up to which indexing the lines around a place is cheaper than indexing the document."""

_AROUND = 8
"""How many characters before and after a number say whether it is part of a longer one."""

_BLANK_LINES = re.compile(r"\n\s*\n")
_THIS_LINE_AND_THE_NEXT = re.compile(r"[^\n]*(?:\n\s*[^\n]*)?")
_UNITS = (Decimal(1_000), Decimal(10_000), Decimal(100_000_000))
"""千元, 万元 and 亿元: an amount in yuan may be printed as so many of them."""


def verify(
    index: TextIndex, value: str, kind: ValueKind, spans: Sequence[Span], canonical: bool = False
) -> Evidence:
    """Check that ``value`` stands in ``spans``, and say how well.

    The spans must be in reading order, must not overlap and must lie in the text; all of them together
    hold the value and nothing else. When they hold more than the value (a label, a unit), the value is
    looked for inside them and the evidence narrowed. What is printed elsewhere does not count.

    ``canonical`` says that the engine gave a form of its own: of an amount that is printed in 千元, 万元
    or 亿元, or of a label printed otherwise (``环境效益`` for ``生态效益指标``). It must still be like the
    print: the same amount, or half of the shorter label's characters in the same order.

    The status is ``none``, without spans, when the value does not stand there.
    """
    text = index.text
    if not spans or not _in_reading_order(spans, len(text)):
        return NOWHERE
    start, end = spans[0][0], spans[-1][1]
    if _stands_alone(text, start, end, kind):
        printed = [text[first:last] for first, last in spans]
        if len(printed) == 1 and printed[0] == value:
            return Evidence(tuple(spans), Grounding.EXACT)
        status = _compare(printed, value, kind)
        if status is not Grounding.NONE:
            return Evidence(tuple(spans), status)
    inside = _printed_once_inside(text, value, kind, start, end) if len(spans) == 1 else None
    if inside:
        return Evidence((inside,), Grounding.EXACT)
    nearby, shift = _nearby(index, start, end)
    moved = [Span(first - shift, last - shift) for first, last in spans]
    evidence = _look_closer(nearby, value, kind, moved, canonical)
    return Evidence(
        tuple(Span(first + shift, last + shift) for first, last in evidence.spans), evidence.status
    )


def _printed_once_inside(text: str, value: str, kind: ValueKind, start: int, end: int) -> Span | None:
    """Return where the value stands in plain sight beside a unit, a label or a bracket."""
    first = text.find(value, start, end)
    last = first + len(value)
    if first < 0 or first == last or text.find(value, first + 1, end) >= 0:
        return None
    if may_hold_markup(text[start:end]) or not _stands_alone(text, first, last, kind):
        return None
    return Span(first, last)


def _nearby(index: TextIndex, start: int, end: int) -> tuple[TextIndex, int]:
    """Return an index of the lines around a place, blank ones passed over, and where in the text it begins.

    Markup never goes beyond a line, a torn number hardly beyond the next one. Most documents are then
    verified without an index of their own ever being built; where lines are long, it is used.
    """
    text = index.text
    above = text.rfind("\n", 0, start) + 1
    while above and text[above - 1].isspace():
        above -= 1
    first = text.rfind("\n", 0, above) + 1
    below = _THIS_LINE_AND_THE_NEXT.match(text, end)
    last = below.end() if below else len(text)
    if last - first > _FEW_LINES:
        return index, 0
    return TextIndex(text[first:last]), first


def _in_reading_order(spans: Sequence[Span], length: int) -> bool:
    before = 0
    for start, end in spans:
        if not before <= start < end:
            return False
        before = end
    return before <= length


def _stands_alone(text: str, start: int, end: int, kind: ValueKind) -> bool:
    """Whether what is printed here is no part of something longer; if in doubt, not."""
    if kind in _WORDS:
        return not cuts_number(text, start, end)
    if kind not in _NUMBERS and "\t" in _BLANK_LINES.sub("\n", text[start:end]):
        return False
    before, after = text[max(0, start - _AROUND) : start], text[end : end + _AROUND]
    ends, begins = (_NUMBER_ENDS, _NUMBER_BEGINS) if kind in _NUMBERS else (_CODE_ENDS, _CODE_BEGINS)
    return bool(ends.match(after) and begins.search(before))


def _compare(printed: Sequence[str], value: str, kind: ValueKind) -> Grounding:
    """Compare what is printed in the spans with a value, for the ways that need no index."""
    joined = "".join("".join(printed).split())
    if kind in _NUMBERS:
        plain = read_torn_number(printed)
        return Grounding.JOINED if plain is not None and plain == value else Grounding.NONE
    if kind is ValueKind.DATE:
        digits = date_digits(value)
        return Grounding.CANONICAL if digits is not None and digits == joined else Grounding.NONE
    if kind is ValueKind.CODE and "," in joined and "," not in value:
        return Grounding.NONE
    same = joined == value or fold(joined) == fold(value) != ""
    return Grounding.JOINED if same else Grounding.NONE


def _look_closer(
    index: TextIndex, value: str, kind: ValueKind, spans: Sequence[Span], canonical: bool
) -> Evidence:
    places = [place for place in map(index.stretch, spans) if place.first < place.last]
    if not places:
        return NOWHERE
    inside = _search_inside(index, value, kind, spans, places)
    if inside.status is not Grounding.NONE:
        return inside
    printed = "".join(index.folded[first:last] for first, last in places)
    wanted = fold(value)
    status = Grounding.NONE
    if kind in _WORDS and wanted and _stands_alone(index.clean, spans[0][0], spans[-1][1], kind):
        if kind is ValueKind.LABEL and wanted.startswith(printed) and len(printed) >= shortest_cut(wanted):
            status = Grounding.CANONICAL
        elif misreading_cost(wanted, printed):
            status = Grounding.FUZZY
        elif canonical and kind is ValueKind.LABEL and _alike(wanted, printed):
            status = Grounding.CANONICAL
    elif kind is ValueKind.AMOUNT and canonical and _same_in_another_unit(wanted, printed):
        status = Grounding.CANONICAL
    return NOWHERE if status is Grounding.NONE else Evidence(index.spans(places), status)


def _search_inside(
    index: TextIndex, value: str, kind: ValueKind, spans: Sequence[Span], places: Sequence[Stretch]
) -> Evidence:
    """Search the one span, or words in what several spans hold together."""
    if len(spans) == 1:
        return ground(index, value, kind, within=spans)
    wanted = fold(value)
    joined = "".join(index.folded[first:last] for first, last in places)
    first = joined.find(wanted)
    if kind not in _WORDS or not wanted or first < 0:
        return NOWHERE
    held = index.spans(_part(places, first, first + len(wanted)))
    if cuts_number(index.clean, held[0].start, held[-1].end):
        return NOWHERE
    repeated = joined.find(wanted, first + 1) >= 0
    return Evidence(held, Grounding.AMBIGUOUS if repeated else Grounding.JOINED)


def _part(places: Sequence[Stretch], first: int, last: int) -> list[Stretch]:
    """Return what of ``places`` holds the characters ``[first, last)`` of their joined text."""
    part: list[Stretch] = []
    done = 0
    for place in places:
        length = place.last - place.first
        begin, end = max(first - done, 0), min(last - done, length)
        if begin < end:
            part.append(Stretch(place.first + begin, place.first + end))
        done += length
    return part


def _alike(wanted: str, printed: str) -> bool:
    shared = LCSseq.similarity(wanted, printed)
    return shared >= 2 and 2 * shared >= min(len(wanted), len(printed))


def _same_in_another_unit(wanted: str, printed: str) -> bool:
    number, amount = read_number(printed.rstrip("千万亿元")), read_number(wanted)
    if number is None or amount is None:
        return False
    return any(same_number_key(amount) == same_number_key(f"{Decimal(number) * unit:f}") for unit in _UNITS)
