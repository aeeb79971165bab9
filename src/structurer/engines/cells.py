"""A reading taken apart into cells and rows, to be held beside another, and put together again."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from structurer.models import Extraction, Flag, Grounding, ModelUse, Span
from structurer.paths import DERIVED_FROM, leaves, put_at

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from structurer.examination import Examined

_OWN = ("name", "target")


@dataclass(frozen=True, slots=True)
class Cell:
    """One value of a reading with all that is known of it.

    ``stands`` says that its place was verified; ``inferred``, that it was worked out and claims no place.
    ``followers`` are the values computed from it. The paths of ``doubts`` are not to be looked at here:
    they are set anew when the reading is put together.
    """

    value: Any = None
    spans: tuple[Span, ...] = ()
    stands: bool = False
    certainty: float | None = None
    converted: bool = False
    doubts: tuple[Flag, ...] = ()
    followers: Mapping[str, Any] = field(default_factory=dict)
    agreed: bool = False

    @property
    def inferred(self) -> bool:
        """Whether the value was worked out and claims no place."""
        return self.value is not None and not self.spans


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table: its half, its cells by key, and what is doubtful about the row as a whole."""

    scope: str
    cells: Mapping[str, Cell]
    doubts: tuple[Flag, ...] = ()

    @property
    def spans(self) -> tuple[Span, ...]:
        """Where the row's own cells stand; a level's label is shared by the rows below it."""
        return tuple(sorted(span for key in _OWN for span in self.cells[key].spans))


@dataclass(frozen=True, slots=True)
class Apart:
    """A reading in pieces: cells outside tables by path, rows by table, doubts about larger parts."""

    cells: Mapping[str, Cell]
    tables: Mapping[str, Sequence[Row]]
    doubts: tuple[Flag, ...]


def take_apart(examined: Examined) -> Apart:
    """Take a reading apart."""
    extraction = examined.extraction
    data = extraction.data
    tables = {key: value for key, value in data.items() if isinstance(value, list)}
    plain = {key: value for key, value in data.items() if key not in tables}
    cells = {path: _cell(examined, path, value) for path, value in leaves(plain)}
    rows = {
        table: tuple(_row(examined, f"{table}.{number}", row) for number, row in enumerate(value))
        for table, value in tables.items()
    }
    placed = {
        *cells,
        *(f"{table}.{number}" for table, value in tables.items() for number in range(len(value))),
    }
    loose = tuple(
        flag
        for flag in extraction.doubts
        if flag.path not in placed and flag.path.rpartition(".")[0] not in placed
    )
    return Apart(cells, rows, loose)


def put_together(
    apart: Apart, like: Extraction, claimed: tuple[Span, ...], use: ModelUse | None
) -> Extraction:
    """Return the pieces as one reading; ``like`` is one whose data has every key."""
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
    return Extraction(
        data=data,
        spans={path: cell.spans for path, cell in cells.items() if cell.spans},
        doubts=tuple(doubts),
        certainty={path: c.certainty for path, c in cells.items() if c.certainty is not None},
        claimed=claimed,
        converted=frozenset(path for path, cell in cells.items() if cell.converted),
        agreed=frozenset(path for path, cell in cells.items() if cell.agreed),
        model_use=use,
    )


def _row(examined: Examined, path: str, row: Mapping[str, Any]) -> Row:
    cells = {leaf: _cell(examined, f"{path}.{leaf}", value) for leaf, value in leaves(row)}
    followers = {source: {key: row[key]} for key, source in DERIVED_FROM.items()}
    cells = {leaf: replace(cell, followers=followers.get(leaf, {})) for leaf, cell in cells.items()}
    return Row(row["scope"], cells, _doubts_at(examined.extraction.doubts, path))


def _cell(examined: Examined, path: str, value: Any) -> Cell:
    extraction = examined.extraction
    evidence = examined.evidence.get(path)
    return Cell(
        value=value,
        spans=tuple(extraction.spans.get(path, ())),
        stands=evidence is not None and evidence.status is not Grounding.NONE,
        certainty=extraction.certainty.get(path),
        converted=path in extraction.converted,
        doubts=_doubts_at(extraction.doubts, path),
    )


def _doubts_at(doubts: Iterable[Flag], path: str) -> tuple[Flag, ...]:
    return tuple(flag for flag in doubts if flag.path == path)
