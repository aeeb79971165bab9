"""Submitted batches: which file of requests became which batch on which server, and how far it is.

A row is written before the server is asked to create the batch, and its id as soon as there is one. So after
a crash at any moment it is known what may run on a server: nothing is submitted twice, no result is
forgotten. The answers themselves go into the journal, each under its request's key.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, select, update

from structurer.store.database import inserted
from structurer.store.tables import BATCH

if TYPE_CHECKING:
    from structurer.store.database import Store

UPLOADED = "uploaded"
"""The requests are on the server; whether the batch was created is not known yet."""

FINISHED = ("collected", "failed")
"""Nothing more is to come: all results are in the journal, or the server refused the whole file."""


@dataclass(frozen=True, slots=True)
class Batch:
    """One submitted batch.

    ``number`` is the store's, ``batch_id`` the server's, ``None`` until it is known. ``requests`` is the name
    of the file of requests and ``sha256`` the hash of its bytes. ``reservation`` is the number of the money
    set aside for it, if any was. ``prices`` are dollars for a million tokens of input and of output, before
    what a batch takes off; ``None`` where nobody knew them. ``status`` is ``UPLOADED``, the server's last
    word (``in_progress``, ``expired``, …), or one of ``FINISHED``. ``created_at`` is in UTC.
    """

    number: int
    run: str | None
    server: str
    model: str
    requests: str
    sha256: str
    input_file_id: str
    reservation: int | None
    prices: tuple[Decimal, Decimal] | None
    batch_id: str | None
    status: str
    created_at: datetime


_OPEN = select(BATCH).where(BATCH.c.status.not_in(FINISHED)).order_by(BATCH.c.id)
_SET_BATCH_ID = update(BATCH).where(BATCH.c.id == bindparam("number")).values(batch_id=bindparam("given"))
_SET_STATUS = update(BATCH).where(BATCH.c.id == bindparam("number")).values(status=bindparam("told"))


class Batches:
    """The batches in one store. Raises ``StoreError`` where the database fails."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add(
        self,
        run: str | None,
        server: str,
        model: str,
        requests: str,
        sha256: str,
        input_file_id: str,
        reservation: int | None = None,
        prices: tuple[Decimal, Decimal] | None = None,
    ) -> int:
        """Write down a batch that is about to be created, and return its number."""
        price_input, price_output = (None, None) if prices is None else map(str, prices)
        row = {
            "run_id": run,
            "server": server,
            "model": model,
            "requests": requests,
            "sha256": sha256,
            "input_file_id": input_file_id,
            "reservation_id": reservation,
            "price_input": price_input,
            "price_output": price_output,
            "status": UPLOADED,
            "created_at": time.time_ns() // 1_000_000,
        }
        with self._store.writing() as connection:
            return inserted(connection, BATCH, row)

    def set_batch_id(self, number: int, batch_id: str) -> None:
        """Write down the id that the server gave."""
        with self._store.writing() as connection:
            changed = connection.execute(_SET_BATCH_ID, {"number": number, "given": batch_id})
            _found(number, changed.rowcount)

    def set_status(self, number: int, status: str) -> None:
        """Write down how far a batch is. One of ``FINISHED`` takes it out of ``open``."""
        with self._store.writing() as connection:
            changed = connection.execute(_SET_STATUS, {"number": number, "told": status})
            _found(number, changed.rowcount)

    def open(self) -> list[Batch]:
        """Return the batches that are not finished, oldest first."""
        return [
            Batch(
                number=row.id,
                run=row.run_id,
                server=row.server,
                model=row.model,
                requests=row.requests,
                sha256=row.sha256,
                input_file_id=row.input_file_id,
                reservation=row.reservation_id,
                prices=_prices(row.price_input, row.price_output),
                batch_id=row.batch_id,
                status=row.status,
                created_at=datetime.fromtimestamp(row.created_at / 1000, UTC),
            )
            for row in self._store.rows(_OPEN)
        ]


def _found(number: int, rows: int) -> None:
    if not rows:
        raise LookupError(f"there is no batch {number}")


def _prices(given: str | None, made: str | None) -> tuple[Decimal, Decimal] | None:
    return None if given is None or made is None else (Decimal(given), Decimal(made))
