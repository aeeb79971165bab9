"""Which reader reads a file: a table of formats, one backend each.

A backend takes the file's bytes and gives its text. To read one more format, write a module with
one such function and add a row. What is known but not read yet is named in the error.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePath
from typing import NamedTuple

from structurer.documents.decoding import Decoded, ErrorsMode, decode
from structurer.errors import UnsupportedFormatError

Backend = Callable[[bytes, str, str | None, ErrorsMode], Decoded]
"""``(data, name, encoding, errors)`` to text; raises ``DocumentError``."""


class Format(NamedTuple):
    """A format that is read: how its files are called, and what reads them."""

    media_type: str
    extensions: tuple[str, ...]
    backend: Backend


PLAIN_TEXT = Format("text/plain", (".txt", ".text"), decode)

FORMATS: tuple[Format, ...] = (
    PLAIN_TEXT,
    # Its bar tables are cut into cells with all other lines, so Markdown needs no reader of its own.
    Format("text/markdown", (".md", ".markdown"), decode),
)

READABLE_EXTENSIONS = frozenset(extension for format_ in FORMATS for extension in format_.extensions)
"""Extensions, in lower case, of the files that are read when a folder is given."""

_UNREAD_MAGIC = (
    (b"%PDF-", "PDF"),
    (b"PK\x03\x04", "a zip archive or Office file (DOCX, XLSX)"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office file (DOC, XLS, WPS)"),
    (b"{\\rtf", "RTF"),
    (b"\x89PNG\r\n\x1a\n", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"II*\0", "a TIFF image"),
    (b"MM\0*", "a TIFF image"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
)


def format_of(data: bytes, name: str) -> Format:
    """Return the format of a file from its first bytes and its name; plain text where neither tells.

    Raises ``UnsupportedFormatError`` for bytes of a format that nothing reads yet.
    """
    for magic, label in _UNREAD_MAGIC:
        if data.startswith(magic):
            raise UnsupportedFormatError(name, f"is {label}, which is not read yet; convert it to text first")
    return by_name(name)


def by_name(name: str) -> Format:
    """Return the format that a file's name stands for; plain text where it says nothing."""
    extension = PurePath(name).suffix.lower()
    return next((known for known in FORMATS if extension in known.extensions), PLAIN_TEXT)
