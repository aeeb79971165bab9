"""项目支出绩效目标申报表: the project performance-target declaration."""

from __future__ import annotations

from structurer.document_types.base import DocumentType, Entry
from structurer.document_types.declaration.checks import CHECKS
from structurer.document_types.declaration.entering import choices, completed, empty, typed
from structurer.document_types.declaration.layout.reader import read
from structurer.document_types.declaration.model import SCHEMA_VERSION
from structurer.document_types.declaration.printed import HALVES, PARTS
from structurer.document_types.declaration.questions import QUESTIONS
from structurer.grounding import ValueKind

_KINDS = {
    "fiscal_year": ValueKind.INTEGER,
    "duration_years": ValueKind.INTEGER,
    "code": ValueKind.CODE,
    "phone": ValueKind.CODE,
    "submitted_at": ValueKind.DATE,
    "project_attribute": ValueKind.LABEL,
    "level2": ValueKind.LABEL,
}


def value_kind(path: str) -> ValueKind:
    """Say how a value of the declaration must stand in the text: amounts exactly, words tolerantly."""
    if path.startswith("funding."):
        return ValueKind.AMOUNT
    return _KINDS.get(path.rsplit(".", 1)[-1], ValueKind.TEXT)


DECLARATION = DocumentType(
    name="performance_target_declaration",
    schema_version=SCHEMA_VERSION,
    read_layout=read,
    value_kind=value_kind,
    checks=CHECKS,
    questions=QUESTIONS,
    entry=Entry(PARTS, HALVES, typed, choices, empty, completed),
)
