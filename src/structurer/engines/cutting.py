"""Where a text that is too long for one question is cut in two: where the layout reads nothing across."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from structurer.models import Segment, Span


def cut_in_two(
    segments: Sequence[Segment], spans: Mapping[str, Sequence[Span]]
) -> tuple[tuple[Segment, ...], tuple[Segment, ...]] | None:
    """Return segments as two halves, ``None`` where there are fewer than two.

    ``spans`` are a reading's places by path. In the middle of the text, the cut goes between two lines where
    the fewest rows and fields stand on both sides; in a text of one line, between two segments.
    """
    count = len(segments)
    if count < 2:
        return None
    middle = range(max(1, count // 4), max(1, count * 3 // 4) + 1)
    ends_of_lines = [n for n in middle if segments[n].line != segments[n - 1].line]
    held = list(_held_together(spans))
    starts, ends = sorted(start for start, _ in held), sorted(end for _, end in held)

    def cost(number: int) -> tuple[int, int]:
        place = segments[number].start
        return bisect_left(starts, place) - bisect_right(ends, place), abs(2 * number - count)

    cut = min(ends_of_lines or middle, key=cost)
    return tuple(segments[:cut]), tuple(segments[cut:])


def _held_together(spans: Mapping[str, Sequence[Span]]) -> Iterable[tuple[int, int]]:
    """Return from where to where each row of a table, group of fields or single field goes."""
    held: dict[str, tuple[int, int]] = {}
    for path, places in spans.items():
        unit = ".".join(path.split(".")[:2])
        for start, end in places:
            first, last = held.get(unit, (start, end))
            held[unit] = min(first, start), max(last, end)
    return held.values()
