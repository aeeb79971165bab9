"""The figures: sums over outcomes, and the bars that they are held against.

- Cells that the form leaves empty are counted apart, so that a form with many empty cells lifts nothing.
- A row is **right** when half, second level, name and target all are. Row **precision** is over the rows
  that were read, without those that an uncertain row absorbed; **recall** over the rows that the labels are
  sure of.
- The **aligned score** is that of KIEval (ICDAR 2025): right / (right + substituted + added + deleted),
  over filled cells. What is not right is what a person has to do: put another value, add one that was not
  read, delete one that is too many. Of a chunk that failed everything is to be added: it counts 0.
- **Flagged share** is over the labels' certain values: what a reviewer is asked to look at. Rows that
  should not be there are not in it, so inventing rows cannot thin it out; nor is the half of a row,
  which no cell prints.
- **Flag recall** is over the rows and fields that the labels mark uncertain.
- **Evidence** is counted over certain, filled cells whose own place in the filing is known (``evidence``).
- Figures are over the labels given and say nothing of how far they would move on others: values of
  one declaration stand and fall together, so an interval must be by declaration.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from structurer.evaluation.cells import FIELDS, ROW_FIELDS
from structurer.evaluation.compare import HALF, ErrorKind
from structurer.evaluation.mistakes import doubts, mistakes, row_path
from structurer.evaluation.outcomes import Place
from structurer.evaluation.rows import moves
from structurer.groups import Group

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from structurer.evaluation.outcomes import CellOutcome


class Ratio(NamedTuple):
    """A share with what it is a share of."""

    part: int
    whole: int

    @property
    def value(self) -> float | None:
        """The share, or ``None`` of nothing."""
        return self.part / self.whole if self.whole else None

    def as_dict(self) -> dict[str, int | float | None]:
        """Return both numbers and the share, rounded to six places."""
        value = None if self.value is None else round(self.value, 6)
        return {"part": self.part, "whole": self.whole, "value": value}


@dataclass(frozen=True, slots=True)
class FieldScore:
    """One field, or one group: filled cells right, empty cells right, flagged, wrong without a flag."""

    field: str
    filled: Ratio
    empty: Ratio
    flagged: int
    silent: int

    def as_dict(self) -> dict[str, Any]:
        """Return the figures as JSON values."""
        return asdict(self) | {"filled": self.filled.as_dict(), "empty": self.empty.as_dict()}


class Corrections(NamedTuple):
    """What is right among filled cells, and what a person has to do about the rest (KIEval)."""

    right: int
    substituted: int
    added: int
    deleted: int


class Goal(NamedTuple):
    """A bar that the records must reach, what was measured, and whether they do."""

    name: str
    bar: str
    measured: Ratio
    met: bool


@dataclass(frozen=True, slots=True)
class Headline:
    """The figures of a run; the module says what each is over.

    ``declarations`` are the labels whose record has no mistake; ``scalars`` the scalar and funding fields
    that are right, ``empty`` the cells of any kind that the form leaves empty; ``misplaced`` counts the rows
    to move so that each half is in the label's order; ``silent`` are the mistakes that nobody was told of;
    ``places`` is the evidence, by verdict.
    """

    declarations: Ratio
    scalars: Ratio
    empty: Ratio
    precision: Ratio
    recall: Ratio
    misplaced: int
    corrections: Corrections
    errors: Mapping[ErrorKind, int]
    silent: Ratio
    flagged: Ratio
    flag_recall: Ratio
    places: Mapping[Place, int]
    fields: tuple[FieldScore, ...]
    groups: tuple[FieldScore, ...]

    @property
    def f1(self) -> Ratio:
        """Harmonic mean of row precision and recall: 2 · right / (gold + read)."""
        return Ratio(2 * self.recall.part, self.recall.whole + self.precision.whole)

    @property
    def aligned(self) -> Ratio:
        """Share of the filled cells that nobody has to touch."""
        return Ratio(self.corrections.right, sum(self.corrections))

    @property
    def evidence_precision(self) -> Ratio:
        """Evidence that is where the value stands, of all evidence that can be judged."""
        right = self.places[Place.RIGHT]
        return Ratio(right, right + self.places[Place.WRONG])

    @property
    def evidence_recall(self) -> Ratio:
        """Values whose place is known and whose evidence is there."""
        return Ratio(self.places[Place.RIGHT], self.evidence_precision.whole + self.places[Place.MISSING])

    @property
    def goals(self) -> tuple[Goal, ...]:
        """The bars that a release must reach. A bar on nothing is met."""
        recall = self.flag_recall
        return (
            Goal("scalar and funding fields right", "all", self.scalars, _share(self.scalars, 1.0) >= 1.0),
            Goal("strict row F1", "≥ 0.99", self.f1, _share(self.f1, 1.0) >= 0.99),
            Goal("silent errors", "none", self.silent, self.silent.part == 0),
            Goal("uncertain rows and fields flagged", "≥ 90%", recall, _share(recall, 1.0) >= 0.9),
            Goal("other values flagged", "≤ 5%", self.flagged, _share(self.flagged, 0.0) <= 0.05),
        )

    def as_dict(self) -> dict[str, Any]:
        """Return the figures as JSON values."""
        return {
            "declarations": self.declarations.as_dict(),
            "fields": self.scalars.as_dict(),
            "empty": self.empty.as_dict(),
            "rows": {
                "precision": self.precision.as_dict(),
                "recall": self.recall.as_dict(),
                "f1": self.f1.as_dict(),
                "misplaced": self.misplaced,
            },
            "aligned": self.aligned.as_dict(),
            "corrections": self.corrections._asdict(),
            "errors": {str(kind): count for kind, count in self.errors.items()},
            "silent_errors": self.silent.part,
            "flagged": self.flagged.as_dict(),
            "flag_recall": self.flag_recall.as_dict(),
            "evidence": {
                "precision": self.evidence_precision.as_dict(),
                "recall": self.evidence_recall.as_dict(),
                **{str(place): count for place, count in self.places.items()},
            },
            "by_group": [group.as_dict() for group in self.groups],
            "by_field": [field.as_dict() for field in self.fields],
        }


def headline(outcomes: Iterable[CellOutcome]) -> Headline:
    """Return the figures of outcomes, in whatever order they come."""
    cells = tuple(outcomes)
    scored = [cell for cell in cells if cell.scored]
    labelled = [cell for cell in scored if cell.gold_path]
    values = [cell for cell in labelled if cell.group is not Group.HALF]
    found = mistakes(cells)
    kinds = Counter(mistake.kind for mistake in found)
    places = Counter(cell.place for cell in values if not cell.empty)
    told = [doubt.flagged for doubt in doubts(cells)]
    declarations = {cell.declaration for cell in cells if cell.gold_path}
    wrong = {cell.declaration for cell in scored if not cell.right}
    precision, recall = _row_figures(scored)
    return Headline(
        declarations=Ratio(len(declarations - wrong), len(declarations)),
        scalars=_right(cell for cell in labelled if cell.field == cell.gold_path),
        empty=_right(cell for cell in labelled if cell.empty),
        precision=precision,
        recall=recall,
        misplaced=_misplaced(labelled),
        corrections=_corrections(scored),
        errors={kind: kinds[kind] for kind in ErrorKind},
        silent=Ratio(sum(mistake.silent for mistake in found), len(found)),
        flagged=Ratio(sum(cell.flagged for cell in values), len(values)),
        flag_recall=Ratio(sum(told), len(told)),
        places={place: places[place] for place in Place},
        fields=_by(_FIELDS, labelled, [cell.field for cell in labelled]),
        groups=_by([str(group) for group in Group], labelled, [str(cell.group) for cell in labelled]),
    )


_FIELDS = (*FIELDS, HALF, *(f"indicators.{field}" for field in ROW_FIELDS))


def _right(cells: Iterable[CellOutcome]) -> Ratio:
    right = [cell.right for cell in cells]
    return Ratio(sum(right), len(right))


def _row_figures(scored: Iterable[CellOutcome]) -> tuple[Ratio, Ratio]:
    """Return precision and recall of rows. A row is known by its half, the cell that every row has."""
    right: defaultdict[tuple[str, int, str], bool] = defaultdict(lambda: True)
    read = 0
    for cell in scored:
        if not cell.field.startswith("indicators."):
            continue
        if cell.gold_path:
            right[(*cell.declaration, row_path(cell.gold_path))] &= cell.right
        read += cell.field == HALF and cell.path != ""
    count = sum(right.values())
    return Ratio(count, read), Ratio(count, len(right))


def _misplaced(labelled: Iterable[CellOutcome]) -> int:
    """Count the rows to move so that the rows read in their own half stand in the label's order."""
    halves: defaultdict[tuple[str, int, str | None], list[tuple[int, int]]] = defaultdict(list)
    for cell in labelled:
        if cell.field == HALF and cell.right:
            halves[(*cell.declaration, cell.gold)].append((_number(cell.gold_path), _number(cell.path)))
    return sum(moves([read for _, read in sorted(rows)]) for rows in halves.values())


def _number(path: str) -> int:
    return int(path.split(".")[1])


def _corrections(scored: Iterable[CellOutcome]) -> Corrections:
    right = substituted = added = deleted = 0
    for cell in scored:
        if cell.gold is not None and cell.right:
            right += 1
        elif cell.gold is not None and cell.read is not None:
            substituted += 1
        elif cell.gold is not None:
            added += 1
        elif cell.read is not None:
            deleted += 1
    return Corrections(right, substituted, added, deleted)


def _by(names: Iterable[str], cells: Iterable[CellOutcome], keys: Iterable[str]) -> tuple[FieldScore, ...]:
    found: dict[str, list[CellOutcome]] = {name: [] for name in names}
    for cell, key in zip(cells, keys, strict=True):
        found[key].append(cell)
    return tuple(_field_score(name, of_name) for name, of_name in found.items())


def _field_score(name: str, cells: Sequence[CellOutcome]) -> FieldScore:
    return FieldScore(
        field=name,
        filled=_right(cell for cell in cells if not cell.empty),
        empty=_right(cell for cell in cells if cell.empty),
        flagged=sum(cell.flagged for cell in cells),
        silent=sum(cell.silent for cell in cells),
    )


def _share(ratio: Ratio, of_nothing: float) -> float:
    return of_nothing if ratio.value is None else ratio.value
