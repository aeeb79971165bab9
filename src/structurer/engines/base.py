"""What the pipeline asks of an engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from structurer.document_types.base import DocumentType
    from structurer.models import Chunk, Document, Extraction, Segment


class Engine(Protocol):
    """Reads one chunk of a document as one form."""

    @property
    def name(self) -> str:
        """The engine's name in a record's provenance."""
        ...

    def read(
        self, document: Document, chunk: Chunk, segments: Sequence[Segment], document_type: DocumentType
    ) -> Extraction:
        """Return what the chunk says, with spans and doubts."""
        ...
