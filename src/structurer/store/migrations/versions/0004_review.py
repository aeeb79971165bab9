"""Review: accounts, what waits for a person, and what people decided."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_ORDERED = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")

_ONLY_ADDED_TO = ("decision", "audit_entry")

_TABLES = (
    "account",
    "invitation",
    "session",
    "api_token",
    "failed_login",
    "audit_entry",
    "upload",
    "review_item",
    "doubt",
    "review_task",
    "decision",
    "draft",
    "probe",
    "reviewed",
    "conflict",
    "intake",
)


def upgrade() -> None:
    """Create the tables of review."""
    _create_accounts()
    _create_queue()
    _create_decisions()
    _refuse_changes()


def downgrade() -> None:
    """Drop them, with all that people decided."""
    for table in reversed(_TABLES):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION only_added_to")


def _create_accounts() -> None:
    op.create_table(
        "account",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", _ORDERED, nullable=False),
        sa.Column("folded", sa.Text, nullable=False, unique=True),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("password", sa.Text),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "invitation",
        sa.Column("digest", sa.Text, primary_key=True),
        sa.Column("account_id", sa.Integer, sa.ForeignKey("account.id"), nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
    )
    op.create_index("invitation_account", "invitation", ["account_id"])
    op.create_table(
        "session",
        sa.Column("digest", sa.Text, primary_key=True),
        sa.Column("account_id", sa.Integer, sa.ForeignKey("account.id"), nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
    )
    op.create_index("session_account", "session", ["account_id"])
    op.create_table(
        "api_token",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("digest", sa.Text, nullable=False, unique=True),
        sa.Column("account_id", sa.Integer, sa.ForeignKey("account.id"), nullable=False),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("api_token_account", "api_token", ["account_id"])
    op.create_table(
        "failed_login",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
    op.create_index("failed_login_who", "failed_login", ["who", "at"])
    op.create_table(
        "audit_entry",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("what", sa.Text, nullable=False),
        sa.Column("about", sa.Text, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("audit_entry_at", "audit_entry", ["at"])
    op.create_table(
        "upload",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("kept_as", sa.Text, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("account_id", sa.Integer, sa.ForeignKey("account.id"), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("problem", sa.Text),
        sa.Column("run_id", sa.Integer, sa.ForeignKey("run.id")),
        sqlite_autoincrement=True,
    )
    op.create_index("upload_state", "upload", ["state", "id"])


def _create_queue() -> None:
    op.create_table(
        "review_item",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("key", sa.Text, nullable=False, unique=True),
        sa.Column("record_id", sa.Integer, sa.ForeignKey("record.id"), nullable=False),
        sa.Column("filing", _ORDERED, nullable=False),
        sa.Column("ordinal", sa.Integer, nullable=False),
        sa.Column("department", _ORDERED, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("engine", sa.Text, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("review_item_department", "review_item", ["department"])
    op.create_index("review_item_filing", "review_item", ["filing"])
    op.create_index("review_item_record", "review_item", ["record_id"])
    op.create_table(
        "doubt",
        sa.Column("item_id", sa.Integer, sa.ForeignKey("review_item.id"), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("group", sa.Text, nullable=False),
    )
    op.create_index("doubt_code", "doubt", ["code", "item_id"])
    op.create_index("doubt_group", "doubt", ["group", "item_id"])
    op.create_table(
        "review_task",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("item_id", sa.Integer, sa.ForeignKey("review_item.id"), nullable=False),
        sa.Column("round", sa.Text, nullable=False),
        sa.Column("turn", sa.Integer, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("rank", sa.BigInteger, nullable=False),
        sa.Column("holder_id", sa.Integer, sa.ForeignKey("account.id")),
        sa.Column("lease_until", sa.BigInteger, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("opened_at", sa.BigInteger, nullable=False),
        sa.Column("finished_by", sa.Integer, sa.ForeignKey("account.id")),
        sa.Column("finished_at", sa.BigInteger),
        sa.UniqueConstraint("item_id", "round", "turn"),
        sqlite_autoincrement=True,
    )
    op.create_index("review_task_finished", "review_task", ["finished_by", "finished_at"])
    op.create_index("review_task_holder", "review_task", ["holder_id", "state"])
    op.create_index("review_task_round", "review_task", ["state", "round", "item_id"])
    op.create_index("review_task_queue", "review_task", ["state", "rank", "id"])


def _create_decisions() -> None:
    op.create_table(
        "decision",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("task_id", sa.Integer, sa.ForeignKey("review_task.id"), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("account_id", sa.Integer, sa.ForeignKey("account.id"), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("milliseconds", sa.BigInteger, nullable=False),
        sa.Column("ops", sa.Text, nullable=False),
        sa.Column("of", sa.Integer),
        sa.UniqueConstraint("task_id", "number"),
        sqlite_autoincrement=True,
    )
    op.create_index("decision_account", "decision", ["account_id", "at"])
    op.create_table(
        "draft",
        sa.Column("task_id", sa.Integer, sa.ForeignKey("review_task.id"), primary_key=True),
        sa.Column("account_id", sa.Integer, sa.ForeignKey("account.id"), primary_key=True),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "probe",
        sa.Column("task_id", sa.Integer, sa.ForeignKey("review_task.id"), primary_key=True),
        sa.Column("address", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("shown", sa.Text, nullable=False),
        sa.Column("truth", sa.Text, nullable=False),
    )
    op.create_table(
        "reviewed",
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("item_id", sa.Integer, sa.ForeignKey("review_item.id"), nullable=False),
        sa.Column("task_id", sa.Integer, sa.ForeignKey("review_task.id"), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "conflict",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("item_id", sa.Integer, sa.ForeignKey("review_item.id"), nullable=False),
        sa.Column("record_id", sa.Integer, sa.ForeignKey("record.id"), nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("item_id", "record_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("conflict_state", "conflict", ["state", "item_id"])
    op.create_table(
        "intake",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("record_id", sa.Integer, nullable=False),
    )


def _refuse_changes() -> None:
    """Let rows be added, and never changed or taken away."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION only_added_to() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION '% is only added to', TG_TABLE_NAME; END $$"
        )
        for table in _ONLY_ADDED_TO:
            op.execute(
                f"CREATE TRIGGER {table}_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION only_added_to()"
            )
        return
    for table in _ONLY_ADDED_TO:
        for change in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_stays_on_{change.lower()} BEFORE {change} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is only added to'); END"
            )
