"""The filings of a run: every name that its inputs hold, and which content stands behind it.

A plan goes through the inputs and says of each name what it found. What the last plan did not see is gone:
it is kept, and no longer counts. Contents become work items here, once a run, however many names they have;
one that was read before by the same recipe, in whatever run, is done at once. Whoever is late with a plan,
when another has been begun in its place, writes nothing any more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, case, exists, func, select, update

from structurer.store.database import insert_new, insert_or_update
from structurer.store.states import Sight, State
from structurer.store.tables import DOCUMENT, FILING, RESULT, RUN, WORK_ITEM

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy import Connection

    from structurer.store.database import Store


@dataclass(frozen=True, slots=True)
class KnownFile:
    """What an earlier look at a place found, in this run (``filing`` is its number there) or another."""

    filing: int | None
    name: str
    size: int
    modified: int
    sha256: str


@dataclass(frozen=True, slots=True)
class FilingRow:
    """What a plan found at one place.

    ``path`` is the bytes of its absolute path. A found file has ``size`` (bytes), ``modified`` (nanoseconds
    since 1970), ``sha256`` and ``media_type``; anything else an ``error`` (a class) and a ``problem``.
    """

    path: bytes
    name: str
    sight: Sight
    size: int | None = None
    modified: int | None = None
    sha256: str | None = None
    media_type: str = ""
    error: str | None = None
    problem: str | None = None


_KNOWN = (
    select(
        FILING.c.run_id,
        FILING.c.id,
        FILING.c.path,
        FILING.c.name,
        FILING.c.size,
        FILING.c.modified,
        WORK_ITEM.c.sha256,
    )
    .join(WORK_ITEM, WORK_ITEM.c.id == FILING.c.item_id)
    .where(FILING.c.path.in_(bindparam("paths", expanding=True)), FILING.c.state == Sight.FOUND)
    .order_by(FILING.c.id)
)
# Held until what a plan found is written: none is begun in its place meanwhile.
_PLAN = select(RUN.c.plan).where(RUN.c.id == bindparam("run")).with_for_update(read=True)
_SEEN = update(FILING).where(FILING.c.id == bindparam("seen")).values(plan=bindparam("in_plan"))
_ITEMS = select(WORK_ITEM.c.id, WORK_ITEM.c.sha256, WORK_ITEM.c.media_type).where(
    WORK_ITEM.c.run_id == bindparam("run"), WORK_ITEM.c.sha256.in_(bindparam("contents", expanding=True))
)
_OF_BATCH = (
    WORK_ITEM.c.run_id == bindparam("run"),
    WORK_ITEM.c.sha256.in_(bindparam("contents", expanding=True)),
)
_WANTED_AGAIN = (
    update(WORK_ITEM)
    .where(*_OF_BATCH, WORK_ITEM.c.state == State.SKIPPED)
    .values(state=State.PENDING, error=None, problem=None)
)
_SAME_RESULT = (
    RESULT.c.sha256 == WORK_ITEM.c.sha256,
    RESULT.c.media_type == WORK_ITEM.c.media_type,
    RESULT.c.recipe == bindparam("recipe"),
)
_READ_BEFORE = (
    update(WORK_ITEM)
    .where(
        *_OF_BATCH,
        WORK_ITEM.c.state == State.PENDING,
        WORK_ITEM.c.runner_id.is_(None),
        ~WORK_ITEM.c.again,
        exists().where(*_SAME_RESULT),
    )
    .values(state=State.DONE, result_id=select(RESULT.c.id).where(*_SAME_RESULT).scalar_subquery())
)
_GONE = (
    update(FILING)
    .where(
        FILING.c.run_id == bindparam("run"),
        FILING.c.plan < bindparam("in_plan"),
        FILING.c.state != Sight.GONE,
    )
    .values(state=Sight.GONE)
)
_WANTED_BY_NOBODY = (
    update(WORK_ITEM)
    .where(
        WORK_ITEM.c.run_id == bindparam("run"),
        WORK_ITEM.c.state != State.SKIPPED,
        ~exists().where(FILING.c.item_id == WORK_ITEM.c.id, FILING.c.state == Sight.FOUND),
    )
    .values(state=State.SKIPPED, runner_id=None)
)


class Filings:
    """The filings of one run, as its plans find them. Raises ``StoreError`` where the database fails."""

    def __init__(self, store: Store, run: int, recipe: str) -> None:
        self._store = store
        self._run = run
        self._recipe = recipe

    def known(self, paths: Sequence[bytes]) -> dict[bytes, KnownFile]:
        """Return what is known of files at these places; what this run knows goes first."""
        found: dict[bytes, KnownFile] = {}
        for row in self._store.rows(_KNOWN, {"paths": list(paths)}):
            here = row.run_id == self._run
            known = found.get(row.path)
            if here or known is None or known.filing is None:
                number = row.id if here else None
                found[row.path] = KnownFile(number, row.name, row.size, row.modified, row.sha256)
        return found

    def put(self, plan: int, rows: Iterable[FilingRow], unchanged: Sequence[int] = ()) -> None:
        """Write down a stretch of a plan: what it found, and the filings that are as they were.

        Of two names for one place the longer one stays, which tells the most.
        """
        rows = list(rows)
        contents = sorted({row.sha256 for row in rows if row.sha256 is not None})
        with self._store.writing() as connection:
            if not self._is_under_way(connection, plan):
                return
            if unchanged:
                seen = [{"seen": number, "in_plan": plan} for number in unchanged]
                connection.execute(_SEEN, seen)
            items = self._items(connection, rows, contents) if contents else {}
            if rows:
                values = [self._values(row, plan, items) for row in rows]
                insert_or_update(connection, FILING, values, ("path", "run_id"), _replaced)

    def sweep(self, plan: int) -> None:
        """End a plan: what it did not see is gone, and contents that are nowhere any more do not count."""
        with self._store.writing() as connection:
            if self._is_under_way(connection, plan):
                connection.execute(_GONE, {"run": self._run, "in_plan": plan})
                connection.execute(_WANTED_BY_NOBODY, {"run": self._run})

    def _is_under_way(self, connection: Connection, plan: int) -> bool:
        """Return whether a plan is still the run's last."""
        return connection.execute(_PLAN, {"run": self._run}).scalar() == plan

    def _items(
        self, connection: Connection, rows: Sequence[FilingRow], contents: Sequence[str]
    ) -> dict[tuple[str, str], int]:
        """Return the work items of contents by hash and media type, made where there are none."""
        found = [row for row in rows if row.sha256 is not None]
        # In one order for all runs: on PostgreSQL they wait for each other's documents.
        sizes = sorted({(row.sha256, row.size) for row in found})
        insert_new(connection, DOCUMENT, [{"sha256": sha256, "size": size} for sha256, size in sizes])
        fresh = {"run_id": self._run, "state": State.PENDING, "attempts": 0}
        kinds = dict.fromkeys((row.sha256, row.media_type) for row in found)
        insert_new(
            connection, WORK_ITEM, [fresh | {"sha256": sha256, "media_type": kind} for sha256, kind in kinds]
        )
        batch = {"run": self._run, "contents": contents}
        connection.execute(_WANTED_AGAIN, batch)
        connection.execute(_READ_BEFORE, batch | {"recipe": self._recipe})
        return {(row.sha256, row.media_type): row.id for row in connection.execute(_ITEMS, batch)}

    def _values(self, row: FilingRow, plan: int, items: Mapping[tuple[str, str], int]) -> dict[str, Any]:
        return {
            "run_id": self._run,
            "path": row.path,
            "name": row.name,
            "size": row.size,
            "modified": row.modified,
            "plan": plan,
            "state": row.sight,
            "error": row.error,
            "problem": row.problem,
            "item_id": None if row.sha256 is None else items[row.sha256, row.media_type],
        }


def _replaced(new: Any) -> dict[str, Any]:
    """Return what a second sight of a place changes."""
    same_plan = FILING.c.plan == new.plan
    shorter = func.length(new.name) < func.length(FILING.c.name)
    # A file that a folder passes over may also be named, and then is read, or cannot be.
    passed_over = new.state == Sight.SKIPPED
    better = same_plan & (passed_over | (FILING.c.state == Sight.FOUND) & (new.state != Sight.FOUND))
    fields = ("size", "modified", "plan", "state", "error", "problem", "item_id")
    # In whichever plan: all plans of a run have the same names for a place, perhaps in another order.
    name = case((shorter, FILING.c.name), else_=new.name)
    return {"name": name} | {field: case((better, FILING.c[field]), else_=new[field]) for field in fields}
