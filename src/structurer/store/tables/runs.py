"""Runs, what they read, and what came of it; runs of the evaluation.

How the tables of runs hang together:

    run ── filing (a name) ──▶ work_item (a content, once a run) ──▶ result ── chunk ── record ── flag
                                   │                                   │
                                   └─▶ document (bytes, by hash) ◀─────┘

A result belongs to a content and a recipe (settings and program), not to a run: what is read alike is read
once, whatever run or name it came by, and other settings make other results beside it.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    false,
)

from structurer.store.tables.base import METADATA, ORDERED

EVALUATION = Table(
    "evaluation",
    METADATA,
    Column("id", Integer, primary_key=True),
    # What runs are looked up by; the head has them too.
    Column("engine", Text, nullable=False),
    Column("model", Text),
    Column("gold", Text, nullable=False),
    Column("head", Text, nullable=False),
    Column("figures", Text, nullable=False),
    Column("outcomes", LargeBinary, nullable=False),
    sqlite_autoincrement=True,
)
"""Runs of the evaluation. Rows are added, and never changed or taken away."""

RUN = Table(
    "run",
    METADATA,
    Column("id", Integer, primary_key=True),
    # The hash of what makes it this run: its inputs and its recipe.
    Column("key", Text, nullable=False, unique=True),
    Column("recipe", Text, nullable=False),
    # Of these, JSON: the paths as they were given, made absolute; the settings that can change a result.
    Column("inputs", Text, nullable=False),
    Column("settings", Text, nullable=False),
    Column("config", Text, nullable=False),
    Column("engine", Text, nullable=False),
    Column("model", Text),
    # The model's server, as it was given the last time: what asks again must not ask another.
    Column("server", Text),
    Column("structurer", Text, nullable=False),
    # How often the inputs were looked through, when that was last done to the end, and who is at it now.
    Column("plan", Integer, nullable=False),
    Column("planned_at", BigInteger),
    Column("planner_id", Integer),
    Column("created_at", BigInteger, nullable=False),
    sqlite_autoincrement=True,
)

RUNNER = Table(
    "runner",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("run_id", Integer, ForeignKey("run.id"), nullable=False),
    # Which machine, and which process there: one that is known to be dead need not be waited for.
    Column("machine", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Index("runner_run", "run_id"),
    # A number is never given twice: what a dead runner had must not seem another's.
    sqlite_autoincrement=True,
)
"""Processes at work on a run. Its lease on all that it has in hand is one row, renewed by one update."""

DOCUMENT = Table(
    "document",
    METADATA,
    Column("sha256", Text, primary_key=True),
    Column("size", BigInteger, nullable=False),
)

DOCUMENT_TEXT = Table(
    "document_text",
    METADATA,
    Column("digest", Text, primary_key=True),
    Column("body", LargeBinary, nullable=False),
)
"""Decoded texts, by the hash of their UTF-8: the same bytes read by another encoding are another text."""

WORK_ITEM = Table(
    "work_item",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("run_id", Integer, ForeignKey("run.id"), nullable=False),
    Column("sha256", Text, ForeignKey("document.sha256"), nullable=False),
    Column("media_type", Text, nullable=False),
    Column("state", Text, nullable=False),
    # Who has it in hand; nobody while it waits or is settled.
    Column("runner_id", Integer),
    Column("attempts", Integer, nullable=False),
    Column("error", Text),
    Column("problem", Text),
    Column("result_id", Integer, ForeignKey("result.id")),
    # Whether it is read again although there is a result: what came of it then takes the place of that.
    Column("again", Boolean, nullable=False, server_default=false()),
    UniqueConstraint("run_id", "sha256", "media_type"),
    Index("work_item_next", "run_id", "state", "runner_id", "attempts", "id"),
    Index("work_item_result", "result_id"),
)

FILING = Table(
    "filing",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("run_id", Integer, ForeignKey("run.id"), nullable=False),
    # The bytes of its absolute path: file names need not be text.
    Column("path", LargeBinary, nullable=False),
    Column("name", ORDERED, nullable=False),
    Column("size", BigInteger),
    Column("modified", BigInteger),
    # The plan of the run that saw it last.
    Column("plan", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("error", Text),
    Column("problem", Text),
    Column("item_id", Integer, ForeignKey("work_item.id")),
    # The path first: a file is also looked for in other runs.
    UniqueConstraint("path", "run_id"),
    Index("filing_name", "run_id", "name"),
    Index("filing_item", "item_id", "name"),
)

RESULT = Table(
    "result",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("sha256", Text, ForeignKey("document.sha256"), nullable=False),
    Column("media_type", Text, nullable=False),
    Column("recipe", Text, nullable=False),
    Column("encoding", Text, nullable=False),
    Column("pages", Integer, nullable=False),
    Column("text_digest", Text, ForeignKey("document_text.digest"), nullable=False),
    Column("declarations", Integer, nullable=False),
    Column("flagged", Integer, nullable=False),
    Column("residue_lines", Integer, nullable=False),
    # JSON: text that belongs to no project; what a model had to do with it.
    Column("residue", Text, nullable=False),
    Column("model_share", Text),
    Column("made_at", BigInteger, nullable=False),
    UniqueConstraint("sha256", "media_type", "recipe"),
)

CHUNK = Table(
    "chunk",
    METADATA,
    Column("result_id", Integer, ForeignKey("result.id"), primary_key=True),
    Column("ordinal", Integer, primary_key=True),
    Column("start", Integer, nullable=False),
    Column("end", Integer, nullable=False),
)

RECORD = Table(
    "record",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("result_id", Integer, ForeignKey("result.id"), nullable=False),
    Column("ordinal", Integer, nullable=False),
    # Versions count from 1; rows are added and never changed, but for which of them is the latest.
    Column("version", Integer, nullable=False),
    Column("latest", Boolean, nullable=False),
    # The record's own id, the same in every run.
    Column("key", Text, nullable=False),
    Column("status", Text, nullable=False),
    # Whether the project could not be structured: the record says why, and has no data.
    Column("failed", Boolean, nullable=False),
    Column("body", LargeBinary, nullable=False),
    UniqueConstraint("result_id", "ordinal", "version"),
    Index("record_key", "key"),
)

FLAG = Table(
    "flag",
    METADATA,
    Column("record_id", Integer, ForeignKey("record.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("path", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("severity", Text, nullable=False),
)
"""What is doubtful, to be counted and searched; what a flag says in words is in the record's body."""
