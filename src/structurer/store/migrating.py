"""Migrations up and down. Alembic is slow to import: import this only where there is a need to migrate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError

if TYPE_CHECKING:
    from sqlalchemy import Connection


def upgrade(connection: Connection, revision: str = "head") -> None:
    """Bring the schema up to a revision, in the connection's transaction."""
    command.upgrade(_config(connection), revision)


def downgrade(connection: Connection, revision: str = "base") -> None:
    """Take the schema back to a revision, in the connection's transaction. What newer tables held is lost."""
    command.downgrade(_config(connection), revision)


def head() -> str | None:
    """Return the newest revision that this program knows."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def knows(revision: str) -> bool:
    """Say whether a revision is one of this program's."""
    try:
        return ScriptDirectory.from_config(_config()).get_revision(revision) is not None
    except CommandError:
        return False


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", "structurer.store:migrations")
    config.attributes["connection"] = connection
    return config
