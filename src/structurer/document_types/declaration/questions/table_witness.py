"""What the indicator table's print says against the rows of an answer.

Names and targets look alike from one row to the next, so an answer may be wrong in ways that grounding
cannot see: rows left out, halves exchanged, targets of the row below, a neighbour's level. Each of them
breaks something that can be seen in the print without knowing the rows.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import groupby
from typing import TYPE_CHECKING

from structurer.checks import quoted
from structurer.document_types.declaration.layout.shapes import targetness
from structurer.document_types.declaration.model import Level2
from structurer.document_types.declaration.questions.keys import HALVES
from structurer.document_types.declaration.questions.printed_table import LIKE_A_TARGET
from structurer.document_types.declaration.vocabulary import squeeze
from structurer.models import Severity

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from structurer.document_types.declaration.layout.draft import Draft
    from structurer.document_types.declaration.questions.printed_table import PrintedTable, TableCell
    from structurer.document_types.declaration.questions.rows import WrittenRow
    from structurer.models import Span

_PERIOD, _ANNUAL = HALVES
_LEAST_LEFT_OVER = 2
"""Characters of a cell that no value claims and that say something."""

_HALF_NAMES = {_PERIOD: "period", _ANNUAL: "year"}


def doubt_rows(
    draft: Draft, table: PrintedTable, rows: Sequence[WrittenRow], halves: Collection[str]
) -> None:
    """Doubt rows that do not fit the print, and a table of which text is left over."""
    _doubt_halves(draft, rows, table.halves)
    for row in rows:
        _doubt_level(draft, table, row)
        _doubt_place(draft, row)
    _doubt_packed(draft, rows)
    _doubt_completeness(draft, table, rows, halves)


def _doubt_halves(draft: Draft, rows: Sequence[WrittenRow], printed: Collection[str]) -> None:
    """The period's cells stand left of the year's; a half that is not printed has no rows."""
    wrong = {row.path for row in rows if any(c.half not in (None, row.half) for c in _cells(row))}
    wrong.update(row.path for row in rows if printed and row.half not in printed and _cells(row))
    sharing: dict[int, list[tuple[TableCell, WrittenRow]]] = defaultdict(list)
    for row in rows:
        for cell in _cells(row):
            sharing[cell.line].append((cell, row))
    for entries in sharing.values():
        left = [(cell.number, row.path) for cell, row in entries if row.half == _PERIOD]
        right = [(cell.number, row.path) for cell, row in entries if row.half == _ANNUAL]
        if left and right and max(left)[0] >= min(right)[0]:
            last, first = max(left)[0], min(right)[0]
            wrong.update(path for number, path in left if number >= first)
            wrong.update(path for number, path in right if number <= last)
    message = "its cells stand in the other half of the printed table"
    if len(wrong) * 2 > len(rows):
        draft.doubt(
            "indicators", "halves_swapped", "the rows' cells stand in the other half of the printed table"
        )
    for path in sorted(wrong) if len(wrong) * 2 <= len(rows) else ():
        draft.doubt(path, "halves_swapped", message)


def _cells(row: WrittenRow) -> list[TableCell]:
    return [*row.name, *row.target]


def _doubt_level(draft: Draft, table: PrintedTable, row: WrittenRow) -> None:
    """A row belongs to the nearest label above it; before any label, to the form's first.

    A label that its half prints nowhere is lost; then the other half's may speak for the row.
    """
    cells = _cells(row)
    label = table.label_of(row.half, cells)
    levels = (Level2.QUANTITY,) if label is None else label.levels
    if row.level in levels or not cells:
        return
    if not any(row.level in own.levels for own in table.labels if own.half in (None, row.half)):
        other = table.label_of(_ANNUAL if row.half == _PERIOD else _PERIOD, cells)
        if other is not None and row.level in other.levels:
            return
    where = "no label is printed above" if label is None else f"the label printed above is {label.levels[0]}"
    draft.doubt(f"{row.path}.level2", "level_differs", where)


def _doubt_place(draft: Draft, row: WrittenRow) -> None:
    """A target follows its name, or stands between the lines of a name that wraps around it."""
    for key, cells in (("name", row.name), ("target", row.target)):
        if not cells and draft.spans.get(f"{row.path}.{key}"):
            draft.doubt(
                f"{row.path}.{key}", "cell_elsewhere", "this text does not stand in a cell of the table"
            )
    if not row.name or not row.target:
        return
    if _is_behind(row):
        return
    draft.doubt(row.path, "target_elsewhere", "name and target do not stand beside each other in the table")


def _is_behind(row: WrittenRow) -> bool:
    first, last, target = row.name[0], row.name[-1], row.target[0]
    if target.in_cells and last.in_cells and not {c.line for c in row.name} & {c.line for c in row.target}:
        return False
    return target.number in (last.number, last.number + 1) or first.number < target.number < last.number


def _doubt_packed(draft: Draft, rows: Sequence[WrittenRow]) -> None:
    """Where one cell holds several names and the next one their targets, they pair up in order."""
    held: dict[int, list[Span]] = defaultdict(list)
    places = {
        (row.path, key): (cells[0].number, draft.spans[f"{row.path}.{key}"][0])
        for row in rows
        for key, cells in (("name", row.name), ("target", row.target))
        if len(cells) == 1
    }
    for cell, span in places.values():
        held[cell].append(span)
    ranks = {(cell, span): rank for cell, spans in held.items() for rank, span in enumerate(sorted(spans))}
    for row in rows:
        name, target = places.get((row.path, "name")), places.get((row.path, "target"))
        if name and target and name[0] != target[0] and ranks[name] != ranks[target]:
            draft.doubt(row.path, "target_elsewhere", "names and targets of one cell are in another order")


def _doubt_completeness(
    draft: Draft, table: PrintedTable, rows: Sequence[WrittenRow], halves: Collection[str]
) -> None:
    """Every cell of the asked halves belongs to a row."""
    claimed = _Claimed(draft, rows)
    left = [cell for cell in table.cells if claimed.leaves_text(cell)]
    if len(halves) < len(HALVES):
        left = list(_of_asked_half(left, table, claimed, halves))
    targets = [cell for cell in left if targetness(claimed.left(cell)) > LIKE_A_TARGET]
    for cell in targets:
        for row in claimed.beside(cell):
            draft.doubt(row.path, "text_left_over", f"no row holds {quoted(claimed.left(cell))} beside it")
    lost = [cell for cell in left if cell not in targets or not claimed.beside(cell)]
    if not lost:
        return
    counts = ", ".join(_count(half, lost, rows) for half in HALVES if half in halves)
    words = quoted(" ".join(cell.text for cell in lost))
    severity = Severity.WARNING if rows else Severity.ERROR
    message = f"the table prints more than the rows that were read ({counts}): {words}"
    draft.doubt("indicators", "rows_missing", message, severity)


def _count(half: str, left: Sequence[TableCell], rows: Sequence[WrittenRow]) -> str:
    read = sum(row.half == half for row in rows)
    more = sum(cell.half in (None, half) and targetness(cell.text) > LIKE_A_TARGET for cell in left)
    return f"{_HALF_NAMES[half]}: {read} read, up to {read + more} printed"


def _of_asked_half(
    left: Sequence[TableCell], table: PrintedTable, claimed: _Claimed, halves: Collection[str]
) -> Iterator[TableCell]:
    """Yield the cells left over that may belong to the asked half.

    Where the print does not tell the half of a line's cells, the other half may have as many as were read.
    """
    per_line = {line: list(cells) for line, cells in groupby(table.cells, key=lambda cell: cell.line)}
    for line, group in groupby(left, key=lambda cell: cell.line):
        cells = list(group)
        known = [cell for cell in cells if cell.half in halves]
        unknown = [cell for cell in cells if cell.half is None]
        yield from known
        if unknown and len(unknown) == len(per_line[line]) and not claimed.on(line):
            others = [cell for cell in unknown if targetness(cell.text) > LIKE_A_TARGET]
            yield from others[1:]


class _Claimed:
    """Which characters of the table's cells the rows hold."""

    def __init__(self, draft: Draft, rows: Sequence[WrittenRow]) -> None:
        self._spans: dict[int, list[Span]] = defaultdict(list)
        self._rows: dict[int, dict[str, WrittenRow]] = defaultdict(dict)
        for row in rows:
            for key, cells in (("name", row.name), ("target", row.target)):
                for cell in cells:
                    self._spans[cell.number].extend(draft.spans[f"{row.path}.{key}"])
                    self._rows[cell.line][row.path] = row

    def on(self, line: int) -> bool:
        """Say whether a row has a cell on a line."""
        return line in self._rows

    def beside(self, cell: TableCell) -> list[WrittenRow]:
        """Return the rows of a cell's half, or of both where that is not told, that share its line."""
        return [row for row in self._rows.get(cell.line, {}).values() if cell.half in (None, row.half)]

    def leaves_text(self, cell: TableCell) -> bool:
        """Say whether text of a cell is in no row."""
        spans = self._spans.get(cell.number)
        if spans and len(spans) == len(cell.spans) == 1 and spans[0] == cell.spans[0]:
            return False
        return len(squeeze(self.left(cell))) >= (_LEAST_LEFT_OVER if spans else 1)

    def left(self, cell: TableCell) -> str:
        """Return the text of a cell that is in no row."""
        return "".join(_outside(cell, self._spans.get(cell.number, ())))


def _outside(cell: TableCell, spans: Sequence[Span]) -> Iterator[str]:
    """Yield the characters of a cell that no span holds."""
    place = 0
    for own in cell.spans:
        for offset in range(own.start, own.end):
            inside = any(span.start <= offset < span.end for span in spans)
            if not inside and place + offset - own.start < len(cell.text):
                yield cell.text[place + offset - own.start]
        place += own.end - own.start
