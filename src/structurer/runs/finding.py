"""Finding the files that paths stand for, one by one: folders of a million files do not fill memory."""

from __future__ import annotations

import glob
import os
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, islice
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from structurer.documents import READABLE_EXTENSIONS
from structurer.documents.reading import regular_file, why_unreadable
from structurer.errors import PlanError, UnreadableDocumentError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Sequence

_T = TypeVar("_T")

_BLOCK = 1000
"""Entries that are held, and sorted, at a time."""


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file to be read.

    ``name`` is what results call it: its path in the folder that was given, with slashes, or the
    file's own name; always valid UTF-8. ``path`` is absolute, and equal for equal files whichever way
    led there; a link is a file of its own name. ``size`` (in bytes) and ``modified`` (in nanoseconds
    since 1970) are of what would be read: of a link, what it leads to.
    """

    name: str
    path: Path
    size: int
    modified: int


@dataclass(frozen=True, slots=True)
class UnreadableFile:
    """A file or folder that cannot be looked at, or is nothing to be read; ``problem`` says why."""

    name: str
    path: Path
    problem: str


@dataclass(frozen=True, slots=True)
class PassedOver:
    """What a folder holds beside filings; ``kind`` says what it is, as ``.pdf file`` or ``hidden folder``."""

    name: str
    path: Path
    kind: str


Found = FoundFile | UnreadableFile | PassedOver


def find(paths: Sequence[str]) -> Iterator[Found]:
    """Return what paths stand for, as it is found: files, folders, glob patterns.

    A file that is named, or matches a pattern, is found whatever it is called. A folder gives the
    readable files in it and below it, those of each folder before its subfolders; hidden files and
    folders, links to folders and files of other kinds are passed over by their name, unread. The order
    is that of names in blocks of 1,000, so only small folders are in order.

    Nothing is remembered but the names of subfolders still to be visited: where paths overlap, one file
    is found twice, perhaps passed over once and to be read once, and the caller keeps one. Names may be
    shared by different files. A pattern, other than a folder, costs memory for all names of each folder
    that it searches. Files are not opened, so one that is found may still refuse to be read.

    Raises ``PlanError`` at once, before anything is found, for a path that does not exist or a pattern
    that nothing matches.
    """
    return _all_found([_places(path) for path in paths])


def as_text(name: str) -> str:
    """Return a file name that can be written as UTF-8, whatever bytes it is made of."""
    return os.fsencode(name).decode("utf-8", "replace")


def _places(path: str) -> Iterable[str]:
    """Return the path itself if it exists, or else what it matches as a pattern, which must be something."""
    if not os.path.isabs(path):
        _require_current_folder(path)
    if os.path.lexists(path):
        return (path,)
    matches = _in_blocks(glob.iglob(path, recursive=True) if glob.has_magic(path) else (), key=str)
    first = next(matches, None)
    if first is None:
        raise PlanError(f"{as_text(path)}: no such file or folder; check the path")
    return chain((first,), matches)


def _require_current_folder(path: str) -> None:
    # A process may stand in a folder that was removed, where "." is said to exist but leads nowhere.
    try:
        os.getcwd()
    except OSError as error:
        raise PlanError(f"{as_text(path)}: the current folder is gone; change to one that exists") from error


def _all_found(places: Iterable[Iterable[str]]) -> Iterator[Found]:
    # A shell that expands a pattern names a hundred thousand files of one folder.
    resolved = lru_cache(maxsize=_BLOCK)(os.path.realpath)
    for place in chain.from_iterable(places):
        if os.path.isdir(place):
            yield from _below(Path(os.path.realpath(place)))
        else:
            path = Path(place)
            yield _looked_at(Path(resolved(path.parent), path.name), as_text(path.name))


@dataclass(frozen=True, slots=True)
class _Folder:
    """A folder on the way; ``prefix`` comes before the names of what it holds."""

    path: Path
    prefix: str = ""

    def name(self) -> str:
        return self.prefix.removesuffix("/") or as_text(self.path.name or str(self.path))

    def folders(self, names: list[str]) -> Iterator[_Folder]:
        return (_Folder(self.path / name, f"{self.prefix}{as_text(name)}/") for name in names)


def _below(top: Path) -> Iterator[Found]:
    """Yield what is in a folder and below it."""
    # The folders still to be visited, level by level: a stack, as Python's own ends at a depth of 1,000.
    waiting: list[Iterator[_Folder]] = [iter((_Folder(top),))]
    while waiting:
        folder = next(waiting[-1], None)
        if folder is None:
            waiting.pop()
            continue
        subfolders = yield from _in(folder)
        waiting.append(folder.folders(sorted(subfolders)))


def _in(folder: _Folder) -> Generator[Found, None, list[str]]:
    """Yield what is in a folder; return the names of the subfolders to be visited."""
    subfolders: list[str] = []
    try:
        for entry in _entries(folder.path):
            path, name = folder.path / entry.name, folder.prefix + as_text(entry.name)
            is_folder = _is_folder(entry)
            kind = _kind_of_folder(entry) if is_folder else _kind_of_file(path)
            if kind is not None:
                yield PassedOver(name, path, kind)
            elif is_folder:
                subfolders.append(entry.name)
            else:
                yield _looked_at(path, name)
    except OSError as error:
        yield UnreadableFile(folder.name(), folder.path, why_unreadable(folder.path, error))
    return subfolders


def _entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        yield from _in_blocks(entries, key=attrgetter("name"))


def _in_blocks(items: Iterable[_T], key: Callable[[_T], str]) -> Iterator[_T]:
    """Yield items in order as far as that can be had without holding all of them."""
    rest = iter(items)
    while block := sorted(islice(rest, _BLOCK), key=key):
        yield from block


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that leads in a circle, or where nobody may look
        return False


def _kind_of_folder(entry: os.DirEntry[str]) -> str | None:
    """Return what kind of folder is passed over; ``None`` for one to be visited."""
    if entry.name.startswith("."):
        return "hidden folder"
    return "link to a folder" if entry.is_symlink() else None


def _kind_of_file(path: Path) -> str | None:
    """Return what kind of file is passed over; ``None`` for one to be read."""
    if path.name.startswith("."):
        return "hidden file"
    extension = path.suffix.lower()
    if extension in READABLE_EXTENSIONS:
        return None
    return f"{as_text(extension)} file" if extension else "file without an extension"


def _looked_at(path: Path, name: str) -> FoundFile | UnreadableFile:
    try:
        status = regular_file(path, name)
    except UnreadableDocumentError as error:
        return UnreadableFile(name, path, error.problem)
    return FoundFile(name, path, status.st_size, status.st_mtime_ns)
