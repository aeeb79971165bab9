"""Lines that the layout broke are put together again: rows of cells, and labels set vertically.

A row cut by a stray line break shows in its borders: the pieces have fewer than their neighbours,
and together exactly as many. A label set in a narrow column prints one character a line.
"""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING

from structurer.document_types.declaration.layout.atoms import Atom, AtomLine, spans_of
from structurer.document_types.declaration.vocabulary import Group, is_whole_label, match_label, squeeze

if TYPE_CHECKING:
    from collections.abc import Sequence

_USUAL = 3
"""How often a number of borders must occur to count as a row's usual one."""

_OPENING = (Group.FIELD, Group.FUNDING_TITLE, Group.FUNDING, Group.GOAL, Group.GOAL_HEAD, Group.PEOPLE)
"""Labels that open a row and so cannot be the end of a cell."""

_ABOVE, _BELOW = 5, 9
"""How many lines around a row say how many borders are usual there."""

_MOST_PIECES = 4
_MOST_TEXTS = 4
_LONGEST_VERTICAL = 6
_VERTICAL_PIECE = 2


def rejoin(lines: Sequence[AtomLine]) -> list[AtomLine]:
    """Join lines that are pieces of one row; every other line is returned as it is."""
    everywhere = _borders(lines)
    joined: list[AtomLine] = []
    position = 0
    while position < len(lines):
        row, used = _vertical_label_at(lines, position) or _row_at(lines, position, everywhere)
        joined.append(row)
        position += used
    return _with_whole_labels(joined)


def _with_whole_labels(lines: list[AtomLine]) -> list[AtomLine]:
    """Put together the labels of running text that a line break cut in two."""
    for index, (above, below) in enumerate(pairwise(lines)):
        if above.cells or below.cells or not above.atoms or not below.atoms:
            continue
        last, first = lines[index].atoms[-1:], below.atoms[0]
        if not last or is_whole_label(last[0].text) or is_whole_label(first.text):
            continue
        text = last[0].text + first.text
        if is_whole_label(text):
            label = last[0]._replace(text=text, spans=last[0].spans + first.spans, match=match_label(text))
            lines[index] = above._replace(atoms=(*lines[index].atoms[:-1], label))
            lines[index + 1] = below._replace(atoms=below.atoms[1:])
    return [line for line in lines if line.atoms]


def _vertical_label_at(lines: Sequence[AtomLine], position: int) -> tuple[AtomLine, int] | None:
    run: list[Atom] = []
    for line in lines[position : position + _LONGEST_VERTICAL]:
        if line.cells or len(line.atoms) != 1 or not _is_vertical_piece(line.atoms[0].text):
            break
        run.append(line.atoms[0])
    for used in range(len(run), 1, -1):
        text = "".join(atom.text for atom in run[:used])
        match = match_label(text)
        if match is not None and not match.edits and not match.missing:
            first = run[0]
            label = Atom(first.segment, first.line, first.column, spans_of(run[:used]), text, match)
            return AtomLine(first.line, 0, (label,)), used
    return None


def _is_vertical_piece(text: str) -> bool:
    return len(text) <= _VERTICAL_PIECE and text == squeeze(text)


def _row_at(lines: Sequence[AtomLine], position: int, everywhere: Counter[int]) -> tuple[AtomLine, int]:
    row, used = lines[position], 1
    if not row.cells and not _begins_label(lines, position):
        return row, used
    nearby = _borders(lines[max(0, position - _ABOVE) : position + _BELOW])
    candidate = row
    for more in range(1, _MOST_PIECES):
        if position + more >= len(lines) or not _fits(candidate, lines[position + more]):
            break
        piece = lines[position + more]
        seam = candidate.atoms[-1].text + piece.atoms[0].text
        candidate = _join(candidate, piece)
        if not _is_one_row(candidate):
            break
        whole = any(
            times[candidate.borders]
            > max(_USUAL - 1, times[lines[position].borders], times[piece.borders] - 1)
            for times in (nearby, everywhere)
        )
        if whole or is_whole_label(seam):
            row, used = candidate, more + 1
        if whole:
            break
    if position + used < len(lines) and not _begins_label(lines, position + used):
        return _with_tail(row, used, lines[position + used])
    return row, used


def _borders(lines: Sequence[AtomLine]) -> Counter[int]:
    """Count how often each number of borders occurs."""
    return Counter(line.borders for line in lines if line.cells)


def _begins_label(lines: Sequence[AtomLine], position: int) -> bool:
    """Say whether a line holds the beginning of a label whose end opens the row of cells below."""
    if position + 1 >= len(lines) or len(lines[position].atoms) != 1 or not lines[position + 1].atoms:
        return False
    first = lines[position + 1].atoms[0]
    return lines[position + 1].cells and is_whole_label(lines[position].atoms[0].text + first.text)


def _with_tail(row: AtomLine, used: int, below: AtomLine) -> tuple[AtomLine, int]:
    """Join the rest of a row's last cell that a line break set on a line of its own."""
    if not row.cells or below.cells or not row.atoms or row.atoms[-1].column != row.borders:
        return row, used
    if len(below.atoms) != 1 or below.atoms[0].match is not None or row.atoms[-1].match is not None:
        return row, used
    return _join(row, below), used + 1


def _fits(row: AtomLine, piece: AtomLine) -> bool:
    """Say whether the piece can begin in the middle of the row's last cell."""
    if not piece.atoms or not row.atoms:
        return False
    first = piece.atoms[0]
    sure_label = first.match is not None and not first.match.edits and not first.match.missing
    ends_in_text = row.atoms[-1].column == row.borders
    opens = sure_label and first.group in _OPENING and not is_whole_label(row.atoms[-1].text + first.text)
    return ends_in_text and first.column == 0 and not opens


def _join(row: AtomLine, piece: AtomLine) -> AtomLine:
    last, first = row.atoms[-1], piece.atoms[0]
    text = last.text + first.text
    seam = Atom(last.segment, last.line, last.column, last.spans + first.spans, text, match_label(text))
    rest = (atom._replace(column=atom.column + row.borders) for atom in piece.atoms[1:])
    return AtomLine(row.number, row.borders + piece.borders, (*row.atoms[:-1], seam, *rest))


def _is_one_row(row: AtomLine) -> bool:
    """Refuse a join that would make one row out of two whole ones."""
    return sum(atom.match is None for atom in row.atoms) <= _MOST_TEXTS
