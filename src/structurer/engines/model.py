"""The model engine: every passage is read by a model, and by nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from structurer.engines.interview import interview

if TYPE_CHECKING:
    from structurer.asking import Reading
    from structurer.document_types.base import DocumentType
    from structurer.models import Extraction
    from structurer.passage import Passage


@dataclass(frozen=True, slots=True)
class ModelEngine:
    """Asks ``model`` about the whole form, to be answered in the format ``answers``."""

    model: str
    answers: str = "point"
    name: str = "model"

    def read(self, passage: Passage, document_type: DocumentType) -> Reading[Extraction]:
        """Return what the model says. Raises ``NoAnswerError`` where it gives no usable answer."""
        questions = document_type.questions
        style = questions.formats[self.answers]
        return (yield from interview(passage, document_type, style, self.model, questions.keys))
