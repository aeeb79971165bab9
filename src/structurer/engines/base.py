"""What the pipeline asks of an engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from structurer.errors import StructurerError

if TYPE_CHECKING:
    from structurer.asking import Reading
    from structurer.document_types.base import DocumentType
    from structurer.models import Extraction, ModelUse
    from structurer.passage import Passage


class Engine(Protocol):
    """Reads one chunk of a document as one form."""

    @property
    def name(self) -> str:
        """The engine's name in a record's provenance."""
        ...

    def read(self, passage: Passage, document_type: DocumentType) -> Reading[Extraction]:
        """Read the passage, asking if need be; return what it says, with spans and doubts."""
        ...


class NoAnswerError(StructurerError):
    """A model gave no answer that can be used. ``model_use`` is what was spent all the same."""

    def __init__(self, reason: str, model_use: ModelUse) -> None:
        super().__init__(reason)
        self.model_use = model_use
