"""Requests to models: what was asked, answered and paid, and batches under way."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    false,
)

from structurer.store.tables.base import METADATA

MODEL_RUN = Table(
    "model_run",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("label", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("budget", BigInteger),
    Column("spent", BigInteger, nullable=False),
    Column("reserved", BigInteger, nullable=False),
    Column("hits", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
)

ATTEMPT = Table(
    "model_attempt",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("run_id", Text, ForeignKey("model_run.id")),
    Column("key", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("prompt", Text, nullable=False),
    Column("input_tokens", BigInteger, nullable=False),
    Column("output_tokens", BigInteger, nullable=False),
    Column("cost", BigInteger, nullable=False),
    Column("estimated", Boolean, nullable=False),
    Column("latency_ms", BigInteger, nullable=False),
    Column("status", Integer),
    Column("detail", Text, nullable=False),
    Column("response", Text),
    Column("source", Text, nullable=False),
    Column("discarded", Boolean, nullable=False, server_default=false()),
    # Of a lost attempt: the reservation that it was, so that a worker that was only late can correct it.
    Column("reservation_id", Integer),
    Index("model_attempt_key", "key"),
    Index("model_attempt_run", "run_id"),
    Index("model_attempt_reservation", "reservation_id"),
    # Nobody asks for an attempt's number, so no insert needs to return it.
    implicit_returning=False,
)

RESERVATION = Table(
    "model_reservation",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("run_id", Text, ForeignKey("model_run.id"), nullable=False),
    Column("key", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("prompt", Text, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    # A number is never given twice: a late worker must not settle another's reservation.
    sqlite_autoincrement=True,
)

DIALECT = Table(
    "model_dialect",
    METADATA,
    Column("server", Text, primary_key=True),
    Column("model", Text, primary_key=True),
    Column("dialect", Text, nullable=False),
)

BATCH = Table(
    "model_batch",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("run_id", Text, ForeignKey("model_run.id")),
    Column("server", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("requests", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("input_file_id", Text, nullable=False),
    # The money that is set aside for it, until it is collected.
    Column("reservation_id", Integer),
    # Dollars for a million tokens as they were given, in decimal digits; none where nobody knew them.
    Column("price_input", Text),
    Column("price_output", Text),
    Column("batch_id", Text),
    Column("status", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    sqlite_autoincrement=True,
)
