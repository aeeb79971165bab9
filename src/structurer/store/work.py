"""Work items: one for each content of a run, taken in hand by a runner and settled once.

Any number of runners may work on one run. An item is taken by one update, which on PostgreSQL steps over
what others are just taking (``SKIP LOCKED``), and settled in one transaction with its records, by who has it
in hand and nobody else. So each is done once, whoever dies in between.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import bindparam, exists, func, or_, select, true, update

from structurer.store.database import now
from structurer.store.results import NewResult, write_results
from structurer.store.states import Sight, State
from structurer.store.tables import FILING, RECORD, RUNNER, WORK_ITEM

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from structurer.store.database import Store


class Claimed(NamedTuple):
    """An item in hand: its number, and a file to read it from by name and path (bytes), with its hash."""

    item: int
    name: str
    path: bytes
    sha256: str


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an item could not be read: the class of the error, and what is wrong in words."""

    error: str
    problem: str


class Open(NamedTuple):
    """How many items wait for a runner, and how many are in the hands of other runners."""

    waiting: int
    in_other_hands: int


# A table of its own (a CTE): PostgreSQL might otherwise look for the next items more than once.
_NEXT = (
    select(WORK_ITEM.c.id)
    .where(
        WORK_ITEM.c.run_id == bindparam("run"),
        WORK_ITEM.c.state == State.PENDING,
        WORK_ITEM.c.runner_id.is_(None),
    )
    # What was tried before comes last: it may be what its runner died of.
    .order_by(WORK_ITEM.c.attempts, WORK_ITEM.c.id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
    .cte("next_items")
)
_CLAIM = (
    update(WORK_ITEM)
    .where(WORK_ITEM.c.id.in_(select(_NEXT.c.id)))
    .values(runner_id=bindparam("me"), attempts=WORK_ITEM.c.attempts + 1)
    .returning(WORK_ITEM.c.id, WORK_ITEM.c.sha256)
)
_PLACES = (
    select(FILING.c.item_id, FILING.c.name, FILING.c.path)
    .where(FILING.c.item_id.in_(bindparam("items", expanding=True)), FILING.c.state == Sight.FOUND)
    .order_by(FILING.c.item_id, FILING.c.name, FILING.c.id)
)
_IN_HAND = (
    select(WORK_ITEM.c.id, WORK_ITEM.c.again)
    .where(
        WORK_ITEM.c.id.in_(bindparam("items", expanding=True)),
        WORK_ITEM.c.runner_id == bindparam("me"),
        WORK_ITEM.c.state == State.PENDING,
    )
    .order_by(WORK_ITEM.c.id)
    .with_for_update()
)
_SETTLE = (
    update(WORK_ITEM)
    .where(WORK_ITEM.c.id == bindparam("item"))
    .values(
        state=bindparam("becomes"),
        runner_id=None,
        error=bindparam("because"),
        problem=bindparam("in_words"),
        result_id=bindparam("gave"),
        again=False,
    )
)
_RELEASE = (
    update(WORK_ITEM)
    .where(WORK_ITEM.c.id == bindparam("item"), WORK_ITEM.c.runner_id == bindparam("me"))
    .values(runner_id=None, attempts=WORK_ITEM.c.attempts - 1)
)
_FREE = (
    update(WORK_ITEM)
    .where(
        WORK_ITEM.c.run_id == bindparam("run"),
        WORK_ITEM.c.state == State.PENDING,
        WORK_ITEM.c.runner_id.is_not(None),
        ~exists().where(RUNNER.c.id == WORK_ITEM.c.runner_id, RUNNER.c.expires_at > now()),
    )
    .values(runner_id=None)
)
_OPEN = (
    select(
        func.count().filter(WORK_ITEM.c.runner_id.is_(None)).label("waiting"),
        func.count().filter(WORK_ITEM.c.runner_id != bindparam("me")).label("in_other_hands"),
    )
    .select_from(WORK_ITEM)
    .where(WORK_ITEM.c.run_id == bindparam("run"), WORK_ITEM.c.state == State.PENDING)
)
_RETRY = (
    update(WORK_ITEM)
    .where(
        WORK_ITEM.c.run_id == bindparam("run"),
        or_(
            WORK_ITEM.c.state == State.FAILED,
            (WORK_ITEM.c.state == State.DONE)
            & exists().where(RECORD.c.result_id == WORK_ITEM.c.result_id, RECORD.c.latest, RECORD.c.failed),
        ),
    )
    .values(state=State.PENDING, runner_id=None, attempts=0, error=None, problem=None, again=true())
)


def retry_failed(store: Store, run: int) -> int:
    """Let what failed in a run be tried again: filings, and filings with projects; return how many."""
    with store.writing() as connection:
        return connection.execute(_RETRY, {"run": run}).rowcount


class Work:
    """The work items of one run, as the runner ``me`` deals with them.

    Raises ``StoreError`` where the database fails.
    """

    def __init__(self, store: Store, run: int, recipe: str, me: int) -> None:
        self._store = store
        self._run = run
        self._recipe = recipe
        self._me = me

    def claim(self, most: int) -> list[Claimed]:
        """Take up to so many items in hand, in the order in which they were found."""
        with self._store.writing() as connection:
            mine = {"run": self._run, "me": self._me, "most": most}
            contents = {row.id: row.sha256 for row in connection.execute(_CLAIM, mine)}
            places: dict[int, tuple[str, bytes]] = {}
            if contents:
                for row in connection.execute(_PLACES, {"items": sorted(contents)}):
                    places.setdefault(row.item_id, (row.name, row.path))
        return [Claimed(item, *place, contents[item]) for item, place in sorted(places.items())]

    def settle(self, outcomes: Sequence[tuple[int, NewResult | Failure]]) -> set[int]:
        """Write down what came of items, records and all, in one transaction; return the items' numbers.

        An item that is no longer in hand is left out: another runner has it, or has settled it.
        """
        settled = dict(outcomes)
        if not settled:
            return set()
        with self._store.writing() as connection:
            in_hand = connection.execute(_IN_HAND, {"items": sorted(settled), "me": self._me}).all()
            mine = [(item, settled[item], again) for item, again in in_hand]
            made = [(outcome, again) for _item, outcome, again in mine if isinstance(outcome, NewResult)]
            numbers = write_results(connection, self._recipe, made)
            changes = []
            for item, outcome, _again in mine:
                if isinstance(outcome, Failure):
                    changes.append(_change(item, State.FAILED, outcome.error, outcome.problem))
                else:
                    number = numbers[outcome.sha256, outcome.media_type]
                    changes.append(_change(item, State.DONE, result=number))
            if changes:
                connection.execute(_SETTLE, changes)
        return {item for item, _outcome, _again in mine}

    def release(self, items: Iterable[int]) -> None:
        """Put items back that were not begun, or whose reading was given up."""
        rows = [{"item": item, "me": self._me} for item in items]
        if rows:
            with self._store.writing() as connection:
                connection.execute(_RELEASE, rows)

    def free_the_lost(self) -> None:
        """Take out of the hands of runners that are no more what they had."""
        with self._store.writing() as connection:
            connection.execute(_FREE, {"run": self._run})

    def open(self) -> Open:
        """Return how much is left to do that is not in hand here."""
        (row,) = self._store.rows(_OPEN, {"run": self._run, "me": self._me})
        return Open(row.waiting, row.in_other_hands)


def _change(
    item: int,
    state: State,
    error: str | None = None,
    problem: str | None = None,
    *,
    result: int | None = None,
) -> dict[str, object]:
    return {"item": item, "becomes": state, "because": error, "in_words": problem, "gave": result}
