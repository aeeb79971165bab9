"""A filing's text, from wherever it comes, read as the settings say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from structurer.documents import document_from_bytes, read_document

if TYPE_CHECKING:
    from pathlib import Path

    from structurer.models import Document
    from structurer.settings import Settings


def read_file(path: Path | str, settings: Settings, name: str | None = None) -> Document:
    """Read a file's text. Raises ``DocumentError`` where that cannot be done."""
    return read_document(
        path,
        name=name,
        encoding=settings.encoding,
        errors=settings.encoding_errors,
        max_bytes=settings.max_bytes,
    )


def read_bytes(data: bytes, settings: Settings, name: str) -> Document:
    """Read the text of a file's bytes. Raises ``DocumentError`` where that cannot be done."""
    return document_from_bytes(
        data,
        name,
        settings.encoding,
        errors=settings.encoding_errors,
        max_bytes=settings.max_bytes,
    )
