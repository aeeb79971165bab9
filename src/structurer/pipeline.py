"""One document through every stage: cut, read, ground, check, rate, record.

A chunk that breaks a stage costs only itself: it becomes a record without data and with an error flag.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from importlib.metadata import version
from typing import TYPE_CHECKING

from structurer.asking import Reading, unasked
from structurer.checks import status
from structurer.chunking import cut
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


@dataclass(frozen=True, slots=True)
class Structured:
    """A document's records, one for each chunk in document order, and what belongs to no chunk."""

    document: Document
    records: tuple[Record, ...]
    residue: tuple[Residue, ...]


@dataclass(frozen=True, slots=True)
class Readings:
    """A document cut up and not yet read: one reading for each chunk, in document order."""

    document: Document
    records: tuple[Reading[Record], ...]
    residue: tuple[Residue, ...]

    def finished(self, records: Sequence[Record]) -> Structured:
        """Return the document with what came of its readings."""
        return Structured(self.document, tuple(records), self.residue)


def structure_document(
    document: Document, engine: Engine | None = None, settings: Settings | None = None
) -> Structured:
    """Structure one document by an engine that asks nobody; without an engine, by layout."""
    readings = begin(document, engine or LayoutEngine(), settings or Settings())
    return readings.finished([unasked(reading) for reading in readings.records])


def begin(document: Document, engine: Engine, settings: Settings) -> Readings:
    """Cut a document; each chunk's record is a reading, to be driven by whoever answers its questions.

    Raises ``CalibrationError`` and ``SettingsError`` for a calibration that is not for this engine.
    """
    rates = rating(settings, engine.name)
    provenance = Provenance(engine=engine.name, structurer=VERSION, config=settings.config_hash())
    chunks, residue = cut(document)
    index = TextIndex(document.text)
    records = tuple(_record(document, chunk, index, engine, rates, provenance) for chunk in chunks)
    return Readings(document, records, residue)


def passages(document: Document) -> tuple[Passage, ...]:
    """Return a document's chunks as engines see them."""
    index = TextIndex(document.text)
    return tuple(Passage(document, chunk, segments(document, chunk), index) for chunk in cut(document).chunks)


def _record(
    document: Document,
    chunk: Chunk,
    index: TextIndex,
    engine: Engine,
    rates: Rating | None,
    provenance: Provenance,
) -> Reading[Record]:
    try:
        passage = Passage(document, chunk, segments(document, chunk), index)
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
