"""The indicator table as it is printed: its cells of text, its second-level labels, and the half of each.

Nothing here reads rows. A half is told only where the print says it: by a row's four cells, by the labels
between them, by the column; elsewhere it is unknown.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from structurer.document_types.declaration.layout.rows import kind_of
from structurer.document_types.declaration.layout.shapes import targetness
from structurer.document_types.declaration.layout.stretches import stretches
from structurer.document_types.declaration.model import Scope
from structurer.document_types.declaration.vocabulary import squeeze

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from structurer.document_types.declaration.layout.atoms import Atom, AtomLine
    from structurer.document_types.declaration.layout.stretches import Stretch
    from structurer.document_types.declaration.model import Level2
    from structurer.document_types.declaration.questions.form import PrintedForm
    from structurer.models import Span

_BOTH = tuple(str(scope) for scope in Scope)
_FULL_ROW = 4
LIKE_A_TARGET = 1.0
"""Log-odds from which on a cell is taken for a target."""

_VERTICAL_LABEL = frozenset("绩效指标")


class TableCell(NamedTuple):
    """A cell or stretch of text in the table; ``half`` is None where the print does not tell it.

    ``number`` counts the table's cells of text in reading order, ``line`` its lines.
    """

    number: int
    line: int
    column: int
    spans: tuple[Span, ...]
    text: str
    half: str | None
    in_cells: bool


class TableLabel(NamedTuple):
    """A printed second-level label, and the levels that it may be."""

    line: int
    half: str | None
    levels: tuple[Level2, ...]
    spans: tuple[Span, ...]


class PrintedTable(NamedTuple):
    """The table's cells and labels in reading order; ``other`` are further labels and ignored columns."""

    cells: tuple[TableCell, ...]
    labels: tuple[TableLabel, ...]
    other: tuple[Span, ...]
    starts: tuple[tuple[int, int], ...]
    halves: frozenset[str]

    def at(self, spans: Iterable[Span]) -> list[TableCell]:
        """Return the cells that spans touch, in reading order."""
        found: dict[int, TableCell] = {}
        for span in spans:
            index = bisect_right(self.starts, (span.end - 1, len(self.cells))) - 1
            if index >= 0:
                cell = self.cells[self.starts[index][1]]
                if any(span.start < own.end and own.start < span.end for own in cell.spans):
                    found[cell.number] = cell
        return [found[number] for number in sorted(found)]

    def label_of(self, half: str, cells: Sequence[TableCell]) -> TableLabel | None:
        """Return the label of a half that stands nearest above a row's cells, or on one of their lines."""
        if not cells:
            return None
        first = min(cells, key=lambda cell: cell.number)
        last_line = max(cell.line for cell in cells)
        nearest: TableLabel | None = None
        for label in self.labels:
            if label.line > last_line:
                break
            if label.half not in (None, half):
                continue
            if label.line < first.line or label.half == half or label.spans[0].start < first.spans[0].start:
                nearest = label
        return nearest


def read_table(form: PrintedForm) -> PrintedTable:
    """Return the form's table as it is printed."""
    collector = _Collector()
    for stretch in stretches(form.sections):
        collector.take(stretch)
    return collector.finish()


class _Piece(NamedTuple):
    """An atom of the table: a label's levels, or text where ``levels`` is None."""

    atom: Atom
    levels: tuple[Level2, ...] | None


class _Collector:
    def __init__(self) -> None:
        self._cells: dict[Span, TableCell] = {}
        self._labels: list[TableLabel] = []
        self._other: list[Span] = []
        self._lines: dict[int, int] = {}
        self._halves: set[str] = set()

    def take(self, stretch: Stretch) -> None:
        self._other.extend(stretch.ignored)
        self._halves.update(str(scope) for scope in stretch.scopes)
        lines = [(line, self._pieces(line)) for line in stretch.lines]
        if len(stretch.scopes) == len(_BOTH):
            halves = _Halves([pieces for line, pieces in lines if line.cells])
        else:
            halves = None
        only = str(stretch.scopes[0]) if len(stretch.scopes) == 1 else None
        for line, pieces in lines:
            told = [only] * len(pieces) if halves is None else halves.of(line, pieces)
            for piece, half in zip(pieces, told, strict=True):
                self._put(line, piece, half)

    def _pieces(self, line: AtomLine) -> list[_Piece]:
        pieces: list[_Piece] = []
        kinds = [kind_of(atom) for atom in line.atoms]
        texts = sum(kind.code in "tw" for kind in kinds)
        for atom, kind in zip(line.atoms, kinds, strict=True):
            vertical = len(squeeze(atom.text)) == 1 and squeeze(atom.text) in _VERTICAL_LABEL
            if kind.code == "1" or vertical or kind.code == "f":
                self._other.extend(atom.spans)
            elif kind.code == "2" or (kind.code == "w" and texts % 2):
                pieces.append(_Piece(atom, kind.levels))
            else:
                pieces.append(_Piece(atom, None))
        return pieces

    def _put(self, line: AtomLine, piece: _Piece, half: str | None) -> None:
        atom = piece.atom
        place = self._lines.setdefault(line.number, len(self._lines))
        if piece.levels is not None:
            self._labels.append(TableLabel(place, half, piece.levels, atom.spans))
            return
        known = self._cells.get(atom.spans[0])
        if known is not None and known.half != half:
            half = None  # a name that both halves share
        cell = TableCell(0, place, atom.column, atom.spans, atom.text, half, line.cells)
        self._cells[atom.spans[0]] = cell

    def finish(self) -> PrintedTable:
        ordered = sorted(self._cells.values(), key=lambda cell: (cell.line, cell.spans[0].start))
        cells = tuple(cell._replace(number=number) for number, cell in enumerate(ordered))
        starts = sorted((span.start, cell.number) for cell in cells for span in cell.spans)
        labels = tuple(sorted(self._labels, key=lambda label: (label.line, label.spans[0].start)))
        return PrintedTable(cells, labels, tuple(self._other), tuple(starts), frozenset(self._halves))


class _Halves:
    """Tells the halves of the pieces of a line that prints both."""

    def __init__(self, cell_lines: Sequence[Sequence[_Piece]]) -> None:
        self._border = _border(cell_lines)
        self._seen: Counter[tuple[Level2, ...]] = Counter()
        self._current: str | None = None

    def of(self, line: AtomLine, pieces: Sequence[_Piece]) -> list[str | None]:
        """Return the half of each piece of the next line."""
        labels = [index for index, piece in enumerate(pieces) if piece.levels is not None]
        texts = [index for index, piece in enumerate(pieces) if piece.levels is None]
        border = _border_in_row(labels, texts)
        if border is not None:
            for piece in pieces:
                if piece.levels is not None:
                    self._seen[piece.levels] += 1
            self._current = None
            return [_BOTH[index >= border] for index in range(len(pieces))]
        if line.cells:
            return self._by_column(pieces)
        return self._in_running_text(pieces)

    def _by_column(self, pieces: Sequence[_Piece]) -> list[str | None]:
        border = self._border
        if border is None:
            return [None] * len(pieces)
        halves = [_BOTH[piece.atom.column >= border] for piece in pieces]
        texts = [half for half, piece in zip(halves, pieces, strict=True) if piece.levels is None]
        # Two cells on either side of the border: a row that was moved, or a half of each of two rows.
        if len(texts) == len(set(texts)) == len(_BOTH):
            return [half if piece.levels else None for half, piece in zip(halves, pieces, strict=True)]
        return list(halves)

    def _in_running_text(self, pieces: Sequence[_Piece]) -> list[str | None]:
        """A label printed for the first time is the left half's, for the second time the right one's.

        So is what follows it, until its row has its target.
        """
        told: list[str | None] = []
        for piece in pieces:
            if piece.levels is not None:
                before = self._seen[piece.levels]
                self._seen[piece.levels] += 1
                self._current = _BOTH[before] if before < len(_BOTH) else None
            told.append(self._current)
            if piece.levels is None and targetness(piece.atom.text) > LIKE_A_TARGET:
                self._current = None
        return told


def _border_in_row(labels: Sequence[int], texts: Sequence[int]) -> int | None:
    """Return which piece of a line begins the right half, where the line's own pieces tell it.

    A whole row has four texts; its second label stands before the third. Without four texts, two labels part
    the halves.
    """
    if len(texts) == _FULL_ROW:
        between = [label for label in labels if texts[1] < label < texts[2]]
        return between[-1] if between else texts[2]
    return labels[1] if len(labels) == len(_BOTH) else None


def _border(cell_lines: Sequence[Sequence[_Piece]]) -> int | None:
    """Return the column in which the right half begins, in most rows."""
    columns: Counter[int] = Counter()
    for pieces in cell_lines:
        labels = [piece.atom.column for piece in pieces if piece.levels is not None]
        texts = [piece.atom.column for piece in pieces if piece.levels is None]
        if len(labels) == len(_BOTH):
            columns[labels[1]] += 1
        elif len(texts) == _FULL_ROW and not labels:
            columns[texts[2]] += 1
    return min(columns, key=lambda column: (-columns[column], column)) if columns else None
