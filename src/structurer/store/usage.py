"""What was used: the journal's rows added up by run and model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import case, func, select

from structurer.store.attempts import Outcome
from structurer.store.tables import ATTEMPT, MODEL_RUN

if TYPE_CHECKING:
    from sqlalchemy import Row

    from structurer.store.database import Store


@dataclass(frozen=True, slots=True)
class UsageRow:
    """What one model did for one run.

    ``requests`` are all attempts, each either one of ``answered`` or one of ``failures`` (a truncated answer
    is a failure). ``hits`` are questions that the journal answered without a request. ``cost`` is in
    nano-dollars; ``estimated`` is the part of it that was assumed. ``run`` is ``None``, and ``label`` empty,
    for requests that belong to no run.
    """

    run: str | None
    label: str
    model: str
    requests: int
    answered: int
    hits: int
    failures: int
    input_tokens: int
    output_tokens: int
    cost: int
    estimated: int


_RUNS = select(MODEL_RUN.c.id, MODEL_RUN.c.label, MODEL_RUN.c.model, MODEL_RUN.c.hits).order_by(
    MODEL_RUN.c.created_at, MODEL_RUN.c.id
)
_USAGE = select(
    ATTEMPT.c.run_id,
    ATTEMPT.c.model,
    func.count().label("requests"),
    func.sum(case((ATTEMPT.c.outcome == Outcome.ANSWERED.value, 1), else_=0)).label("answered"),
    func.sum(ATTEMPT.c.input_tokens).label("input_tokens"),
    func.sum(ATTEMPT.c.output_tokens).label("output_tokens"),
    func.sum(ATTEMPT.c.cost).label("cost"),
    func.sum(case((ATTEMPT.c.estimated, ATTEMPT.c.cost), else_=0)).label("estimated"),
).group_by(ATTEMPT.c.run_id, ATTEMPT.c.model)


def usage_rows(store: Store) -> list[UsageRow]:
    """Return what each run used of each model, oldest run first; what belongs to no run comes last."""
    attempts: dict[tuple[str | None, str], Row[Any]] = {
        (row.run_id, row.model): row for row in store.rows(_USAGE)
    }
    rows: list[UsageRow] = []
    for run in store.rows(_RUNS):
        # A run that was answered from the journal alone has no attempts, and its row all the same.
        models = {run.model} | {model for owner, model in attempts if owner == run.id}
        for model in sorted(models):
            # Hits are counted for the run, which is opened for one model.
            hits = run.hits if model == run.model else 0
            rows.append(_row(run.id, run.label, model, hits, attempts.get((run.id, model))))
    rest = sorted(model for owner, model in attempts if owner is None)
    return rows + [_row(None, "", model, 0, attempts[None, model]) for model in rest]


def _row(run: str | None, label: str, model: str, hits: int, used: Row[Any] | None) -> UsageRow:
    if used is None:
        return UsageRow(run, label, model, 0, 0, hits, 0, 0, 0, 0, 0)
    return UsageRow(
        run=run,
        label=label,
        model=model,
        requests=used.requests,
        answered=int(used.answered),
        hits=hits,
        failures=used.requests - int(used.answered),
        # PostgreSQL adds integers up to decimals.
        input_tokens=int(used.input_tokens),
        output_tokens=int(used.output_tokens),
        cost=int(used.cost),
        estimated=int(used.estimated),
    )
