"""Which row of one reading is which row of the other: those that stand at the same place in the text."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from structurer.engines.cells import Row

Pair = tuple["Row | None", "Row | None"]


def align(ours: Sequence[Row], theirs: Sequence[Row], halves: Collection[str]) -> list[Pair]:
    """Return our rows in their order, each with the row of theirs that stands where it does, if any.

    Only rows of ``halves`` are paired. Their other rows are put in before the first row of ours in the same
    half that stands below them. One that stands where any row of ours does is ours already.
    """
    mine = [row if row.scope in halves else None for row in ours]
    paired = _pairs(mine, theirs)
    used = set(paired.values())
    lone = [
        row
        for number, row in enumerate(theirs)
        if number not in used and row.spans and not any(_shared(row, other) for other in ours)
    ]
    found: list[Pair] = []
    for number, row in enumerate(ours):
        while before := next((new for new in lone if new.scope == row.scope and new.spans < row.spans), None):
            lone.remove(before)
            found.append((None, before))
        found.append((row, theirs[paired[number]] if number in paired else None))
        if number + 1 == len(ours) or ours[number + 1].scope != row.scope:
            found += [(None, new) for new in lone if new.scope == row.scope]
            lone = [new for new in lone if new.scope != row.scope]
    return found + [(None, new) for new in lone]


def _pairs(mine: Sequence[Row | None], theirs: Sequence[Row]) -> dict[int, int]:
    """Pair rows of one half, those that share most of their text first."""
    shares = sorted(
        (-_shared(row, other), n, m)
        for n, row in enumerate(mine)
        if row is not None
        for m, other in enumerate(theirs)
        if other.scope == row.scope and _shared(row, other)
    )
    paired: dict[int, int] = {}
    for _, n, m in shares:
        if n not in paired and m not in paired.values():
            paired[n] = m
    return paired


def _shared(one: Row, other: Row) -> int:
    """Return how many characters both rows stand on."""
    return sum(max(0, min(a.end, b.end) - max(a.start, b.start)) for a in one.spans for b in other.spans)
