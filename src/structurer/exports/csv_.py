"""Both tables as CSV that Excel opens in the right encoding and that runs nothing."""

from __future__ import annotations

import csv
from contextlib import ExitStack
from typing import TYPE_CHECKING

from structurer.exports.cells import csv_cell
from structurer.exports.tables import DECLARATION_COLUMNS, INDICATOR_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path
    from types import TracebackType

    from structurer.exports.cells import Cell
    from structurer.exports.tables import Tabled


class CsvTables:
    """The table of projects and the table of indicators, a file each."""

    notices = ()

    def __init__(self, declarations: Path, indicators: Path) -> None:
        self._files = ExitStack()
        self._declarations = self._files.enter_context(CsvTable(declarations, DECLARATION_COLUMNS))
        self._indicators = self._files.enter_context(CsvTable(indicators, INDICATOR_COLUMNS))

    def add(self, tabled: Tabled) -> None:
        """Write one record's rows."""
        self._declarations.add([tabled.declaration])
        self._indicators.add(tabled.indicators)

    def __enter__(self) -> CsvTables:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._files.close()


class CsvTable:
    """A CSV file (RFC 4180, UTF-8 with a byte-order mark), written row by row."""

    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        self._file = path.open("w", encoding="utf-8-sig", newline="")
        self._writer = csv.writer(self._file)
        self._writer.writerow(columns)

    def add(self, rows: Iterable[Sequence[Cell]]) -> None:
        """Write rows below those that are there."""
        self._writer.writerows([csv_cell(value) for value in row] for row in rows)

    def __enter__(self) -> CsvTable:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
