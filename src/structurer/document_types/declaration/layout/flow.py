"""The indicator table as running text: columns interleaved line by line, cells wrapped anywhere.

A PDF's text gives a row's cells in about their order, but a wrapped cell's lines stand above and
below its neighbours'. The stretches are dealt out to the slots of the form by a beam search over
all readings; a reading is scored by what names and targets look like, by where wrapped cells can
continue, and by how alike the halves are.
"""

from __future__ import annotations

import re
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from structurer.document_types.declaration.layout.rows import HalfRow, Kind, Row, kind_of, printed
from structurer.document_types.declaration.layout.shapes import alike, plain, targetness, width
from structurer.document_types.declaration.layout.values import Value, compose
from structurer.document_types.declaration.vocabulary import squeeze

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from structurer.document_types.declaration.layout.atoms import Atom, AtomLine
    from structurer.models import Span

_PLAIN_BEAM = 3
_SURE_LEAD = 3.0
_WHOLE_ROW = (-1, 1, -1, 1)
"""Name, target, name, target: the sign with which a cell's shape counts."""

_WHOLE_ROWS = ("tttt", "2tt2tt")
_HOPELESS = 7.0
"""A reading this far behind the best is given up."""

_NAME_L, _TARGET_L, _NAME_R, _TARGET_R = range(4)
_CLEAR = 6.0
_SHAPE_WEIGHT = 0.6
_WHOLE_TARGET = 2.4
"""What looks this much like a target is one, and does not go on."""

_BROKEN_NUMBER = re.compile(r"[\d.,≥≤><=]$")
_NUMBER_GOES_ON = re.compile(r"[\d.,%％]|[^\d\W]{1,4}(?:[/／]|$)")
_FRAGMENT_SHAPE = 0.8
"""A short end of a wrapped name looks this much like a target."""

_RAGGED = 4
"""A full line may end this much before its column does (a quotation mark, a number kept whole)."""

_LEAST_COLUMN = 14
"""No column of names is narrower (both in half widths)."""

_SHORT_NAME_COSTS = (0.0, 4.5, 2.0, 0.5)
_WEAK_ROW = {1: 0.8, 2: 5.0}
"""A row that gains less, by how many indicators a row holds, was hardly read as it was printed."""

_GOES_BEFORE = "/／(（,，、.。%％"
"""What a space may set apart from the words it belongs to."""

_LEAST_TARGET = 0.0
_SAME_NAME = 0.8
_LOST_LEFT_LABEL = 0.9
_VERTICAL_LABEL = frozenset("绩效指标")


class _Token(NamedTuple):
    """A stretch of text and its shape (see ``targetness``).

    ``full`` says that it fills its column, so that a wrapped cell may go on; ``beam`` how many readings
    are worth keeping after it.
    """

    line: int
    text: str
    spans: tuple[Span, ...]
    kind: Kind
    atom: Atom
    shape: float
    full: bool = False
    beam: int = 8


class _Part(NamedTuple):
    """A piece of a cell: the index of its token."""

    slot: int
    token: int


class _OpenRow(NamedTuple):
    """The row being filled: pieces in reading order, the tokens of the labels printed for it."""

    parts: tuple[_Part, ...] = ()
    left_label: int | None = None
    right_label: int | None = None


class _Closed(NamedTuple):
    """A closed row, linked to the one before it; ``score`` is the reading's when it was closed."""

    row: _OpenRow
    score: float
    before: _Closed | None


class _Reading(NamedTuple):
    """A partial reading: closed rows (newest first), the open row, and the group's state.

    ``group`` is the token of the group's left label, and whether the right label has been seen.
    """

    score: float
    row: _OpenRow
    closed: _Closed | None
    group: tuple[int | None, bool]


class _Contest(NamedTuple):
    """Two ways to the same place: the closed rows of the better and of the worse, and its lead."""

    better: _Closed | None
    worse: _Closed | None
    lead: float


def read_flow(text: str, table: Sequence[AtomLine], halves: int) -> list[Row]:
    """Read a table of running text into rows of one indicator, or of two side by side."""
    tokens = _tokens(table)
    beam = [_Reading(0.0, _OpenRow(), None, (None, False))]
    contests: list[_Contest] = []
    index = 0
    while index < len(tokens):
        settled = _whole_row(tokens, index, beam, halves)
        if settled is not None:
            beam, index = [settled], index + len(_WHOLE_ROW)
        else:
            beam, index = _advance(tokens, index, beam, halves, contests), index + 1
    final = sorted((_close(tokens, reading, halves) for reading in beam), key=_rank)
    contests += [_Contest(final[0].closed, other.closed, final[0].score - other.score) for other in final[1:]]
    return _rows(text, tokens, final[0].closed, contests, halves)


def _rows(
    text: str, tokens: list[_Token], best: _Closed | None, contests: list[_Contest], halves: int
) -> list[Row]:
    """Turn the best reading into rows; a row that fits badly puts those beside it in doubt, too."""
    leads = _leads(best, contests)
    nodes = _nodes(best)[::-1]
    rows = [_row(text, tokens, node.row, leads.get(node.row, _CLEAR)) for node in nodes]
    gains = [
        after.score - before for before, after in zip([0.0, *(n.score for n in nodes)], nodes, strict=False)
    ]
    doubtful = [
        not (row.left.empty and row.right.empty)
        and (
            gain < _WEAK_ROW[halves]
            or _lacks_cell(row, halves)
            or _is_glued(tokens, node.row)
            or _has_strange_target(row)
            or (halves > 1 and _is_lonely(row, rows))
        )
        for row, node, gain in zip(rows, nodes, gains, strict=True)
    ]
    return [
        row._replace(signs=("uneven",)) if any(doubtful[max(0, index - 1) : index + 2]) else row
        for index, row in enumerate(rows)
    ]


def _lacks_cell(row: Row, halves: int) -> bool:
    return any(side.name is None or side.target is None for side in (row.left, row.right)[:halves])


def _is_glued(tokens: list[_Token], row: _OpenRow) -> bool:
    """Say whether a cell was put together from stretches that stand beside each other on a line."""
    places = [
        (part.slot, tokens[part.token].line)
        for part in row.parts
        if tokens[part.token].text[0] not in _GOES_BEFORE
    ]
    return len(set(places)) < len(places)


def _has_strange_target(row: Row) -> bool:
    targets = [side.target.text for side in (row.left, row.right) if side.target]
    return any(targetness(target) < _LEAST_TARGET for target in targets)


def _is_lonely(row: Row, rows: list[Row]) -> bool:
    """Say whether a row pairs two names that each stand in one half only: they may have changed places."""
    if row.left.name is None or row.right.name is None:
        return False
    lefts = [other.left.name.text for other in rows if other.left.name]
    rights = [other.right.name.text for other in rows if other.right.name]
    return not any(alike(row.left.name.text, name) >= _SAME_NAME for name in rights) and not any(
        alike(row.right.name.text, name) >= _SAME_NAME for name in lefts
    )


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
            tokens.append(_Token(atom.line, atom.text, atom.spans, kind, atom, targetness(atom.text)))
    return _with_plain_lines(_with_full_lines(tokens))


def _with_plain_lines(tokens: list[_Token]) -> list[_Token]:
    """Narrow the search on lines that print a whole row: name, target, name, target."""
    narrowed: list[_Token] = []
    for _, group in groupby(tokens, key=lambda token: token.line):
        line = list(group)
        texts = [token for token in line if token.kind.code == "t"]
        plain_row = "".join(token.kind.code for token in line) in _WHOLE_ROWS and all(
            name.shape < 0 < target.shape and not name.full
            for name, target in zip(texts[::2], texts[1::2], strict=True)
        )
        narrowed += [token._replace(beam=_PLAIN_BEAM) for token in line] if plain_row else line
    return narrowed


def _with_full_lines(tokens: list[_Token]) -> list[_Token]:
    """Mark the stretches that are about as wide as the widest name of the table."""
    widths = [width(token.text) for token in tokens]
    names = [
        wide for wide, token in zip(widths, tokens, strict=True) if token.kind.code == "t" and token.shape < 1
    ]
    least = max(max(names, default=0) - _RAGGED, _LEAST_COLUMN)
    return [token._replace(full=wide >= least) for wide, token in zip(widths, tokens, strict=True)]


def _rank(reading: _Reading) -> tuple[float, tuple[_Part, ...]]:
    return (-reading.score, reading.row.parts)


def _whole_row(tokens: list[_Token], index: int, beam: list[_Reading], halves: int) -> _Reading | None:
    """Take a line that prints a whole row at once, where the readings so far leave no doubt about it."""
    row = tokens[index : index + len(_WHOLE_ROW)]
    best = beam[0]
    clear = len(beam) == 1 or best.score - beam[1].score > _SURE_LEAD
    filled = {part.slot for part in best.row.parts}
    if not clear or halves == 1 or (filled and len(filled) < len(_WHOLE_ROW)) or not _is_whole_row(row):
        return None
    closed = _close(tokens, best, halves)
    gain = _SHAPE_WEIGHT * sum(t.shape * sign for t, sign in zip(row, _WHOLE_ROW, strict=True))
    parts = tuple(_Part(slot, index + slot) for slot in range(len(_WHOLE_ROW)))
    return _Reading(closed.score + gain, _OpenRow(parts), closed.closed, closed.group)


def _is_whole_row(row: list[_Token]) -> bool:
    return (
        len(row) == len(_WHOLE_ROW)
        and all(token.beam == _PLAIN_BEAM and token.kind.code == "t" for token in row)
        and len({token.line for token in row}) == 1
    )


def _advance(
    tokens: list[_Token], index: int, beam: list[_Reading], halves: int, contests: list[_Contest]
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
            if better.score - worse.score < _CLEAR:
                contests.append(_Contest(better.closed, worse.closed, better.score - worse.score))
    ranked = sorted(best.values(), key=_rank)[: tokens[index].beam]
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
    """A label opens a group in the left half, then the same group in the right half.

    It stands before its row's cells, or, set to the middle of a wrapped row, after their first lines.
    """
    row, (left, right_seen) = reading.row, reading.group
    same = left is not None and tokens[left].kind.levels == tokens[index].kind.levels
    filled = {part.slot for part in row.parts}
    if halves > 1 and left is not None and not right_seen and row.right_label is None:
        late = 2.5 if _TARGET_R in filled else 0.4 * (_NAME_R in filled)
        gain = (0.8 if same else -1.8) - late
        yield _Reading(reading.score + gain, row._replace(right_label=index), reading.closed, (left, True))
    if halves > 1 and right_seen and filled and filled <= {_NAME_L, _TARGET_L} and row.left_label is None:
        lost = row._replace(right_label=index)
        yield _Reading(reading.score - _LOST_LEFT_LABEL, lost, reading.closed, (index, True))
    expected = halves == 1 or left is None or right_seen
    gain = (-1.0 if same else 0.3) if expected else -1.8
    closed = _close(tokens, reading, halves)
    yield _Reading(closed.score + gain, _OpenRow(left_label=index), closed.closed, (index, False))
    if filled and not filled & {_TARGET_L, _TARGET_R} and row.left_label is None and row.right_label is None:
        row = row._replace(left_label=index)
        yield _Reading(reading.score + gain - 0.4, row, reading.closed, (index, False))


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
            gain = -_SHAPE_WEIGHT * token.shape - cost
            gain -= 1.5 if line_slots else 0.0
            row = _OpenRow((_Part(slot, index),))
            yield _Reading(closed.score + gain, row, closed.closed, closed.group)


def _opening(tokens: list[_Token], index: int, slot: int, filled: set[int], reading: _Reading) -> float:
    """Return the gain of beginning a cell with this token."""
    shape = tokens[index].shape
    if slot in {_NAME_L, _NAME_R}:
        gain = -_SHAPE_WEIGHT * shape
        if slot == _NAME_L and filled:
            gain -= 1.0 if filled == {_NAME_R} else 3.0
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


def _too_short(name: str) -> float:
    """Return what it costs to take a few characters for a whole name."""
    length = len(plain(name))
    return _SHORT_NAME_COSTS[length] if length < len(_SHORT_NAME_COSTS) else 0.0


def _continuation(tokens: list[_Token], index: int, parts: tuple[_Part, ...], slot: int) -> float:
    """Return the gain of continuing a cell: a wrapped line is rarely longer than the one above it."""
    pieces = [part.token for part in parts if part.slot == slot]
    last = tokens[pieces[-1]]
    token = tokens[index]
    if last.line == token.line:
        attached = token.text[0] in _GOES_BEFORE or last.text[-1] in "(（/／、，,"
        if pieces[-1] != index - 1:
            return -4.0
        broken = min(len(plain(last.text)), len(plain(token.text))) <= 2
        return 0.4 if attached else -0.6 if broken else -1.6
    first, second = plain(last.text), plain(token.text)
    gain = -0.5
    if len(second) > len(first) + 1:
        gain -= 2.0
    before = targetness("".join(tokens[piece].text for piece in pieces))
    joined = targetness("".join(tokens[piece].text for piece in pieces) + token.text)
    sign = -1.0 if slot in {_NAME_L, _NAME_R} else 1.0
    gain += sign * _SHAPE_WEIGHT * (joined - before)
    if slot in {_NAME_L, _NAME_R}:
        gain -= 0.7 * max(0.0, token.shape - _FRAGMENT_SHAPE)
        gain += 0.9 if last.full else -2.0
    elif _BROKEN_NUMBER.search(first) and _NUMBER_GOES_ON.match(second):
        gain += 1.2
    elif before > _WHOLE_TARGET:
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
        if name in cells:
            gain -= _too_short(cells[name])
        if name in cells and target not in cells:
            gain -= 2.5
    if _NAME_L in cells and _NAME_R in cells:
        gain += 1.6 * alike(cells[_NAME_L], cells[_NAME_R])
    elif halves > 1 and (_NAME_L in cells or _NAME_R in cells):
        gain -= 1.4
    if _TARGET_L in cells and _TARGET_R in cells:
        gain += 0.6 * alike(cells[_TARGET_L], cells[_TARGET_R])
    score = reading.score + gain
    return _Reading(score, _OpenRow(), _Closed(row, score, reading.closed), reading.group)


def _cell_text(tokens: list[_Token], row: _OpenRow, slot: int) -> str:
    return "".join(tokens[part.token].text for part in row.parts if part.slot == slot)


def _nodes(closed: _Closed | None) -> list[_Closed]:
    nodes: list[_Closed] = []
    while closed is not None:
        nodes.append(closed)
        closed = closed.before
    return nodes


def _leads(best: _Closed | None, contests: list[_Contest]) -> dict[_OpenRow, float]:
    """Return, for rows of the best reading that were contested, the smallest lead over a rival."""
    ours = {id(node) for node in _nodes(best)}
    leads: dict[_OpenRow, float] = {}
    for better, worse, lead in contests:
        if better is None or id(better) not in ours:
            continue
        shared = {id(node) for node in _nodes(worse)}
        theirs = {node.row for node in _nodes(worse)}
        for node in _nodes(better):
            if id(node) in shared:
                break
            if node.row not in theirs:
                leads[node.row] = min(lead, leads.get(node.row, _CLEAR))
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
    return Row(left, right, margin, tokens[min(used)].line, cut_names=False)
