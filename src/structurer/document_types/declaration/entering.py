"""Values as people type them into the form, and data made whole again after they did."""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime
from typing import TYPE_CHECKING, Any, get_args

from pydantic import ValidationError

from structurer.document_types.declaration.measure import measure
from structurer.document_types.declaration.model import Declaration, Level2, Scope

if TYPE_CHECKING:
    from collections.abc import Mapping

_AMOUNT = re.compile(r"(-?[0-9]+(?:\.[0-9]+)?)(万?)元?")
_TIME = re.compile(
    r"([0-9]{4})\D([0-9]{1,2})\D([0-9]{1,2})\D?(?:[T ]*([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?)?"
)
_NUMBERS = {"fiscal_year": (1900, 2200), "duration_years": (0, 100)}
_ATTRIBUTES = tuple(
    value
    for each in get_args(Declaration.model_fields["project_attribute"].annotation)
    for value in get_args(each)
)
_CHOICES = {
    "project_attribute": _ATTRIBUTES,
    "level2": tuple(Level2),
    "scope": tuple(Scope),
}
_MOST_DIGITS = 20


def choices(path: str) -> tuple[str, ...]:
    """Return the only values that a field may have; none where it may have any."""
    return tuple(map(str, _CHOICES.get(path.rpartition(".")[2], ())))


def typed(path: str, text: str) -> Any:
    """Return the value that somebody typed into a field, ``None`` for nothing.

    Amounts are given in yuan, or with 万元 behind them; dates as ``2023-04-01`` or with a time. Raises
    ``ValueError`` that says how to write it.
    """
    shown = text.strip()
    name = path.rpartition(".")[2]
    if not shown and name != "scope":
        return None
    plain = unicodedata.normalize("NFKC", shown)
    if path.startswith("funding."):
        return _amount(plain)
    if name in _NUMBERS:
        return _number(plain, *_NUMBERS[name])
    if name == "submitted_at":
        return _time(plain)
    if choices(path) and shown not in choices(path):
        raise ValueError(f"choose one of: {', '.join(choices(path))}")
    return shown


def completed(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return data with all keys in the form's order, and with what is derived from others.

    Raises ``ValueError`` for data that the form cannot have.
    """
    rows = [
        {**row, "level1": _level1(row.get("level2")), "measure": measure(row.get("target"))}
        for row in data["indicators"]
    ]
    try:
        return Declaration.model_validate({**data, "indicators": rows}).model_dump(mode="json")
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        raise ValueError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from None


def empty() -> dict[str, Any]:
    """Return the data of an empty form."""
    return Declaration().model_dump(mode="json")


def _level1(level2: str | None) -> str | None:
    return None if level2 is None else Level2(level2).level1


def _amount(plain: str) -> str:
    match = _AMOUNT.fullmatch(re.sub(r"[,\s]", "", plain))
    if match is None or len(match[1]) > _MOST_DIGITS:
        raise ValueError("write an amount in yuan as digits, like 1200000 or 120万元")
    if not match[2]:
        return match[1]
    whole, _, part = match[1].partition(".")
    shifted = f"{whole}{part[:4]:0<4}.{part[4:]}".rstrip("0" if len(part) > 4 else "").rstrip(".")
    sign, digits = ("-", shifted[1:]) if shifted.startswith("-") else ("", shifted)
    return sign + (re.sub(r"^0+(?=[0-9])", "", digits))


def _number(plain: str, least: int, most: int) -> int:
    digits = plain.removesuffix("年").strip()
    if not re.fullmatch(r"[0-9]{1,4}", digits) or not least <= int(digits) <= most:
        raise ValueError(f"write a whole number from {least} to {most}")
    return int(digits)


def _time(plain: str) -> str:
    match = _TIME.fullmatch(plain)
    try:
        if match is None:
            raise ValueError
        return datetime(*(int(part or 0) for part in match.groups())).isoformat()  # type: ignore[arg-type]
    except ValueError:
        raise ValueError("write a date like 2023-04-01, or with a time, 2023-04-01 09:30:00") from None
