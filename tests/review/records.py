"""Records as the program writes them, for tests of what people do with them."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from structurer.documents import read_document
from structurer.pipeline import structure_document

FILINGS = Path(__file__).parents[2] / "eval" / "filings"


@cache
def records() -> tuple[tuple[dict[str, Any], str], ...]:
    """Return the record of every declaration in the sample filings, each with its filing's text."""
    documents = (structure_document(read_document(path)) for path in sorted(FILINGS.glob("*.txt")))
    return tuple((record.as_dict(), each.document.text) for each in documents for record in each.records)
