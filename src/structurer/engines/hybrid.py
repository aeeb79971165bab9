"""The hybrid engine: the layout first, a model for what is doubtful, and both readings held together."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from structurer.checks import extraction as doubt
from structurer.engines.base import NoAnswerError
from structurer.engines.interview import interview
from structurer.engines.reconciling import reconcile
from structurer.examination import Examined, examine
from structurer.models import FlagKind, Severity
from structurer.paths import covers

if TYPE_CHECKING:
    from structurer.asking import Reading
    from structurer.document_types.base import DocumentType, Questions
    from structurer.models import Extraction
    from structurer.passage import Passage


@dataclass(frozen=True, slots=True)
class HybridEngine:
    """Asks ``model`` only for the keys that the layout reading is in doubt about."""

    model: str
    answers: str = "point"
    name: str = "hybrid"

    def draft(self, passage: Passage, document_type: DocumentType) -> Examined:
        """Return the layout's reading, which needs no model and may be made ahead, in another process."""
        layout = document_type.read_layout(passage.document, passage.chunk, passage.segments)
        return examine(passage, layout, document_type)

    def read(self, passage: Passage, document_type: DocumentType) -> Reading[Extraction]:
        """Return the layout's reading, settled with the model's where it was in doubt.

        Where the model gives no usable answer the layout's reading stands, with its doubts.
        """
        examined = passage.draft or self.draft(passage, document_type)
        layout = examined.extraction
        questions = document_type.questions
        keys = doubtful_keys(examined, questions)
        if not keys:
            return layout
        style = questions.formats[self.answers]
        try:
            answer = yield from interview(passage, document_type, style, self.model, keys)
        except NoAnswerError as error:
            flag = doubt("", "model_unanswered", f"the model was no help: {error}", Severity.INFO)
            return replace(layout, doubts=(*layout.doubts, flag), model_use=error.model_use)
        return reconcile(passage, document_type, examined, answer, keys)


def doubtful_keys(examined: Examined, questions: Questions) -> tuple[str, ...]:
    """Return the keys that a reviewer would have to look at, in the form's order."""
    flags = [flag for flag in examined.flags if flag.kind is FlagKind.EXTRACTION]
    doubtful = {questions.key_of(examined.extraction, flag.path) for flag in flags}
    return tuple(key for key in questions.keys if any(covers(outer, key) for outer in doubtful))
