"""Mistakes: wrong cells as people count them.

A wrong value is one mistake. A row that is missing or too many is one, though all its cells are wrong, and
so is a record too many: a person sees and mends it as a whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from structurer.evaluation.compare import ErrorKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from structurer.evaluation.outcomes import CellOutcome


@dataclass(frozen=True, slots=True)
class Mistake:
    """One mistake: what kind it is, where it is in the label and in the record, and its cells.

    ``gold_path`` is empty for what the label does not have, ``path`` for what was not read; for rows and
    records these are the row's and ``""``. ``gold`` and ``read`` are the cell's; those of several, joined.
    """

    kind: ErrorKind
    gold_path: str
    path: str
    cells: tuple[CellOutcome, ...]

    @property
    def filing(self) -> str:
        """The filing that it is in."""
        return self.cells[0].filing

    @property
    def ordinal(self) -> int:
        """The project of the filing that it is in."""
        return self.cells[0].ordinal

    @property
    def gold(self) -> str | None:
        """What the label has there."""
        return _joined(cell.gold for cell in self.cells)

    @property
    def read(self) -> str | None:
        """What was read there."""
        return _joined(cell.read for cell in self.cells)

    @property
    def excerpt(self) -> str:
        """The line of the filing that it stands on, as far as that is known."""
        return next((cell.excerpt for cell in self.cells if cell.excerpt), "")

    @property
    def silent(self) -> bool:
        """Whether nobody was told."""
        return all(cell.silent for cell in self.cells)

    @property
    def reasons(self) -> str:
        """The codes of the flags that cover it, ``failed`` where there is no data at all."""
        return self.cells[0].reasons or ("failed" if self.cells[0].failed else "")


@dataclass(frozen=True, slots=True)
class Doubt:
    """A field or row that the label marks uncertain, and whether the record flags it."""

    filing: str
    ordinal: int
    gold_path: str
    gold: str | None
    flagged: bool


def mistakes(outcomes: Iterable[CellOutcome]) -> tuple[Mistake, ...]:
    """Gather the wrong cells of outcomes, in their order."""
    wrong = (cell for cell in outcomes if cell.scored and not cell.right)
    return tuple(_mistake(cells) for cells in _gathered(wrong, _one_mistake))


def doubts(outcomes: Iterable[CellOutcome]) -> tuple[Doubt, ...]:
    """Gather the uncertain cells of outcomes, in their order: a doubt for each field and each row."""
    uncertain = (cell for cell in outcomes if cell.uncertain)
    return tuple(
        _doubt(cells)
        for cells in _gathered(uncertain, lambda cell: (*cell.declaration, row_path(cell.gold_path)))
    )


def row_path(path: str) -> str:
    """Return the path of the row that a path is in, or the path itself when it is in none."""
    return path.rpartition(".")[0] if path.startswith("indicators.") else path


def _one_mistake(cell: CellOutcome) -> tuple[Any, ...]:
    if cell.error == ErrorKind.EXTRA_RECORD:
        return cell.declaration, cell.error
    if cell.error in (ErrorKind.MISSING, ErrorKind.EXTRA):
        return cell.declaration, cell.error, row_path(cell.gold_path), row_path(cell.path)
    return cell.declaration, cell.error, cell.gold_path, cell.path


def _mistake(cells: tuple[CellOutcome, ...]) -> Mistake:
    first = cells[0]
    kind = ErrorKind(first.error)
    if kind is ErrorKind.EXTRA_RECORD:
        name = tuple(cell for cell in cells if cell.field == "project_name")
        return Mistake(kind, "", "", name)
    if kind in (ErrorKind.MISSING, ErrorKind.EXTRA):
        return Mistake(kind, row_path(first.gold_path), row_path(first.path), cells)
    return Mistake(kind, first.gold_path, first.path, cells)


def _doubt(cells: tuple[CellOutcome, ...]) -> Doubt:
    first = cells[0]
    gold = _joined(cell.gold for cell in cells)
    return Doubt(first.filing, first.ordinal, row_path(first.gold_path), gold, first.flagged)


def _gathered(
    cells: Iterable[CellOutcome], key: Callable[[CellOutcome], tuple[Any, ...]]
) -> list[tuple[CellOutcome, ...]]:
    found: dict[tuple[Any, ...], list[CellOutcome]] = {}
    for cell in cells:
        found.setdefault(key(cell), []).append(cell)
    return [tuple(group) for group in found.values()]


def _joined(values: Iterable[str | None]) -> str | None:
    texts = list(values)
    if len(texts) == 1:
        return texts[0]
    if all(text is None for text in texts):
        return None
    return " | ".join("-" if text is None else text for text in texts)
