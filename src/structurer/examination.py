"""What is to be thought of an extraction: where values stand, what is doubtful, how likely each is right."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

from structurer.checks import Subject, confidence, in_order, run_checks
from structurer.grounding import ValueKind, verify
from structurer.paths import leaves

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from structurer.document_types.base import DocumentType
    from structurer.models import Evidence, Extraction, Flag, Segment, Span
    from structurer.passage import Passage


@dataclass(frozen=True, slots=True)
class Examined:
    """An extraction with the evidence of its values, its flags in order, and a confidence for every leaf."""

    extraction: Extraction
    evidence: Mapping[str, Evidence]
    flags: tuple[Flag, ...]
    confidence: Mapping[str, float]


def examine(passage: Passage, extraction: Extraction, document_type: DocumentType) -> Examined:
    """Ground and check what an engine read.

    Where two readings agree on a value, doubts about which reading is right fall away; doubts about
    the print stay.
    """
    data = dict(extraction.data)
    evidence = _ground(passage, extraction, document_type)
    unclaimed = tuple(_unclaimed(passage.segments, extraction.claimed))
    subject = Subject(data, evidence, passage.document.text, passage.chunk, passage.segments, unclaimed)
    flags = in_order({*extraction.doubts, *run_checks(subject, document_type.checks)})
    if extraction.agreed:
        settled = document_type.questions.settled_by_agreement
        flags = tuple(f for f in flags if f.code not in settled or f.path not in extraction.agreed)
    return Examined(extraction, evidence, flags, confidence(data, evidence, flags, extraction.certainty))


def _ground(passage: Passage, extraction: Extraction, document_type: DocumentType) -> dict[str, Evidence]:
    """Verify each value against the place that the engine copied it from."""
    found: dict[str, Evidence] = {}
    for path, value in leaves(extraction.data):
        spans = extraction.spans.get(path)
        if value is not None and spans:
            kind = document_type.value_kind(path)
            canonical = kind is ValueKind.LABEL or path in extraction.converted
            found[path] = verify(passage.index, str(value), kind, spans, canonical=canonical)
    return found


def _unclaimed(segments: Sequence[Segment], claimed: Iterable[Span]) -> Iterator[Segment]:
    """Yield the segments that no claimed span touches."""
    spans = sorted(claimed)
    starts = [span.start for span in spans]
    for segment in segments:
        before = bisect_right(starts, segment.end - 1)
        if not any(span.end > segment.start for span in spans[max(0, before - 3) : before]):
            yield segment
