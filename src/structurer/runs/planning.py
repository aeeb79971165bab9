"""Which filings a run reads, by what names, in what order."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from structurer.documents import READABLE_EXTENSIONS
from structurer.errors import PlanError, UnreadableDocumentError
from structurer.runs.finding import PassedOver, UnreadableFile, as_text, find
from structurer.runs.results import FailedFiling

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

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


def plan_filings(paths: Sequence[str], stdin: bytes | None = None) -> Plan:
    """Return the filings that paths stand for: what ``find`` finds, and ``stdin`` where one of them is ``-``.

    A folder gives the readable files in it and below it, named relative to it; hidden files, links
    to folders and files of other kinds are skipped and counted. A file that is named is read
    whatever it is called, by its own name. One file is planned once. The plan is in the order of
    names, then of contents, so it does not depend on the order of ``paths``. Raises ``PlanError``
    for a path that does not exist and for a plan without any filing.
    """
    filings: list[PlannedFiling] = []
    skipped: Counter[str] = Counter()
    failed: list[FailedFiling] = []
    if STDIN in paths:
        filings.append(PlannedFiling(name=STDIN_NAME, path=None, data=stdin or b""))
    for found in find([path for path in paths if path != STDIN]):
        if isinstance(found, PassedOver):
            skipped[found.kind] += 1
        elif isinstance(found, UnreadableFile) and os.path.isdir(found.path):
            message = f"{found.name}: {found.problem}"
            failed.append(FailedFiling(found.name, UnreadableDocumentError.__name__, message))
        else:  # a file that cannot be read is told of when its turn comes
            filings.append(PlannedFiling(name=found.name, path=found.path))
    if not filings and not failed:
        raise nothing_to_read(paths, skipped)
    return Plan(
        filings=_in_order(_each_file_once(filings)),
        skipped=tuple(sorted(skipped.items())),
        failed=tuple(sorted(failed, key=lambda folder: folder.name)),
    )


def _each_file_once(filings: Iterable[PlannedFiling]) -> list[PlannedFiling]:
    """Keep one of several names for the same file: the longest, which tells the most."""
    by_file: dict[Path | None, PlannedFiling] = {}
    for filing in filings:
        known = by_file.get(filing.path)
        if known is None or (len(filing.name), filing.name) > (len(known.name), known.name):
            by_file[filing.path] = filing
    return list(by_file.values())


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


def nothing_to_read(paths: Sequence[str], skipped: Mapping[str, int]) -> PlanError:
    """Return the error of paths that hold no filing, but so many files of other kinds."""
    readable = ", ".join(sorted(READABLE_EXTENSIONS))
    beside = ", ".join(f"{count} {kind}" for kind, count in sorted(skipped.items()))
    found = f" (found {beside})" if beside else ""
    return PlanError(f"{' '.join(map(as_text, paths))}: no file with one of the extensions {readable}{found}")
