"""Review: who may come in, what waits for a person, and what people decided.

    review_item (a record, by its key) ── review_task (one person's turn at it) ── decision
          │                                      │
          ├── doubt (what the program asks)      ├── probe (what it asks on top: checks of the review itself)
          ├── conflict (a later run differs)     └── draft (what is typed and not yet decided)
          └── reviewed (what exports give instead of what was read)

Decisions and the audit trail are added to, and never changed: the database itself refuses it.
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
)

from structurer.store.tables.base import METADATA, ORDERED

ACCOUNT = Table(
    "account",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("name", ORDERED, nullable=False),
    # The name as names are compared: two that look alike are not two people.
    Column("folded", Text, nullable=False, unique=True),
    Column("role", Text, nullable=False),
    # An Argon2 hash; none until the invitation is taken up.
    Column("password", Text),
    Column("active", Boolean, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    sqlite_autoincrement=True,
)

INVITATION = Table(
    "invitation",
    METADATA,
    # Of this and all other secrets only a hash is kept.
    Column("digest", Text, primary_key=True),
    Column("account_id", Integer, ForeignKey("account.id"), nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Index("invitation_account", "account_id"),
)

SESSION = Table(
    "session",
    METADATA,
    Column("digest", Text, primary_key=True),
    Column("account_id", Integer, ForeignKey("account.id"), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Index("session_account", "account_id"),
)

API_TOKEN = Table(
    "api_token",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("digest", Text, nullable=False, unique=True),
    Column("account_id", Integer, ForeignKey("account.id"), nullable=False),
    Column("label", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Index("api_token_account", "account_id"),
    sqlite_autoincrement=True,
)

FAILED_LOGIN = Table(
    "failed_login",
    METADATA,
    Column("id", Integer, primary_key=True),
    # A hash of the name that was tried, or of the address that it was tried from.
    Column("who", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Index("failed_login_who", "who", "at"),
)

AUDIT_ENTRY = Table(
    "audit_entry",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("who", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("about", Text, nullable=False),
    Index("audit_entry_at", "at"),
    sqlite_autoincrement=True,
)

UPLOAD = Table(
    "upload",
    METADATA,
    Column("id", Integer, primary_key=True),
    # The name that its sender gave it, and the name of ours that its bytes are kept under.
    Column("name", Text, nullable=False),
    Column("kept_as", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("account_id", Integer, ForeignKey("account.id"), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("problem", Text),
    Column("run_id", Integer, ForeignKey("run.id")),
    Index("upload_state", "state", "id"),
    sqlite_autoincrement=True,
)

REVIEW_ITEM = Table(
    "review_item",
    METADATA,
    Column("id", Integer, primary_key=True),
    # The record's own id, the same in every run.
    Column("key", Text, nullable=False, unique=True),
    # The reading that people work on.
    Column("record_id", Integer, ForeignKey("record.id"), nullable=False),
    # What the queue shows and filters by.
    Column("filing", ORDERED, nullable=False),
    Column("ordinal", Integer, nullable=False),
    Column("department", ORDERED, nullable=False),
    Column("title", Text, nullable=False),
    Column("engine", Text, nullable=False),
    Index("review_item_record", "record_id"),
    Index("review_item_filing", "filing"),
    Index("review_item_department", "department"),
    sqlite_autoincrement=True,
)

DOUBT = Table(
    "doubt",
    METADATA,
    Column("item_id", Integer, ForeignKey("review_item.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("path", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("group", Text, nullable=False),
    Index("doubt_code", "code", "item_id"),
    Index("doubt_group", "group", "item_id"),
)

REVIEW_TASK = Table(
    "review_task",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("item_id", Integer, ForeignKey("review_item.id"), nullable=False),
    Column("round", Text, nullable=False),
    # Counts from 1: a record may be curated and audited more than once.
    Column("turn", Integer, nullable=False),
    Column("state", Text, nullable=False),
    # Broken arithmetic first, then the expected cost of error in millionths; the larger, the sooner.
    Column("rank", BigInteger, nullable=False),
    Column("holder_id", Integer, ForeignKey("account.id")),
    Column("lease_until", BigInteger, nullable=False),
    # How many decisions there are: what a decision was made on.
    Column("version", Integer, nullable=False),
    Column("opened_at", BigInteger, nullable=False),
    Column("finished_by", Integer, ForeignKey("account.id")),
    Column("finished_at", BigInteger),
    UniqueConstraint("item_id", "round", "turn"),
    Index("review_task_queue", "state", "rank", "id"),
    Index("review_task_round", "state", "round", "item_id"),
    Index("review_task_holder", "holder_id", "state"),
    Index("review_task_finished", "finished_by", "finished_at"),
    sqlite_autoincrement=True,
)

DECISION = Table(
    "decision",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("task_id", Integer, ForeignKey("review_task.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("account_id", Integer, ForeignKey("account.id"), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("milliseconds", BigInteger, nullable=False),
    # The changes, as JSON; of an undo or redo, the decision that it is about.
    Column("ops", Text, nullable=False),
    Column("of", Integer),
    UniqueConstraint("task_id", "number"),
    Index("decision_account", "account_id", "at"),
    sqlite_autoincrement=True,
)

DRAFT = Table(
    "draft",
    METADATA,
    Column("task_id", Integer, ForeignKey("review_task.id"), primary_key=True),
    Column("account_id", Integer, ForeignKey("account.id"), primary_key=True),
    Column("body", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
)

PROBE = Table(
    "probe",
    METADATA,
    Column("task_id", Integer, ForeignKey("review_task.id"), primary_key=True),
    Column("address", Text, primary_key=True),
    # ``planted``: a value made wrong on purpose; ``audit``: one that was drawn to be looked at.
    Column("kind", Text, nullable=False),
    # JSON: the value that is shown, and the one that was read.
    Column("shown", Text, nullable=False),
    Column("truth", Text, nullable=False),
)

REVIEWED = Table(
    "reviewed",
    METADATA,
    Column("key", Text, primary_key=True),
    Column("item_id", Integer, ForeignKey("review_item.id"), nullable=False),
    Column("task_id", Integer, ForeignKey("review_task.id"), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("body", LargeBinary, nullable=False),
)
"""What people made of a record. The decisions behind it are kept; this is their fold, for exports."""

CONFLICT = Table(
    "conflict",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("item_id", Integer, ForeignKey("review_item.id"), nullable=False),
    # The later reading, which differs where a person decided.
    Column("record_id", Integer, ForeignKey("record.id"), nullable=False),
    Column("state", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    UniqueConstraint("item_id", "record_id"),
    Index("conflict_state", "state", "item_id"),
    sqlite_autoincrement=True,
)

INTAKE = Table(
    "intake",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("record_id", Integer, nullable=False),
)
"""One row: the newest record that was looked at for what people should see."""
