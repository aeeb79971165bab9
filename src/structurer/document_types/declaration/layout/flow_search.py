"""The search for the best way to deal a running text's stretches out to the cells of a table.

A beam search over all readings (Lowerre 1976): a reading is scored by what names and targets look like,
by where wrapped cells can continue, and by how alike the halves are.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from structurer.document_types.declaration.layout.flow_scores import (
    NAME_L,
    NAME_R,
    SHAPE_WEIGHT,
    TARGET_L,
    TARGET_R,
    Part,
    continuation,
    opening,
    too_short,
)
from structurer.document_types.declaration.layout.flow_tokens import WHOLE_ROWS, Token
from structurer.document_types.declaration.layout.shapes import alike

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

CLEAR = 6.0
"""The lead of a row that no other reading comes near."""

_BEAM, _PLAIN_BEAM = 8, 3
"""How many readings are kept; fewer after a line that prints a whole row."""

_HOPELESS = 7.0
"""A reading this far behind the best is given up."""

_SENSELESS = -3.2
"""A step that costs this much leads nowhere."""

_SURE_LEAD = 0.8
_WHOLE_ROW = (-1, 1, -1, 1)
"""Name, target, name, target: the sign with which a cell's shape counts."""

_LONGEST_ROW = len(WHOLE_ROWS[-1])
_SAME_LABEL = 0.8
_LOST_LEFT_LABEL = 0.9
_FARTHEST_APART = 16
"""How many rows back two readings of the same text may differ and still be compared row by row."""


class OpenRow(NamedTuple):
    """The row being filled: pieces in reading order, the tokens of the labels printed for it."""

    parts: tuple[Part, ...] = ()
    left_label: int | None = None
    right_label: int | None = None


class ClosedRow(NamedTuple):
    """A closed row, linked to the one before it; ``score`` is the reading's when it was closed."""

    row: OpenRow
    score: float
    before: ClosedRow | None


class _Reading(NamedTuple):
    """A partial reading: closed rows (newest first), the open row, and the group's state.

    ``group`` is the token of the group's left label, and whether the right label has been seen.
    """

    score: float
    row: OpenRow
    closed: ClosedRow | None
    group: tuple[int | None, bool]


class _Contest(NamedTuple):
    """Two ways to the same place: the closed rows of the better and of the worse, and its lead."""

    better: ClosedRow | None
    worse: ClosedRow | None
    lead: float


def search(tokens: Sequence[Token], halves: int) -> list[tuple[ClosedRow, float]]:
    """Return the best reading's rows in reading order, each with its lead over readings without it."""
    beam = [_Reading(0.0, OpenRow(), None, (None, False))]
    contests: list[_Contest] = []
    index = 0
    while index < len(tokens):
        settled = _whole_row(tokens, index, beam, halves)
        if settled is not None:
            beam, index = [settled], index + _whole_row_length(tokens, index)
        else:
            beam, index = _advance(tokens, index, beam, halves, contests), index + 1
    final = sorted((_close(tokens, reading, halves) for reading in beam), key=_rank)
    best = final[0]
    contests += [_Contest(best.closed, other.closed, best.score - other.score) for other in final[1:]]
    leads = _leads(best.closed, contests)
    rows = list(_back(best.closed))[::-1]
    return [(row, leads.get(id(row), CLEAR)) for row in rows]


def _rank(reading: _Reading) -> tuple[float, tuple[Part, ...]]:
    return (-reading.score, reading.row.parts)


def _whole_row(tokens: Sequence[Token], index: int, beam: list[_Reading], halves: int) -> _Reading | None:
    """Take a line that prints a whole row at once, where the readings so far leave no doubt about it."""
    length = _whole_row_length(tokens, index)
    best = beam[0]
    clear = len(beam) == 1 or best.score - beam[1].score > _SURE_LEAD
    filled = {part.slot for part in best.row.parts}
    if not length or not clear or halves == 1 or (filled and len(filled) < len(_WHOLE_ROW)):
        return None
    closed = _close(tokens, best, halves)
    score, row, group = closed.score, OpenRow(), closed.group
    texts = list(range(index, index + length))
    if length > len(_WHOLE_ROW):
        left, right = index, index + length // 2
        if not group[1] and group[0] is not None:
            return None
        score += _label_gain(tokens, group[0], left) + _SAME_LABEL
        row, group = OpenRow((), left, right), (left, True)
        texts = [place for place in texts if place not in {left, right}]
    for slot, (place, sign) in enumerate(zip(texts, _WHOLE_ROW, strict=True)):
        score += SHAPE_WEIGHT * tokens[place].shape * sign
        row = row._replace(parts=(*row.parts, Part(slot, place)))
    return _Reading(score, row, closed.closed, group)


def _whole_row_length(tokens: Sequence[Token], index: int) -> int:
    """Return how many tokens a line that begins here and prints a whole row has; 0 for other lines."""
    line = tokens[index].line
    if not tokens[index].plain or (index and tokens[index - 1].line == line):
        return 0
    length = sum(token.line == line for token in tokens[index : index + _LONGEST_ROW])
    if length == _LONGEST_ROW and tokens[index].kind.levels != tokens[index + _LONGEST_ROW // 2].kind.levels:
        return 0
    return length


def _advance(
    tokens: Sequence[Token], index: int, beam: list[_Reading], halves: int, contests: list[_Contest]
) -> list[_Reading]:
    """Give one more token to every reading, in every way; keep the best that differ in what matters."""
    best: dict[object, _Reading] = {}
    for reading in beam:
        for option in _options(tokens, index, reading, halves):
            key = (option.row, option.group)
            rival = best.setdefault(key, option)
            if rival is option:
                continue
            better, worse = (option, rival) if option.score > rival.score else (rival, option)
            best[key] = better
            if better.score - worse.score < CLEAR:
                contests.append(_Contest(better.closed, worse.closed, better.score - worse.score))
    ranked = sorted(best.values(), key=_rank)[: _PLAIN_BEAM if tokens[index].plain else _BEAM]
    return [reading for reading in ranked if reading.score > ranked[0].score - _HOPELESS]


def _options(tokens: Sequence[Token], index: int, reading: _Reading, halves: int) -> Iterator[_Reading]:
    code = tokens[index].kind.code
    if code in "2wf":
        yield from _as_label(tokens, index, reading, halves)
    if code in "twf":
        cost = {"t": 0.0, "w": 1.5, "f": 2.0}[code]
        for option in _as_text(tokens, index, reading, halves):
            yield option._replace(score=option.score - cost) if cost else option


def _as_label(tokens: Sequence[Token], index: int, reading: _Reading, halves: int) -> Iterator[_Reading]:
    """A label opens a group in the left half, then the same group in the right half.

    It stands before its row's cells, or, set to the middle of a wrapped row, after their first lines.
    """
    row, (left, right_seen) = reading.row, reading.group
    same = left is not None and tokens[left].kind.levels == tokens[index].kind.levels
    filled = {part.slot for part in row.parts}
    if halves > 1 and left is not None and not right_seen and row.right_label is None:
        late = 2.5 if TARGET_R in filled else 0.4 * (NAME_R in filled)
        gain = (_SAME_LABEL if same else -1.8) - late
        yield _Reading(reading.score + gain, row._replace(right_label=index), reading.closed, (left, True))
    if halves > 1 and right_seen and filled and filled <= {NAME_L, TARGET_L} and row.left_label is None:
        lost = row._replace(right_label=index)
        yield _Reading(reading.score - _LOST_LEFT_LABEL, lost, reading.closed, (index, True))
    expected = halves == 1 or left is None or right_seen
    gain = _label_gain(tokens, left, index) if expected else -1.8
    closed = _close(tokens, reading, halves)
    yield _Reading(closed.score + gain, OpenRow(left_label=index), closed.closed, (index, False))
    if filled and not filled & {TARGET_L, TARGET_R} and row.left_label is None and row.right_label is None:
        row = row._replace(left_label=index)
        yield _Reading(reading.score + gain - 0.4, row, reading.closed, (index, False))


def _label_gain(tokens: Sequence[Token], before: int | None, label: int) -> float:
    """Return the gain of a label that opens a group; one that repeats the group's is less likely."""
    same = before is not None and tokens[before].kind.levels == tokens[label].kind.levels
    return -1.0 if same else 0.3


def _as_text(tokens: Sequence[Token], index: int, reading: _Reading, halves: int) -> Iterator[_Reading]:
    token, parts = tokens[index], reading.row.parts
    line_slots = [part.slot for part in parts if tokens[part.token].line == token.line]
    lowest = max(line_slots, default=-1)
    filled = {part.slot for part in parts}
    for slot in range(2 * halves):
        if slot < lowest:
            continue
        if slot in filled:
            gain = continuation(tokens, index, parts, slot)
        elif slot == lowest:
            continue
        else:
            gain = opening(token, slot, filled, reading.row.right_label is not None)
        if gain > _SENSELESS:
            row = OpenRow((*parts, Part(slot, index)), reading.row.left_label, reading.row.right_label)
            yield _Reading(reading.score + gain, row, reading.closed, reading.group)
    if parts or reading.row.right_label is not None:
        closed = _close(tokens, reading, halves)
        for slot, cost in ((NAME_L, 0.0), (NAME_R, 0.8))[:halves]:
            if slot == NAME_R and closed.score == reading.score:
                continue
            gain = -SHAPE_WEIGHT * token.shape - cost
            gain -= 1.5 if line_slots else 0.0
            row = OpenRow((Part(slot, index),))
            yield _Reading(closed.score + gain, row, closed.closed, closed.group)


def _close(tokens: Sequence[Token], reading: _Reading, halves: int) -> _Reading:
    """Close the open row: what is missing costs, halves that agree gain."""
    row = reading.row
    if not row.parts and row.left_label is None and row.right_label is None:
        return reading
    cells = {slot: _cell_text(tokens, row, slot) for slot in {part.slot for part in row.parts}}
    gain = 0.0
    for name, target in ((NAME_L, TARGET_L), (NAME_R, TARGET_R)):
        if name in cells:
            gain -= too_short(cells[name])
        if name in cells and target not in cells:
            gain -= 2.5
    if NAME_L in cells and NAME_R in cells:
        gain += 1.6 * alike(cells[NAME_L], cells[NAME_R])
    elif halves > 1 and (NAME_L in cells or NAME_R in cells):
        gain -= 1.4
    if TARGET_L in cells and TARGET_R in cells:
        gain += 0.6 * alike(cells[TARGET_L], cells[TARGET_R])
    score = reading.score + gain
    return _Reading(score, OpenRow(), ClosedRow(row, score, reading.closed), reading.group)


def _cell_text(tokens: Sequence[Token], row: OpenRow, slot: int) -> str:
    return "".join(tokens[part.token].text for part in row.parts if part.slot == slot)


def _back(closed: ClosedRow | None) -> Iterator[ClosedRow]:
    """Yield closed rows, newest first."""
    while closed is not None:
        yield closed
        closed = closed.before


def _leads(best: ClosedRow | None, contests: list[_Contest]) -> dict[int, float]:
    """Return, by the row's identity, the smallest lead of contested rows of the best reading."""
    ours = {id(row) for row in _back(best)}
    leads: dict[int, float] = {}
    for better, worse, lead in contests:
        if better is None or id(better) not in ours:
            continue
        theirs = list(islice(_back(worse), _FARTHEST_APART))
        shared = {id(row) for row in theirs}
        readings = {row.row for row in theirs}
        for row in islice(_back(better), _FARTHEST_APART):
            if id(row) in shared:
                break
            if row.row not in readings:
                leads[id(row)] = min(lead, leads.get(id(row), CLEAR))
    return leads
