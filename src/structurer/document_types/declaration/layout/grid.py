"""The indicator table laid out in cells: each line is read by the best of its possible readings.

A line's cells go, left to right, into the slots of the form (level, name, target, twice). Where
cells were lost, doubled or moved there are several ways; each is scored by what names and targets
look like, by the columns of the lines around it, and by how alike the halves are.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from structurer.document_types.declaration.layout.grid_cells import half_rows, is_split, may_be_packed
from structurer.document_types.declaration.layout.rows import HalfRow, Kind, Row, kind_of
from structurer.document_types.declaration.layout.shapes import alike, targetness
from structurer.document_types.declaration.vocabulary import Group

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from structurer.document_types.declaration.layout.atoms import Atom, AtomLine
    from structurer.document_types.declaration.layout.values import Value

LEFT_LEVEL, LEFT_NAME, LEFT_TARGET, RIGHT_LEVEL, RIGHT_NAME, RIGHT_TARGET = range(6)
_SKIP = -1
_LEVELS = (LEFT_LEVEL, RIGHT_LEVEL)
_NAMES = (LEFT_NAME, RIGHT_NAME)
_TARGETS = (LEFT_TARGET, RIGHT_TARGET)
_FULL_ROW = "2tt2tt"
_MOST_CELLS = 9
_HEAD_CELLS = (3, 6)
_CLEAR = 6.0
"""The margin of a line that can be read one way only."""

_COLUMN_WEIGHT = 0.45
_SHAPE_WEIGHT = 0.5
_FARTHEST_SHIFT = 3

Slots = tuple[int, ...]
Profile = tuple[int, ...]


class Reading(NamedTuple):
    """One way to read a line: the slot of each of its cells, and how good that is."""

    score: float
    slots: Slots


class _Line(NamedTuple):
    number: int
    atoms: tuple[Atom, ...]
    kinds: tuple[Kind, ...]
    level1: str | None

    @property
    def codes(self) -> str:
        return "".join(kind.code for kind in self.kinds)


def read_grid(
    text: str, table: Sequence[AtomLine], heads: Sequence[Sequence[Atom]], halves: int
) -> list[Row]:
    """Read the table's lines into rows.

    ``heads`` are the cells of its column heads, page by page; ``halves`` says whether a row holds one
    indicator (1: the left slots only) or two side by side.
    """
    lines = [_line(line) for line in table]
    profiles = _profiles(lines, heads)
    rows: list[Row] = []
    for position, line in enumerate(lines):
        if line.atoms:
            rows.extend(_rows_of(text, line, profiles[position], halves))
    return _undo_slides(rows)


def _line(line: AtomLine) -> _Line:
    """Leave out the first-level labels, wherever the scanner put them."""
    atoms = [atom for atom in line.atoms if atom.match is None or kind_of(atom).code != "1"]
    kinds: list[Kind] = []
    for atom in atoms:
        kind = kind_of(atom)
        repeats = bool(kinds) and kinds[-1].code == "2" and kinds[-1].levels == kind.levels
        kinds.append(Kind("t") if kind.code == "w" and repeats else kind)
    labels = [atom.label.key for atom in line.atoms if atom.label and atom.group is Group.LEVEL1]
    return _Line(line.number, tuple(atoms), tuple(kinds), labels[0] if labels else None)


def _profiles(lines: Sequence[_Line], heads: Sequence[Sequence[Atom]]) -> list[tuple[Profile, ...]]:
    """Return for each line the columns of the nearest full rows above and below it, or of the heads."""
    full = [
        (position, tuple(atom.column for atom in line.atoms))
        for position, line in enumerate(lines)
        if line.codes == _FULL_ROW
    ]
    fallback = tuple(tuple(atom.column for atom in head[-6:]) for head in heads if len(head) in _HEAD_CELLS)
    found: list[tuple[Profile, ...]] = []
    for position in range(len(lines)):
        above = [columns for place, columns in full if place <= position][-1:]
        below = [columns for place, columns in full if place > position][:1]
        found.append(tuple(dict.fromkeys([*above, *below])) or fallback[-1:])
    return found


def _rows_of(text: str, line: _Line, profiles: tuple[Profile, ...], halves_printed: int) -> Iterator[Row]:
    best, margin = _best_reading(line, profiles, halves_printed)
    cells: list[Atom | None] = [None] * 6
    signs: list[str] = []
    for atom, kind, slot in zip(line.atoms, line.kinds, best.slots, strict=True):
        if slot == _SKIP:
            if kind.code == "t":
                signs.append("leftover")
        else:
            cells[slot] = atom
    halves = [half_rows(text, cells[offset : offset + 3]) for offset in (LEFT_LEVEL, RIGHT_LEVEL)]
    if any(len(half) > 1 for half in halves):
        signs.append("packed")
    elif any(may_be_packed(text, *cells[offset + 1 : offset + 3]) for offset in _LEVELS):
        signs.append("maybe_packed")
    elif any(is_split(text, cells[offset]) for offset in _NAMES):
        signs.append("split_cell")
    for index in range(max(len(half) for half in halves)):
        pair = [half[index] if index < len(half) else HalfRow() for half in halves]
        yield Row(pair[0], pair[1], margin, line.number, tuple(dict.fromkeys(signs)), line.level1)


def _best_reading(line: _Line, profiles: tuple[Profile, ...], halves: int) -> tuple[Reading, float]:
    """Return the best reading of a line, and its lead over the next."""
    straight = _straight_slots(line, profiles[0]) if profiles else None
    if straight is not None:
        return Reading(0.0, straight), _CLEAR
    readings = sorted(
        (
            Reading(score + _content_score(line, slots, profiles), slots)
            for slots, score in _arrangements(line.codes, _doubles(line), halves)
        ),
        key=lambda reading: (-reading.score, reading.slots),
    )
    if not readings:
        return Reading(0.0, (_SKIP,) * len(line.atoms)), 0.0
    margin = readings[0].score - readings[1].score if len(readings) > 1 else _CLEAR
    return readings[0], min(margin, _CLEAR)


def _straight_slots(line: _Line, profile: Profile) -> Slots | None:
    """Return the slots of a line whose cells all stand in their columns, names and targets in pairs."""
    slot_of = {column: slot for slot, column in enumerate(profile)}
    slots = tuple(slot_of.get(atom.column, _SKIP) for atom in line.atoms)
    if any((kind.code == "2") != (slot in _LEVELS) for kind, slot in zip(line.kinds, slots, strict=True)):
        return None
    texts = {slot: atom.text for slot, atom in zip(slots, line.atoms, strict=True)}
    if _SKIP in texts or len(texts) < len(slots) or any(code in "wf" for code in line.codes):
        return None
    for name, target in zip(_NAMES, _TARGETS, strict=True):
        if (name in texts) != (target in texts):
            return None
        if name in texts and targetness(texts[target]) <= targetness(texts[name]):
            return None
    return slots


def _doubles(line: _Line) -> tuple[bool, ...]:
    """Say which cells print the same as the cell just before them."""
    return (
        False,
        *(
            left.text == right.text and right.column - left.column == 1
            for left, right in pairwise(line.atoms)
        ),
    )


@lru_cache(maxsize=1_000)
def _arrangements(codes: str, doubles: tuple[bool, ...], halves: int) -> tuple[tuple[Slots, float], ...]:
    """Return every way to put cells of these kinds into slots, with what its structure costs."""
    if len(codes) > _MOST_CELLS:
        return ()
    spare = max(1, sum(code in "tw" for code in codes) - 2 * halves)
    found = [
        (slots, _structure_score(codes, doubles, slots))
        for slots in _fill(codes, 0, 0, 3 * halves)
        if sum(slot == _SKIP and code == "t" for slot, code in zip(slots, codes, strict=True)) <= spare
    ]
    return tuple(found)


def _fill(codes: str, position: int, lowest: int, limit: int) -> Iterator[Slots]:
    if position == len(codes):
        yield ()
        return
    code = codes[position]
    allowed = {"2": _LEVELS, "f": _LEVELS, "t": (*_NAMES, *_TARGETS), "w": tuple(range(6)), "1": ()}[code]
    for slot in allowed:
        if lowest <= slot < limit:
            for rest in _fill(codes, position + 1, slot + 1, limit):
                yield (slot, *rest)
    for rest in _fill(codes, position + 1, lowest, limit):
        yield (_SKIP, *rest)


def _structure_score(codes: str, doubles: tuple[bool, ...], slots: Slots) -> float:
    used = set(slots)
    score = 0.0
    for position, (code, slot) in enumerate(zip(codes, slots, strict=True)):
        if slot == _SKIP:
            before_level = position + 1 < len(slots) and slots[position + 1] in _LEVELS
            if code == "t":
                doubled = doubles[position] or (position + 1 < len(doubles) and doubles[position + 1])
                score -= 0.6 if doubled else 3.0
            else:
                score -= 0.4 if before_level else 2.0
        elif code == "w":
            score -= 0.2 if slot in _LEVELS else 0.9
    for level, name, target in (
        (LEFT_LEVEL, LEFT_NAME, LEFT_TARGET),
        (RIGHT_LEVEL, RIGHT_NAME, RIGHT_TARGET),
    ):
        if name in used and target not in used:
            score -= 1.6
        if target in used and name not in used:
            score -= 3.0
        if level in used and name in used:
            score += 0.1
    if (LEFT_NAME in used) == (RIGHT_NAME in used):
        score += 0.6
    if (LEFT_LEVEL in used) == (RIGHT_LEVEL in used):
        score += 0.5
    return score


def _content_score(line: _Line, slots: Slots, profiles: tuple[Profile, ...]) -> float:
    texts: dict[int, str] = {}
    score = 0.0
    for atom, kind, slot in zip(line.atoms, line.kinds, slots, strict=True):
        if slot == _SKIP:
            continue
        texts[slot] = atom.text
        if slot in _NAMES:
            score -= _SHAPE_WEIGHT * targetness(atom.text)
        elif slot in _TARGETS:
            score += _SHAPE_WEIGHT * targetness(atom.text)
        elif kind.code == "f":
            score -= 0.3
    if LEFT_NAME in texts and RIGHT_NAME in texts:
        score += 1.2 * alike(texts[LEFT_NAME], texts[RIGHT_NAME])
    if LEFT_TARGET in texts and RIGHT_TARGET in texts:
        score += 0.4 * alike(texts[LEFT_TARGET], texts[RIGHT_TARGET])
    if profiles:
        score -= min(_column_cost(line, slots, profile) for profile in profiles)
    return score


def _column_cost(line: _Line, slots: Slots, profile: Profile) -> float:
    """Return how far the cells stand from their columns, the whole line moved as suits it best."""
    offsets = [
        atom.column - profile[slot] for atom, slot in zip(line.atoms, slots, strict=True) if slot != _SKIP
    ]
    costs = [_shifted(offsets, shift) for shift in {0, *offsets} if abs(shift) <= _FARTHEST_SHIFT]
    return min(costs)


def _shifted(offsets: list[int], shift: int) -> float:
    away = 0
    for offset in offsets:
        away += min(2, abs(offset - shift))
    return _COLUMN_WEIGHT * away + 0.25 * abs(shift)


def _undo_slides(rows: list[Row]) -> list[Row]:
    """Give targets that slid to a line of their own back to the row above, which lacks them."""
    mended: list[Row] = []
    for row in rows:
        above = mended[-1] if mended else None
        targets = None if above is None else _lost_targets(above, row)
        if above is not None and targets is not None:
            left = above.left._replace(target=targets[0])
            right = above.right._replace(target=targets[1])
            mended[-1] = above._replace(left=left, right=right, margin=0.0, signs=(*above.signs, "slid"))
        else:
            mended.append(row)
    return mended


def _lost_targets(above: Row, row: Row) -> tuple[Value, Value] | None:
    """Return the two targets that a line holds and the row above lacks."""
    if row.left.label or row.right.label:
        return None
    if any(half.name is None or half.target is not None for half in (above.left, above.right)):
        return None
    halves = [[v for v in (half.name, half.target) if v] for half in (row.left, row.right)]
    cells = [value for half in halves for value in half]
    if len(cells) < len(halves) or not all(targetness(cell.text) > 1 for cell in cells):
        return None
    if all(halves):
        return halves[0][-1], halves[1][-1]
    return (cells[0], cells[1]) if len(cells) == len(halves) else None
