"""Money: inside always integer nano-dollars, so that sums and budgets are exact."""

from __future__ import annotations

from decimal import Decimal

NANO = 1_000_000_000
"""Nano-dollars in a dollar."""


def in_dollars(nano: int) -> Decimal:
    """Return nano-dollars as dollars."""
    return Decimal(nano) / NANO
