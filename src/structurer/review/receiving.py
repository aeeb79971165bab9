"""Taking filings in that people send: within limits, under names of our own, their names as data alone."""

from __future__ import annotations

import os
import secrets
import unicodedata
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from structurer.documents import READABLE_EXTENSIONS, document_from_bytes
from structurer.documents.formats import by_name
from structurer.errors import DocumentError, StructurerError
from structurer.store.review.trail import Trail
from structurer.store.review.uploads import Uploads

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import BinaryIO

    from structurer.settings import Settings
    from structurer.store import Store
    from structurer.store.review.accounts import Person

MOST_FILES = 20
"""Files that may be sent at once."""

MOST_BYTES = 10 * 1024 * 1024
"""Bytes that one of them may have."""

_LONGEST_NAME = 200

_READABLE = ", ".join(sorted(READABLE_EXTENSIONS))


class UploadError(StructurerError):
    """A file that was sent is not taken; the message says why and what to do."""


class Sent(NamedTuple):
    """A file as its sender names it, and its bytes."""

    name: str
    content: BinaryIO


class Received(NamedTuple):
    """What came of a file that was sent: the number of the upload or, where it was not taken, why."""

    name: str
    upload: int | None
    problem: str | None = None


class Reception:
    """Where one person's files are taken in: their bytes into a folder, all else into the store."""

    def __init__(self, store: Store, folder: Path, settings: Settings, person: Person) -> None:
        self._store = store
        self._folder = folder
        self._settings = settings
        self._person = person

    def receive(self, files: list[Sent]) -> tuple[Received, ...]:
        """Take files in, the good ones even where others are bad.

        Raises ``UploadError`` where there are too many, or none, and where they cannot be kept.
        """
        if not files:
            raise UploadError("no file was chosen; choose one or more")
        if len(files) > MOST_FILES:
            raise UploadError(f"{len(files)} files are too many at once; send at most {MOST_FILES}")
        return tuple(self._received(files))

    def _received(self, files: list[Sent]) -> Iterator[Received]:
        for sent in files:
            name = cleaned_name(sent.name)
            try:
                data = self._checked(name, sent.content)
            except DocumentError as error:
                yield Received(name, None, error.problem)
            else:
                kept_as = self._kept(data, by_name(name).extensions[0])
                number = Uploads(self._store).add(name, kept_as, len(data), self._person.id)
                Trail(self._store).note(self._person.name, "uploaded a filing", f"{number}: {name}")
                yield Received(name, number)

    def _checked(self, name: str, content: BinaryIO) -> bytes:
        """Return a file's bytes. Raises ``DocumentError`` for what cannot be read, or is too large."""
        if os.path.splitext(name)[1].lower() not in READABLE_EXTENSIONS:
            raise DocumentError(name, f"is of a kind that is not read; send text ({_READABLE})")
        data = content.read(MOST_BYTES + 1)
        if len(data) > MOST_BYTES:
            raise DocumentError(name, f"has more than {MOST_BYTES // 2**20} MiB; split it")
        encoding, errors = self._settings.encoding, self._settings.encoding_errors
        document_from_bytes(data, name, encoding, errors=errors)
        return data

    def _kept(self, data: bytes, ending: str) -> str:
        """Keep bytes under a new name, which is returned; a file of that name is always whole."""
        name = f"{secrets.token_hex(16)}{ending}"
        part = self._folder / f".{name}.part"
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            try:
                with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                    file.write(data)
                    file.flush()
                    os.fsync(file.fileno())
                os.replace(part, self._folder / name)
            except OSError:
                with suppress(OSError):
                    part.unlink(missing_ok=True)
                raise
        except OSError as error:
            why = error.strerror or "the folder for uploads cannot be written"
            raise UploadError(f"the file cannot be kept ({why}); tell an administrator") from error
        return name


def cleaned_name(name: str) -> str:
    """Return a sender's name for a file without folders, characters that cannot be seen, and undue length."""
    last = name.replace("\\", "/").rpartition("/")[2]
    seen = "".join(c for c in last if not unicodedata.category(c).startswith("C"))
    words = unicodedata.normalize("NFC", " ".join(seen.split()))
    stem, ending = os.path.splitext(words)
    if len(words) > _LONGEST_NAME:
        words = f"{stem[: _LONGEST_NAME - len(ending) - 1]}…{ending}"[:_LONGEST_NAME]
    return words or "unnamed"
