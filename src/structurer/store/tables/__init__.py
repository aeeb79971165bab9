"""The tables, as the newest migration leaves them.

Money is in nano-dollars, times are milliseconds since 1970 (UTC): integers that every database compares and
adds up alike. Text and records are kept as zlib streams.
"""

from structurer.store.tables.base import METADATA, REVISION, VERSION
from structurer.store.tables.figures import FINDING, NOTED_TASK, SECOND_READING
from structurer.store.tables.models import ATTEMPT, BATCH, DIALECT, MODEL_RUN, RESERVATION
from structurer.store.tables.review import (
    ACCOUNT,
    API_TOKEN,
    AUDIT_ENTRY,
    CONFLICT,
    DECISION,
    DOUBT,
    DRAFT,
    FAILED_LOGIN,
    INTAKE,
    INVITATION,
    PROBE,
    REVIEW_ITEM,
    REVIEW_TASK,
    REVIEWED,
    SESSION,
    UPLOAD,
)
from structurer.store.tables.runs import (
    CHUNK,
    DOCUMENT,
    DOCUMENT_TEXT,
    EVALUATION,
    FILING,
    FLAG,
    RECORD,
    RESULT,
    RUN,
    RUNNER,
    WORK_ITEM,
)

__all__ = [
    "ACCOUNT",
    "API_TOKEN",
    "ATTEMPT",
    "AUDIT_ENTRY",
    "BATCH",
    "CHUNK",
    "CONFLICT",
    "DECISION",
    "DIALECT",
    "DOCUMENT",
    "DOCUMENT_TEXT",
    "DOUBT",
    "DRAFT",
    "EVALUATION",
    "FAILED_LOGIN",
    "FILING",
    "FINDING",
    "FLAG",
    "INTAKE",
    "INVITATION",
    "METADATA",
    "MODEL_RUN",
    "NOTED_TASK",
    "PROBE",
    "RECORD",
    "RESERVATION",
    "RESULT",
    "REVIEWED",
    "REVIEW_ITEM",
    "REVIEW_TASK",
    "REVISION",
    "RUN",
    "RUNNER",
    "SECOND_READING",
    "SESSION",
    "UPLOAD",
    "VERSION",
    "WORK_ITEM",
]
