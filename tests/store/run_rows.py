"""Runs as tests put them into a store: what plans find, what contents give, who works at them."""

from __future__ import annotations

import hashlib
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import delete, insert, select, text

from commands import until
from structurer.store import (
    Claimed,
    FilingRow,
    Filings,
    NewFlag,
    NewRecord,
    NewResult,
    Runs,
    RunSpec,
    Sight,
    Store,
    Work,
)
from structurer.store.packing import packed, packed_json, unpacked_json
from structurer.store.tables import FILING, WORK_ITEM

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from multiprocessing.connection import Connection

    from sqlalchemy import Table

_T = TypeVar("_T")

FLAG = NewFlag("name", "empty", "missing", "high")


def spec(key: str = "run", recipe: str = "recipe") -> RunSpec:
    """Return what makes a run; runs of one recipe share their results."""
    return RunSpec(key, recipe, ("/data",), {"engine": "layout"}, "c0", "layout", None, None, "0.1.0")


@dataclass(frozen=True, slots=True)
class Site:
    """A runner at a run, and what it does there."""

    store: Store
    run: int
    me: int
    filings: Filings
    work: Work

    def finds(self, *rows: FilingRow, unchanged: Sequence[int] = ()) -> int:
        """Look through the inputs from beginning to end; return the plan's number."""
        plan = self.begin()
        self.filings.put(plan, rows, unchanged)
        self.end(plan)
        return plan

    def begin(self) -> int:
        plan = Runs(self.store).begin_plan(self.run, self.me)
        assert plan is not None
        return plan

    def end(self, plan: int) -> None:
        self.filings.sweep(plan)
        Runs(self.store).end_plan(self.run, self.me, complete=True)

    def reads(self, **given: NewResult) -> list[Claimed]:
        """Take all that waits in hand and settle it; contents give one record where nothing else is said."""
        known = {result.sha256: result for result in given.values()}
        claimed = self.work.claim(1000)
        outcomes = [(one.item, known.get(one.sha256) or _plain(one.sha256)) for one in claimed]
        assert self.work.settle(outcomes) == {one.item for one in claimed}
        return claimed

    def states(self) -> dict[str, str]:
        """Return what became of the content behind each name that is still there."""
        query = (
            select(FILING.c.name, WORK_ITEM.c.state)
            .join(WORK_ITEM, WORK_ITEM.c.id == FILING.c.item_id)
            .where(FILING.c.run_id == self.run, FILING.c.state == Sight.FOUND)
        )
        return {row.name: row.state for row in self.store.rows(query)}


def site(store: Store, key: str = "run", recipe: str = "recipe", lease: float = 600) -> Site:
    """Enter a run, which is begun where there is none."""
    run = Runs(store).open(spec(key, recipe)).number
    me = Runs(store).enter(run, lease)
    return Site(store, run, me, Filings(store, run, recipe), Work(store, run, recipe, me))


def digest(content: str) -> str:
    return hashlib.sha256(content.encode()).hexdigest()


def file(name: str, content: str | None = None, path: bytes | None = None, modified: int = 7) -> FilingRow:
    """Return the sight of a file; content and path are made of the name where they are not said."""
    content = name if content is None else content
    path = b"/data/" + name.encode() if path is None else path
    return FilingRow(path, name, Sight.FOUND, len(content), modified, digest(content), "text/plain")


def passed_over(name: str, path: bytes | None = None, kind: str = ".pdf file") -> FilingRow:
    path = b"/data/" + name.encode() if path is None else path
    return FilingRow(path, name, Sight.SKIPPED, error="PassedOver", problem=kind)


def unreadable(name: str, path: bytes | None = None, problem: str = "no permission") -> FilingRow:
    path = b"/data/" + name.encode() if path is None else path
    return FilingRow(path, name, Sight.FAILED, error="UnreadableDocumentError", problem=problem)


def record(body: object, *flags: NewFlag, failed: bool = False) -> NewRecord:
    status = "flagged" if flags or failed else "accepted"
    return NewRecord("key of " + str(body), status, failed, flags, packed_json(body))


def gave(content: str, *records: NewRecord, text: str | None = None) -> NewResult:
    """Return what a content gives: the records that are said, or one."""
    return _gave(digest(content), content if text is None else text, records or (record(content),))


def _plain(sha256: str) -> NewResult:
    return _gave(sha256, sha256, (record(sha256),))


def _gave(sha256: str, decoded: str, records: tuple[NewRecord, ...]) -> NewResult:
    return NewResult(
        sha256=sha256,
        media_type="text/plain",
        encoding="gb18030",
        pages=1,
        text_digest=hashlib.sha256(decoded.encode("utf-8", "surrogatepass")).hexdigest(),
        text=packed(decoded),
        chunks=tuple((start, start + 1) for start in range(len(records))),
        records=records,
        residue_lines=0,
        residue="[]",
    )


def body(row: Any) -> Any:
    """Return what is in the body of a row that has one."""
    return None if row.body is None else unpacked_json(row.body)


def all_rows(store: Store, *tables: Table) -> dict[str, list[tuple[Any, ...]]]:
    """Return all that is in tables, in the order of their keys."""
    return {
        table.name: [tuple(row) for row in store.rows(select(table).order_by(*table.primary_key))]
        for table in tables
    }


def at_once(url: str, number: int, do: Callable[[Store, int], _T]) -> list[_T]:
    """Do something in so many threads at the same moment, each with a store of its own; return what came."""
    together = threading.Barrier(number)

    def one(place: int) -> _T:
        with Store.open(url) as store:
            together.wait(30)
            return do(store, place)

    with ThreadPoolExecutor(number) as threads:
        return list(threads.map(one, range(number)))


def stand_in_the_way(store: Store, together: threading.Barrier, table: Table, **row: object) -> None:
    """Be just inserting a row on PostgreSQL when two others begin, and take it back when both are stuck.

    Either of them needs the row, and has what came before it in its own order.
    """
    if store.dialect == "sqlite":
        together.wait(30)
        return
    same = (table.c[name] == value for name, value in row.items())
    stuck = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    with store.writing() as connection:
        connection.execute(insert(table), row)
        together.wait(30)
        until(lambda: len(store.rows(text(stuck))) == 2)
        connection.execute(delete(table).where(*same))


def enter_and_wait(url: str, run: int, told: Connection) -> None:
    """Enter a run as another process, take what there is, begin to look through the inputs, and wait."""
    with Store.open(url) as store:
        me = Runs(store).enter(run, 600)
        told.send((me, Runs(store).begin_plan(run, me), len(Work(store, run, "recipe", me).claim(10))))
        threading.Event().wait()
