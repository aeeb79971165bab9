"""What became of each labelled value of a run: the one table that every figure is made of.

A run is kept as these rows and its head. Scores, comparisons, calibration, gates and reports read them and
nothing else, so an old run can be looked at again without structuring anything.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from structurer.groups import Group

if TYPE_CHECKING:
    from collections.abc import Mapping


class Place(StrEnum):
    """Whether the evidence of a value is where the value stands."""

    RIGHT = "right"
    WRONG = "wrong"
    MISSING = "missing"
    """The value has no evidence."""
    UNKNOWN = "unknown"
    """The label's value stands in several places, or in none, so nothing can be said."""


@dataclass(frozen=True, slots=True)
class CellOutcome:
    """One cell of a label, or one that a record has too many.

    ``gold_path`` is its place in the label, empty for what the label does not have; ``path`` its place in the
    record, empty for what was not read. ``field`` is the path itself or, in a row, ``indicators.name`` and
    the like. ``gold`` and ``read`` are the values as text, ``None`` where empty. ``error`` names the class of
    error (``wrong value``, ``wrong half``, ``wrong level``, ``wrong name``, ``wrong target``, ``target of
    another row``, ``missing row``, ``extra row``, ``extra record``, ``not read``), empty where right.
    ``uncertain`` cells count for flag recall only. ``failed`` says that the chunk gave no data. ``excerpt``
    is the line of the filing that the value, or else its neighbour, stands on.
    """

    filing: str
    ordinal: int
    gold_path: str
    path: str
    field: str
    group: Group
    gold: str | None
    read: str | None
    right: bool
    uncertain: bool
    flagged: bool
    failed: bool
    error: str
    confidence: float | None
    place: Place
    excerpt: str
    reasons: str = ""

    @property
    def declaration(self) -> tuple[str, int]:
        """The declaration that the cell belongs to: what statistics resample."""
        return self.filing, self.ordinal

    @property
    def scored(self) -> bool:
        """Whether the cell counts for accuracy."""
        return not self.uncertain

    @property
    def empty(self) -> bool:
        """Whether the form is empty there; reported apart, since empty cells are easy."""
        return self.gold is None

    @property
    def silent(self) -> bool:
        """Wrong, and nobody was told: the one error that users do not forgive."""
        return self.scored and not self.right and not self.flagged

    def as_dict(self) -> dict[str, Any]:
        """Return the cell as plain JSON values."""
        return asdict(self)


def cell_outcome(values: Mapping[str, Any]) -> CellOutcome:
    """Return the cell that ``as_dict`` made these values of."""
    return CellOutcome(**{**values, "group": Group(values["group"]), "place": Place(values["place"])})


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One evaluation: what was evaluated, on which gold, what it took, and every outcome.

    ``number`` is the store's, 0 before it is kept. ``at`` is ISO time in UTC. ``commit`` is the git commit of
    the program, ``dirty`` whether files were changed. ``gold`` is the hash of the labels and their filings,
    ``scoring`` the version of the normalisers and the matching. ``settings`` are those that can change a
    result, ``prompts`` the prompts with versions. ``cost`` is in US dollars as a decimal string, ``seconds``
    wall time.
    """

    number: int
    at: str
    structurer: str
    commit: str
    dirty: bool
    gold: str
    scoring: str
    schema_version: str
    engine: str
    model: str | None
    prompts: str
    settings: Mapping[str, Any]
    config: str
    declarations: int
    input_tokens: int
    output_tokens: int
    cost: str
    seconds: float
    label: str
    outcomes: tuple[CellOutcome, ...]
