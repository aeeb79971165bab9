"""Dotted paths in a record's data (``indicators.4.name``): walking them, and what stands below what."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

DERIVED_FROM = {"level1": "level2", "measure": "target"}
"""Keys computed from another key of the same row."""

DERIVED_KEYS = ("scope", *DERIVED_FROM)
"""Keys computed from another key or from the place in the table: they have no doubt of their own."""


def leaves(data: Mapping[str, Any], derived: Collection[str] = DERIVED_KEYS) -> list[tuple[str, Any]]:
    """Return the dotted path and value of every leaf, nulls included, in the data's order.

    ``derived`` keys are left out. An empty object or list has no leaves.
    """
    found: list[tuple[str, Any]] = []

    def add(path: str, value: Any) -> None:
        if isinstance(value, dict):
            for key, below in value.items():
                if key not in derived:
                    add(f"{path}.{key}", below)
        elif isinstance(value, list):
            for index, below in enumerate(value):
                add(f"{path}.{index}", below)
        else:
            found.append((path, value))

    for key, value in data.items():
        if key not in derived:
            add(key, value)
    return found


def value_at(data: Mapping[str, Any] | None, path: str) -> Any:
    """Return the value at a dotted path of nested objects and lists; ``None`` where the path ends early."""
    value: Any = data
    for part in path.split("."):
        if isinstance(value, Mapping):
            value = value.get(part)
        elif isinstance(value, list) and part.isdecimal() and int(part) < len(value):
            value = value[int(part)]
        else:
            return None
    return value


def put_at(data: dict[str, Any], path: str, value: Any) -> None:
    """Write a value at a dotted path of nested objects and lists that are there already."""
    *parents, last = path.split(".")
    place: Any = data
    for part in parents:
        place = place[int(part)] if isinstance(place, list) else place[part]
    place[last] = value


def covers(outer: str, path: str) -> bool:
    """Say whether ``outer`` is the path or stands above it; ``""`` is the whole record."""
    return outer in ("", path) or path.startswith(f"{outer}.")
