"""Records as they were written: the lines of a records.jsonl, in flat memory."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from structurer.errors import StructurerError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_KEYS = frozenset({"id", "document", "chunk", "data", "evidence", "flags", "status", "provenance"})


class RecordsError(StructurerError):
    """A file holds no records; the message names the file and the line."""


@dataclass(frozen=True, slots=True)
class WrittenRecords:
    """The records of a file; each walk starts at the first.

    Walking raises ``RecordsError`` where the file cannot be read or a line is no record.
    """

    path: Path

    def __iter__(self) -> Iterator[Mapping[str, Any]]:
        try:
            with self.path.open(encoding="utf-8", newline="\n") as file:
                for number, line in enumerate(file, start=1):
                    yield self._record(line, number)
        except OSError as error:
            raise RecordsError(
                f"{self.path}: cannot be read ({error.strerror}); name a records.jsonl"
            ) from error
        except UnicodeDecodeError as error:
            raise RecordsError(f"{self.path}: is not in UTF-8; name a records.jsonl") from error

    def _record(self, line: str, number: int) -> Mapping[str, Any]:
        try:
            record = json.loads(line)
        except ValueError as error:
            raise RecordsError(f"{self.path}, line {number}: is no JSON; name a records.jsonl") from error
        if not isinstance(record, dict) or not record.keys() >= _KEYS:
            raise RecordsError(f"{self.path}, line {number}: is no record; name a records.jsonl")
        return record
