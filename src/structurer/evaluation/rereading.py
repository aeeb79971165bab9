"""Records that were written, made records again: an old run can be scored by other labels or rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from structurer.evaluation.written import RecordsError, WrittenRecords
from structurer.models import (
    Chunk,
    Evidence,
    Flag,
    FlagKind,
    Grounding,
    ModelUse,
    Provenance,
    Record,
    Severity,
    Span,
    Status,
    Usage,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from structurer.models import Document


def records_as_written(path: Path, documents: Iterable[Document]) -> list[Record]:
    """Return the records of a records.jsonl that are of these documents.

    Raises ``RecordsError`` where the file cannot be read, and for records of another text under the same
    name: their evidence would point at nothing.
    """
    by_name = {document.name: document for document in documents}
    records = []
    for written in WrittenRecords(path):
        document = by_name.get(written["document"]["name"])
        if document is None:
            continue
        if document.sha256 != written["document"]["sha256"]:
            raise RecordsError(
                f"{path}: its records of {document.name} are of another text; give the filings it was made of"
            )
        records.append(_record(written, document))
    return records


def _record(written: Mapping[str, Any], document: Document) -> Record:
    chunk = written["chunk"]
    return Record(
        id=written["id"],
        document_type=written["document_type"],
        schema_version=written["schema_version"],
        document=document,
        chunk=Chunk(chunk["ordinal"], chunk["start"], chunk["end"], ()),
        data=written["data"],
        evidence={
            path: Evidence(tuple(Span(*span) for span in spans), Grounding(written["grounding"][path]))
            for path, spans in written["evidence"].items()
        },
        confidence=written["confidence"],
        flags=tuple(_flag(flag) for flag in written["flags"]),
        status=Status(written["status"]),
        provenance=_provenance(written["provenance"]),
    )


def _flag(written: Mapping[str, Any]) -> Flag:
    return Flag(
        path=written["path"],
        code=written["code"],
        kind=FlagKind(written["kind"]),
        severity=Severity(written["severity"]),
        message=written["message"],
    )


def _provenance(written: Mapping[str, Any]) -> Provenance:
    model = written["model"]
    use = None if model is None else ModelUse(model, written["prompt"] or "", Usage(**written["usage"]))
    return Provenance(written["engine"], written["structurer"], written["config"], use)
