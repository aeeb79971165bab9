"""Both tables as sheets of one workbook, written row by row in flat memory.

XlsxWriter rather than openpyxl: the same rows give the same bytes (it stamps its archive with one
fixed date), and it writes a row in two thirds of the time.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from xlsxwriter import Workbook
from xlsxwriter.exceptions import FileCreateError

from structurer.exports.cells import is_number, printable
from structurer.exports.tables import AMOUNT_COLUMNS, DECLARATION_COLUMNS, INDICATOR_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from pathlib import Path
    from types import TracebackType

    from xlsxwriter.worksheet import Worksheet

    from structurer.exports.cells import Cell
    from structurer.exports.tables import Tabled

# Excel specifications and limits: rows on a sheet, UTF-16 code units in a cell, digits of a number.
MAX_ROWS = 1_048_576
MAX_CELL = 32_767
_MAX_DIGITS = 15

_NO_DATE = datetime(1980, 1, 1)
_OPTIONS = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}


class XlsxTables:
    """The table of projects and the table of indicators, a sheet each."""

    def __init__(self, path: Path) -> None:
        self._workbook = XlsxWorkbook(path)
        self._declarations = self._workbook.sheet("declarations", DECLARATION_COLUMNS, numeric=AMOUNT_COLUMNS)
        self._indicators = self._workbook.sheet("indicators", INDICATOR_COLUMNS)

    def add(self, tabled: Tabled) -> None:
        """Write one record's rows."""
        self._declarations.add([tabled.declaration])
        self._indicators.add(tabled.indicators)

    @property
    def notices(self) -> list[str]:
        """What Excel had no room for."""
        return self._workbook.notices

    def __enter__(self) -> XlsxTables:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._workbook.__exit__(kind, error, trace)


class XlsxWorkbook:
    """An Excel file of several tables. What Excel has no room for is told in ``notices``."""

    def __init__(self, path: Path) -> None:
        self._workbook = Workbook(str(path), _OPTIONS)
        self._workbook.use_zip64()
        self._workbook.set_properties({"created": _NO_DATE})
        self._sheets: list[XlsxSheet] = []

    def sheet(
        self, name: str, columns: Sequence[str], numeric: Collection[str] = (), max_rows: int = MAX_ROWS
    ) -> XlsxSheet:
        """Return a new sheet for one table; ``numeric`` columns hold numbers, not text."""
        sheet = XlsxSheet(self._workbook, name, columns, numeric, max_rows)
        self._sheets.append(sheet)
        return sheet

    @property
    def notices(self) -> list[str]:
        """What was cut or carried over because of Excel's limits, and where to find the whole."""
        return [notice for sheet in self._sheets for notice in sheet.notices]

    def __enter__(self) -> XlsxWorkbook:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._workbook.close()
        except FileCreateError as failure:
            raise OSError(f"the workbook cannot be written: {failure}") from failure


class XlsxSheet:
    """One table of a workbook; it goes on on a further sheet where Excel's rows end."""

    def __init__(
        self,
        workbook: Workbook,
        name: str,
        columns: Sequence[str],
        numeric: Collection[str],
        max_rows: int,
    ) -> None:
        self._workbook = workbook
        self._name = name
        self._columns = columns
        self._numeric = [column in numeric for column in columns]
        self._max_rows = max_rows
        self._further = 0
        self._cut = 0
        self._open(name)

    def add(self, rows: Iterable[Sequence[Cell]]) -> None:
        """Write rows below those that are there."""
        for row in rows:
            if self._next == self._max_rows:
                self._further += 1
                self._open(f"{self._name} {self._further + 1}")
            for column, value in enumerate(row):
                if value is not None and value != "":
                    self._write(column, value)
            self._next += 1

    @property
    def notices(self) -> list[str]:
        """What Excel had no room for on this sheet."""
        found = []
        if self._further:
            found.append(
                f"xlsx: {self._name} has more rows than an Excel sheet holds ({self._max_rows:,}) "
                f'and goes on on sheets "{self._name} 2" to "{self._name} {self._further + 1}"'
            )
        if self._cut:
            found.append(
                f"xlsx: {self._cut} texts of {self._name} are longer than an Excel cell holds "
                f"({MAX_CELL:,} characters) and were cut; records.jsonl and {self._name}.csv have them whole"
            )
        return found

    def _open(self, name: str) -> None:
        self._sheet: Worksheet = self._workbook.add_worksheet(name)
        self._sheet.freeze_panes(1, 0)
        for column, title in enumerate(self._columns):
            self._sheet.write_string(0, column, title)
        self._next = 1

    def _write(self, column: int, value: str | int) -> None:
        if isinstance(value, int) or (self._numeric[column] and _fits_a_number(value)):
            self._sheet.write_number(self._next, column, float(value))
        else:
            # As a string cell no program evaluates it, whatever it begins with.
            self._sheet.write_string(self._next, column, self._fitting(printable(value)))

    def _fitting(self, text: str) -> str:
        if len(text) <= MAX_CELL // 2 or _utf16_length(text) <= MAX_CELL:
            return text
        self._cut += 1
        mark = f"… [cut: {len(text):,} characters]"
        kept = text.encode("utf-16-le")[: 2 * (MAX_CELL - len(mark))].decode("utf-16-le", "ignore")
        return kept + mark


def _fits_a_number(text: str) -> bool:
    """Say whether Excel keeps every digit of the amount."""
    return is_number(text) and sum(character.isdigit() for character in text) <= _MAX_DIGITS


def _utf16_length(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2
