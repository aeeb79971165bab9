"""What all tables share: where they are registered, and how text is put in order."""

from __future__ import annotations

from sqlalchemy import Column, MetaData, Table, Text

REVISION = "0005"
"""The migration that the tables are the result of."""

METADATA = MetaData()

ORDERED = Text().with_variant(Text(collation="C"), "postgresql")
"""Text that is put in order by its characters' numbers on every database, as Python does."""

VERSION = Table("alembic_version", MetaData(), Column("version_num", Text, primary_key=True))
"""Alembic's own table, outside ``METADATA``: read to see whether there is anything to migrate."""
