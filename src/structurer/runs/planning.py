"""Which filings a run reads, by what names, in what order."""

from __future__ import annotations

import glob
import hashlib
import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from structurer.documents import READABLE_EXTENSIONS
from structurer.errors import PlanError
from structurer.runs.results import FailedFiling

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

STDIN = "-"
STDIN_NAME = "stdin"


@dataclass(frozen=True, slots=True)
class PlannedFiling:
    """One filing to be read: its name in the results, and its file, or its bytes if it has none."""

    name: str
    path: Path | None
    data: bytes | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """The filings of a run in the order of their names.

    ``skipped`` counts what folders held beside them, by kind, in the order of the kinds; ``failed``
    are folders that could not be opened.
    """

    filings: tuple[PlannedFiling, ...]
    skipped: tuple[tuple[str, int], ...] = ()
    failed: tuple[FailedFiling, ...] = ()


@dataclass(frozen=True, slots=True)
class _Found:
    filings: list[PlannedFiling]
    skipped: Counter[str]
    failed: list[FailedFiling]


def plan_filings(paths: Sequence[str], stdin: bytes | None = None) -> Plan:
    """Return the filings that paths stand for: files, folders, glob patterns, ``-`` for ``stdin``.

    A folder gives the readable files in it and below it, named relative to it; hidden files, links
    to folders and files of other kinds are skipped and counted. A file that is named is read
    whatever it is called, by its own name. One file is planned once. The plan is in the order of
    names, then of contents, so it does not depend on the order of ``paths``. Raises ``PlanError``
    for a path that does not exist and for a plan without any filing.
    """
    found = _Found(filings=[], skipped=Counter(), failed=[])
    if STDIN in paths:
        found.filings.append(PlannedFiling(name=STDIN_NAME, path=None, data=stdin or b""))
    for path in _expanded(path for path in paths if path != STDIN):
        if path.is_dir():
            _add_folder(path, found)
        else:
            found.filings.append(PlannedFiling(name=_text(path.name), path=path))
    if not found.filings and not found.failed:
        raise PlanError(_nothing_to_read(paths, found.skipped))
    return Plan(
        filings=_in_order(_each_file_once(found.filings)),
        skipped=tuple(sorted(found.skipped.items())),
        failed=tuple(sorted(found.failed, key=lambda failed: failed.name)),
    )


def _expanded(paths: Iterable[str]) -> Iterator[Path]:
    for path in paths:
        if os.path.lexists(path):
            yield Path(path)
            continue
        matches = sorted(glob.glob(path, recursive=True)) if glob.has_magic(path) else []
        if not matches:
            raise PlanError(f"{_text(path)}: no such file or folder; check the path")
        yield from map(Path, matches)


def _add_folder(folder: Path, found: _Found) -> None:
    def cannot_open(error: OSError) -> None:
        name = _relative(Path(str(error.filename)), folder)
        found.failed.append(FailedFiling(name, "UnreadableDocumentError", f"{name}: {error.strerror}"))

    for place, folders, files in os.walk(folder, onerror=cannot_open):
        hidden = [name for name in folders if name.startswith(".")]
        linked = [name for name in folders if name not in hidden and Path(place, name).is_symlink()]
        found.skipped.update(["hidden folder"] * len(hidden) + ["link to a folder"] * len(linked))
        folders[:] = sorted(set(folders) - set(hidden) - set(linked))
        for name in files:
            path = Path(place, name)
            kind = _reason_to_skip(path)
            if kind is None:
                found.filings.append(PlannedFiling(name=_relative(path, folder), path=path))
            else:
                found.skipped[kind] += 1


def _reason_to_skip(path: Path) -> str | None:
    if path.name.startswith("."):
        return "hidden file"
    extension = path.suffix.lower()
    if extension not in READABLE_EXTENSIONS:
        return f"{_text(extension)} file" if extension else "file without an extension"
    return None


def _each_file_once(filings: Iterable[PlannedFiling]) -> list[PlannedFiling]:
    """Keep one of several names for the same file: the longest, which tells the most."""
    by_file: dict[str, PlannedFiling] = {}
    for filing in filings:
        key = STDIN if filing.path is None else _place(filing.path)
        known = by_file.get(key)
        if known is None or (len(filing.name), filing.name) > (len(known.name), known.name):
            by_file[key] = filing
    return list(by_file.values())


def _place(path: Path) -> str:
    """Return where a file stands, whatever way led there; a link is a file of its own name."""
    return os.path.join(os.path.realpath(path.parent), path.name)


def _in_order(filings: Sequence[PlannedFiling]) -> tuple[PlannedFiling, ...]:
    uses = Counter(filing.name for filing in filings)

    def key(filing: PlannedFiling) -> tuple[str, str]:
        # Only files that share their name need be read to put them in order.
        return (filing.name, _sha256(filing) if uses[filing.name] > 1 else "")

    return tuple(sorted(filings, key=key))


def _sha256(filing: PlannedFiling) -> str:
    if filing.path is None:
        return hashlib.sha256(filing.data or b"").hexdigest()
    try:
        with filing.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


def _nothing_to_read(paths: Sequence[str], skipped: Counter[str]) -> str:
    readable = ", ".join(sorted(READABLE_EXTENSIONS))
    beside = ", ".join(f"{count} {kind}" for kind, count in sorted(skipped.items()))
    found = f" (found {beside})" if beside else ""
    return f"{' '.join(map(_text, paths))}: no file with one of the extensions {readable}{found}"


def _relative(path: Path, folder: Path) -> str:
    return _text(path.relative_to(folder).as_posix())


def _text(name: str) -> str:
    """Return a file name that can be written as UTF-8, whatever bytes it is made of."""
    return os.fsencode(name).decode("utf-8", "replace")
