"""Which values a record holds, and which of them are doubtful."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_NOT_READ = frozenset({"scope", "level1", "measure"})
"""Keys that follow from other values or from the place on the form; nobody reads them off it."""


def value_paths(data: Mapping[str, Any] | None) -> list[str]:
    """Return the dotted path of every value that was read, in the order of the form; empty ones are none."""
    return [] if data is None else [path for path, _ in _leaves(data, "")]


def is_below(path: str, flagged: str) -> bool:
    """Say whether a flag at ``flagged`` applies to ``path``: it is the same place or above it.

    A flag at the empty path speaks of the record as a whole and marks no single value.
    """
    return path == flagged or (flagged != "" and path.startswith(f"{flagged}."))


def doubtful_paths(record: Mapping[str, Any]) -> list[str]:
    """Return the paths of a written record's values that an ``extraction`` flag applies to."""
    flagged = sorted({flag["path"] for flag in record["flags"] if flag["kind"] == "extraction"})
    if not flagged:
        return []
    return [path for path in value_paths(record["data"]) if any(is_below(path, above) for above in flagged)]


def messages(flags: Sequence[Mapping[str, Any]], kind: str) -> list[str]:
    """Return what the flags of one kind say, in their order, each once."""
    return list(dict.fromkeys(flag["message"] for flag in flags if flag["kind"] == kind))


def _leaves(node: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(node, dict):
        children: Any = ((key, value) for key, value in node.items() if key not in _NOT_READ)
    elif isinstance(node, list | tuple):
        children = enumerate(node)
    else:
        if node is not None:
            yield path, node
        return
    for key, value in children:
        yield from _leaves(value, f"{path}.{key}" if path else str(key))
