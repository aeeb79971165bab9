"""What can be asked about a declaration apart from the rest, and which key a data path belongs to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from structurer.document_types.declaration.model import FundingHalf, Level2, Scope

if TYPE_CHECKING:
    from collections.abc import Collection

    from structurer.models import Extraction

LONG_TEXTS = ("overview", "basis", "necessity", "safeguards", "implementation_plan")
HEAD = (
    "form_title",
    "fiscal_year",
    "project_name",
    "competent_department",
    "implementing_unit",
    "project_attribute",
    "duration_years",
)
PEOPLE = ("responsible_person", "handler", "phone", "submitted_at")
SCALARS = (*HEAD, *LONG_TEXTS, *PEOPLE)
"""The keys that stand for one field of the form."""

HALVES = tuple(str(scope) for scope in Scope)
AMOUNTS = tuple(FundingHalf.model_fields)
LEVELS = tuple(str(level) for level in Level2)
TABLE = tuple(f"indicators.{half}" for half in HALVES)
KEYS = (*HEAD, "funding", *LONG_TEXTS, "goals", *TABLE, *PEOPLE)
"""All keys, in the form's order."""

PARTS = (tuple(key for key in KEYS if key not in TABLE), *((key,) for key in TABLE))
"""The keys in groups: the head and all the rest, and each half of the indicators."""


def halves_of(keys: Collection[str]) -> tuple[str, ...]:
    """Return the halves of the indicator table that are among the keys."""
    return tuple(half for half in HALVES if f"indicators.{half}" in keys)


def key_of(extraction: Extraction, path: str) -> str:
    """Return the key that a data path belongs to.

    A row of the table belongs to its half. What concerns both halves, or the whole record, belongs to
    no single key: ``indicators`` and ``""`` are returned as they are.
    """
    first, _, below = path.partition(".")
    if first != "indicators" or not below:
        return first
    number = below.partition(".")[0]
    rows = extraction.data["indicators"]
    if not number.isdecimal() or int(number) >= len(rows):
        return first
    return f"indicators.{rows[int(number)]['scope']}"
