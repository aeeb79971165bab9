"""Runs as people look at them: where each stands, and what failed in it."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import and_, bindparam, func, or_, select

from structurer.store.counting import Counted, count
from structurer.store.runs import Runs
from structurer.store.states import Sight, State
from structurer.store.tables import FILING, RECORD, WORK_ITEM

if TYPE_CHECKING:
    from collections.abc import Generator

    from structurer.store.database import Store
    from structurer.store.runs import Run


class Standing(StrEnum):
    """Whether there is anything left to do in a run, and whether somebody does it."""

    COMPLETE = "complete"
    """Its inputs were looked through to the end, and all that they hold is settled."""
    UNFINISHED = "unfinished"
    AT_WORK = "at work"


class Overview(NamedTuple):
    """Where a run stands: how many filings and declarations, and how many processes are at work on it."""

    standing: Standing
    counted: Counted
    runners: int


class FailedName(NamedTuple):
    """A filing that could not be read, by its name, and why."""

    name: str
    problem: str


_ERROR = func.coalesce(FILING.c.error, WORK_ITEM.c.error)
_HAS_FAILED = or_(
    FILING.c.state == Sight.FAILED,
    and_(FILING.c.state == Sight.FOUND, WORK_ITEM.c.state == State.FAILED),
)
_KINDS = (
    select(_ERROR.label("error"), func.count().label("filings"))
    .select_from(FILING)
    .join(WORK_ITEM, WORK_ITEM.c.id == FILING.c.item_id, isouter=True)
    .where(FILING.c.run_id == bindparam("run"), _HAS_FAILED)
    .group_by(_ERROR)
)
_FAILURES = (
    select(FILING.c.name, func.coalesce(FILING.c.problem, WORK_ITEM.c.problem, "").label("problem"))
    .select_from(FILING)
    .join(WORK_ITEM, WORK_ITEM.c.id == FILING.c.item_id, isouter=True)
    .where(FILING.c.run_id == bindparam("run"), _HAS_FAILED, bindparam("because") == _ERROR)
    .order_by(FILING.c.name, FILING.c.id)
)
_FAILED_PROJECTS = (
    select(func.count())
    .select_from(RECORD)
    .join(WORK_ITEM, WORK_ITEM.c.result_id == RECORD.c.result_id)
    .where(
        WORK_ITEM.c.run_id == bindparam("run"),
        WORK_ITEM.c.state == State.DONE,
        RECORD.c.latest,
        RECORD.c.failed,
    )
)
_DUPLICATES = select(
    (func.count(FILING.c.item_id) - func.count(func.distinct(FILING.c.item_id))).label("duplicates")
).where(FILING.c.run_id == bindparam("run"), FILING.c.state == Sight.FOUND)


def overview(store: Store, run: Run) -> Overview:
    """Return where a run stands."""
    runs = Runs(store)
    counted = count(store, run.number)
    runners = runs.at_work(run.number)
    settled = run.planned and not any(runs.planning(run.number)) and not counted.pending
    unattended = Standing.COMPLETE if settled else Standing.UNFINISHED
    return Overview(Standing.AT_WORK if runners else unattended, counted, runners)


def failure_kinds(store: Store, run: int) -> list[tuple[str, int]]:
    """Return the classes of errors that filings of a run failed by, and how many of each; most first."""
    rows = [(row.error, row.filings) for row in store.rows(_KINDS, {"run": run})]
    # Put in order here: databases order text each in its own way.
    return sorted(rows, key=lambda row: (-row[1], row[0]))


def failures(store: Store, run: int, error: str) -> Generator[FailedName, None, None]:
    """Yield the filings that failed by one class of error, in the order of names; a few are in memory."""
    for row in store.stream(_FAILURES, {"run": run, "because": error}):
        yield FailedName(row.name, row.problem)


def failed_projects(store: Store, run: int) -> int:
    """Return how many projects could not be structured in filings that were read."""
    found: int = store.rows(_FAILED_PROJECTS, {"run": run})[0][0]
    return found


def duplicates(store: Store, run: int) -> int:
    """Return how many filings of a run have the same content as another, which stands for them."""
    found: int = store.rows(_DUPLICATES, {"run": run})[0][0]
    return found
