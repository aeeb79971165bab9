"""Many filings: which ones, who reads them, what came of them; runs that go on where they were."""

from __future__ import annotations

from structurer.runs.planning import STDIN, Plan, PlannedFiling, plan_filings
from structurer.runs.results import (
    FailedFiling,
    FilingResult,
    ResidueSummary,
    SkippedFile,
    StructuredFiling,
)

__all__ = [
    "STDIN",
    "FailedFiling",
    "FilingResult",
    "Plan",
    "PlannedFiling",
    "ResidueSummary",
    "SkippedFile",
    "StructuredFiling",
    "plan_filings",
]
