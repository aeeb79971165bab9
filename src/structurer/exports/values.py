"""Which values a record holds, and which of them are doubtful."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from structurer.paths import covers, leaves

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def value_paths(data: Mapping[str, Any] | None) -> list[str]:
    """Return the dotted path of every value that was read, in the order of the form; empty ones are none."""
    return [] if data is None else [path for path, value in leaves(data) if value is not None]


def is_below(path: str, flagged: str) -> bool:
    """Say whether a flag at ``flagged`` applies to ``path``: it is the same place or above it.

    A flag at the empty path speaks of the record as a whole and marks no single value.
    """
    return flagged != "" and covers(flagged, path)


def doubtful_paths(record: Mapping[str, Any]) -> list[str]:
    """Return the paths of a written record's values that an ``extraction`` flag applies to."""
    flagged = sorted({flag["path"] for flag in record["flags"] if flag["kind"] == "extraction"})
    if not flagged:
        return []
    return [path for path in value_paths(record["data"]) if any(is_below(path, above) for above in flagged)]


def messages(flags: Sequence[Mapping[str, Any]], kind: str) -> list[str]:
    """Return what the flags of one kind say, in their order, each once."""
    return list(dict.fromkeys(flag["message"] for flag in flags if flag["kind"] == kind))
