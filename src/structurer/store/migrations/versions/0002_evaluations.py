"""The runs of the evaluation."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table of evaluations."""
    op.create_table(
        "evaluation",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("engine", sa.Text, nullable=False),
        sa.Column("model", sa.Text),
        sa.Column("gold", sa.Text, nullable=False),
        sa.Column("head", sa.Text, nullable=False),
        sa.Column("figures", sa.Text, nullable=False),
        sa.Column("outcomes", sa.LargeBinary, nullable=False),
        sqlite_autoincrement=True,
    )


def downgrade() -> None:
    """Drop the table of evaluations, with all that is in it."""
    op.drop_table("evaluation")
