"""Runs in the store, and their results to take away."""

from __future__ import annotations

import os
from contextlib import closing
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi import Path as InPath
from fastapi.responses import HTMLResponse, StreamingResponse

from structurer.exports.formats import FORMATS
from structurer.review.exporting import exported
from structurer.review.web.access import Curator, StoreOf
from structurer.review.web.templating import page
from structurer.review.words import reason_in_words
from structurer.store import Runs, overview
from structurer.store.counting import flags_by_code
from structurer.store.review.trail import Trail
from structurer.store.review.uploads import Uploads
from structurer.store.standing import failed_projects, failure_kinds, failures

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from structurer.store import Overview, Run, Store
    from structurer.store.standing import FailedName

router = APIRouter()

_SHOWN = 50
"""Runs that are shown together; those before them are on another page."""

_FAILURES = 20
"""Filings that could not be read, of each kind of error, that are shown."""

_BYTES_AT_ONCE = 256 * 1024

Number = Annotated[int, InPath(ge=1, lt=2**31)]
Format = Literal["jsonl", "csv", "xlsx", "parquet"]


class RunRow(NamedTuple):
    """A run in the list: what it read, in short, and where it stands."""

    run: Run
    read: str
    seen: Overview


@router.get("/runs")
def show_all(
    request: Request,
    person: Curator,
    store: StoreOf,
    before: Annotated[int | None, Query(ge=1, lt=2**31)] = None,
) -> HTMLResponse:
    """Show the newest runs, or those before one of them."""
    older = [run for run in reversed(Runs(store).all()) if before is None or run.number < before]
    shown = older[:_SHOWN]
    more = shown[-1].number if len(older) > _SHOWN else None
    return page(request, "runs.html.jinja", person, rows=_rows(store, shown), more=more)


@router.get("/runs/{number}")
def show(request: Request, person: Curator, store: StoreOf, number: Number) -> HTMLResponse:
    """Show where one run stands, what failed in it, and what is doubtful."""
    run = _run(store, number)
    (row,) = _rows(store, [run])
    return page(
        request,
        "run.html.jinja",
        person,
        row=row,
        failed_projects=failed_projects(store, number),
        failures=[
            (kind, count, _failed(store, number, kind)) for kind, count in failure_kinds(store, number)
        ],
        flags=[(kind, reason_in_words(code), count) for kind, code, count in flags_by_code(store, number)],
        formats=tuple(FORMATS),
    )


@router.get("/runs/{number}/export")
def export(
    person: Curator, store: StoreOf, number: Number, wanted: Annotated[Format, Query(alias="format")]
) -> StreamingResponse:
    """Give the records of a run as a file to be saved."""
    made = exported(store, _run(store, number), wanted)
    Trail(store).note(person.name, "exported a run", f"{number} as {wanted}")
    headers = {
        "Content-Disposition": f'attachment; filename="{made.name}"',
        "Content-Length": str(made.size),
    }
    return StreamingResponse(_streamed(made.content), media_type=made.media_type, headers=headers)


def _run(store: Store, number: int) -> Run:
    run = Runs(store).get(number)
    if run is None:
        raise HTTPException(404, f"there is no run {number}")
    return run


def _rows(store: Store, runs: list[Run]) -> list[RunRow]:
    if not runs:
        return []
    numbers = [run.number for run in runs]
    uploads = Uploads(store).of_runs(min(numbers), max(numbers))
    return [RunRow(run, _read(run, uploads.get(run.number)), overview(store, run)) for run in runs]


def _read(run: Run, upload: str | None) -> str:
    """Return what a run read: the name of an upload, or the first of its inputs."""
    if upload is not None:
        return upload
    first, *others = run.spec.inputs or ("",)
    return f"{os.path.basename(first) or first}{f' and {len(others)} more' if others else ''}"


def _failed(store: Store, number: int, kind: str) -> list[FailedName]:
    with closing(failures(store, number, kind)) as found:
        return list(islice(found, _FAILURES))


def _streamed(content: BinaryIO) -> Iterator[bytes]:
    with content:
        while block := content.read(_BYTES_AT_ONCE):
            yield block
