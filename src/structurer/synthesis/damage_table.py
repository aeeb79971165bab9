"""Damage to the indicator table: cells, labels and columns that are lost, packed rows, page breaks."""

from __future__ import annotations

from dataclasses import replace
from itertools import takewhile
from typing import TYPE_CHECKING

from structurer.synthesis.content import FORM_LEVELS
from structurer.synthesis.damage_text import hits
from structurer.synthesis.paging import indicator_rows, repeat_head, starts_group, text_in, with_text
from structurer.synthesis.sheet import LEFT, RIGHT, Cell, Piece, Row, Sheet, Slot

if TYPE_CHECKING:
    from random import Random

    from structurer.document_types.declaration.model import Declaration

_BREAKS_PER_SHARE = 12
_COLUMN_PER_SHARE = 4
_VALUES = (*LEFT[1:], *RIGHT[1:])


def lost_cell(sheet: Sheet, share: float, rng: Random) -> Sheet:
    """Lose a cell of a row, or gain an empty one, so that the cells right of it slide.

    A row whose empty cell is lost still has all its texts in order, and its truth stays. A row that
    lost a value is in doubt, as the labelling guide has it for halves that slid (rule 6 of its
    indicators). Without columns an empty cell is nothing that could be lost.
    """
    table = [n for n in indicator_rows(sheet) if any(cell.text for cell in sheet.rows[n].cells)]
    if not sheet.columns_kept:
        table = [n for n in table if _row_paths(sheet.rows[n])]
    rows = list(sheet.rows)
    doubts: set[str] = set()
    for at in rng.sample(table, hits(len(table), share)):
        row = rows[at]
        if sheet.columns_kept and rng.random() < 0.3:
            last = max(n for n, cell in enumerate(row.cells) if cell.text)
            place = rng.randrange(0, last + 1)
            rows[at] = replace(row, cells=(*row.cells[:place], Cell(), *row.cells[place:]))
            lost = Cell()
        else:
            places = _losable(row, columns_kept=sheet.columns_kept)
            place = rng.choice(places)
            lost = row.cells[place]
            rows[at] = replace(row, cells=(*row.cells[:place], *row.cells[place + 1 :]))
        if lost.text and lost.slot in (LEFT[0], RIGHT[0]):
            doubts |= _level_doubts(sheet, row, lost.slot, and_above=False)
        if any(piece.path for piece in lost.pieces) or not _both_halves(row):
            doubts |= _row_paths(row) | _level_paths(row)
    return sheet.with_rows(tuple(rows), frozenset(doubts))


def lost_label(sheet: Sheet, share: float, rng: Random) -> Sheet:
    """Lose a group's second-level label, in one half or in both.

    The truth stays, in doubt. With both gone, the rows above may be the group's own for all that the
    print says, so their level is in doubt as well.
    """
    groups = [n for n in indicator_rows(sheet) if starts_group(sheet.rows[n]) and _row_paths(sheet.rows[n])]
    rows = list(sheet.rows)
    doubts: set[str] = set()
    for at in rng.sample(groups, hits(len(groups), share)):
        slots = rng.choice([LEFT[:1], RIGHT[:1], (LEFT[0], RIGHT[0])])
        if not any(text_in(rows[at], slot) for slot in slots):
            slots = (LEFT[0], RIGHT[0])
        for slot in slots:
            rows[at] = with_text(rows[at], slot, "")
        gone = not starts_group(rows[at])
        for slot in (LEFT[0], RIGHT[0]) if gone or not sheet.columns_kept else slots:
            doubts |= _level_doubts(sheet, rows[at], slot, and_above=gone)
    return sheet.with_rows(tuple(rows), frozenset(doubts))


def packed(sheet: Sheet, share: float, rng: Random) -> Sheet:
    """Pack two rows of a group into one: both names in one cell, both targets in one, with a space.

    They pair up in order (labelling guide), so the truth stays; without columns it is in doubt.
    """
    table = indicator_rows(sheet)
    pairs = [
        n
        for n in table
        if n + 1 in table and _full(sheet.rows[n]) and _full(sheet.rows[n + 1]) and _bare(sheet.rows[n + 1])
    ]
    rows = list(sheet.rows)
    doubts: set[str] = set()
    taken: set[int] = set()
    for at in sorted(rng.sample(pairs, hits(len(pairs), share)), reverse=True):
        if taken & {at, at + 1}:
            continue
        taken |= {at, at + 1}
        below = {cell.slot: cell for cell in rows[at + 1].cells}
        doubts |= _row_paths(rows[at]) | _row_paths(rows[at + 1])
        rows[at] = replace(
            rows[at],
            cells=tuple(
                replace(cell, pieces=(*cell.pieces, Piece(" "), *below[cell.slot].pieces))
                if cell.slot in _VALUES
                else cell
                for cell in rows[at].cells
            ),
        )
        del rows[at + 1]
    return sheet.with_rows(tuple(rows), frozenset() if sheet.columns_kept else frozenset(doubts))


def page_break(sheet: Sheet, share: float, rng: Random) -> Sheet:
    """End pages inside the table and print the form's head again on each next one. The truth stays."""
    places = indicator_rows(sheet)[1:]
    count = min(len(places), hits(_BREAKS_PER_SHARE, share))
    for at in sorted(rng.sample(places, count), reverse=True):
        sheet = repeat_head(sheet, at)
    return sheet


def lost_column(sheet: Sheet, share: float, rng: Random) -> Sheet:
    """Lose a column of targets or of second-level labels, from some row on to the end of the table.

    Of lost targets nothing is left to read; without columns the other half's targets are in doubt
    too, since nothing says whose they are. Lost levels are in doubt.
    """
    if share <= 0:
        return sheet
    slot = rng.choice([LEFT[2], RIGHT[2], LEFT[0], RIGHT[0]])
    table = [n for n in indicator_rows(sheet) if text_in(sheet.rows[n], slot)]
    hit = set(table[len(table) - hits(len(table), min(1.0, share * _COLUMN_PER_SHARE)) :])
    start = min(hit, default=len(sheet.rows))
    rows = list(sheet.rows)
    doubts: set[str] = set()
    for at in indicator_rows(sheet):
        if at < start:
            continue
        row = rows[at]
        rows[at] = replace(row, cells=tuple(cell for cell in row.cells if cell.slot is not slot))
        if slot in (LEFT[0], RIGHT[0]):
            doubts |= _level_doubts(sheet, row, slot, and_above=False)
            doubts |= _level_paths(row) if not sheet.columns_kept else set()
        elif not sheet.columns_kept:
            doubts |= {path for path in _row_paths(row) if path.endswith(".target")}
    return sheet.with_rows(tuple(rows), frozenset(doubts))


def _losable(row: Row, *, columns_kept: bool) -> list[int]:
    """Return the cells whose loss changes what the row prints."""
    if not columns_kept:
        return [n for n, cell in enumerate(row.cells) if any(piece.path for piece in cell.pieces)]
    last = max(n for n, cell in enumerate(row.cells) if cell.text)
    return [n for n in range(last + 1) if row.cells[n].slot is not Slot.TABLE or not row.cells[n].text]


def _row_paths(row: Row) -> set[str]:
    return {piece.path for cell in row.cells for piece in cell.pieces if piece.path is not None}


def _level_paths(row: Row) -> set[str]:
    return {f"{path.rpartition('.')[0]}.level2" for path in _row_paths(row)}


def _both_halves(row: Row) -> bool:
    return all(any(text_in(row, slot) for slot in half[1:]) for half in (LEFT, RIGHT))


def _full(row: Row) -> bool:
    return all(text_in(row, slot) for slot in _VALUES)


def _bare(row: Row) -> bool:
    return not any(cell.text for cell in row.cells if cell.slot not in _VALUES)


def _level_doubts(sheet: Sheet, row: Row, label: Slot, *, and_above: bool) -> set[str]:
    """Return the level paths of the group whose label of one half stands in a row.

    With ``and_above`` those of the group before it, too.
    """
    half = LEFT if label in LEFT else RIGHT
    paths = [p.path for cell in row.cells if cell.slot in half for p in cell.pieces if p.path is not None]
    if not paths:
        return set()
    indicator = sheet.truth.indicators[int(paths[0].split(".")[1])]
    levels: set[str | None] = {indicator.level2}
    if and_above:
        levels |= {_level_above(sheet.truth, indicator.level2, indicator.scope)}
    return {
        f"indicators.{n}.level2"
        for n, other in enumerate(sheet.truth.indicators)
        if other.scope == indicator.scope and other.level2 in levels
    }


def _level_above(truth: Declaration, level2: str | None, scope: str) -> str | None:
    """Return the level of the nearest group above that has rows in this half."""
    used = {row.level2 for row in truth.indicators if row.scope == scope}
    above = takewhile(lambda level: level != level2, FORM_LEVELS)
    return next((level for level in reversed([*above]) if level in used), None)
