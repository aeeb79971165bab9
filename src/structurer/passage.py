"""One chunk as engines and document types see it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from structurer.examination import Examined
    from structurer.grounding import TextIndex
    from structurer.models import Chunk, Document, Segment


@dataclass(frozen=True, slots=True)
class Passage:
    """A chunk of a document, its numbered segments, and the document's index for grounding.

    ``draft`` is the layout's reading, where somebody made it already.
    """

    document: Document
    chunk: Chunk
    segments: tuple[Segment, ...]
    index: TextIndex
    draft: Examined | None = None
