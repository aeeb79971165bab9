"""The embedded engine: the document type's own layout reader, with no network and no key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from structurer.asking import Reading
    from structurer.document_types.base import DocumentType
    from structurer.models import Extraction
    from structurer.passage import Passage


@dataclass(frozen=True, slots=True)
class LayoutEngine:
    """Reads a form by how it is laid out."""

    name: str = "layout"

    def read(self, passage: Passage, document_type: DocumentType) -> Reading[Extraction]:
        """Return what the passage's layout says; nothing is asked."""
        yield from ()
        return document_type.read_layout(passage.document, passage.chunk, passage.segments)
