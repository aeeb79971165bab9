"""One document through every stage: cut, read, ground, check, record.

A chunk that breaks a stage costs only itself: it becomes a record without data and with an error flag.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from importlib.metadata import version
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from structurer.checks import Subject, confidence, in_order, run_checks, status
from structurer.chunking import cut
from structurer.document_types.declaration import DECLARATION
from structurer.documents import read_document
from structurer.engines import Engine, LayoutEngine
from structurer.grounding import TextIndex, ValueKind, verify
from structurer.models import (
    Chunk,
    Document,
    Evidence,
    Extraction,
    Flag,
    FlagKind,
    Provenance,
    Record,
    Residue,
    Segment,
    Severity,
    Span,
    record_id,
)
from structurer.paths import leaves
from structurer.schemas import validate
from structurer.segments import segments as cut_segments
from structurer.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

VERSION = version("structurer")


@dataclass(frozen=True, slots=True)
class Structured:
    """A document's records, one for each chunk in document order, and what belongs to no chunk."""

    document: Document
    records: tuple[Record, ...]
    residue: tuple[Residue, ...]


def structure(
    source: Document | Path | str, engine: Engine | None = None, settings: Settings | None = None
) -> list[Record]:
    """Return the records of a filing, given as a document or as a path.

    Raises ``DocumentError`` where the file cannot be read.
    """
    settings = settings or Settings()
    document = source if isinstance(source, Document) else _read(source, settings)
    return list(structure_document(document, engine, settings).records)


def _read(path: Path | str, settings: Settings) -> Document:
    return read_document(
        path, encoding=settings.encoding, errors=settings.encoding_errors, max_bytes=settings.max_bytes
    )


def structure_document(
    document: Document, engine: Engine | None = None, settings: Settings | None = None
) -> Structured:
    """Structure one document; without an engine, by layout."""
    engine = engine or LayoutEngine()
    provenance = Provenance(
        engine=engine.name, structurer=VERSION, config=(settings or Settings()).config_hash()
    )
    chunks, residue = cut(document)
    index = TextIndex(document.text)
    records = tuple(_record(document, chunk, index, engine, provenance) for chunk in chunks)
    return Structured(document, records, residue)


def _record(
    document: Document, chunk: Chunk, index: TextIndex, engine: Engine, provenance: Provenance
) -> Record:
    try:
        segments = cut_segments(document, chunk)
        extraction = engine.read(document, chunk, segments, DECLARATION)
        return _checked(document, chunk, index, segments, extraction, provenance)
    except Exception as error:
        return _failed(document, chunk, provenance, error)


def _checked(
    document: Document,
    chunk: Chunk,
    index: TextIndex,
    segments: tuple[Segment, ...],
    extraction: Extraction,
    provenance: Provenance,
) -> Record:
    """Ground and check what an engine read, and write it down."""
    data = dict(extraction.data)
    evidence = _ground(index, extraction)
    unclaimed = tuple(_unclaimed(segments, extraction.claimed))
    subject = Subject(data, evidence, document.text, chunk, segments, unclaimed)
    flags = in_order({*extraction.doubts, *run_checks(subject, DECLARATION.checks)})
    validate(DECLARATION.name, data)
    certain = confidence(data, evidence, flags, extraction.certainty)
    return _written(document, chunk, provenance, flags, data, evidence, certain)


def _ground(index: TextIndex, extraction: Extraction) -> dict[str, Evidence]:
    """Verify each value against the place that the engine copied it from."""
    found: dict[str, Evidence] = {}
    for path, value in leaves(extraction.data):
        spans = extraction.spans.get(path)
        if value is not None and spans:
            kind = DECLARATION.value_kind(path)
            canonical = kind is ValueKind.LABEL or path in extraction.converted
            found[path] = verify(index, str(value), kind, spans, canonical=canonical)
    return found


def _unclaimed(segments: Sequence[Segment], claimed: Iterable[Span]) -> Iterable[Segment]:
    """Yield the segments that no claimed span touches."""
    spans = sorted(claimed)
    starts = [span.start for span in spans]
    for segment in segments:
        before = bisect_right(starts, segment.end - 1)
        if not any(span.end > segment.start for span in spans[max(0, before - 3) : before]):
            yield segment


def _failed(document: Document, chunk: Chunk, provenance: Provenance, error: Exception) -> Record:
    message = f"this project could not be structured ({type(error).__name__}: {error}); label it by hand"
    flag = Flag("", "chunk_failed", FlagKind.EXTRACTION, Severity.ERROR, message)
    return _written(document, chunk, provenance, (flag,))


def _written(
    document: Document,
    chunk: Chunk,
    provenance: Provenance,
    flags: tuple[Flag, ...],
    data: Mapping[str, Any] | None = None,
    evidence: Mapping[str, Evidence] = MappingProxyType({}),
    certain: Mapping[str, float] = MappingProxyType({}),
) -> Record:
    return Record(
        id=record_id(document.sha256, chunk.start, chunk.end),
        document_type=DECLARATION.name,
        schema_version=DECLARATION.schema_version,
        document=document,
        chunk=chunk,
        data=data,
        evidence=evidence,
        confidence=certain,
        flags=flags,
        status=status(flags),
        provenance=provenance,
    )
