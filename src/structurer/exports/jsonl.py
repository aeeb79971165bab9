"""Records as JSON Lines: one record a line, UTF-8, in the order they come."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


def record_line(record: Mapping[str, Any]) -> str:
    r"""Return a written record as one line, with its ``\n``."""
    return json.dumps(record, ensure_ascii=False, allow_nan=False, separators=(",", ":")) + "\n"
