"""The lot: the values of a run that nobody flagged.

In the lot is each value that was read and that no ``extraction`` flag covers, the half of each indicator
included. A flag on the whole record covers all its values. What was left empty is not in the lot: that
nothing was missed is asked of whole declarations, once for each.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from structurer.evaluation.audit.plan import AuditError, RunFacts
from structurer.evaluation.written import WrittenRecords
from structurer.exports.folder import REPORT
from structurer.exports.jsonl import FILE as RECORDS
from structurer.groups import group_of
from structurer.models import FlagKind
from structurer.paths import DERIVED_FROM, covers, leaves

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from structurer.groups import Group


class LotValue(NamedTuple):
    """One value that nobody flagged: its place in the record, and its field's group."""

    path: str
    group: Group
    value: str


class Share(NamedTuple):
    """The values of one record: those in the lot, in the form's order, and how many are flagged."""

    values: tuple[LotValue, ...]
    flagged: int


@dataclass(frozen=True, slots=True)
class BulkRun:
    """Written records, walked through once in any order, and where they come from."""

    records: Iterable[Mapping[str, Any]]
    facts: RunFacts


def share_of(record: Mapping[str, Any]) -> Share:
    """Return which values of a written record are in the lot."""
    doubts = {flag["path"] for flag in record["flags"] if flag["kind"] == FlagKind.EXTRACTION}
    values, flagged = [], 0
    for path, value in leaves(record["data"], derived=tuple(DERIVED_FROM)):
        if value is None:
            continue
        if any(covers(doubt, path) for doubt in doubts):
            flagged += 1
        else:
            values.append(LotValue(path, group_of(path), str(value)))
    return Share(tuple(values), flagged)


def left_empty(record: Mapping[str, Any]) -> list[str]:
    """Return the fields that a written record leaves empty; those of indicators are not among them."""
    paths = leaves(record["data"])
    return [path for path, value in paths if value is None and not path.startswith("indicators.")]


def read_run(folder: Path) -> BulkRun:
    """Return the run that ``structurer run`` wrote to a folder; its records are read when walked through.

    Raises ``AuditError`` where the folder holds no run, and ``RecordsError`` while walking.
    """
    path = folder / RECORDS
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        head = json.loads((folder / REPORT).read_text(encoding="utf-8"))
        model = head.get("model") or {}
        facts = RunFacts(
            name=folder.resolve().name,
            records=f"sha256:{digest}",
            structurer=head["structurer"],
            config=head["config"],
            engine=head["settings"]["engine"],
            model=model.get("name"),
            cost=model.get("cost"),
        )
    except OSError as error:
        raise AuditError(
            f"{error.filename}: cannot be read ({error.strerror}); name a folder that structurer run wrote"
        ) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise AuditError(f"{folder / REPORT}: is no report of a run; run the filings again") from error
    return BulkRun(WrittenRecords(path), facts)
