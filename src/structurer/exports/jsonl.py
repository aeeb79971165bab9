"""Records as JSON Lines: one record a line, UTF-8, in the order they come."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from types import TracebackType

    from structurer.exports.tables import Tabled


def record_line(record: Mapping[str, Any]) -> str:
    r"""Return a written record as one line, with its ``\n``."""
    return json.dumps(record, ensure_ascii=False, allow_nan=False, separators=(",", ":")) + "\n"


FILE = "records.jsonl"
"""What the file is called."""


class JsonLines:
    """A JSON Lines file of records."""

    notices = ()

    def __init__(self, path: Path) -> None:
        self._file = path.open("w", encoding="utf-8", newline="\n")

    def add(self, tabled: Tabled) -> None:
        """Write one record."""
        self._file.write(record_line(tabled.record))

    def __enter__(self) -> JsonLines:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
