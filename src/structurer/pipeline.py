"""One document through every stage: cut, read, ground, check, rate, record.

A chunk that breaks a stage costs only itself: it becomes a record without data and with an error flag.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib.metadata import version
from typing import TYPE_CHECKING

from structurer.asking import Reading, unasked
from structurer.checks import status
from structurer.chunking import cut
from structurer.document_types.base import DocumentType
from structurer.document_types.declaration import DECLARATION
from structurer.engines import Engine, LayoutEngine, NoAnswerError
from structurer.errors import StructurerError
from structurer.examination import Examined, examine
from structurer.grounding import TextIndex
from structurer.models import (
    Chunk,
    Document,
    Flag,
    FlagKind,
    Provenance,
    Record,
    Residue,
    Severity,
    record_id,
)
from structurer.passage import Passage
from structurer.rating import rating
from structurer.schemas import validate
from structurer.segments import segments
from structurer.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from structurer.rating import Rating

VERSION = version("structurer")


Drafting = Callable[[Passage, DocumentType], Examined]
"""What reads a chunk without asking anybody, for an engine that may ask afterwards."""


@dataclass(frozen=True, slots=True)
class Structured:
    """A document's chunks in document order, a record of each, and what belongs to no chunk."""

    document: Document
    chunks: tuple[Chunk, ...]
    records: tuple[Record, ...]
    residue: tuple[Residue, ...]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A document cut up, with drafts of its chunks where there are any. It can go between processes."""

    document: Document
    chunks: tuple[Chunk, ...]
    residue: tuple[Residue, ...]
    drafts: tuple[Examined | None, ...]


@dataclass(frozen=True, slots=True)
class Readings:
    """A document cut up and not yet read: one reading for each chunk, in document order."""

    document: Document
    chunks: tuple[Chunk, ...]
    records: tuple[Reading[Record], ...]
    residue: tuple[Residue, ...]

    def finished(self, records: Sequence[Record]) -> Structured:
        """Return the document with what came of its readings."""
        return Structured(self.document, self.chunks, tuple(records), self.residue)


def structure_document(
    document: Document, engine: Engine | None = None, settings: Settings | None = None
) -> Structured:
    """Structure one document by an engine that asks nobody; without an engine, by layout."""
    readings = begin(document, engine or LayoutEngine(), settings or Settings())
    return readings.finished([unasked(reading) for reading in readings.records])


def prepare(document: Document, drafting: Drafting | None = None) -> Prepared:
    """Cut a document, and draft its chunks where an engine has a way to: all that needs no answers."""
    chunks, residue = cut(document)
    index = TextIndex(document.text)
    drafts = tuple(_draft(document, chunk, index, drafting) for chunk in chunks)
    return Prepared(document, chunks, residue, drafts)


def begin(source: Document | Prepared, engine: Engine, settings: Settings) -> Readings:
    """Cut a document; each chunk's record is a reading, to be driven by whoever answers its questions.

    Raises ``CalibrationError`` and ``SettingsError`` for a calibration that is not for this engine.
    """
    rates = rating(settings, engine.name)
    provenance = Provenance(engine=engine.name, structurer=VERSION, config=settings.config_hash())
    prepared = _prepared(source)
    document = prepared.document
    index = TextIndex(document.text)
    records = tuple(
        _record(document, chunk, index, draft, engine, rates, provenance)
        for chunk, draft in zip(prepared.chunks, prepared.drafts, strict=True)
    )
    return Readings(document, prepared.chunks, records, prepared.residue)


def passages(source: Document | Prepared) -> tuple[Passage, ...]:
    """Return a document's chunks as engines see them."""
    prepared = _prepared(source)
    document = prepared.document
    index = TextIndex(document.text)
    return tuple(Passage(document, chunk, segments(document, chunk), index) for chunk in prepared.chunks)


def _prepared(source: Document | Prepared) -> Prepared:
    return source if isinstance(source, Prepared) else prepare(source)


def _draft(document: Document, chunk: Chunk, index: TextIndex, drafting: Drafting | None) -> Examined | None:
    if drafting is None:
        return None
    try:
        return drafting(Passage(document, chunk, segments(document, chunk), index), DECLARATION)
    except Exception:  # the engine comes upon the same, where it becomes this chunk's record
        return None


def _record(
    document: Document,
    chunk: Chunk,
    index: TextIndex,
    draft: Examined | None,
    engine: Engine,
    rates: Rating | None,
    provenance: Provenance,
) -> Reading[Record]:
    try:
        passage = Passage(document, chunk, segments(document, chunk), index, draft)
        extraction = yield from engine.read(passage, DECLARATION)
        examined = examine(passage, extraction, DECLARATION)
        if rates is not None:
            examined = rates.rated(examined)
        validate(DECLARATION.name, dict(extraction.data))
    except NoAnswerError as error:
        return _failed(document, chunk, replace(provenance, model_use=error.model_use), error)
    except Exception as error:
        return _failed(document, chunk, provenance, error)
    provenance = replace(provenance, model_use=extraction.model_use)
    return _written(document, chunk, provenance, examined.flags, examined)


def _failed(document: Document, chunk: Chunk, provenance: Provenance, error: Exception) -> Record:
    kind = "" if isinstance(error, StructurerError) else f"{type(error).__name__}: "
    message = f"this project could not be structured ({kind}{error}); label it by hand"
    flag = Flag("", "chunk_failed", FlagKind.EXTRACTION, Severity.ERROR, message)
    return _written(document, chunk, provenance, (flag,))


def _written(
    document: Document,
    chunk: Chunk,
    provenance: Provenance,
    flags: tuple[Flag, ...],
    examined: Examined | None = None,
) -> Record:
    return Record(
        id=record_id(document.sha256, chunk.start, chunk.end),
        document_type=DECLARATION.name,
        schema_version=DECLARATION.schema_version,
        document=document,
        chunk=chunk,
        data=None if examined is None else dict(examined.extraction.data),
        evidence={} if examined is None else examined.evidence,
        confidence={} if examined is None else examined.confidence,
        flags=flags,
        status=status(flags),
        provenance=provenance,
    )
