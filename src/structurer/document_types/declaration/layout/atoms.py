"""Segments with the form's labels recognised: what the readers of the form's parts work on."""

from __future__ import annotations

import re
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from structurer.document_types.declaration.vocabulary import (
    Group,
    Label,
    Match,
    is_whole_label,
    match_label,
)
from structurer.models import Segment, Span
from structurer.segments import line_span

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from structurer.models import Document

_LONGEST_LABELLED_CELL = 120
_BEFORE_COLON = re.compile(r"(?<!\S)(?P<both>(?:[^\s:：]+ )?(?P<last>[^\s:：]+\s*[:：]))")
_LABELS_IN_A_CELL = (Group.PEOPLE, Group.FIELD, Group.FUNDING)
_LONGEST_LABEL_PIECE = 12
_MOST_PIECES = 4


class Atom(NamedTuple):
    """A segment, a part of one, or a cell put together again: a label, or text (``match`` is None)."""

    segment: int
    line: int
    column: int
    spans: tuple[Span, ...]
    text: str
    match: Match | None

    @property
    def group(self) -> Group | None:
        """The part of the form that the label belongs to; None for text."""
        return None if self.match is None else self.match.label.group

    @property
    def label(self) -> Label | None:
        """The label that the atom prints; None for text."""
        return None if self.match is None else self.match.label


class AtomLine(NamedTuple):
    """The atoms of one line; ``borders`` counts its cell borders (tabs, bars), 0 in running text."""

    number: int
    borders: int
    atoms: tuple[Atom, ...]

    @property
    def cells(self) -> bool:
        """Whether the line is a row of cells."""
        return self.borders > 0


def atom_lines(document: Document, segments: Iterable[Segment]) -> list[AtomLine]:
    """Group the segments' atoms by line, with each line's number of cell borders."""
    lines: list[AtomLine] = []
    for number, group in groupby(segments, key=lambda segment: segment.line):
        count = borders(document.text, line_span(document, number))
        atoms = [atom for segment in group for atom in _atoms(segment)]
        lines.append(AtomLine(number, count, tuple(atoms if count else _with_split_labels(atoms))))
    return lines


def _with_split_labels(atoms: list[Atom]) -> Iterator[Atom]:
    """Put labels together that a stray space cut into several stretches of a line."""
    position = 0
    while position < len(atoms):
        used = _label_length(atoms, position)
        first = atoms[position]
        if used > 1:
            pieces = atoms[position : position + used]
            text = "".join(atom.text for atom in pieces)
            yield first._replace(spans=spans_of(pieces), text=text, match=match_label(text))
        else:
            yield first
        position += used


def _label_length(atoms: list[Atom], position: int) -> int:
    """Return how many stretches from here on print one label."""
    text = atoms[position].text
    if is_whole_label(text) or len(text) > _LONGEST_LABEL_PIECE:
        return 1
    for used, atom in enumerate(atoms[position + 1 : position + _MOST_PIECES], start=2):
        text += atom.text
        if len(text) > 2 * _LONGEST_LABEL_PIECE:
            break
        if is_whole_label(text):
            return used
    return 1


def borders(text: str, line: tuple[int, int]) -> int:
    """Count a line's tabs, or the inner bars of a bar row."""
    tabs = text.count("\t", *line)
    if tabs or text[line[0] : line[1]].strip()[:1] != "|":
        return tabs
    return max(1, text.count("|", *line) - 2)


def _atoms(segment: Segment) -> Iterator[Atom]:
    """Cut ``label: value`` cells apart, also where one cell holds several of them."""
    text, start = segment.text, segment.start
    match = match_label(text)
    has_colon = ":" in text or "：" in text
    if match is not None or not has_colon or len(text) > _LONGEST_LABELLED_CELL:
        spans = (Span(start, segment.end),)
        yield Atom(segment.number, segment.line, segment.column, spans, text, match)
        return
    position = 0
    for found in _BEFORE_COLON.finditer(text):
        begin, label = _label_before_colon(found)
        if label is None:
            if position == 0:
                break
            continue
        if text[position:begin].strip():
            yield _part(segment, position, begin, None)
        yield _part(segment, begin, found.end(), label)
        position = found.end()
    if text[position:].strip():
        yield _part(segment, position, len(text), None)


def _label_before_colon(found: re.Match[str]) -> tuple[int, Match | None]:
    """Recognise the words before a colon, or the last of them, as a label; say where it begins."""
    for name in ("both", "last"):
        label = match_label(text) if (text := found[name]) else None
        if label is not None and not label.missing and label.label.group in _LABELS_IN_A_CELL:
            return found.start(name), label
    return found.start(), None


def _part(segment: Segment, left: int, right: int, match: Match | None) -> Atom:
    piece = segment.text[left:right]
    left += len(piece) - len(piece.lstrip())
    piece = piece.strip()
    span = Span(segment.start + left, segment.start + left + len(piece))
    return Atom(segment.number, segment.line, segment.column, (span,), piece, match)


def spans_of(atoms: Iterable[Atom]) -> tuple[Span, ...]:
    """Return the atoms' spans, in their order."""
    return tuple(span for atom in atoms for span in atom.spans)
