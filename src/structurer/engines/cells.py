"""A reading taken apart into cells and rows, to be held beside another, and put together again."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from structurer.models import Extraction, Flag, Grounding, ModelUse, Span
from structurer.paths import DERIVED_FROM, leaves, put_at

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from structurer.examination import Examined

OWN = ("name", "target")
"""The cells that a row of a table has to itself; a level is printed once for several rows."""

_MAY_BE_INFERRED = "level2"
"""A level may be supplied from the form's order; any other value stands somewhere or is made up."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One value of a reading with all that is known of it.

    ``stands`` says that its place was verified, or that it needs none. ``followers`` are the values computed
    from it. The paths of ``doubts`` are not to be looked at here: they are set anew when the reading is put
    together.
    """

    value: Any = None
    spans: tuple[Span, ...] = ()
    stands: bool = False
    certainty: float | None = None
    converted: bool = False
    doubts: tuple[Flag, ...] = ()
    followers: Mapping[str, Any] = field(default_factory=dict)
    agreed: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table: its half, its cells by key, and what is doubtful about the row as a whole."""

    scope: str
    cells: Mapping[str, Cell]
    doubts: tuple[Flag, ...] = ()

    @property
    def spans(self) -> tuple[Span, ...]:
        """Where the row's own cells stand."""
        return tuple(sorted(span for key in OWN for span in self.cells[key].spans))


@dataclass(frozen=True, slots=True)
class Apart:
    """A reading in pieces: cells outside tables by path, rows by table, doubts about larger parts."""

    cells: Mapping[str, Cell]
    tables: Mapping[str, Sequence[Row]]
    doubts: tuple[Flag, ...]


def take_apart(examined: Examined) -> Apart:
    """Take a reading apart."""
    data = examined.extraction.data
    doubts: dict[str, list[Flag]] = {}
    for flag in examined.extraction.doubts:
        doubts.setdefault(flag.path, []).append(flag)
    tables = {key: value for key, value in data.items() if isinstance(value, list)}
    plain = {key: value for key, value in data.items() if key not in tables}
    cells = {path: _cell(examined, doubts, path, value) for path, value in leaves(plain)}
    rows = {
        table: tuple(_row(examined, doubts, f"{table}.{number}", row) for number, row in enumerate(value))
        for table, value in tables.items()
    }
    return Apart(cells, rows, tuple(flag for left in doubts.values() for flag in left))


def put_together(apart: Apart, like: Extraction, use: ModelUse | None) -> Extraction:
    """Return the pieces as one reading, which understood what its values hold and what ``like`` understood.

    ``like`` is a reading whose data has every key.
    """
    data = deepcopy(dict(like.data))
    cells = dict(apart.cells)
    doubts = list(apart.doubts)
    for table, rows in apart.tables.items():
        data[table] = []
        for number, row in enumerate(rows):
            path = f"{table}.{number}"
            data[table].append({"scope": row.scope})
            for key, cell in row.cells.items():
                cells[f"{path}.{key}"] = cell
            doubts += [replace(flag, path=path) for flag in row.doubts]
    for path, cell in cells.items():
        put_at(data, path, cell.value)
        parent = path.rpartition(".")[0]
        for key, value in cell.followers.items():
            put_at(data, f"{parent}.{key}", value)
        doubts += [replace(flag, path=path) for flag in cell.doubts]
    spans = {path: cell.spans for path, cell in cells.items() if cell.spans}
    return Extraction(
        data=data,
        spans=spans,
        doubts=tuple(doubts),
        certainty={path: c.certainty for path, c in cells.items() if c.certainty is not None},
        claimed=tuple(dict.fromkeys((*like.claimed, *(span for own in spans.values() for span in own)))),
        converted=frozenset(path for path, cell in cells.items() if cell.converted),
        agreed=_agreed(cells),
        model_use=use,
    )


def _agreed(cells: Mapping[str, Cell]) -> frozenset[str]:
    """Return the paths of the values that were agreed on, and those above nothing but such values."""
    agreed = {place for path, cell in cells.items() if cell.agreed for place in _from_above(path)}
    differing = {place for path, cell in cells.items() if not cell.agreed for place in _from_above(path)}
    return frozenset(agreed - differing)


def _from_above(path: str) -> Iterator[str]:
    parts = path.split(".")
    return (".".join(parts[:count]) for count in range(1, len(parts) + 1))


def _row(examined: Examined, doubts: dict[str, list[Flag]], path: str, row: Mapping[str, Any]) -> Row:
    cells = {leaf: _cell(examined, doubts, f"{path}.{leaf}", value) for leaf, value in leaves(row)}
    for derived, key in DERIVED_FROM.items():
        cells[key] = replace(cells[key], followers={**cells[key].followers, derived: row[derived]})
    own = [flag for place in (path, *(f"{path}.{key}" for key in row)) for flag in doubts.pop(place, ())]
    return Row(row["scope"], cells, tuple(own))


def _cell(examined: Examined, doubts: dict[str, list[Flag]], path: str, value: Any) -> Cell:
    """Return the cell at a path, and take its doubts out of those that are left."""
    extraction = examined.extraction
    evidence = examined.evidence.get(path)
    inferred = evidence is None and value is not None and path.endswith(f".{_MAY_BE_INFERRED}")
    return Cell(
        value=value,
        spans=tuple(extraction.spans.get(path, ())),
        stands=inferred or (evidence is not None and evidence.status is not Grounding.NONE),
        certainty=extraction.certainty.get(path),
        converted=path in extraction.converted,
        doubts=tuple(doubts.pop(path, ())),
    )
