"""A run as it stands in the store, read back filing by filing in the order of names."""

from __future__ import annotations

from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from structurer.runs.results import (
    FailedFiling,
    FilingResult,
    ResidueSummary,
    SkippedFile,
    StructuredFiling,
)
from structurer.store import Sight, State, export_rows
from structurer.store.packing import from_json, unpacked_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from structurer.store import ExportRow, Store


def stored_results(store: Store, run: int) -> Iterator[FilingResult]:
    """Yield what became of each filing of a run; those that wait to be read are left out.

    Of filings with the same content the first by name has the records, under its name. One filing with its
    records is in memory at a time.
    """
    for _filing, rows in groupby(export_rows(store, run), key=attrgetter("filing")):
        result = _result(list(rows))
        if result is not None:
            yield result


def _result(rows: Sequence[ExportRow]) -> FilingResult | None:
    first = rows[0]
    name, problem = first.name, first.problem or ""
    if first.sight == Sight.SKIPPED:
        return SkippedFile(name, problem)
    if first.sight == Sight.FAILED or first.state == State.FAILED:
        return FailedFiling(name, first.error or "", f"{name}: {problem}")
    if first.state != State.DONE:
        return None
    bodies = [row.body for row in rows if row.body is not None]
    residue = (ResidueSummary(**part) for part in from_json(first.residue or "[]"))
    return StructuredFiling(
        name=name,
        sha256=first.sha256 or "",
        encoding=first.encoding or "",
        media_type=first.media_type or "",
        pages=first.pages or 0,
        records=tuple(_record(body, name) for body in bodies),
        residue=tuple(residue),
        same_as=None if first.first == first.filing else first.first_name,
    )


def _record(body: bytes, name: str) -> dict[str, Any]:
    record: dict[str, Any] = unpacked_json(body)
    # It may have been read under another name that its content has, here or in another run.
    record["document"]["name"] = name
    return record
