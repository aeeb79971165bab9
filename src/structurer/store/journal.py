"""The journal of all requests to models: cache, resume point, ledger and budget in one.

A raw answer is written here before anybody reads it, with what it cost. So nothing that was paid for
is paid for again, whatever dies in between; and what was spent is known to the nano-dollar by all
processes of a run, now and after a restart.

Money is integer nano-dollars everywhere. ``spent + reserved`` of a run never shrinks by a crash and, as long
as no request costs more than was reserved for it, never passes the budget.
"""

from __future__ import annotations

import time
from dataclasses import fields
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import bindparam, delete, false, insert, or_, select, true, update

from structurer.store.attempts import Attempt, Outcome, Spent
from structurer.store.database import inserted, upsert
from structurer.store.packing import storable
from structurer.store.tables import ATTEMPT, DIALECT, MODEL_RUN, RESERVATION
from structurer.store.usage import UsageRow, usage_rows

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection

    from structurer.store.database import Store

__all__ = ["Attempt", "Journal", "Outcome", "Spent", "UsageRow"]

_FIELDS = tuple(field.name for field in fields(Attempt))
_RESERVED = ("run_id", "key", "model", "prompt", "amount", "expires_at")

# Statements are made once; SQLAlchemy then finds them compiled, which halves the cost of a request.
_FIND = (
    select(*(ATTEMPT.c[name] for name in _FIELDS))
    .where(
        ATTEMPT.c.key == bindparam("wanted"),
        ATTEMPT.c.outcome.in_([Outcome.ANSWERED.value, Outcome.TRUNCATED.value]),
        ATTEMPT.c.discarded == false(),
    )
    .order_by(ATTEMPT.c.id.desc())
    .limit(1)
)
_IN_A_BATCH = (
    select(ATTEMPT.c.outcome)
    .where(ATTEMPT.c.key == bindparam("wanted"), ATTEMPT.c.source == "batch")
    .order_by(ATTEMPT.c.id.desc())
    .limit(1)
)
_RESERVE = (
    update(MODEL_RUN)
    .where(
        MODEL_RUN.c.id == bindparam("run"),
        or_(
            MODEL_RUN.c.budget.is_(None),
            MODEL_RUN.c.spent + MODEL_RUN.c.reserved + bindparam("amount") <= MODEL_RUN.c.budget,
        ),
    )
    .values(reserved=MODEL_RUN.c.reserved + bindparam("amount"))
)
_INSERT_ATTEMPT = insert(ATTEMPT)
_TAKE_RESERVATION = (
    delete(RESERVATION)
    .where(RESERVATION.c.id == bindparam("number"))
    .returning(RESERVATION.c.run_id, RESERVATION.c.amount)
)
_TAKE_LOST = (
    delete(ATTEMPT)
    .where(ATTEMPT.c.reservation_id == bindparam("number"))
    .returning(ATTEMPT.c.run_id, ATTEMPT.c.cost)
)
_TAKE_EXPIRED = delete(RESERVATION).where(RESERVATION.c.expires_at <= bindparam("now")).returning(RESERVATION)
_PAY = (
    update(MODEL_RUN)
    .where(MODEL_RUN.c.id == bindparam("run"))
    .values(
        spent=MODEL_RUN.c.spent + bindparam("cost"), reserved=MODEL_RUN.c.reserved - bindparam("released")
    )
)
_COUNT_HITS = (
    update(MODEL_RUN)
    .where(MODEL_RUN.c.id == bindparam("run"))
    .values(hits=MODEL_RUN.c.hits + bindparam("more"))
)
_DISCARD = update(ATTEMPT).where(ATTEMPT.c.key == bindparam("unwanted")).values(discarded=true())
_SPENT = select(MODEL_RUN.c.spent, MODEL_RUN.c.reserved, MODEL_RUN.c.budget).where(
    MODEL_RUN.c.id == bindparam("run")
)
_DIALECT = select(DIALECT.c.dialect).where(
    DIALECT.c.server == bindparam("at"), DIALECT.c.model == bindparam("of")
)


class Journal:
    """The journal in one store. Each call is one short transaction; none of them waits for a network.

    Calls that name a run raise ``LookupError`` for one that was never opened, and all raise ``StoreError``
    where the database fails.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def find(self, key: str) -> Attempt | None:
        """Return the newest answer to a request, whole or truncated; no failure, nothing discarded."""
        for row in self._store.rows(_FIND, {"wanted": key}):
            values = row._asdict()
            return Attempt(**values | {"outcome": Outcome(values["outcome"])})
        return None

    def refused_in_batch(self, key: str) -> bool:
        """Say whether the server, the last time that a batch asked, would not answer this very request."""
        rows = self._store.rows(_IN_A_BATCH, {"wanted": key})
        return any(row.outcome in (Outcome.REFUSED, Outcome.REJECTED) for row in rows)

    def record(self, attempt: Attempt, run: str | None, reservation: int | None = None) -> None:
        """Write down what came of a request: its row, its cost, the end of its reservation; all or nothing.

        With a reservation, the run is the one that reserved. A reservation that was given up as lost is
        corrected: the true attempt takes the place of the assumed one.
        """
        with self._store.writing() as connection:
            hold = None if reservation is None else _take(connection, reservation)
            if hold is not None:
                _pay(connection, hold.run, attempt.cost - hold.spent, hold.reserved)
            elif run is not None:
                _pay(connection, run, attempt.cost, 0)
            connection.execute(_INSERT_ATTEMPT, _row(attempt, run if hold is None else hold.run))

    def discard(self, keys: Iterable[str]) -> None:
        """Never again serve the answers that these requests have now: in the end they were of no use."""
        unwanted = [{"unwanted": key} for key in sorted(set(keys))]
        if unwanted:
            with self._store.writing() as connection:
                connection.execute(_DISCARD, unwanted)

    def open_run(self, run: str, label: str, model: str, budget: int | None) -> None:
        """Begin a run, or go on with it under a new budget: what it spent stays spent.

        Reservations of any run that expired become lost attempts, and count as spent in full.
        """
        with self._store.writing() as connection:
            _lose_expired(connection)
        row = {"id": run, "label": label, "model": model, "budget": budget}
        fresh = {"spent": 0, "reserved": 0, "hits": 0, "created_at": _now()}
        with self._store.writing() as connection:
            upsert(connection, MODEL_RUN, row | fresh, ("label", "model", "budget"))

    def reserve(self, run: str, key: str, amount: int, seconds: float, model: str, prompt: str) -> int | None:
        """Set ``amount`` aside for a request; return the reservation's number, ``None`` if it does not fit.

        The budget is checked and charged by one statement, so any number of processes may reserve at once.
        After ``seconds`` without ``record`` or ``release`` the request counts as lost.
        """
        with self._store.writing() as connection:
            if connection.execute(_RESERVE, {"run": run, "amount": amount}).rowcount:
                row = (run, key, model, prompt, amount, _now() + int(seconds * 1000))
                return inserted(connection, RESERVATION, dict(zip(_RESERVED, row, strict=True)))
        self.spent(run)
        return None

    def release(self, reservation: int) -> None:
        """End a reservation for which nothing was sent."""
        with self._store.writing() as connection:
            hold = _take(connection, reservation)
            if hold is not None:
                _pay(connection, hold.run, -hold.spent, hold.reserved)

    def count_hits(self, run: str, hits: int) -> None:
        """Add to the number of questions of a run that the journal answered."""
        with self._store.writing() as connection:
            _found(run, connection.execute(_COUNT_HITS, {"run": run, "more": hits}).rowcount)

    def spent(self, run: str) -> Spent:
        """Return where a run's money stands."""
        rows = self._store.rows(_SPENT, {"run": run})
        _found(run, len(rows))
        return Spent(rows[0].spent, rows[0].reserved, rows[0].budget)

    def usage(self) -> list[UsageRow]:
        """Return what each run used of each model, oldest run first; what belongs to no run comes last."""
        return usage_rows(self._store)

    def dialect(self, server: str, model: str) -> str | None:
        """Return the JSON that was kept of how to speak to a server's model."""
        for (kept,) in self._store.rows(_DIALECT, {"at": server, "of": model}):
            return str(kept)
        return None

    def keep_dialect(self, server: str, model: str, dialect_json: str) -> None:
        """Keep how to speak to a server's model, in place of what was kept before."""
        with self._store.writing() as connection:
            upsert(
                connection, DIALECT, {"server": server, "model": model, "dialect": dialect_json}, ("dialect",)
            )


class _Hold(NamedTuple):
    """What a reservation counts for in its run: reserved money or, once given up as lost, spent money."""

    run: str
    spent: int
    reserved: int


def _take(connection: Connection, reservation: int) -> _Hold | None:
    """End a reservation and return what it held, if it was not ended before."""
    # Reservations before runs, here as in ``_lose_expired``: else two writers could wait for each other.
    for run, amount in connection.execute(_TAKE_RESERVATION, {"number": reservation}).all():
        return _Hold(run, 0, amount)
    for run, cost in connection.execute(_TAKE_LOST, {"number": reservation}).all():
        return _Hold(run, cost, 0)
    return None


def _pay(connection: Connection, run: str, cost: int, released: int) -> None:
    values = {"run": run, "cost": cost, "released": released}
    _found(run, connection.execute(_PAY, values).rowcount)


def _found(run: str, rows: int) -> None:
    if not rows:
        raise LookupError(f"run {run} was never opened in this journal")


def _lose_expired(connection: Connection) -> None:
    """Turn reservations that nobody settled in time into attempts that cost all that was reserved."""
    expired = connection.execute(_TAKE_EXPIRED, {"now": _now()}).all()
    for held in sorted(expired, key=lambda held: (held.run_id, held.id)):
        _pay(connection, held.run_id, held.amount, held.amount)
        lost = Attempt(
            key=held.key,
            outcome=Outcome.LOST,
            model=held.model,
            prompt=held.prompt,
            input_tokens=0,
            output_tokens=0,
            cost=held.amount,
            estimated=True,
            latency_ms=0,
            status=None,
            detail="its worker ended before it wrote down an answer; all that was reserved counts as spent",
            response=None,
            source="online",
        )
        connection.execute(_INSERT_ATTEMPT, _row(lost, held.run_id) | {"reservation_id": held.id})


def _row(attempt: Attempt, run: str | None) -> dict[str, Any]:
    row = {name: getattr(attempt, name) for name in _FIELDS}
    response = None if attempt.response is None else storable(attempt.response)
    row.update(outcome=attempt.outcome.value, detail=storable(attempt.detail), response=response)
    row.update(run_id=run, at=_now(), reservation_id=None)
    return row


def _now() -> int:
    """Return the time in milliseconds since 1970."""
    return time.time_ns() // 1_000_000
