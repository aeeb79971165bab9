"""Figures of review, made from what was decided: they can be thrown away and made again."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, Table, Text

from structurer.store.tables.base import METADATA

NOTED_TASK = Table(
    "noted_task",
    METADATA,
    Column("task_id", Integer, ForeignKey("review_task.id"), primary_key=True),
)
"""The finished tasks whose figures are there."""

FINDING = Table(
    "finding",
    METADATA,
    Column("task_id", Integer, ForeignKey("review_task.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("account_id", Integer, ForeignKey("account.id"), nullable=False),
    Column("round", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("address", Text, nullable=False),
    # ``doubt``, or the kind of the probe.
    Column("kind", Text, nullable=False),
    Column("group", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("said", Text, nullable=False),
    # In millionths.
    Column("confidence", Integer),
    # On the first finding of an address alone.
    Column("milliseconds", BigInteger),
    Index("finding_kind", "kind", "code", "group", "said"),
    Index("finding_account", "account_id", "group", "milliseconds"),
)

SECOND_READING = Table(
    "second_reading",
    METADATA,
    Column("task_id", Integer, ForeignKey("review_task.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("address", Text, nullable=False),
    Column("group", Text, nullable=False),
    # The two values, as JSON.
    Column("one", Text, nullable=False),
    Column("two", Text, nullable=False),
    Column("equal", Boolean, nullable=False),
)
