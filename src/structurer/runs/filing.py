"""One filing of a run, from its file to what is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from structurer.documents import document_from_bytes, read_document
from structurer.errors import StructurerError
from structurer.pipeline import structure_document
from structurer.runs.results import FailedFiling, FilingResult, StructuredFiling, summarise_residue

if TYPE_CHECKING:
    from pathlib import Path

    from structurer.models import Document
    from structurer.pipeline import Structured
    from structurer.runs.planning import PlannedFiling
    from structurer.settings import Settings


def structure_filing(planned: PlannedFiling, settings: Settings) -> FilingResult:
    """Structure one filing by layout; whatever goes wrong with it becomes its result."""
    try:
        return structured_filing(structure_document(read_planned(planned, settings), settings=settings))
    except Exception as error:  # a defect of the program must not end the run for all other filings
        return failed_filing(planned, error)


def structured_filing(structured: Structured) -> StructuredFiling:
    """Return what a run keeps of a filing that was structured."""
    document = structured.document
    return StructuredFiling(
        name=document.name,
        sha256=document.sha256,
        encoding=document.encoding,
        media_type=document.media_type,
        pages=len(document.pages),
        records=tuple(record.as_dict() for record in structured.records),
        residue=tuple(summarise_residue(residue, document) for residue in structured.residue),
    )


def failed_filing(planned: PlannedFiling, error: Exception) -> FailedFiling:
    """Return why a filing could not be structured."""
    kind = type(error).__name__
    if isinstance(error, StructurerError):
        return FailedFiling(planned.name, kind, str(error))
    message = f"{planned.name}: failed in an unforeseen way ({kind}: {error}); please report it"
    return FailedFiling(planned.name, kind, message)


def read_planned(planned: PlannedFiling, settings: Settings) -> Document:
    """Read a filing's text. Raises ``DocumentError`` where that cannot be done."""
    if planned.path is None:
        return document_from_bytes(
            planned.data or b"",
            planned.name,
            settings.encoding,
            errors=settings.encoding_errors,
            max_bytes=settings.max_bytes,
        )
    return read_file(planned.path, settings, planned.name)


def read_file(path: Path | str, settings: Settings, name: str | None = None) -> Document:
    """Read a file's text as the settings say. Raises ``DocumentError`` where that cannot be done."""
    return read_document(
        path,
        name=name,
        encoding=settings.encoding,
        errors=settings.encoding_errors,
        max_bytes=settings.max_bytes,
    )
