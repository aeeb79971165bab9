"""Text as the store keeps it: compressed, whatever characters it has."""

from __future__ import annotations

import json
import zlib
from typing import Any

_LEVEL = 6


def packed(text: str) -> bytes:
    """Return text as a zlib stream. Halves of surrogate pairs are kept."""
    return zlib.compress(text.encode("utf-8", "surrogatepass"), _LEVEL)


def unpacked(body: bytes) -> str:
    """Return the text of a zlib stream."""
    return zlib.decompress(body).decode("utf-8", "surrogatepass")


def packed_json(value: object) -> bytes:
    """Return a value as a zlib stream of JSON."""
    return packed(json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")))


def unpacked_json(body: bytes) -> Any:
    """Return the value of a zlib stream of JSON."""
    return json.loads(unpacked(body))


def storable(text: str) -> str:
    """Return text without what a database cannot hold: NUL, and halves of surrogate pairs."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\0", "\N{REPLACEMENT CHARACTER}")


def as_json(value: object) -> str:
    """Return a value as the JSON that the store's text columns hold.

    ASCII alone, so that NUL and halves of surrogate pairs, which databases refuse, are kept as they are.
    """
    return json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))


def from_json(text: str) -> Any:
    """Return the value that JSON stands for."""
    return json.loads(text)
