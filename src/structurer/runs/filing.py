"""One filing of a run, from its file to what is kept of it."""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from typing import TYPE_CHECKING

from structurer.errors import ChangedDocumentError, DocumentError, StructurerError
from structurer.pipeline import prepare, structure_document
from structurer.runs.results import summarise_residue
from structurer.sources import read_bytes, read_file
from structurer.store import Failure, NewFlag, NewRecord, NewResult
from structurer.store.packing import as_json, packed, packed_json, storable

if TYPE_CHECKING:
    from structurer.models import Document, Record
    from structurer.pipeline import Drafting, Prepared, Structured
    from structurer.runs.planning import PlannedFiling
    from structurer.runs.readers import Outcome, Task
    from structurer.settings import Settings


def read_filing(task: Task, settings: Settings) -> Outcome:
    """Structure one filing by layout; whatever goes wrong with it becomes its outcome."""
    try:
        return kept(structure_document(_unchanged(task, settings), settings=settings))
    except Exception as error:  # a defect of the program must not end the run for all other filings
        return failure(error, settings)


def prepare_filing(task: Task, drafting: Drafting | None, settings: Settings) -> Prepared | Failure:
    """Do with one filing what needs no model; whatever goes wrong with it becomes its outcome."""
    try:
        return prepare(_unchanged(task, settings), drafting)
    except Exception as error:
        return failure(error, settings)


def kept(structured: Structured, model_share: str | None = None) -> NewResult:
    """Return what is kept of a filing that was structured; ``model_share`` is JSON."""
    document = structured.document
    residue = [summarise_residue(residue, document) for residue in structured.residue]
    return NewResult(
        sha256=document.sha256,
        media_type=document.media_type,
        encoding=document.encoding,
        pages=len(document.pages),
        text_digest=hashlib.sha256(document.text.encode("utf-8", "surrogatepass")).hexdigest(),
        text=packed(document.text),
        chunks=tuple((chunk.start, chunk.end) for chunk in structured.chunks),
        records=tuple(map(_kept_record, structured.records)),
        residue_lines=sum(part.lines for part in residue),
        residue=as_json([asdict(part) for part in residue]),
        model_share=model_share,
    )


def failure(error: Exception, settings: Settings) -> Failure:
    """Return why a filing could not be structured."""
    kind = type(error).__name__
    if isinstance(error, DocumentError):
        return Failure(kind, storable(error.problem))
    if isinstance(error, StructurerError):
        return Failure(kind, storable(str(error)))
    if isinstance(error, MemoryError):
        most = f"needs more than {settings.memory_limit:,} MiB of memory"
        return Failure("MemoryLimitError", f"{most}; split it, or raise STRUCTURER_MEMORY_LIMIT")
    return Failure(kind, storable(f"failed in an unforeseen way ({kind}: {error}); please report it"))


def read_planned(planned: PlannedFiling, settings: Settings) -> Document:
    """Read a filing's text. Raises ``DocumentError`` where that cannot be done."""
    if planned.path is None:
        return read_bytes(planned.data or b"", settings, planned.name)
    return read_file(planned.path, settings, planned.name)


def _unchanged(task: Task, settings: Settings) -> Document:
    """Return the filing as it was found. Raises ``DocumentError``, also where it was changed since."""
    document = read_planned(task.filing, settings)
    if document.sha256 != task.sha256:
        raise ChangedDocumentError(
            document.name, "was changed while the run went on; run the same command again to read it"
        )
    return document


def _kept_record(record: Record) -> NewRecord:
    flags = (NewFlag(flag.path, flag.code, flag.kind, flag.severity) for flag in record.flags)
    return NewRecord(
        key=record.id,
        status=record.status,
        failed=record.data is None,
        flags=tuple(flags),
        body=packed_json(record.as_dict()),
    )
