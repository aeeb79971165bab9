"""A file, or bytes, to a document."""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from structurer.documents.decoding import ErrorsMode, refuse_control_characters
from structurer.documents.formats import format_of
from structurer.errors import DocumentTooLargeError, EmptyDocumentError, UnreadableDocumentError
from structurer.models import Document, Page

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_BYTES = 500 * 1024 * 1024
"""Largest file that is read unless the caller says otherwise."""


def read_document(
    source: Path | str,
    *,
    name: str | None = None,
    encoding: str | None = None,
    errors: ErrorsMode = "strict",
    max_bytes: int = MAX_BYTES,
) -> Document:
    """Read a file into a document.

    ``name`` is what the document is called, the file's own name when not given. ``encoding``
    overrides what would be found; ``errors="replace"`` accepts bytes that it does not know. Raises
    a ``DocumentError`` that says what is wrong with the file and what to do.
    """
    path = Path(source)
    shown = path.name if name is None else name
    data = _read_bytes(path, shown, max_bytes)
    return document_from_bytes(data, shown, encoding, errors=errors, max_bytes=max_bytes)


def document_from_bytes(
    data: bytes,
    name: str,
    encoding: str | None = None,
    *,
    errors: ErrorsMode = "strict",
    max_bytes: int = MAX_BYTES,
) -> Document:
    r"""Return the document that a file's bytes hold.

    Line ends become ``\n`` and a byte-order mark is dropped; nothing else of the text is changed,
    and all offsets count in this text. Raises as ``read_document`` does.
    """
    if len(data) > max_bytes:
        raise DocumentTooLargeError(name, _too_large(len(data), max_bytes))
    if not data:
        raise EmptyDocumentError(name, "is empty (0 bytes); nothing can be read from it")
    format_ = format_of(data, name)
    decoded = format_.backend(data, name, encoding, errors)
    refuse_control_characters(decoded.text, name)
    if not decoded.text.strip():
        raise EmptyDocumentError(name, "holds white space only; nothing can be read from it")
    text = decoded.text.replace("\r\n", "\n").replace("\r", "\n")
    return Document(
        name=name,
        sha256=hashlib.sha256(data).hexdigest(),
        text=text,
        encoding=decoded.encoding,
        pages=tuple(_pages(text)),
        media_type=format_.media_type,
    )


def _pages(text: str) -> Iterator[Page]:
    """Cut at form feeds, as ``pdftotext`` and line printers put them after each page."""
    start = 0
    for number, page in enumerate(text.removesuffix("\f").split("\f"), start=1):
        yield Page(number=number, start=start, end=start + len(page))
        start += len(page) + 1


def hash_file(path: Path, name: str, max_bytes: int) -> str:
    """Return the SHA-256 of a file's bytes, in hexadecimal, without holding them in memory.

    Raises ``DocumentError``, about ``name``, where the file cannot be opened or is too large.
    """
    _refuse_if_too_large(path, name, max_bytes)
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise UnreadableDocumentError(name, why_unreadable(path, error)) from error


def _read_bytes(path: Path, name: str, max_bytes: int) -> bytes:
    _refuse_if_too_large(path, name, max_bytes)
    try:
        return path.read_bytes()
    except OSError as error:
        raise UnreadableDocumentError(name, why_unreadable(path, error)) from error


def _refuse_if_too_large(path: Path, name: str, max_bytes: int) -> None:
    size = regular_file(path, name).st_size
    if size > max_bytes:
        raise DocumentTooLargeError(name, _too_large(size, max_bytes))


def regular_file(path: Path, name: str) -> os.stat_result:
    """Return the status of the file that a path leads to, also over links; it is not opened.

    Raises ``UnreadableDocumentError``, about ``name``, where it leads to no regular file.
    """
    try:
        status = path.stat()
    except OSError as error:
        raise UnreadableDocumentError(name, why_unreadable(path, error)) from error
    if stat.S_ISDIR(status.st_mode):
        raise UnreadableDocumentError(name, "is a folder, not a file; `structurer run` takes folders")
    if not stat.S_ISREG(status.st_mode):
        raise UnreadableDocumentError(name, "is no regular file; pipe it in and give - as the path")
    return status


def why_unreadable(path: Path, error: OSError) -> str:
    """Say what is wrong with a file or folder that the system refuses, and what to do."""
    if isinstance(error, FileNotFoundError):
        broken = os.path.islink(path)
        return f"{'is a link to a file that does not exist' if broken else 'does not exist'}; check the path"
    if isinstance(error, PermissionError):
        return "may not be read (permission denied); change its mode"
    return f"cannot be read: {error.strerror or error}"


def _too_large(size: int, max_bytes: int) -> str:
    return (
        f"has {size:,} bytes or more, over the limit of {max_bytes:,}; "
        "split it, or raise STRUCTURER_MAX_BYTES if it really is one filing"
    )
