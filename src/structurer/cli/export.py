"""``structurer export``: what the store has of a run, written to files."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import Progress

from structurer.cli import options
from structurer.cli.console import err, errors_in_one_line, out, safe
from structurer.cli.figures import counted
from structurer.cli.looking import looking, no_run, run_of
from structurer.errors import SettingsError
from structurer.exports import RunFolder, RunHead
from structurer.exports.folder import RUN_FORMATS
from structurer.exports.formats import FORMATS
from structurer.runs.stored import stored_results
from structurer.settings import load_settings
from structurer.store import Standing, overview

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from structurer.store import Overview, Run, Store

*_FIRST, _LAST = FORMATS
_NAMES = f"{', '.join(_FIRST)} or {_LAST}"


def export(
    number: Annotated[
        int | None,
        typer.Argument(metavar="ID", help="The run's number in structurer runs; the last run if not given."),
    ] = None,
    formats: Annotated[
        list[str] | None,
        typer.Option(
            "--format",
            "-f",
            help="jsonl, csv, xlsx or parquet, as often as wanted; the first three if not given.",
        ),
    ] = None,
    folder: Annotated[Path, typer.Option("--out", "-o", help="Folder to write the files to.")] = Path("out"),
    store: options.Store = None,
) -> None:
    """Write the records of a run from the store to files, in the order of the filings' names.

    Files of the same names in the folder are replaced when all are finished, and not before. Of a run that is
    not complete, what is done is written. Parquet needs pyarrow.

    \b
    Examples:
      structurer export --out results
      structurer export 3 --format parquet --out results
      structurer export 3 --format csv --format xlsx --out results --store postgresql://host/filings
    """
    with errors_in_one_line():
        chosen = _formats(formats)
        with looking(load_settings(store=store).store) as opened:
            if opened is None:
                raise no_run(number)
            run = run_of(opened, number)
            _export(opened, run, overview(opened, run), chosen, folder)


def _formats(named: Sequence[str] | None) -> list[str]:
    """Return the formats that are asked for, each once. Raises ``SettingsError`` for one that is none."""
    chosen = list(dict.fromkeys(named or RUN_FORMATS))
    for name in chosen:
        if name not in FORMATS:
            raise SettingsError(f"format: {name!r} is none that records are written in; give {_NAMES}")
    return chosen


def _export(store: Store, run: Run, seen: Overview, formats: Sequence[str], folder: Path) -> None:
    counts = seen.counted
    with RunFolder(folder, formats, report=False) as results:
        with _progress(counts.done + counts.failed + counts.skipped) as advance:
            for result in stored_results(store, run.number):
                results.add(result)
                advance()
        notices = results.publish(_head(run, seen))
        written, files = results.counts, results.files
    for notice in notices:
        err().print(safe(f"note: {notice}"), soft_wrap=True)
    if seen.standing is not Standing.COMPLETE:
        missing = f"run {run.number} is {seen.standing}: {counted(counts.pending, 'filing')} pending"
        err().print(f"{missing}, and not in these files; structurer runs show {run.number} says more")
    filings = counted(written.filings - written.failed, "filing")
    declarations = counted(written.declarations, "declaration")
    out().print(f"run {run.number}: {declarations} of {filings}, {written.flagged:,} to review")
    for file in files:
        out().print(safe(str(folder / file)), soft_wrap=True)


def _head(run: Run, seen: Overview) -> RunHead:
    return RunHead(
        structurer=run.spec.structurer,
        complete=seen.standing is Standing.COMPLETE,
        settings=run.spec.settings,
        config=run.spec.config,
    )


@contextmanager
def _progress(filings: int) -> Iterator[Callable[[], None]]:
    """Give what is called for each filing that is written; a terminal shows how many there are."""
    with Progress(console=err(), transient=True, disable=not err().is_interactive) as bar:
        task = bar.add_task("filings", total=filings)

        def advance() -> None:
            bar.advance(task)

        yield advance
