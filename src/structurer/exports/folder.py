"""The folder that results are written to: all files of it together, or none."""

from __future__ import annotations

import os
from contextlib import ExitStack, suppress
from tempfile import TemporaryFile
from typing import TYPE_CHECKING

from structurer.errors import OutputError
from structurer.exports.formats import FORMATS
from structurer.exports.report import RunReport
from structurer.exports.tables import Tabled
from structurer.runs.results import FilingResult, StructuredFiling

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from types import TracebackType

    from structurer.exports.report import Counts, RunHead

REPORT = "run.json"

RUN_FORMATS = ("jsonl", "csv", "xlsx")
"""What a run writes, beside its report."""


def require_writable(folder: Path) -> None:
    """Make a folder that results will be written to. Raises ``OutputError`` where that cannot work."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise _output_error(folder, error) from error


class RunFolder:
    """Writes filings as they come, in flat memory, beside the files of an earlier run.

    The new files take the place of the old ones in ``publish``; leaving the context without it
    leaves the folder as it was. Not being able to write raises ``OutputError``.
    """

    def __init__(self, folder: Path, formats: Sequence[str] = RUN_FORMATS, *, report: bool = True) -> None:
        self._folder = folder
        self._formats = [FORMATS[name] for name in formats]
        self._with_report = report
        self._files = [file for each in self._formats for file in each.files] + [REPORT]
        self._open = ExitStack()

    def __enter__(self) -> RunFolder:
        require_writable(self._folder)
        try:
            self._writers = [
                self._open.enter_context(each.writer(*map(self._part, each.files))) for each in self._formats
            ]
            self._report = self._open.enter_context(RunReport(self._part(REPORT)))
        except OSError as error:
            self._discard()
            raise _output_error(self._folder, error) from error
        except OutputError:
            self._discard()
            raise
        return self

    @property
    def counts(self) -> Counts:
        """The counts of all filings so far."""
        return self._report.counts

    @property
    def files(self) -> list[str]:
        """The names of the files that ``publish`` puts in place."""
        return self._files if self._with_report else self._files[:-1]

    def add(self, result: FilingResult) -> None:
        """Write what became of one filing."""
        try:
            self._report.add(result)
            if isinstance(result, StructuredFiling):
                for record in result.records:
                    tabled = Tabled(record)
                    for writer in self._writers:
                        writer.add(tabled)
        except OSError as error:
            raise _output_error(self._folder, error) from error

    def publish(self, run: RunHead) -> list[str]:
        """Finish all files and put them in place; return the notices that belong on the screen."""
        try:
            notices = [notice for writer in self._writers for notice in writer.notices]
            self._report.finish(run, notices)
            self._open.close()
            if self._with_report:
                # It goes first and comes last: a folder without it does not pass for whole, whatever happens.
                (self._folder / REPORT).unlink(missing_ok=True)
            for name in self.files:
                os.replace(self._part(name), self._folder / name)
        except OSError as error:
            raise _output_error(self._folder, error) from error
        return notices

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._discard()

    def _part(self, name: str) -> Path:
        return self._folder / f".{name}.part"

    def _discard(self) -> None:
        """Remove what is not published; after ``publish`` there is nothing to remove."""
        # On a full disk not even that can be ended which nobody wants.
        with suppress(OSError):
            self._open.close()
        for name in self._files:
            self._part(name).unlink(missing_ok=True)


def _output_error(folder: Path, error: OSError) -> OutputError:
    return OutputError(
        f"{folder}: results cannot be written: {error.strerror or error}; choose another --out"
    )
