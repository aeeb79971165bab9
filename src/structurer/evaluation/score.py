"""The figures: sums over all comparisons, and the bars that they are held against.

- Cells that the form leaves empty are counted apart in each field's accuracy, so that a form with
  many empty cells does not lift it.
- Row **precision** is over the rows that were read, without those that an uncertain row absorbed;
  **recall** over the rows that the labels are sure of.
- **Flagged share** is over the labels' certain values: what a reviewer is asked to look at. Rows that
  should not be there are not in it, so inventing rows cannot thin it out; nor is the half of a row,
  which no cell prints.
- **Flag recall** is over the rows and fields that the labels mark uncertain.
- Figures are over the labels given and say nothing of how far they would move on others: values of
  one declaration stand and fall together, so an interval must be by declaration.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from structurer.evaluation.cells import FIELDS, ROW_FIELDS
from structurer.evaluation.compare import ErrorKind, compare, unlabelled

if TYPE_CHECKING:
    from collections.abc import Iterable

    from structurer.evaluation.compare import Comparison, Doubt, Error, Value
    from structurer.evaluation.gold import GoldLabel
    from structurer.models import Record

_HALF = "indicators.scope"


class Ratio(NamedTuple):
    """A share with what it is a share of."""

    part: int
    whole: int

    @property
    def value(self) -> float | None:
        """The share, or ``None`` of nothing."""
        return self.part / self.whole if self.whole else None


@dataclass(frozen=True, slots=True)
class FieldScore:
    """One field over all labels: filled cells right, empty cells right, flagged, wrong without a flag."""

    field: str
    filled: Ratio
    empty: Ratio
    flagged: int
    silent: int


@dataclass(frozen=True, slots=True)
class Goal:
    """A bar that the records must reach, what was measured, and whether they do."""

    name: str
    bar: str
    measured: Ratio
    met: bool


@dataclass(frozen=True)
class Score:
    """All comparisons, ordered by filing and ordinal, and the figures that follow from them."""

    comparisons: tuple[Comparison, ...]

    @cached_property
    def values(self) -> tuple[Value, ...]:
        """The outcomes of all certain values."""
        return tuple(value for comparison in self.comparisons for value in comparison.values)

    @cached_property
    def errors(self) -> tuple[Error, ...]:
        """All errors, by filing and ordinal, fields first."""
        return tuple(error for comparison in self.comparisons for error in comparison.errors)

    @cached_property
    def doubts(self) -> tuple[Doubt, ...]:
        """Everything that the labels mark uncertain."""
        return tuple(doubt for comparison in self.comparisons for doubt in comparison.doubts)

    @property
    def silent(self) -> Ratio:
        """The errors that nobody was told of."""
        return Ratio(sum(error.silent for error in self.errors), len(self.errors))

    @property
    def declarations(self) -> Ratio:
        """Labels whose record has no error at all, uncertain places left out."""
        labelled = [comparison for comparison in self.comparisons if comparison.labelled]
        return Ratio(sum(not comparison.errors for comparison in labelled), len(labelled))

    @property
    def scalars(self) -> Ratio:
        """Scalar and funding fields right."""
        fields = [value for value in self.values if value.field == value.path]
        return Ratio(sum(value.right for value in fields), len(fields))

    @property
    def flagged(self) -> Ratio:
        """Certain values under an extraction flag."""
        values = [value for value in self.values if value.field != _HALF]
        return Ratio(sum(value.flagged for value in values), len(values))

    @property
    def flag_recall(self) -> Ratio:
        """Uncertain rows and fields under an extraction flag."""
        return Ratio(sum(doubt.flagged for doubt in self.doubts), len(self.doubts))

    @property
    def precision(self) -> Ratio:
        """Rows read that are strictly right."""
        return Ratio(self._rows_right, self._rows_read)

    @property
    def recall(self) -> Ratio:
        """Certain rows of the labels that were read strictly right."""
        return Ratio(self._rows_right, self._rows_gold)

    @property
    def f1(self) -> Ratio:
        """Harmonic mean of row precision and recall: 2 · right / (gold + read)."""
        return Ratio(2 * self._rows_right, self._rows_gold + self._rows_read)

    @property
    def misplaced(self) -> int:
        """Rows to move so that each half stands in the label's order."""
        return sum(comparison.rows.misplaced for comparison in self.comparisons)

    @property
    def error_counts(self) -> dict[ErrorKind, int]:
        """How many errors there are of each kind, zeros included."""
        counts = Counter(error.kind for error in self.errors)
        return {kind: counts[kind] for kind in ErrorKind}

    @property
    def fields(self) -> tuple[FieldScore, ...]:
        """The figures of each field in the form's order; the rows' values come last."""
        names = (*FIELDS, _HALF, *(f"indicators.{field}" for field in ROW_FIELDS))
        groups: dict[str, list[Value]] = {name: [] for name in names}
        for value in self.values:
            groups[value.field].append(value)
        return tuple(_field_score(name, values) for name, values in groups.items())

    @property
    def goals(self) -> tuple[Goal, ...]:
        """The bars that a release must reach. A bar on nothing is met."""
        return (
            Goal("scalar and funding fields right", "all", self.scalars, _share(self.scalars, 1.0) >= 1.0),
            Goal("strict row F1", "≥ 0.99", self.f1, _share(self.f1, 1.0) >= 0.99),
            Goal("silent errors", "none", self.silent, self.silent.part == 0),
            Goal(
                "uncertain rows and fields flagged",
                "≥ 90%",
                self.flag_recall,
                _share(self.flag_recall, 1.0) >= 0.9,
            ),
            Goal("other values flagged", "≤ 5%", self.flagged, _share(self.flagged, 0.0) <= 0.05),
        )

    @property
    def _rows_gold(self) -> int:
        return sum(comparison.rows.gold for comparison in self.comparisons)

    @property
    def _rows_read(self) -> int:
        return sum(comparison.rows.read for comparison in self.comparisons)

    @property
    def _rows_right(self) -> int:
        return sum(comparison.rows.right for comparison in self.comparisons)


def score(labels: Iterable[GoldLabel], records: Iterable[Record]) -> Score:
    """Compare records with labels by filing and ordinal, in whatever order they come.

    Records of filings that have no label at all are left out; in a labelled filing a record without a
    label is one too many. Raises ``ValueError`` when two labels, or two records, are of one project.
    """
    gold = _unique(((label.filing, label.ordinal), label) for label in labels)
    filings = {filing for filing, _ in gold}
    read = _unique(
        ((record.document.name, record.chunk.ordinal), record)
        for record in records
        if record.document.name in filings
    )
    compared = [compare(label, read.get(key)) for key, label in gold.items()]
    compared += [unlabelled(record) for key, record in read.items() if key not in gold]
    return Score(tuple(sorted(compared, key=lambda comparison: (comparison.filing, comparison.ordinal))))


def _field_score(name: str, values: list[Value]) -> FieldScore:
    filled = [value.right for value in values if not value.empty]
    empty = [value.right for value in values if value.empty]
    return FieldScore(
        field=name,
        filled=Ratio(sum(filled), len(filled)),
        empty=Ratio(sum(empty), len(empty)),
        flagged=sum(value.flagged for value in values),
        silent=sum(not value.right and not value.flagged for value in values),
    )


def _share(ratio: Ratio, of_nothing: float) -> float:
    return of_nothing if ratio.value is None else ratio.value


_T = TypeVar("_T")


def _unique(items: Iterable[tuple[tuple[str, int], _T]]) -> dict[tuple[str, int], _T]:
    found: dict[tuple[str, int], _T] = {}
    for key, item in items:
        if key in found:
            raise ValueError(f"project {key[1]} of {key[0]} is there twice; give each project once")
        found[key] = item
    return found
