"""The words every stage speaks: documents, chunks, extractions, evidence, flags, records.

All values are frozen. Offsets count Unicode code points in a document's decoded text and are half
open, ``[start, end)``. Paths are dotted: ``funding.annual.total``, ``indicators.4.name``.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping


class Span(NamedTuple):
    """A stretch of a document's text, ``[start, end)`` in code points."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a document: its number, from 1, and where its text stands."""

    number: int
    start: int
    end: int


@dataclass(frozen=True)
class Document:
    """A filing as decoded text, with what is needed to cite a place in it.

    ``name`` is how the user knows the file (a path below the folder that was given), ``sha256`` the
    hash of its bytes, ``encoding`` the codec that the text was decoded with, ``media_type`` what
    reader made the text.
    """

    name: str
    sha256: str
    text: str
    encoding: str
    pages: tuple[Page, ...]
    media_type: str = "text/plain"

    @cached_property
    def line_starts(self) -> tuple[int, ...]:
        r"""Offset of the first character of each line; a line ends at ``\\n``."""
        starts = [0]
        position = self.text.find("\n")
        while position >= 0:
            starts.append(position + 1)
            position = self.text.find("\n", position + 1)
        return tuple(starts)


@dataclass(frozen=True, slots=True)
class Chunk:
    """The text of one project in a document.

    ``lines`` are the numbers, from 0, of the document's non-blank lines that belong to the project;
    ``start`` and ``end`` enclose them. ``title`` and ``year`` are where the form's title (several
    spans when it was broken over lines) and fiscal year stand: in the chunk itself or, inherited,
    above it.
    """

    ordinal: int
    start: int
    end: int
    lines: tuple[int, ...]
    title: tuple[Span, ...] = ()
    year: Span | None = None


@dataclass(frozen=True, slots=True)
class Residue:
    """Consecutive non-blank lines of a document that belong to no project."""

    start: int
    end: int
    lines: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Segment:
    """A numbered piece of a chunk's text: a tab cell, or a stretch of a line between spaces.

    ``line`` is the document's line number, ``column`` the cell's position in its line (empty cells
    count, so columns of tab-separated tables keep their place).
    """

    number: int
    line: int
    column: int
    start: int
    end: int
    text: str


class Grounding(StrEnum):
    """How a value stands in the text."""

    EXACT = "exact"
    """Character for character, in one span."""
    JOINED = "joined"
    """After dropping white space, markup or separators, or by joining several spans."""
    CANONICAL = "canonical"
    """The text prints another form of the value: a cut-off label, a date in digits."""
    FUZZY = "fuzzy"
    """But for a few characters that a scanner confuses."""
    AMBIGUOUS = "ambiguous"
    """In several places, and nothing says which."""
    NONE = "none"
    """Nowhere."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where one value stands: spans in reading order, and how well they carry it."""

    spans: tuple[Span, ...]
    status: Grounding


class FlagKind(StrEnum):
    """Who a flag speaks to: a reviewer (we may have misread) or an analyst (the filing is odd)."""

    EXTRACTION = "extraction"
    SOURCE = "source"


class Severity(StrEnum):
    """How much a flag matters."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True, order=True)
class Flag:
    """One thing that is doubtful or odd, at one path, in words that a reviewer understands.

    ``other`` is the reading that was not taken, where there were two.
    """

    path: str
    code: str
    kind: FlagKind
    severity: Severity
    message: str
    other: str | None = None

    def as_dict(self) -> dict[str, str]:
        """Return the object that is written; ``other`` only where there is one."""
        written = {
            "code": self.code,
            "kind": str(self.kind),
            "severity": str(self.severity),
            "path": self.path,
            "message": self.message,
        }
        return written if self.other is None else {**written, "other": self.other}


@dataclass(frozen=True, slots=True)
class Usage:
    """What a model was paid for: tokens, and money (US dollars) as a decimal string."""

    input_tokens: int = 0
    output_tokens: int = 0
    cost: str = "0"

    def __add__(self, other: Usage) -> Usage:
        """Return both together."""
        return Usage(
            self.input_tokens + other.input_tokens,
            self.output_tokens + other.output_tokens,
            plain_decimal(Decimal(self.cost) + Decimal(other.cost)),
        )


def plain_decimal(number: Decimal) -> str:
    """Return a number as digits and at most one point, without zeros that say nothing."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


@dataclass(frozen=True, slots=True)
class ModelUse:
    """Which model had a part in a reading, by what prompts (with versions), and what it took."""

    model: str
    prompt: str
    usage: Usage


@dataclass(frozen=True, slots=True)
class Extraction:
    """What an engine read in one chunk, before anybody checked it.

    ``data`` has the shape of the document type's model. ``spans`` says where each value was copied
    from. ``doubts`` are the engine's own flags. ``certainty`` is the engine's probability, in
    [0, 1], that it chose the right one of the readings it considered; paths that are missing had
    one reading only. ``claimed`` are all spans that the engine understood: values and the form's
    printed labels. ``converted`` are the paths whose value is not what is printed but the same in
    another unit (万元 brought to yuan). ``agreed`` are the paths on which two independent readings agree.
    ``model_use`` is ``None`` where no model had a part.
    """

    data: Mapping[str, Any]
    spans: Mapping[str, tuple[Span, ...]]
    doubts: tuple[Flag, ...] = ()
    certainty: Mapping[str, float] = field(default_factory=dict)
    claimed: tuple[Span, ...] = ()
    converted: frozenset[str] = frozenset()
    agreed: frozenset[str] = frozenset()
    model_use: ModelUse | None = None


class Status(StrEnum):
    """Where a record stands in its life."""

    ACCEPTED = "accepted"
    FLAGGED = "flagged"
    REVIEWED = "reviewed"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Provenance:
    """What made a record; enough to make it again. ``model_use`` is ``None`` where no model was asked."""

    engine: str
    structurer: str
    config: str
    model_use: ModelUse | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the object that is written (JSON types only)."""
        use = self.model_use
        usage = Usage() if use is None else use.usage
        return {
            "engine": self.engine,
            "model": None if use is None else use.model,
            "prompt": None if use is None else use.prompt,
            "structurer": self.structurer,
            "config": self.config,
            "usage": {
                "input_tokens": usage.input_tokens,
                "output_tokens": usage.output_tokens,
                "cost": usage.cost,
            },
        }


@dataclass(frozen=True, slots=True)
class Record:
    """One structured project: the data, its evidence, its doubts, and where it came from."""

    id: str
    document_type: str
    schema_version: str
    document: Document
    chunk: Chunk
    data: Mapping[str, Any] | None
    evidence: Mapping[str, Evidence]
    confidence: Mapping[str, float]
    flags: tuple[Flag, ...]
    status: Status
    provenance: Provenance

    def as_dict(self) -> dict[str, Any]:
        """Return the record as the object that is written, stored and served (JSON types only)."""
        return {
            "id": self.id,
            "document_type": self.document_type,
            "schema_version": self.schema_version,
            "document": {
                "name": self.document.name,
                "sha256": self.document.sha256,
                "encoding": self.document.encoding,
            },
            "chunk": {"ordinal": self.chunk.ordinal, "start": self.chunk.start, "end": self.chunk.end},
            "data": None if self.data is None else dict(self.data),
            "evidence": {path: [list(span) for span in e.spans] for path, e in self.evidence.items()},
            "grounding": {path: str(e.status) for path, e in self.evidence.items()},
            "confidence": dict(self.confidence),
            "flags": [flag.as_dict() for flag in self.flags],
            "status": str(self.status),
            "provenance": self.provenance.as_dict(),
        }


def record_id(sha256: str, start: int, end: int) -> str:
    """Return the id of the record of one chunk: the same bytes and the same chunk give the same id."""
    return hashlib.sha256(f"{sha256}:{start}:{end}".encode()).hexdigest()[:24]
