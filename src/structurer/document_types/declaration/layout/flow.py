"""The indicator table as running text: columns interleaved line by line, cells wrapped anywhere.

A PDF's text gives a row's cells in about their order, but a wrapped cell's lines stand above and
below its neighbours'. The stretches are dealt out to the slots of the form by a beam search over
all readings; a reading is scored by what names and targets look like, by where wrapped cells can
continue, and by how alike the halves are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from structurer.document_types.declaration.layout.rows import HalfRow, Kind, Row, kind_of, printed
from structurer.document_types.declaration.layout.shapes import alike, plain, targetness
from structurer.document_types.declaration.layout.values import Value, compose
from structurer.document_types.declaration.vocabulary import squeeze

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from structurer.document_types.declaration.layout.atoms import Atom, AtomLine
    from structurer.models import Span

_BEAM = 12
_HOPELESS = 9.0
"""A reading this far behind the best is given up."""

_NAME_L, _TARGET_L, _NAME_R, _TARGET_R = range(4)
_CLEAR = 6.0
_SHAPE_WEIGHT = 0.6
_VERTICAL_LABEL = frozenset("绩效指标")


class _Token(NamedTuple):
    line: int
    text: str
    spans: tuple[Span, ...]
    kind: Kind
    atom: Atom


class _Part(NamedTuple):
    """A piece of a cell: the index of its token."""

    slot: int
    token: int


class _OpenRow(NamedTuple):
    """The row being filled: pieces in reading order, the tokens of the labels printed for it."""

    parts: tuple[_Part, ...] = ()
    left_label: int | None = None
    right_label: int | None = None


class _Reading(NamedTuple):
    """A partial reading: closed rows (newest first, linked), the open row, and the group's state.

    ``group`` is the token of the group's left label, and whether the right label has been seen.
    """

    score: float
    row: _OpenRow
    closed: tuple[_OpenRow, object] | None
    group: tuple[int | None, bool]


def read_flow(text: str, table: Sequence[AtomLine], halves: int) -> list[Row]:
    """Read a table of running text into rows of one indicator, or of two side by side."""
    tokens = _tokens(table)
    beam = [_Reading(0.0, _OpenRow(), None, (None, False))]
    for index in range(len(tokens)):
        beam = _advance(tokens, index, beam, halves)
    final = sorted((_close(tokens, reading, halves) for reading in beam), key=_rank)
    if not final:
        return []
    best = final[0]
    rows = _unlink(best.closed)
    lead = _leads(rows, final)
    return [_row(text, tokens, row, lead[row]) for row in rows]


def _tokens(table: Sequence[AtomLine]) -> list[_Token]:
    """Return the table's stretches; first-level labels, vertical ones too, say nothing about rows."""
    tokens: list[_Token] = []
    missing = ""
    for line in table:
        for atom in line.atoms:
            kind = kind_of(atom)
            words = squeeze(atom.text)
            if kind.code == "1" or (len(words) == 1 and words in _VERTICAL_LABEL):
                continue
            if missing and words == missing:
                missing = ""
                continue
            if kind.code in "2w" and atom.match:
                missing = atom.match.missing
            tokens.append(_Token(atom.line, atom.text, atom.spans, kind, atom))
    return tokens


def _rank(reading: _Reading) -> tuple[float, tuple[_Part, ...]]:
    return (-reading.score, reading.row.parts)


def _advance(tokens: list[_Token], index: int, beam: list[_Reading], halves: int) -> list[_Reading]:
    """Give one more token to every reading, in every way; keep the best that differ in what matters."""
    best: dict[object, _Reading] = {}
    for reading in beam:
        for option in _options(tokens, index, reading, halves):
            key = (option.row, option.group)
            if key not in best or option.score > best[key].score:
                best[key] = option
    ranked = sorted(best.values(), key=_rank)[:_BEAM]
    return [reading for reading in ranked if reading.score > ranked[0].score - _HOPELESS]


def _options(tokens: list[_Token], index: int, reading: _Reading, halves: int) -> Iterator[_Reading]:
    code = tokens[index].kind.code
    if code in "2wf":
        yield from _as_label(tokens, index, reading, halves)
    if code in "twf":
        cost = {"t": 0.0, "w": 1.5, "f": 2.0}[code]
        for option in _as_text(tokens, index, reading, halves):
            yield option._replace(score=option.score - cost) if cost else option


def _as_label(tokens: list[_Token], index: int, reading: _Reading, halves: int) -> Iterator[_Reading]:
    """A label opens a group in the left half, then the same group in the right half."""
    left, right_seen = reading.group
    same = left is not None and tokens[left].kind.levels == tokens[index].kind.levels
    if halves > 1 and left is not None and not right_seen and reading.row.right_label is None:
        has_right = any(part.slot >= _NAME_R for part in reading.row.parts)
        gain = (0.8 if same else -1.8) - (2.5 if has_right else 0.0)
        row = reading.row._replace(right_label=index)
        yield _Reading(reading.score + gain, row, reading.closed, (left, True))
    closed = _close(tokens, reading, halves)
    expected = halves == 1 or left is None or right_seen
    gain = (-1.0 if same else 0.3) if expected else -1.8
    yield _Reading(closed.score + gain, _OpenRow(left_label=index), closed.closed, (index, False))


def _as_text(tokens: list[_Token], index: int, reading: _Reading, halves: int) -> Iterator[_Reading]:
    token, parts = tokens[index], reading.row.parts
    line_slots = [part.slot for part in parts if tokens[part.token].line == token.line]
    lowest = max(line_slots, default=-1)
    filled = {part.slot for part in parts}
    for slot in range(2 * halves):
        if slot < lowest:
            continue
        if slot in filled:
            gain = _continuation(tokens, index, parts, slot)
        elif slot == lowest:
            continue
        else:
            gain = _opening(tokens, index, slot, filled, reading)
        row = reading.row._replace(parts=(*parts, _Part(slot, index)))
        yield _Reading(reading.score + gain, row, reading.closed, reading.group)
    if parts or reading.row.right_label is not None:
        closed = _close(tokens, reading, halves)
        for slot, cost in ((_NAME_L, 0.0), (_NAME_R, 0.8))[:halves]:
            if slot == _NAME_R and closed.score == reading.score:
                continue
            gain = -_SHAPE_WEIGHT * targetness(token.text) - cost - (1.5 if line_slots else 0.0)
            row = _OpenRow((_Part(slot, index),))
            yield _Reading(closed.score + gain, row, closed.closed, closed.group)


def _opening(tokens: list[_Token], index: int, slot: int, filled: set[int], reading: _Reading) -> float:
    """Return the gain of beginning a cell with this token."""
    shape = targetness(tokens[index].text)
    if slot in {_NAME_L, _NAME_R}:
        gain = -_SHAPE_WEIGHT * shape
        if slot == _NAME_L and filled:
            gain -= 3.0
        if slot == _NAME_L and reading.row.right_label is not None:
            gain -= 1.5
        if slot == _NAME_R and _NAME_L not in filled:
            gain -= 0.5
        return gain
    gain = _SHAPE_WEIGHT * shape
    if slot - 1 not in filled:
        gain -= 3.0
    if slot == _TARGET_L and filled & {_NAME_R, _TARGET_R}:
        gain -= 0.4
    return gain


def _continuation(tokens: list[_Token], index: int, parts: tuple[_Part, ...], slot: int) -> float:
    """Return the gain of continuing a cell: a wrapped line is rarely longer than the one above it."""
    pieces = [part.token for part in parts if part.slot == slot]
    last = tokens[pieces[-1]]
    token = tokens[index]
    if last.line == token.line:
        attached = token.text[0] in "/／(（,，、.。%％" or last.text[-1] in "(（/／、，,"
        return 0.4 if attached and pieces[-1] == index - 1 else -2.0
    first, second = plain(last.text), plain(token.text)
    gain = -0.5
    if len(second) > len(first) + 1:
        gain -= 2.0
    before = targetness("".join(tokens[piece].text for piece in pieces))
    joined = targetness("".join(tokens[piece].text for piece in pieces) + token.text)
    sign = -1.0 if slot in {_NAME_L, _NAME_R} else 1.0
    gain += sign * _SHAPE_WEIGHT * (joined - before)
    if slot in {_NAME_L, _NAME_R}:
        gain -= 0.7 * max(0.0, targetness(token.text))
        if len(first) < 6:
            gain -= 1.2
    elif before > 2:
        gain -= 1.5
    if pieces[-1] != index - 1:
        gain -= 0.2
    return gain


def _close(tokens: list[_Token], reading: _Reading, halves: int) -> _Reading:
    """Close the open row: what is missing costs, halves that agree gain."""
    row = reading.row
    if not row.parts and row.left_label is None and row.right_label is None:
        return reading
    cells = {slot: _cell_text(tokens, row, slot) for slot in {part.slot for part in row.parts}}
    gain = 0.0
    for name, target in ((_NAME_L, _TARGET_L), (_NAME_R, _TARGET_R)):
        if name in cells and target not in cells:
            gain -= 2.5
    if _NAME_L in cells and _NAME_R in cells:
        gain += 1.6 * alike(cells[_NAME_L], cells[_NAME_R])
    elif halves > 1 and (_NAME_L in cells or _NAME_R in cells):
        gain -= 1.4
    if _TARGET_L in cells and _TARGET_R in cells:
        gain += 0.6 * alike(cells[_TARGET_L], cells[_TARGET_R])
    return _Reading(reading.score + gain, _OpenRow(), (row, reading.closed), reading.group)


def _cell_text(tokens: list[_Token], row: _OpenRow, slot: int) -> str:
    return "".join(tokens[part.token].text for part in row.parts if part.slot == slot)


def _unlink(closed: object) -> list[_OpenRow]:
    rows: list[_OpenRow] = []
    while isinstance(closed, tuple):
        row, closed = closed
        rows.append(row)
    rows.reverse()
    return rows


def _leads(rows: list[_OpenRow], final: list[_Reading]) -> dict[_OpenRow, float]:
    """Return for each row of the best reading its lead over the best reading without it."""
    leads = dict.fromkeys(rows, _CLEAR)
    for other in final[1:]:
        theirs = set(_unlink(other.closed))
        for row in rows:
            if row not in theirs:
                leads[row] = min(leads[row], final[0].score - other.score)
    return leads


def _row(text: str, tokens: list[_Token], row: _OpenRow, margin: float) -> Row:
    def value(slot: int) -> Value | None:
        spans = [span for part in row.parts if part.slot == slot for span in tokens[part.token].spans]
        return compose(text, spans) if spans else None

    def label(index: int | None) -> Atom | None:
        return None if index is None else tokens[index].atom

    used = [part.token for part in row.parts]
    used += [index for index in (row.left_label, row.right_label) if index is not None]
    left = HalfRow(printed(label(row.left_label)), value(_NAME_L), value(_TARGET_L))
    right = HalfRow(printed(label(row.right_label)), value(_NAME_R), value(_TARGET_R))
    return Row(left, right, margin, tokens[min(used)].line)
