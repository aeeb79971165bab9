"""Values whose lines are interleaved with another column's, as text taken from a PDF has them.

A wrapped cell's lines are whole stretches between white space, in reading order and not far from
each other: that, and nothing less, is taken for one value.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from structurer.grounding.index import Stretch

if TYPE_CHECKING:
    from structurer.grounding.index import TextIndex

_SHORTEST_VALUE = 6
_SHORTEST_FIRST_LINE = 3
_SHORTEST_LINE = 2
_WIDEST_GAP = 120
"""Folded characters that other columns may print between two lines of one cell."""
_MOST_STEPS = 500
"""Lines that are tried for one value; bounds the work, and the depth, on text that repeats itself."""


def find_wrapped(index: TextIndex, value: str, region: Stretch) -> list[tuple[Stretch, ...]]:
    """Return where ``value`` (folded) stands in two or more pieces, at most two such places.

    Each piece fills stretches between white space entirely; only the first may also begin after a colon.
    A line that one place uses is not used by the other if it can be helped. Digits of two lines are never
    put together to one number.
    """
    if len(value) < _SHORTEST_VALUE:
        return []
    text = index.folded
    seed = value[:_SHORTEST_FIRST_LINE]
    search = _Search(index, value, region)
    found: list[tuple[Stretch, ...]] = []
    position = text.find(seed, region.first, region.last)
    while position >= 0 and len(found) < 2:
        if index.opens(position) or text[position - 1] == ":":
            pieces = search.place(0, position)
            if pieces:
                found.append(pieces)
                search.taken.update(piece.first for piece in pieces)
        position = text.find(seed, position + 1, region.last)
    return found


class _Search:
    """A depth-first search over the lines that could follow a line, nearest first."""

    def __init__(self, index: TextIndex, value: str, region: Stretch) -> None:
        self.index = index
        self.value = value
        self.region = region
        self.taken: set[int] = set()
        self.steps = 0

    def place(self, done: int, position: int) -> tuple[Stretch, ...] | None:
        """Return pieces that hold ``value[done:]``, the first of them at ``position``."""
        self.steps += 1
        if self.steps > _MOST_STEPS:
            return None
        shortest = _SHORTEST_LINE if done else _SHORTEST_FIRST_LINE
        for length in self._piece_lengths(done, position):
            if done + length == len(self.value):
                return (Stretch(position, position + length),)
            if length < shortest:
                break
            if self.value[done + length - 1].isdigit() and self.value[done + length].isdigit():
                continue
            for following in self._following(done + length, position + length):
                rest = self.place(done + length, following)
                if rest:
                    return (Stretch(position, position + length), *rest)
        return None

    def _piece_lengths(self, done: int, position: int) -> list[int]:
        """Return how long the piece at ``position`` can be, longest first: it ends where a stretch ends."""
        text, value = self.index.folded, self.value
        most = min(len(value) - done, self.region.last - position)
        common = 0
        while common < most and text[position + common] == value[done + common]:
            common += 1
        return [length for length in range(common, 0, -1) if self.index.opens(position + length)]

    def _following(self, done: int, after: int) -> list[int]:
        """Return where the next line can start, lines that nobody took first, then the nearest."""
        seed = self.value[done : done + _SHORTEST_LINE]
        last = min(after + _WIDEST_GAP + len(seed), self.region.last)
        starts: list[int] = []
        position = self.index.folded.find(seed, after + 1, last)
        while position >= 0:
            if self.index.opens(position):
                starts.append(position)
            position = self.index.folded.find(seed, position + 1, last)
        return sorted(starts, key=lambda start: (start in self.taken, start))
