"""run.json: what a run read, what it made of it, and what it could not use."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from structurer.exports.values import doubtful_paths, value_paths
from structurer.runs.results import FailedFiling, FilingResult, StructuredFiling

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path
    from types import TracebackType


@dataclass(frozen=True, slots=True)
class Counts:
    """How much there is, in one filing or in a whole run.

    ``values`` are the non-empty values that were read; ``doubtful_values`` those of them that an
    ``extraction`` flag applies to; ``residue_lines`` the non-blank lines that belong to no project.
    """

    filings: int = 0
    failed: int = 0
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
    if isinstance(result, FailedFiling):
        return Counts(filings=1, failed=1)
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
    settings that can change results; ``skipped`` are the kinds of files passed over, with their number.
    ``model`` is what a language model had to do with it, ``None`` where none was asked.
    """

    structurer: str
    complete: bool
    settings: Mapping[str, Any]
    config: str
    skipped: Iterable[tuple[str, int]]
    model: Mapping[str, Any] | None = None


class RunReport:
    """Collects what run.json says while a run goes on, without keeping every filing in memory."""

    def __init__(self, path: Path) -> None:
        self._path = path
        # Counts stand before the filings in run.json but are known after them.
        self._spool_path = path.with_name(f"{path.name}.filings")
        self._spool = self._spool_path.open("w+", encoding="utf-8", newline="\n")
        self._failures: list[FailedFiling] = []
        self.counts = Counts()

    def add(self, result: FilingResult) -> None:
        """Note what became of one filing."""
        counts = count(result)
        self.counts += counts
        if isinstance(result, FailedFiling):
            self._failures.append(result)
            return
        self._spool.write(f"    {_json(_filing(result, counts))}\n")

    def finish(self, run: RunHead, notices: Iterable[str]) -> None:
        """Write the report; ``notices`` are what the other files had no room for."""
        self._spool.seek(0)
        with self._path.open("w", encoding="utf-8", newline="\n") as file:
            file.write("{\n")
            head = {
                "structurer": run.structurer,
                "complete": run.complete,
                "counts": asdict(self.counts),
                "settings": run.settings,
                "config": run.config,
                "skipped": dict(run.skipped),
                **({} if run.model is None else {"model": run.model}),
                "notices": list(notices),
                "failures": [asdict(failure) for failure in self._failures],
            }
            for key, value in head.items():
                file.write(f"  {_json(key)}: {_json(value)},\n")
            file.write('  "filings": [')
            separator = "\n"
            for line in self._spool:
                file.write(separator + line.removesuffix("\n"))
                separator = ",\n"
            file.write("\n  ]\n}\n")

    def __enter__(self) -> RunReport:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._spool.close()
        self._spool_path.unlink(missing_ok=True)


def _filing(filing: StructuredFiling, counts: Counts) -> dict[str, Any]:
    return {
        "name": filing.name,
        "sha256": filing.sha256,
        "encoding": filing.encoding,
        "media_type": filing.media_type,
        "pages": filing.pages,
        "declarations": counts.declarations,
        "flagged": counts.flagged,
        "values": counts.values,
        "doubtful_values": counts.doubtful_values,
        "residue_lines": counts.residue_lines,
        "residue": [asdict(residue) for residue in filing.residue],
    }


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)
