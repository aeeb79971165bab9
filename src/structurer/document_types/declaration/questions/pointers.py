"""What a model points with: a segment's number, a range of numbers, or a piece of a segment.

All pointers of an answer are resolved together, in the form's order, so that no text is given twice.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import TYPE_CHECKING, NamedTuple

from structurer.checks import quoted
from structurer.document_types.declaration.questions.display import as_compared
from structurer.models import Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from structurer.models import Segment

Pointer = int | str
Loc = tuple[str | int, ...]

_POINTER = re.compile(
    r"\s*⟦?(?P<first>\d{1,7})⟧?\s*(?:-\s*⟦?(?P<last>\d{1,7})⟧?\s*|[:：](?P<piece>.*))?", re.DOTALL
)
_HEADINGS = frozenset(("form_title", "fiscal_year"))
"""Keys that may point at the same text: a title may name its year."""


class Fault(NamedTuple):
    """What is wrong with the pointers at one place of an answer."""

    loc: Loc
    message: str


class Place(NamedTuple):
    """One pointer resolved: a span of the document's text, and the segment that it is in.

    ``whole`` says that the whole segment is meant, and not a piece of it.
    """

    segment: int
    span: Span
    whole: bool


class Resolved(NamedTuple):
    """The places that each path of an answer points at, in the answer's order, and the faults found."""

    places: Mapping[Loc, tuple[Place, ...]]
    faults: tuple[Fault, ...]


def resolve(
    pointers: Iterable[tuple[Loc, Sequence[Pointer]]],
    shown: Mapping[int, Segment],
    *,
    shared_names: bool = False,
) -> Resolved:
    """Find what pointers point at among the segments that were shown.

    A path with a fault has no places, and what it pointed at stays free for others. ``shared_names`` says
    that the table prints each name once for both halves, so that a row of either may point at it.
    """
    resolver = _Resolver(shown, shared_names)
    places: dict[Loc, tuple[Place, ...]] = {}
    faults: list[Fault] = []
    for loc, given in pointers:
        try:
            places[loc] = resolver.take(loc, given)
        except _FaultError as error:
            faults.append(Fault(loc, str(error)))
    return Resolved(places, tuple(faults))


class _FaultError(ValueError):
    """A pointer that points at nothing, or at what is taken."""


class _Resolver:
    """Knows what is shown, and which path has taken what."""

    def __init__(self, shown: Mapping[int, Segment], shared_names: bool) -> None:
        self._shown = shown
        self._shared_names = shared_names
        self._numbers = sorted(shown)
        self._taken: dict[int, list[tuple[Span, Loc]]] = {}

    def take(self, loc: Loc, pointers: Sequence[Pointer]) -> tuple[Place, ...]:
        """Return the places of one path's pointers, and mark them as taken."""
        found: list[Place] = []
        for pointer in pointers:
            found.extend(self._find(loc, pointer, found))
        for place in found:
            self._taken.setdefault(place.segment, []).append((place.span, loc))
        return tuple(found)

    def _find(self, loc: Loc, pointer: Pointer, own: Sequence[Place]) -> list[Place]:
        if isinstance(pointer, int):
            return [self._whole(self._segment(pointer), loc, own)]
        match = _POINTER.fullmatch(pointer)
        if match is None:
            raise _FaultError(
                f'{quoted(pointer)} is no pointer; give a segment\'s number, a range like "3-5", or '
                '"number:verbatim piece"'
            )
        first = int(match["first"])
        if match["piece"] is not None and match["piece"].strip():
            return [self._piece(self._segment(first), match["piece"], loc, own)]
        last = int(match["last"]) if match["last"] is not None else first
        if last < first:
            raise _FaultError(f"the range {first}-{last} runs backwards")
        self._segment(last)
        self._segment(first)
        begin, end = bisect_left(self._numbers, first), bisect_left(self._numbers, last + 1)
        return [self._whole(self._shown[number], loc, own) for number in self._numbers[begin:end]]

    def _segment(self, number: int) -> Segment:
        if number not in self._shown:
            raise _FaultError(f"there is no segment ⟦{number}⟧ in the text shown")
        return self._shown[number]

    def _others(self, number: int, loc: Loc) -> list[tuple[Span, Loc]]:
        """Return what of a segment is given for other places that this one may not share it with."""
        taken = self._taken.get(number)
        return [entry for entry in taken if not self._may_share(loc, entry[1])] if taken else []

    def _may_share(self, loc: Loc, other: Loc) -> bool:
        if loc[0] in _HEADINGS:
            return other[0] in _HEADINGS
        names = loc[0] == other[0] == "indicators" and loc[-1] == other[-1] == 0
        return self._shared_names and names and loc[1] != other[1]

    def _whole(self, segment: Segment, loc: Loc, own: Sequence[Place]) -> Place:
        number = segment.number
        taken = self._others(number, loc)
        if taken:
            raise _FaultError(
                f"segment ⟦{number}⟧ is already given for {_dotted(taken[0][1])}; give each segment once, or "
                f'pieces of it ("{number}:verbatim text") where it holds several values'
            )
        if any(place.segment == number for place in own):
            raise _FaultError(f"segment ⟦{number}⟧ is given twice here")
        return Place(number, Span(segment.start, segment.end), whole=True)

    def _piece(self, segment: Segment, piece: str, loc: Loc, own: Sequence[Place]) -> Place:
        text, places = as_compared(segment.text)
        wanted, _ = as_compared(piece)
        spans = [
            Span(segment.start + places[at], segment.start + places[at + len(wanted) - 1] + 1)
            for at in _occurrences(text, wanted)
        ]
        if not spans:
            raise _FaultError(
                f"{quoted(piece)} is not in segment ⟦{segment.number}⟧; "
                "copy it verbatim, or give the number alone"
            )
        taken = self._others(segment.number, loc)
        used = [span for span, _ in taken] + [p.span for p in own if p.segment == segment.number]
        free = [span for span in spans if not any(_overlap(span, other) for other in used)]
        if not free:
            owner = _dotted(taken[0][1]) if taken else "this same place"
            raise _FaultError(
                f"{quoted(piece)} in segment ⟦{segment.number}⟧ overlaps what is given for {owner}"
            )
        best = min(free, key=lambda span: (_cuts(segment, span), span.start))
        whole = best == (segment.start, segment.end)
        return Place(segment.number, best, whole)


def _occurrences(text: str, wanted: str) -> list[int]:
    found: list[int] = []
    at = text.find(wanted) if wanted else -1
    while at >= 0:
        found.append(at)
        at = text.find(wanted, at + 1)
    return found


def _overlap(one: Span, other: Span) -> bool:
    return one.start < other.end and other.start < one.end


def _cuts(segment: Segment, span: Span) -> int:
    """Return how many of a piece's ends stand inside a word or a number."""
    text, start, end = segment.text, span.start - segment.start, span.end - segment.start
    begins_inside = start > 0 and text[start - 1].isalnum() and text[start].isalnum()
    ends_inside = end < len(text) and text[end].isalnum() and text[end - 1].isalnum()
    return begins_inside + ends_inside


def _dotted(loc: Loc) -> str:
    return ".".join(str(part) for part in loc)
