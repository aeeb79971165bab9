"""What outlives a command: runs, records, the journal of requests to models; on SQLite or PostgreSQL."""

from structurer.store.attempts import Attempt, Outcome, Spent
from structurer.store.batches import Batch, Batches
from structurer.store.connecting import is_there
from structurer.store.counting import Counted, Imbalance, count, flags_by_code, imbalances, skipped_kinds
from structurer.store.database import Store
from structurer.store.filings import FilingRow, Filings, KnownFile
from structurer.store.journal import Journal
from structurer.store.results import ExportRow, NewFlag, NewRecord, NewResult, export_rows, model_shares
from structurer.store.runs import Run, Runs, RunSpec
from structurer.store.standing import (
    FailedName,
    Overview,
    Standing,
    duplicates,
    failed_projects,
    failure_kinds,
    failures,
    overview,
)
from structurer.store.states import Sight, State
from structurer.store.usage import UsageRow
from structurer.store.work import Claimed, Failure, Open, Work, retry_failed

__all__ = [
    "Attempt",
    "Batch",
    "Batches",
    "Claimed",
    "Counted",
    "ExportRow",
    "FailedName",
    "Failure",
    "FilingRow",
    "Filings",
    "Imbalance",
    "Journal",
    "KnownFile",
    "NewFlag",
    "NewRecord",
    "NewResult",
    "Open",
    "Outcome",
    "Overview",
    "Run",
    "RunSpec",
    "Runs",
    "Sight",
    "Spent",
    "Standing",
    "State",
    "Store",
    "UsageRow",
    "Work",
    "count",
    "duplicates",
    "export_rows",
    "failed_projects",
    "failure_kinds",
    "failures",
    "flags_by_code",
    "imbalances",
    "is_there",
    "model_shares",
    "overview",
    "retry_failed",
    "skipped_kinds",
]
