"""run.json: what a run read, what it made of it, and what it could not use."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, TextIO

from structurer.exports.values import doubtful_paths, value_paths
from structurer.runs.results import FailedFiling, FilingResult, SkippedFile, StructuredFiling

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path
    from types import TracebackType


_LISTS = ("failures", "skipped_files", "filings")


@dataclass(frozen=True, slots=True)
class Counts:
    """How much there is, in one filing or in a whole run.

    ``repeated`` filings have the same content as another, where their declarations are counted.
    ``values`` are the non-empty values that were read; ``doubtful_values`` those of them that an
    ``extraction`` flag applies to; ``residue_lines`` the non-blank lines that belong to no project.
    """

    filings: int = 0
    failed: int = 0
    repeated: int = 0
    declarations: int = 0
    without_form: int = 0
    flagged: int = 0
    values: int = 0
    doubtful_values: int = 0
    residue_lines: int = 0

    def __add__(self, other: Counts) -> Counts:
        """Return the counts of both together."""
        mine, theirs = asdict(self), asdict(other)
        return Counts(**{name: mine[name] + theirs[name] for name in mine})


def count(result: FilingResult) -> Counts:
    """Return the counts of one filing."""
    if isinstance(result, SkippedFile):
        return Counts()
    if isinstance(result, FailedFiling):
        return Counts(filings=1, failed=1)
    if result.same_as is not None:
        return Counts(filings=1, repeated=1)
    statuses = Counter(record["status"] for record in result.records)
    return Counts(
        filings=1,
        declarations=len(result.records),
        without_form=0 if result.records else 1,
        flagged=statuses["flagged"],
        values=sum(len(value_paths(record["data"])) for record in result.records),
        doubtful_values=sum(len(doubtful_paths(record)) for record in result.records),
        residue_lines=sum(residue.lines for residue in result.residue),
    )


@dataclass(frozen=True, slots=True)
class RunHead:
    """What run.json says of the run as a whole, besides its counts.

    ``complete`` is false for a run that was stopped before its end; ``config`` is the hash of the
    settings that can change results. ``model`` is what a language model had to do with it, ``None`` where
    none was asked.
    """

    structurer: str
    complete: bool
    settings: Mapping[str, Any]
    config: str
    model: Mapping[str, Any] | None = None


class RunReport:
    """Collects what run.json says while a run goes on, without keeping every filing in memory."""

    def __init__(self, path: Path) -> None:
        self._path = path
        # Counts stand before the lists in run.json but are known after them.
        self._spools = {name: path.with_name(f"{path.name}.{name}") for name in _LISTS}
        self._open = ExitStack()
        self._lists = {
            name: self._open.enter_context(spool.open("w+", encoding="utf-8", newline="\n"))
            for name, spool in self._spools.items()
        }
        self._skipped: Counter[str] = Counter()
        self.counts = Counts()

    def add(self, result: FilingResult) -> None:
        """Note what became of one filing."""
        counts = count(result)
        self.counts += counts
        if isinstance(result, StructuredFiling):
            self._note("filings", _filing(result, counts))
        elif isinstance(result, FailedFiling):
            self._note("failures", asdict(result))
        else:
            self._skipped[result.kind] += 1
            self._note("skipped_files", asdict(result))

    def finish(self, run: RunHead, notices: Iterable[str]) -> None:
        """Write the report; ``notices`` are what the other files had no room for."""
        with self._path.open("w", encoding="utf-8", newline="\n") as file:
            file.write("{\n")
            head = {
                "structurer": run.structurer,
                "complete": run.complete,
                "counts": asdict(self.counts),
                "settings": run.settings,
                "config": run.config,
                "skipped": dict(sorted(self._skipped.items())),
                **({} if run.model is None else {"model": run.model}),
                "notices": list(notices),
            }
            for key, value in head.items():
                file.write(f"  {_json(key)}: {_json(value)},\n")
            separator = ""
            for name, entries in self._lists.items():
                file.write(f"{separator}  {_json(name)}: [")
                _copy(entries, file)
                separator = ",\n"
            file.write("\n}\n")

    def __enter__(self) -> RunReport:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._open.close()
        finally:
            for spool in self._spools.values():
                spool.unlink(missing_ok=True)

    def _note(self, name: str, entry: Mapping[str, Any]) -> None:
        self._lists[name].write(f"    {_json(entry)}\n")


def _copy(entries: TextIO, file: TextIO) -> None:
    """Write a list's entries, one a line, and its end."""
    entries.seek(0)
    separator, end = "\n", "]"
    for line in entries:
        file.write(separator + line.removesuffix("\n"))
        separator, end = ",\n", "\n  ]"
    file.write(end)


def _filing(filing: StructuredFiling, counts: Counts) -> dict[str, Any]:
    return {
        "name": filing.name,
        "sha256": filing.sha256,
        "encoding": filing.encoding,
        "media_type": filing.media_type,
        "pages": filing.pages,
        **({} if filing.same_as is None else {"same_as": filing.same_as}),
        "declarations": counts.declarations,
        "flagged": counts.flagged,
        "values": counts.values,
        "doubtful_values": counts.doubtful_values,
        "residue_lines": counts.residue_lines,
        "residue": [asdict(residue) for residue in filing.residue],
    }


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)
