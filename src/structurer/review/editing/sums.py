"""Whether the parts of an amount add up to its total, and if not: which part would explain it."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from structurer.review.editing.state import State

_AMOUNT = re.compile(r"-?[0-9]{1,30}(?:\.[0-9]{1,30})?")
_ROUNDING = Decimal(1)
"""Yuan by which a sum may be off without anybody asking."""

_MISPLACED = tuple(Decimal(10) ** power for power in (-4, -2, -1, 1, 2, 4))
"""What an amount is off by where a digit was lost or added, or its unit misread."""

_DIGIT = "a digit too many or too few, or another unit, would explain it"


class Sum(NamedTuple):
    """The parts and the total of one half of the form, in yuan.

    ``parts`` is ``None`` where no part is given, ``total`` where the total is not. ``off`` is how much the
    parts are above the total, 0 where they agree or there is nothing to compare. ``breaks`` are the addresses
    of amounts any one of which would explain that by itself, and ``why`` says how, for people.
    """

    half: str
    parts: Decimal | None
    total: Decimal | None
    off: Decimal
    breaks: tuple[str, ...]
    why: str


def sums(state: State, halves: Mapping[str, str]) -> tuple[Sum, ...]:
    """Return the sums of all halves of the form: scopes with what is printed above them."""
    amounts = {half: _amounts(state, half) for half in halves}
    return tuple(_sum(half, amounts) for half in halves)


def _amounts(state: State, half: str) -> dict[str, Decimal | None]:
    """Return the amounts of a half by what the form calls them, as far as they are amounts."""
    start = f"funding.{half}."
    values = {at.removeprefix(start): cell.value for at, cell in state.cells.items() if at.startswith(start)}
    return {
        key: Decimal(value) if isinstance(value, str) and _AMOUNT.fullmatch(value) else None
        for key, value in values.items()
    }


def _sum(half: str, amounts: Mapping[str, Mapping[str, Decimal | None]]) -> Sum:
    ours = dict(amounts[half])
    total = ours.pop("total", None)
    given = [value for value in ours.values() if value is not None]
    parts = sum(given, Decimal(0)) if given else None
    off = Decimal(0) if parts is None or total is None else parts - total
    if parts is None or total is None or abs(off) <= _ROUNDING:
        return Sum(half, parts, total, Decimal(0), (), "")
    others = [values for other, values in amounts.items() if other != half]
    found = _explained(ours, off, others)
    if any(abs(total * by - parts) <= _ROUNDING for by in _MISPLACED):
        found["total"] = _DIGIT
    breaks = tuple(f"funding.{half}.{key}" for key in found)
    return Sum(half, parts, total, off, breaks, "; ".join(dict.fromkeys(found.values())))


def _explained(
    parts: Mapping[str, Decimal | None], off: Decimal, others: list[Mapping[str, Decimal | None]]
) -> dict[str, str]:
    """Return the parts with which the sum would be right, were they other than they are; and how."""
    found = {}
    for key, value in parts.items():
        fits = (value or Decimal(0)) - off
        if any(other.get(key) is not None and abs(other[key] - fits) <= _ROUNDING for other in others):  # type: ignore[operator]
            found[key] = "it fits with the amount of the other half"
        elif value is not None and abs(fits) <= _ROUNDING:
            found[key] = "it fits without this part"
        elif value is not None and any(abs(value * by - fits) <= _ROUNDING for by in _MISPLACED):
            found[key] = _DIGIT
    return found
