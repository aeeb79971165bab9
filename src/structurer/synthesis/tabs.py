"""Printing a sheet as tab cells: where each kind of row puts its cells in the converter's grid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from structurer.synthesis.sheet import Kind

if TYPE_CHECKING:
    from structurer.synthesis.sheet import Row, Sheet

Columns = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Geometry:
    """Columns of the cells of each kind of row, and how many columns a line has at least.

    A merged cell prints its text in its first column and leaves the others empty; so the upper
    part of a form (``width``) and its indicator table (``table_width``) have gaps in other places.
    """

    head: Columns
    funding: Columns
    text: Columns
    goals_head: Columns
    goals: Columns
    table_head: Columns
    indicator: Columns
    people: Columns
    width: int
    table_width: int

    def columns(self, kind: Kind) -> Columns:
        """Return the columns of the cells of a kind of row."""
        return {
            Kind.HEAD: self.head,
            Kind.FUNDING: self.funding,
            Kind.TEXT: self.text,
            Kind.GOALS_HEAD: self.goals_head,
            Kind.GOALS: self.goals,
            Kind.TABLE_HEAD: self.table_head,
            Kind.INDICATOR: self.indicator,
            Kind.PEOPLE: self.people,
        }[kind]


_EIGHT = (0, 1, 2, 3, 4, 5, 6, 7)
_FIVE = (0, 1, 2, 3, 4)

FLAT = Geometry(
    (0, 1, 2, 3), _FIVE, (0, 1), (0, 2), (0, 1, 5), _EIGHT, _EIGHT, (1, 2, 3, 4, 5, 6, 7, 8), 5, 8
)
WIDE_TEXTS = Geometry((0, 1, 2, 3), _FIVE, (0, 2), (0, 4), (0, 1, 4), _EIGHT, _EIGHT, _EIGHT, 5, 8)
SHIFTED = Geometry((0, 2, 4, 5), (0, 2, 3, 4, 5), (0, 2), (0, 4), (0, 2, 4), _EIGHT, _EIGHT, _EIGHT, 8, 8)
ZONE_TEN = Geometry(
    (0, 2, 5, 7),
    (0, 2, 4, 5, 7),
    (0, 2),
    (2, 6),
    (0, 2, 6),
    (0, 2, 3, 4, 5, 6, 7, 8),
    (0, 2, 4, 5, 6, 7, 8, 9),
    (0, 1, 2, 3, 4, 5, 6, 8),
    10,
    10,
)
ZONE_EIGHT = Geometry((0, 2, 5, 6), (0, 2, 4, 5, 7), (0, 2), (2, 6), (0, 2, 6), _EIGHT, _EIGHT, _EIGHT, 8, 8)
ZONE_EVEN = Geometry(
    (0, 2, 4, 6), (0, 2, 4, 6, 8), (0, 2), (2, 6), (0, 2, 6), _EIGHT, _EIGHT, (0, 2, 3, 4, 5, 6, 7, 8), 10, 10
)
DISCLOSED = Geometry((0, 2, 4, 5), _FIVE, (0, 2), (0, 4), (0, 1, 4), _EIGHT, _EIGHT, _EIGHT, 8, 8)


def print_tabs(sheet: Sheet, geometry: Geometry) -> str:
    """Return the sheet's text, one row a line, cells separated by tabs."""
    lines: list[str] = []
    for row in sheet.rows:
        match row.kind:
            case Kind.GAP:
                lines.append("")
            case Kind.RULE:
                lines.append("\t".join(["------", "------", "-----", "-------", "---------", "-------"]))
            case Kind.TITLE | Kind.YEAR:
                lines += [row.cells[0].text, ""]
            case _:
                lines.append(_line(row, geometry))
    return "\n".join(lines) + "\n"


def _line(row: Row, geometry: Geometry) -> str:
    columns = geometry.columns(row.kind)
    past = columns[-1] + 1
    places = [*columns, *range(past, past + len(row.cells))]
    upper = row.kind in (Kind.HEAD, Kind.FUNDING, Kind.TEXT, Kind.GOALS_HEAD)
    width = geometry.width if upper else geometry.table_width
    used = places[len(row.cells) - 1] + 1
    cells = [""] * max(width, used)
    for place, cell in zip(places, row.cells, strict=False):
        cells[place] = cell.text
    return "\t".join(cells)
