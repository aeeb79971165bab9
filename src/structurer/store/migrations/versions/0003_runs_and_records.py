"""Runs, what they read, and what came of it."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_ORDERED = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Create the tables of runs, documents and records."""
    _create_runs()
    _create_results()
    _create_work()


def downgrade() -> None:
    """Drop them, with all that is in them."""
    tables = ("filing", "work_item", "flag", "record", "chunk", "result", "document_text", "document")
    for table in (*tables, "runner", "run"):
        op.drop_table(table)


def _create_runs() -> None:
    op.create_table(
        "run",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("key", sa.Text, nullable=False, unique=True),
        sa.Column("recipe", sa.Text, nullable=False),
        sa.Column("inputs", sa.Text, nullable=False),
        sa.Column("settings", sa.Text, nullable=False),
        sa.Column("config", sa.Text, nullable=False),
        sa.Column("engine", sa.Text, nullable=False),
        sa.Column("model", sa.Text),
        sa.Column("server", sa.Text),
        sa.Column("structurer", sa.Text, nullable=False),
        sa.Column("plan", sa.Integer, nullable=False),
        sa.Column("planned_at", sa.BigInteger),
        sa.Column("planner_id", sa.Integer),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "runner",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("run_id", sa.Integer, sa.ForeignKey("run.id"), nullable=False),
        sa.Column("machine", sa.Text, nullable=False),
        sa.Column("pid", sa.Integer, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("runner_run", "runner", ["run_id"])


def _create_results() -> None:
    op.create_table(
        "document",
        sa.Column("sha256", sa.Text, primary_key=True),
        sa.Column("size", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "document_text",
        sa.Column("digest", sa.Text, primary_key=True),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "result",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("sha256", sa.Text, sa.ForeignKey("document.sha256"), nullable=False),
        sa.Column("media_type", sa.Text, nullable=False),
        sa.Column("recipe", sa.Text, nullable=False),
        sa.Column("encoding", sa.Text, nullable=False),
        sa.Column("pages", sa.Integer, nullable=False),
        sa.Column("text_digest", sa.Text, sa.ForeignKey("document_text.digest"), nullable=False),
        sa.Column("declarations", sa.Integer, nullable=False),
        sa.Column("flagged", sa.Integer, nullable=False),
        sa.Column("residue_lines", sa.Integer, nullable=False),
        sa.Column("residue", sa.Text, nullable=False),
        sa.Column("model_share", sa.Text),
        sa.Column("made_at", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("sha256", "media_type", "recipe"),
    )
    op.create_table(
        "chunk",
        sa.Column("result_id", sa.Integer, sa.ForeignKey("result.id"), primary_key=True),
        sa.Column("ordinal", sa.Integer, primary_key=True),
        sa.Column("start", sa.Integer, nullable=False),
        sa.Column("end", sa.Integer, nullable=False),
    )
    op.create_table(
        "record",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("result_id", sa.Integer, sa.ForeignKey("result.id"), nullable=False),
        sa.Column("ordinal", sa.Integer, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("latest", sa.Boolean, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("failed", sa.Boolean, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.UniqueConstraint("result_id", "ordinal", "version"),
    )
    op.create_index("record_key", "record", ["key"])
    op.create_table(
        "flag",
        sa.Column("record_id", sa.Integer, sa.ForeignKey("record.id"), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("severity", sa.Text, nullable=False),
    )


def _create_work() -> None:
    op.create_table(
        "work_item",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("run_id", sa.Integer, sa.ForeignKey("run.id"), nullable=False),
        sa.Column("sha256", sa.Text, sa.ForeignKey("document.sha256"), nullable=False),
        sa.Column("media_type", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("runner_id", sa.Integer),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("error", sa.Text),
        sa.Column("problem", sa.Text),
        sa.Column("result_id", sa.Integer, sa.ForeignKey("result.id")),
        sa.Column("again", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.UniqueConstraint("run_id", "sha256", "media_type"),
    )
    op.create_index("work_item_next", "work_item", ["run_id", "state", "runner_id", "attempts", "id"])
    op.create_index("work_item_result", "work_item", ["result_id"])
    op.create_table(
        "filing",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("run_id", sa.Integer, sa.ForeignKey("run.id"), nullable=False),
        sa.Column("path", sa.LargeBinary, nullable=False),
        sa.Column("name", _ORDERED, nullable=False),
        sa.Column("size", sa.BigInteger),
        sa.Column("modified", sa.BigInteger),
        sa.Column("plan", sa.Integer, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("error", sa.Text),
        sa.Column("problem", sa.Text),
        sa.Column("item_id", sa.Integer, sa.ForeignKey("work_item.id")),
        sa.UniqueConstraint("path", "run_id"),
    )
    op.create_index("filing_name", "filing", ["run_id", "name"])
    op.create_index("filing_item", "filing", ["item_id", "name"])
