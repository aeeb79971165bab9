"""The formats that records are written in: which files each has, and what writes them.

To add one, write a class like those below and add a row to ``FORMATS``.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, NamedTuple, Protocol, Self

from structurer.exports import jsonl
from structurer.exports.csv_ import CsvTables
from structurer.exports.xlsx import XlsxTables

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from structurer.exports.tables import Tabled


class Writer(AbstractContextManager["Writer"], Protocol):
    """Writes records one by one, in flat memory; leaving the context closes its files."""

    def __enter__(self) -> Self: ...

    def add(self, tabled: Tabled) -> None:
        """Write one record."""

    @property
    def notices(self) -> Sequence[str]:
        """What the format had no room for, and where to find it whole."""
        ...


class Format(NamedTuple):
    """A format: its files, and what writes them, called with a path for each."""

    files: tuple[str, ...]
    writer: Callable[..., Writer]


def _parquet(path: Path) -> Writer:
    # PyArrow takes a while to load, and not everybody has it.
    from structurer.exports.parquet import ParquetTable

    return ParquetTable(path)


FORMATS = {
    "jsonl": Format((jsonl.FILE,), jsonl.JsonLines),
    "csv": Format(("declarations.csv", "indicators.csv"), CsvTables),
    "xlsx": Format(("records.xlsx",), XlsxTables),
    "parquet": Format(("records.parquet",), _parquet),
}
"""By the names that users call them by."""
