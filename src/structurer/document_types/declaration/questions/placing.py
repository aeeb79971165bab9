"""Where the transcribed rows of the indicator table stand in its cells.

A name often stands in both halves, a target like 100% in many rows. Names are shared out by the half of
their cells, and by their order where it is not told; a target is looked for beside its name.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from structurer.document_types.declaration.layout.values import Value
from structurer.document_types.declaration.questions.display import as_compared
from structurer.document_types.declaration.questions.keys import HALVES
from structurer.document_types.declaration.questions.rows import ReadRow
from structurer.grounding import TextIndex, ValueKind, ground
from structurer.models import Span

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from collections.abc import Set as AbstractSet

    from structurer.document_types.declaration.model import Level2
    from structurer.document_types.declaration.questions.printed_table import PrintedTable, TableCell

_FARTHEST = 6
"""How many cells of other columns may stand between two pieces of a wrapped one."""

_LEAST_PIECES, _MOST_PIECES = 2, 5


class TextRow(NamedTuple):
    """A row as transcribed; empty text where a cell is empty."""

    half: str
    level: Level2
    name: str
    target: str


class _Found(NamedTuple):
    """A place of a text: its cells, and the spans of just this text in them."""

    cells: tuple[TableCell, ...]
    spans: tuple[Span, ...]

    @property
    def half(self) -> str | None:
        return self.cells[0].half


class _Letters(NamedTuple):
    """A cell's text as it is compared, and where each character stands in the document."""

    cell: TableCell
    text: str
    places: tuple[int, ...]


class _Name(NamedTuple):
    """Where a row's name stands; ``sure`` says that nothing else can be meant."""

    place: _Found | None
    sure: bool


def place_rows(table: PrintedTable, index: TextIndex, rows: Sequence[TextRow]) -> list[ReadRow]:
    """Return the rows with the places of their cells; what stands nowhere has none."""
    return _Placer(table, index).rows(rows)


class _Placer:
    def __init__(self, table: PrintedTable, index: TextIndex) -> None:
        self._index = index
        self._letters = [_letters(index.text, cell) for cell in table.cells]
        self._whole: dict[str, list[_Letters]] = defaultdict(list)
        for letters in self._letters:
            self._whole[letters.text].append(letters)
        ends = [span for cell in table.cells for span in cell.spans]
        self._region = (Span(min(ends).start, max(span.end for span in ends)),) if ends else ()
        self._used: set[Span] = set()

    def rows(self, rows: Sequence[TextRow]) -> list[ReadRow]:
        """Place all names first: a target is then looked for beside its name."""
        names = self._names(rows)
        return [self._row(row, name) for row, name in zip(rows, names, strict=True)]

    def _names(self, rows: Sequence[TextRow]) -> list[_Name]:
        by_text: dict[str, list[int]] = defaultdict(list)
        for number, row in enumerate(rows):
            by_text[as_compared(row.name)[0]].append(number)
        found: dict[int, _Name] = {}
        for text, numbers in by_text.items():
            places = self._places(text)
            asked = {half: [n for n in numbers if rows[n].half == half] for half in HALVES}
            for half, given in _shared_out(places, {half: len(asked[half]) for half in HALVES}).items():
                for place, number in zip(given, asked[half], strict=False):
                    found[number] = _Name(place, sure=True)
            for number in numbers:
                if number not in found:
                    near = [place for place in places if place.half in (None, rows[number].half)] or places
                    found[number] = _Name(near[0] if near else None, sure=not near)
        for name in found.values():
            self._used.update(name.place.spans if name.place else ())
        return [found[number] for number in range(len(rows))]

    def _row(self, row: TextRow, name: _Name) -> ReadRow:
        doubtful: list[str] = [] if name.sure else ["name"]
        printed_name = self._value(row.name, name.place)
        place, sure = self._target(row, name.place)
        if place is not None:
            self._used.update(place.spans)
        if not sure:
            doubtful.append("target")
        return ReadRow(row.half, row.level, printed_name, self._value(row.target, place), tuple(doubtful))

    def _target(self, row: TextRow, name: _Found | None) -> tuple[_Found | None, bool]:
        text = as_compared(row.target)[0]
        free = [place for place in self._places(text) if not self._used.intersection(place.spans)]
        if name is not None:
            beside = [place for place in free if _is_beside(name, place)]
            if beside:
                return beside[0], True
        near = [place for place in free if place.half in (None, row.half)] or free
        return (near[0], len(near) == 1) if near else (None, True)

    def _value(self, text: str, place: _Found | None) -> Value:
        """Return a text with its place; where no cells hold it, as grounding finds it in the table."""
        if place is not None or not text or not self._region:
            return Value(text, place.spans if place else ())
        evidence = ground(self._index, text, ValueKind.TEXT, within=self._region)
        return Value(text, evidence.spans)

    def _places(self, wanted: str) -> list[_Found]:
        """Return where a text stands: in whole cells, else wrapped over several, else in parts of cells."""
        if not wanted:
            return []
        whole = [_Found((letters.cell,), letters.cell.spans) for letters in self._whole.get(wanted, ())]
        if whole:
            return whole
        wrapped = self._all_wrapped(wanted)
        return wrapped or [found for letters in self._letters for found in self._pieces(wanted, letters)]

    def _all_wrapped(self, wanted: str) -> list[_Found]:
        """Return where a text stands in several cells; no cell is in two of the places."""
        found: list[_Found] = []
        used: set[int] = set()
        for start in range(len(self._letters)):
            place = self._wrapped(wanted, start, used)
            if place is not None:
                found.append(place)
                used.update(cell.number for cell in place.cells)
        return found

    def _wrapped(self, wanted: str, start: int, used: AbstractSet[int]) -> _Found | None:
        """Return the first way, if any, in which a text begins in this cell and goes on in later ones."""
        cells: list[TableCell] = []
        position, left = start, wanted
        while left and position < len(self._letters) and len(cells) < _MOST_PIECES:
            letters = self._letters[position]
            if letters.text and position not in used and left.startswith(letters.text):
                cells.append(letters.cell)
                left = left[len(letters.text) :]
            elif not cells or position - cells[-1].number > _FARTHEST:
                return None
            position += 1
        if left or len(cells) < _LEAST_PIECES:
            return None
        return _Found(tuple(cells), tuple(span for cell in cells for span in cell.spans))

    def _pieces(self, wanted: str, letters: _Letters) -> Iterator[_Found]:
        text = self._index.text
        at = letters.text.find(wanted)
        while at >= 0:
            start, end = letters.places[at], letters.places[at + len(wanted) - 1] + 1
            begins_inside = start > 0 and text[start - 1].isalnum() and text[start].isalnum()
            ends_inside = end < len(text) and text[end].isalnum() and text[end - 1].isalnum()
            if not begins_inside and not ends_inside:
                yield _Found((letters.cell,), (Span(start, end),))
            at = letters.text.find(wanted, at + 1)


def _letters(text: str, cell: TableCell) -> _Letters:
    compared: list[str] = []
    places: list[int] = []
    for span in cell.spans:
        letters, offsets = as_compared(text[span.start : span.end])
        compared.append(letters)
        places.extend(span.start + offset for offset in offsets)
    return _Letters(cell, "".join(compared), tuple(places))


def _is_beside(name: _Found, target: _Found) -> bool:
    """Say whether a target follows its name, in the next cell or the same one, or is wrapped around by it."""
    first, last, place = name.cells[0].number, name.cells[-1].number, target.cells[0].number
    if place == last:
        return target.spans[0].start >= name.spans[-1].end
    return place == last + 1 or first < place < last


def _shared_out(places: Sequence[_Found], asked: dict[str, int]) -> dict[str, list[_Found]]:
    """Share places of one text out to the halves: as told, else the first on a line to the left half.

    Nothing is shared out to a half that is asked for more or fewer than there are.
    """
    period, annual = HALVES
    given: dict[str, list[_Found]] = {half: [p for p in places if p.half == half] for half in HALVES}
    untold = [place for place in places if place.half is None]
    lacking = [half for half in HALVES if len(given[half]) < asked[half]]
    if untold and len(lacking) == 1:
        given[lacking[0]] += untold
    elif untold and lacking:
        lines = [place.cells[0].line for place in untold]
        for number, place in enumerate(untold):
            second = number > 0 and lines[number] == lines[number - 1]
            first = number + 1 < len(lines) and lines[number] == lines[number + 1]
            if not first and not second:
                second = len(given[period]) >= asked[period]
            given[annual if second else period].append(place)
    return {
        half: sorted(found, key=lambda place: place.spans) if len(found) == asked[half] else []
        for half, found in given.items()
    }
