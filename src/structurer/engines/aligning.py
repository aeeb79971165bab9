"""Which row of one reading is which row of the other: those that stand at the same place in the text."""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from structurer.engines.cells import Row

Pair = tuple["Row | None", "Row | None"]


def align(ours: Sequence[Row], theirs: Sequence[Row], half: str) -> list[Pair]:
    """Return our rows of one half in their order, each with the row of theirs that stands where it does.

    Their other rows of this half are put in by their places. One of which every piece stands where some row
    of ours does, of this half or the other, is ours already and is left out, as is one that stands nowhere.
    """
    holders: dict[int, list[int]] = defaultdict(list)
    for number, row in enumerate(ours):
        for start, end in row.spans:
            for place in range(start, end):
                holders[place].append(number)
    mine = [number for number, row in enumerate(ours) if row.scope == half]
    their_half = [row for row in theirs if row.scope == half]
    paired = _pairs(frozenset(mine), their_half, holders)
    known = set(paired.values())
    lone = (row for m, row in enumerate(their_half) if m not in known and _is_new(row, holders))
    waiting = deque(sorted(lone, key=lambda row: row.spans))
    found: list[Pair] = []
    for number in mine:
        while waiting and waiting[0].spans < ours[number].spans:
            found.append((None, waiting.popleft()))
        found.append((ours[number], their_half[paired[number]] if number in paired else None))
    return found + [(None, row) for row in waiting]


def _pairs(
    mine: frozenset[int], theirs: Sequence[Row], holders: Mapping[int, Sequence[int]]
) -> dict[int, int]:
    """Pair rows by number, those that share most of their text first."""
    shared = Counter(
        (number, m)
        for m, row in enumerate(theirs)
        for start, end in row.spans
        for place in range(start, end)
        for number in holders.get(place, ())
        if number in mine
    )
    paired: dict[int, int] = {}
    taken: set[int] = set()
    for (number, m), _ in sorted(shared.items(), key=lambda entry: (-entry[1], entry[0])):
        if number not in paired and m not in taken:
            paired[number] = m
            taken.add(m)
    return paired


def _is_new(row: Row, holders: Mapping[int, Sequence[int]]) -> bool:
    """Say whether a piece of a row stands where none of ours does."""
    return any(not any(place in holders for place in range(start, end)) for start, end in row.spans)
