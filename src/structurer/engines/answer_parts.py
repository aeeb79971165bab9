"""Answers as plain JSON: put together from parts, with some keys given anew."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeGuard

if TYPE_CHECKING:
    from collections.abc import Sequence

    from structurer.asking import Answered

Json = dict[str, Any]


def plain(reply: Answered) -> Json:
    """Return an answer as plain JSON: what was given, and no more."""
    return reply.value.model_dump(mode="json", by_alias=True, exclude_unset=True)


def merged(one: Json, other: Json) -> Json:
    """Return both answers in one: rows one after the other; of any other value the first that is given."""
    both = dict(one)
    for key, value in other.items():
        known = both.get(key)
        if isinstance(known, Mapping) and isinstance(value, Mapping):
            both[key] = merged(dict(known), dict(value))
        elif _are_rows(known) and _are_rows(value):
            both[key] = [*known, *value]
        elif known is None or known == []:
            both[key] = value
    return both


def _are_rows(value: Any) -> TypeGuard[list[Any]]:
    return isinstance(value, list) and any(isinstance(item, list) for item in value)


def replaced(answer: Json, repaired: Json, keys: Sequence[str]) -> Json:
    """Return the answer with what was given anew for some keys."""
    whole = dict(answer)
    for key in keys:
        first, _, rest = key.partition(".")
        whole[first] = {**(whole.get(first) or {}), rest: repaired[first][rest]} if rest else repaired[first]
    return whole


def holds(answer: Json, key: str) -> bool:
    """Say whether an answer gives something, if only that it is empty, for a key."""
    first, _, rest = key.partition(".")
    return first in answer and (not rest or rest in (answer[first] or {}))
