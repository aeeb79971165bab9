"""Runs of the evaluation into the store and out of it again.

The store keeps plain JSON values and knows no evaluation; here these become run records. Nothing is ever
changed: a run that is scored again is another run.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from structurer.errors import StructurerError
from structurer.evaluation.outcomes import RunRecord, cell_outcome
from structurer.evaluation.totals import Totals, totals, totals_from
from structurer.store.evaluations import Evaluations

if TYPE_CHECKING:
    from structurer.store.database import Store
    from structurer.store.evaluations import Evaluation

_NOT_IN_HEAD = ("number", "outcomes")
_HEAD = tuple(field.name for field in fields(RunRecord) if field.name not in _NOT_IN_HEAD)


@dataclass(frozen=True, slots=True)
class KeptRun:
    """A run that is in the store, without its outcomes: what a list of runs shows.

    ``head`` is the run record with no outcomes; ``totals`` is what they come to.
    """

    head: RunRecord
    totals: Totals

    @property
    def number(self) -> int:
        """The store's number of the run."""
        return self.head.number


class UnknownRunError(StructurerError):
    """There is no such run in the store."""


def keep(store: Store, run: RunRecord) -> int:
    """Add a run to the store and return its number. The number that the run has is not looked at."""
    head = {name: getattr(run, name) for name in _HEAD}
    figures = totals(run.outcomes).as_dict()
    return Evaluations(store).add(head, figures, [cell.as_dict() for cell in run.outcomes])


def kept_run(store: Store, number: int) -> RunRecord:
    """Return a whole run, with its outcomes. Raises ``UnknownRunError``."""
    evaluations = Evaluations(store)
    found = evaluations.get(number)
    if found is None:
        raise UnknownRunError(f"there is no evaluation {number}; structurer eval history lists them")
    outcomes = tuple(cell_outcome(values) for values in evaluations.outcomes(number))
    return RunRecord(number=number, **found.head, outcomes=outcomes)


def kept_runs(store: Store) -> tuple[KeptRun, ...]:
    """Return all runs in the order in which they were added, without their outcomes."""
    return tuple(_kept(found) for found in Evaluations(store).all())


def latest_run(
    store: Store, engine: str | None = None, model: str | None = None, gold: str | None = None
) -> KeptRun | None:
    """Return the last run that was added with the engine, model and gold asked for, ``None`` of none."""
    found = Evaluations(store).latest(engine, model, gold)
    return None if found is None else _kept(found)


def _kept(found: Evaluation) -> KeptRun:
    return KeptRun(RunRecord(number=found.number, **found.head, outcomes=()), totals_from(found.figures))
