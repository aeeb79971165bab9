"""One filing of a run, from its file to what is written; what a worker process does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from structurer.documents import document_from_bytes, read_document
from structurer.errors import StructurerError
from structurer.pipeline import structure_document
from structurer.runs.results import FailedFiling, FilingResult, StructuredFiling, summarise_residue

if TYPE_CHECKING:
    from structurer.models import Document
    from structurer.runs.planning import PlannedFiling
    from structurer.settings import Settings


def structure_filing(planned: PlannedFiling, settings: Settings) -> FilingResult:
    """Structure one filing; whatever goes wrong with it becomes its result."""
    try:
        document = _document(planned, settings)
        structured = structure_document(document, settings=settings)
        return StructuredFiling(
            name=document.name,
            sha256=document.sha256,
            encoding=document.encoding,
            media_type=document.media_type,
            pages=len(document.pages),
            records=tuple(record.as_dict() for record in structured.records),
            residue=tuple(summarise_residue(residue, document) for residue in structured.residue),
        )
    except StructurerError as error:
        return FailedFiling(planned.name, type(error).__name__, str(error))
    except Exception as error:  # a defect of the program must not end the run for all other filings
        kind = type(error).__name__
        return FailedFiling(
            planned.name,
            kind,
            f"{planned.name}: failed in an unforeseen way ({kind}: {error}); please report it",
        )


def _document(planned: PlannedFiling, settings: Settings) -> Document:
    if planned.path is None:
        return document_from_bytes(
            planned.data or b"",
            planned.name,
            settings.encoding,
            errors=settings.encoding_errors,
            max_bytes=settings.max_bytes,
        )
    return read_document(
        planned.path,
        name=planned.name,
        encoding=settings.encoding,
        errors=settings.encoding_errors,
        max_bytes=settings.max_bytes,
    )
