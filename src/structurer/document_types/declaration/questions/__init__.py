"""What to ask a model about a declaration, and how to read its answers."""

from __future__ import annotations

from structurer.document_types.base import Questions
from structurer.document_types.declaration.questions.keys import KEYS, PARTS, key_of
from structurer.document_types.declaration.questions.pointing import Pointing
from structurer.document_types.declaration.questions.regions import region
from structurer.document_types.declaration.questions.transcription import Transcription

_SETTLED_BY_AGREEMENT = frozenset(
    (
        "halves_cut",
        "label_differs",
        "label_not_found",
        "level_differs",
        "place_ambiguous",
        "target_elsewhere",
        "thin_margin",
        "title_maybe_broken",
        "wrapped_side_by_side",
    )
)
_REPAIRABLE = frozenset(
    (
        "half_without_indicators",
        "halves_swapped",
        "not_grounded",
        "required_field_missing",
        "rows_missing",
        "value_missing",
    )
)
"""What a model overlooked or mixed up. Other doubts come from a damaged print, which asking does not mend."""

QUESTIONS = Questions(
    formats={"point": Pointing(), "transcribe": Transcription()},
    keys=KEYS,
    parts=PARTS,
    key_of=key_of,
    region=region,
    settled_by_agreement=_SETTLED_BY_AGREEMENT,
    repairable=_REPAIRABLE,
)
