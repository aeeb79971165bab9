"""The damage that filings suffer, by name, and how much of it.

An operator takes a sheet, the share of places to hit and a seeded source of choices, and returns a
sheet that prints the damage and knows what a fair reader may still say (``labels``). Operators may
follow each other.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from types import MappingProxyType

from structurer.synthesis import damage_table, damage_text
from structurer.synthesis.sheet import Sheet

Operator = Callable[[Sheet, float, Random], Sheet]

OPERATORS = MappingProxyType(
    {
        "spaces": damage_text.spaces,
        "line breaks": damage_text.line_breaks,
        "misread characters": damage_text.misread,
        "dropped characters": damage_text.dropped,
        "cut cells": damage_text.cut_cells,
        "split digits": damage_text.split_digits,
        "lost cell": damage_table.lost_cell,
        "lost label": damage_table.lost_label,
        "packed cells": damage_table.packed,
        "page break": damage_table.page_break,
        "lost column": damage_table.lost_column,
    }
)
"""Every kind of damage."""

STRENGTHS = MappingProxyType({"mild": 0.03, "medium": 0.1, "strong": 0.3})
"""The share of places that each strength hits."""
