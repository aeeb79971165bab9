"""The folder that a run writes: all files of it together, or none."""

from __future__ import annotations

import os
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from structurer.errors import OutputError
from structurer.exports.csv_ import CsvTable
from structurer.exports.jsonl import record_line
from structurer.exports.report import Counts, RunHead, RunReport
from structurer.exports.tables import (
    AMOUNT_COLUMNS,
    DECLARATION_COLUMNS,
    INDICATOR_COLUMNS,
    declaration_row,
    indicator_rows,
)
from structurer.exports.xlsx import XlsxWorkbook
from structurer.runs.results import FilingResult, StructuredFiling

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from types import TracebackType

RECORDS = "records.jsonl"
DECLARATIONS = "declarations.csv"
INDICATORS = "indicators.csv"
WORKBOOK = "records.xlsx"
REPORT = "run.json"

_FILES = (RECORDS, DECLARATIONS, INDICATORS, WORKBOOK, REPORT)


class RunFolder:
    """Writes filings as they come, in flat memory, beside the files of an earlier run.

    The new files take the place of the old ones in ``publish``; leaving the context without it
    leaves the folder as it was. Not being able to write raises ``OutputError``.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._open = ExitStack()

    def __enter__(self) -> RunFolder:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise self._output_error(error) from error
        try:
            self._records = self._open.enter_context(
                self._part(RECORDS).open("w", encoding="utf-8", newline="\n")
            )
            self._declarations = self._open.enter_context(
                CsvTable(self._part(DECLARATIONS), DECLARATION_COLUMNS)
            )
            self._indicators = self._open.enter_context(CsvTable(self._part(INDICATORS), INDICATOR_COLUMNS))
            self._workbook = self._open.enter_context(XlsxWorkbook(self._part(WORKBOOK)))
            self._declaration_sheet = self._workbook.sheet(
                "declarations", DECLARATION_COLUMNS, numeric=AMOUNT_COLUMNS
            )
            self._indicator_sheet = self._workbook.sheet("indicators", INDICATOR_COLUMNS)
            self._report = self._open.enter_context(RunReport(self._part(REPORT)))
        except OSError as error:
            self._discard()
            raise self._output_error(error) from error
        return self

    @property
    def counts(self) -> Counts:
        """The counts of all filings so far."""
        return self._report.counts

    def add(self, result: FilingResult) -> None:
        """Write what became of one filing."""
        try:
            self._report.add(result)
            if isinstance(result, StructuredFiling):
                for record in result.records:
                    self._add_record(record)
        except OSError as error:
            raise self._output_error(error) from error

    def publish(self, run: RunHead) -> list[str]:
        """Finish all files and put them in place; return the notices that belong on the screen."""
        notices = self._workbook.notices
        try:
            self._report.finish(run, notices)
            self._open.close()
            for name in _FILES:
                os.replace(self._part(name), self._folder / name)
        except OSError as error:
            raise self._output_error(error) from error
        return notices

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._discard()

    def _add_record(self, record: Mapping[str, Any]) -> None:
        self._records.write(record_line(record))
        declaration, indicators = [declaration_row(record)], indicator_rows(record)
        self._declarations.add(declaration)
        self._declaration_sheet.add(declaration)
        self._indicators.add(indicators)
        self._indicator_sheet.add(indicators)

    def _part(self, name: str) -> Path:
        return self._folder / f".{name}.part"

    def _discard(self) -> None:
        """Remove what is not published; after ``publish`` there is nothing to remove."""
        self._open.close()
        for name in _FILES:
            self._part(name).unlink(missing_ok=True)

    def _output_error(self, error: OSError) -> OutputError:
        return OutputError(
            f"{self._folder}: results cannot be written: {error.strerror or error}; choose another --out"
        )
