"""Figures of review: what became of each doubt, and what two people made of the same value."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables that statistics of review are made from."""
    op.create_table(
        "noted_task",
        sa.Column("task_id", sa.Integer, sa.ForeignKey("review_task.id"), primary_key=True),
    )
    op.create_table(
        "finding",
        sa.Column("task_id", sa.Integer, sa.ForeignKey("review_task.id"), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("account_id", sa.Integer, sa.ForeignKey("account.id"), nullable=False),
        sa.Column("round", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("group", sa.Text, nullable=False),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("said", sa.Text, nullable=False),
        sa.Column("confidence", sa.Integer),
        sa.Column("milliseconds", sa.BigInteger),
    )
    op.create_index("finding_kind", "finding", ["kind", "code", "group", "said"])
    op.create_index("finding_account", "finding", ["account_id", "group", "milliseconds"])
    op.create_table(
        "second_reading",
        sa.Column("task_id", sa.Integer, sa.ForeignKey("review_task.id"), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("group", sa.Text, nullable=False),
        sa.Column("one", sa.Text, nullable=False),
        sa.Column("two", sa.Text, nullable=False),
        sa.Column("equal", sa.Boolean, nullable=False),
    )


def downgrade() -> None:
    """Drop them; they can be made again from what was decided."""
    for table in ("second_reading", "finding", "noted_task"):
        op.drop_table(table)
