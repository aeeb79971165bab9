"""Runs, and their exports."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Self

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import StreamingResponse
from pydantic import Field

from structurer.exports.jsonl import record_line
from structurer.review.web.access import Curator, StoreOf
from structurer.review.web.api.answers import Answer, Behind, Limit, Number, errors, moment
from structurer.runs.results import StructuredFiling
from structurer.runs.stored import stored_results
from structurer.store import Run, Runs, Standing, overview

if TYPE_CHECKING:
    from collections.abc import Iterator

    from structurer.review.web.stores import Stores
    from structurer.store import Store

router = APIRouter(prefix="/runs", tags=["runs"])

LINES = "application/x-ndjson"
"""One JSON value a line."""


class RunAnswer(Answer):
    """A run: the same inputs read by the same settings and program are the same run, gone on with."""

    id: int
    engine: str = Field(examples=["layout"])
    model: str | None
    structurer: str = Field(description="The version of the program.")
    config: str = Field(description="The hash of the settings that can change results.")
    created_at: datetime

    @classmethod
    def of(cls, run: Run) -> Self:
        """Return a run as it is answered."""
        return cls(**_head(run))


class RunsPage(Answer):
    """Some runs, the newest first."""

    runs: list[RunAnswer]
    next: int | None = Field(description="To be sent as `after` for what follows; null at the end.")


class RunCounts(Answer):
    """How much there is in a run: filings by what became of them, declarations, those to be reviewed."""

    pending: int
    done: int
    failed: int
    skipped: int
    declarations: int
    flagged: int = Field(description="Declarations that were read with a doubt.")


class RunStanding(RunAnswer):
    """A run, and where it stands."""

    standing: Standing
    counts: RunCounts


@router.get("", operation_id="listRuns", summary="Runs", responses=errors())
def runs(_person: Curator, store: StoreOf, limit: Limit = 50, after: Behind = None) -> RunsPage:
    """List the runs of the store, the newest first."""
    found = [run for run in reversed(Runs(store).all()) if after is None or run.number < after]
    shown = found[:limit]
    more = shown[-1].number if len(found) > limit else None
    return RunsPage(runs=[RunAnswer.of(run) for run in shown], next=more)


@router.get("/{run}", operation_id="getRun", summary="A run, and where it stands", responses=errors(404))
def run(run: Number, _person: Curator, store: StoreOf) -> RunStanding:
    """Give a run, and how far it is."""
    found = _found(store, run)
    seen = overview(store, found)
    counts = RunCounts(**{name: getattr(seen.counted, name) for name in RunCounts.model_fields})
    return RunStanding(standing=seen.standing, counts=counts, **_head(found))


@router.get(
    "/{run}/records",
    operation_id="exportRun",
    summary="All records of a run, one JSON object a line",
    response_class=StreamingResponse,
    responses=errors(404)
    | {
        200: {
            "content": {LINES: {"schema": {"type": "string"}}},
            "description": "Records as the JSON Schema `record` describes them, those that were reviewed as "
            "people left them, in the order of the filings' names.",
        }
    },
)
def export(run: Number, request: Request, _person: Curator, store: StoreOf) -> StreamingResponse:
    """Give the records of a run, a few in memory at a time."""
    _found(store, run)
    return StreamingResponse(_lines(request.app.state.stores, run), media_type=LINES)


def _lines(stores: Stores, run: int) -> Iterator[bytes]:
    # The store of the request is given back before the answer is sent.
    with stores.lent() as store:
        for result in stored_results(store, run):
            if isinstance(result, StructuredFiling):
                for record in result.records:
                    yield record_line(record).encode("utf-8", "replace")


def _found(store: Store, run: int) -> Run:
    found = Runs(store).get(run)
    if found is None:
        raise HTTPException(404, f"there is no run {run}")
    return found


def _head(run: Run) -> dict[str, object]:
    spec = run.spec
    return {
        "id": run.number,
        "engine": spec.engine,
        "model": spec.model,
        "structurer": spec.structurer,
        "config": spec.config,
        "created_at": moment(run.created_at),
    }
