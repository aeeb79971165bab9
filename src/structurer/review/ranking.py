"""In which order people should look: broken arithmetic first, then what a mistake would likely cost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from structurer.groups import Group, group_of
from structurer.paths import covers
from structurer.review.editing.doubts import flags_of_reading

if TYPE_CHECKING:
    from collections.abc import Mapping

_BROKEN_ARITHMETIC = frozenset({"funding_sum", "amount_not_a_number"})
_FIRST_OF_ALL = 10**12
_MILLIONTHS = 1_000_000

_WEIGHTS = {
    Group.MONEY: 10.0,
    Group.HEAD: 5.0,
    Group.HALF: 3.0,
    Group.LEVEL: 2.0,
    Group.NAME: 2.0,
    Group.TARGET: 3.0,
    Group.TEXTS: 1.0,
    Group.PEOPLE: 1.0,
}
"""What a wrong value costs its users, by group: amounts are added up, long texts are read by people."""

_WHOLE_RECORD = 60.0
"""What a record costs that could not be structured at all: as many values as a form has."""


def rank(record: Mapping[str, Any]) -> int:
    """Return a record's place in the queue; the larger, the sooner."""
    flags = flags_of_reading(record)
    broken = any(flag["code"] in _BROKEN_ARITHMETIC for flag in flags)
    if record["data"] is None:
        cost = _WHOLE_RECORD
    else:
        doubtful = {flag["path"] for flag in flags}
        cost = sum(
            (1 - sure) * _WEIGHTS[group_of(path)]
            for path, sure in record["confidence"].items()
            if any(covers(outer, path) for outer in doubtful)
        )
    return broken * _FIRST_OF_ALL + round(cost * _MILLIONTHS)
