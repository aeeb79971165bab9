"""Many filings: which ones, in what order, on how many processes."""

from __future__ import annotations

from structurer.runs.local import structure_filings
from structurer.runs.planning import STDIN, Plan, PlannedFiling, plan_filings
from structurer.runs.results import FailedFiling, FilingResult, ResidueSummary, StructuredFiling

__all__ = [
    "STDIN",
    "FailedFiling",
    "FilingResult",
    "Plan",
    "PlannedFiling",
    "ResidueSummary",
    "StructuredFiling",
    "plan_filings",
    "structure_filings",
]
