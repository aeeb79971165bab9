"""The embedded engine: the document type's own layout reader, with no network and no key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from structurer.document_types.base import DocumentType
    from structurer.models import Chunk, Document, Extraction, Segment


@dataclass(frozen=True, slots=True)
class LayoutEngine:
    """Reads a form by how it is laid out."""

    name: str = "layout"

    def read(
        self, document: Document, chunk: Chunk, segments: Sequence[Segment], document_type: DocumentType
    ) -> Extraction:
        """Return what the chunk's layout says."""
        return document_type.read_layout(document, chunk, segments)
