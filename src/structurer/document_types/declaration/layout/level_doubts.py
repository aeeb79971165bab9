"""What in a table's labels gives reason to doubt a row's level, in words for a reviewer.

A form prints every second-level label, of empty groups too, in a fixed order and on the group's first
row. Each departure from that is a trace of labels that were lost or moved.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from structurer.document_types.declaration.layout.shapes import alike
from structurer.document_types.declaration.model import Level1, Level2

if TYPE_CHECKING:
    from collections.abc import Sequence

    from structurer.document_types.declaration.layout.levels import Level
    from structurer.document_types.declaration.layout.rows import HalfRow, Row

_SAME_NAME = 0.8
_FIRST = Level2.QUANTITY

Doubts = list[str | None]


class _Place(NamedTuple):
    """One half of one row: what is printed there, and the level that was read."""

    half: HalfRow
    level: Level2 | None
    level1: str | None

    @property
    def labelled(self) -> bool:
        """Whether the row's own label is printed on it."""
        return self.half.label is not None and self.level in self.half.label.levels


def level_doubts(
    rows: Sequence[Row], levels: Sequence[tuple[Level, Level]]
) -> list[tuple[str | None, str | None]]:
    """Return for each row and half why its level is doubtful; None where nothing says so."""
    halves = [
        [
            _Place((row.left, row.right)[half], level[half].level, row.level1)
            for row, level in zip(rows, levels, strict=True)
        ]
        for half in (0, 1)
    ]
    two_halves = all(any(place.half.label is not None for place in places) for places in halves)
    empty_groups = any(p.half.label is not None and p.half.empty for places in halves for p in places)
    doubts = [_doubts_of(places, two_halves or empty_groups) for places in halves]
    _share_borders(rows, halves, doubts)
    return list(zip(doubts[0], doubts[1], strict=True))


def _doubts_of(places: Sequence[_Place], prints_all_labels: bool) -> Doubts:
    doubts: Doubts = [None] * len(places)
    for find in (_supplied, _beside_another_label, _below_an_empty_group, _printed_twice, _level1_differs):
        _merge(doubts, find(places))
    if prints_all_labels:
        _merge(doubts, _near_a_lost_label(places))
    return [doubt if not place.half.empty else None for doubt, place in zip(doubts, places, strict=True)]


def _merge(doubts: Doubts, more: Doubts) -> None:
    for index, doubt in enumerate(more):
        doubts[index] = doubts[index] or doubt


def _supplied(places: Sequence[_Place]) -> Doubts:
    """A level whose label is printed nowhere above; but before 质量指标 only 数量指标 is possible."""
    printed: set[Level2 | None] = set()
    doubts: Doubts = []
    for place in places:
        if place.labelled:
            printed.add(place.level)
        known = place.level in printed or (place.level is _FIRST and not printed)
        doubts.append(None if known else f"no label is printed for this row; {place.level} was supplied")
    return doubts


def _beside_another_label(places: Sequence[_Place]) -> Doubts:
    """From a label that was not believed down to the next one, each row may belong to it."""
    doubts: Doubts = []
    disbelieved: str | None = None
    for place in places:
        label = place.half.label
        if label is not None and label.levels:
            disbelieved = None if place.labelled else str(label.levels[0])
        message = f"the label {disbelieved} is printed here, but {place.level} fits the table better"
        doubts.append(message if disbelieved else None)
    return doubts


def _below_an_empty_group(places: Sequence[_Place]) -> Doubts:
    """A group's first indicator stands beside its label; one that stands below may belong further down."""
    doubts: Doubts = []
    empty_above = False
    for place in places:
        if place.half.label is not None:
            empty_above = place.half.empty
        message = f"the line that prints {place.level} is empty; this row may belong to the next label"
        doubts.append(message if empty_above and place.half.label is None else None)
    return doubts


def _printed_twice(places: Sequence[_Place]) -> Doubts:
    """The first rows under a label that is printed again further down may belong to the group before."""
    doubts: Doubts = [None] * len(places)
    since: dict[Level2 | None, int] = {}
    for index, place in enumerate(places):
        if not place.labelled:
            continue
        start = since.setdefault(place.level, index)
        between = [
            i for i in range(start, index) if places[i].level is place.level and not places[i].half.empty
        ]
        for earlier in between:
            doubts[earlier] = (
                f"{place.level} is printed again further down; this row may belong to the group before"
            )
    return doubts


def _level1_differs(places: Sequence[_Place]) -> Doubts:
    """A first-level label beside a row of another first level; 满意度 may stand a row too high."""
    doubts: Doubts = []
    for place in places:
        differs = place.level is not None and place.level1 not in {None, str(place.level.level1)}
        own = place.labelled or place.level is None or place.level.level1 is Level1.COST
        message = f"the first-level label beside this row is {place.level1}"
        doubts.append(message if differs and not own else None)
    return doubts


def _near_a_lost_label(places: Sequence[_Place]) -> Doubts:
    """Where a first level's block lacks a label, its rows without a label of their own may have slid."""
    printed = {place.level for place in places if place.labelled}
    present = {place.level for place in places if not place.half.empty}
    lost: dict[Level1, Level2] = {}
    for level in _STANDARD:
        first_is_implied = level is _FIRST and level in present
        if level not in printed and not first_is_implied:
            lost.setdefault(level.level1, level)
    doubts: Doubts = []
    for place in places:
        missing = lost.get(place.level.level1) if place.level is not None else None
        message = f"the label {missing} is not legible anywhere; this row may belong to it"
        doubts.append(message if missing is not None and not place.labelled else None)
    return doubts


_STANDARD = tuple(
    level for level in Level2 if level.level1 is not Level1.COST and level is not Level2.SATISFACTION
)


def _share_borders(rows: Sequence[Row], halves: Sequence[Sequence[_Place]], doubts: Sequence[Doubts]) -> None:
    """The first row of a group whose label was supplied makes the same row of the other half doubtful."""
    supplied = [_supplied(places) for places in halves]
    for index, row in enumerate(rows):
        if row.left.name is None or row.right.name is None:
            continue
        if alike(row.left.name.text, row.right.name.text) < _SAME_NAME:
            continue
        for half in (0, 1):
            first = index == 0 or halves[half][index - 1].level is not halves[half][index].level
            if supplied[half][index] and first and doubts[1 - half][index] is None:
                doubts[1 - half][index] = "the other half prints no label for this row"
