"""``structurer run``: many filings to records, tables and a report."""

from __future__ import annotations

import signal
import sys
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from structurer.cli import options
from structurer.cli.asking import asking_run, say_forecast
from structurer.cli.calibrating import with_threshold
from structurer.cli.console import err, errors_in_one_line, out, safe
from structurer.cli.progress import progress, say_failure
from structurer.errors import StoppedError
from structurer.exports import RunFolder, RunHead
from structurer.runs import STDIN, plan_filings, structure_filings
from structurer.settings import load_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

    from structurer.cli.asking import AskingRun
    from structurer.errors import PausedError
    from structurer.exports import Counts
    from structurer.runs import Plan
    from structurer.settings import Settings

_FAILED, _PAUSED, _INTERRUPTED = 1, 3, 130


def run(
    paths: Annotated[
        list[str],
        typer.Argument(metavar="PATH...", help="Files, folders, glob patterns, or - for standard input."),
    ],
    folder: Annotated[Path, typer.Option("--out", "-o", help="Folder to write the results to.")] = Path(
        "out"
    ),
    encoding: options.Encoding = None,
    encoding_errors: options.EncodingErrors = None,
    workers: Annotated[
        int | None, typer.Option(help="Processes to work with; one for each core if not given.")
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but errors.")] = False,
    engine: options.Engine = None,
    model: options.Model = None,
    base_url: options.BaseUrl = None,
    answers: options.Answers = None,
    mode: options.Mode = None,
    budget: options.Budget = None,
    price: options.Price = None,
    concurrency: options.Concurrency = None,
    requests_per_minute: options.RequestsPerMinute = None,
    tokens_per_minute: options.TokensPerMinute = None,
    store: options.Store = None,
    calibration: options.Calibration = None,
    target_error: options.TargetError = None,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Say what a model would be asked, and what that costs; send nothing."),
    ] = False,
) -> None:
    """Structure filings into records, tables and a report.

    Writes records.jsonl, declarations.csv, indicators.csv, records.xlsx and run.json. A filing that
    cannot be read is reported and the rest goes on; the exit status is then 1. A run that cannot go on for
    now (its budget is exhausted, the model's server is down) writes what is finished and ends with status 3;
    the same command again goes on, and pays for no answer twice.

    With a calibration and a target error, values are flagged until of those without a flag at most that share
    is wrong. Where the labels that the calibration was learned from are too few to show that, nothing is run.

    \b
    Examples:
      structurer run filings/ --out results
      structurer run "2023/**/*.txt" notes.md --out results --workers 4
      iconv -f big5 -t utf-8 old.txt | structurer run - --out results
      structurer run filings/ --out results --model gpt-4.1-mini --budget 5
      structurer run filings/ --out results --base-url http://127.0.0.1:8000/v1 --model qwen3
      structurer run filings/ --out results --calibration calibration.json --target-error 0.01
    """
    with errors_in_one_line():
        settings = load_settings(
            encoding=encoding,
            encoding_errors=encoding_errors,
            workers=workers,
            engine=engine,
            model=model,
            base_url=base_url,
            answers=answers,
            mode=mode,
            budget=budget,
            concurrency=concurrency,
            requests_per_minute=requests_per_minute,
            tokens_per_minute=tokens_per_minute,
            store=store,
            calibration=calibration,
            target_error=target_error,
            **options.split_price(price),
        )
        settings = with_threshold(settings, quiet=quiet)
        stdin = sys.stdin.buffer.read(settings.max_bytes + 1) if STDIN in paths else None
        plan = plan_filings(paths, stdin)
        if dry_run:
            say_forecast(paths, plan, settings)
            return
        with asking_run(paths, plan, settings, quiet=quiet) as asking, RunFolder(folder) as results:
            done = _structure(plan, settings, asking, results, quiet=quiet)
            complete = done == len(plan.filings)
            if done or complete:
                head = RunHead(
                    structurer=version("structurer"),
                    complete=complete,
                    settings=settings.results_settings(),
                    config=settings.config_hash(),
                    skipped=plan.skipped,
                    model=None if asking is None else asking.report(),
                )
                notices = results.publish(head)
            counts = results.counts
            paused = None if asking is None else asking.paused
            if not complete:
                _say_how_to_go_on(folder, done, len(plan.filings), paused)
            elif not quiet:
                _say_what_there_is(folder, counts, plan, notices, asking)
    if not complete:
        raise typer.Exit(_INTERRUPTED if paused is None or isinstance(paused, StoppedError) else _PAUSED)
    if counts.failed:
        raise typer.Exit(_FAILED)


def _structure(
    plan: Plan, settings: Settings, asking: AskingRun | None, results: RunFolder, *, quiet: bool
) -> int:
    """Structure what is planned until the end or the user's interrupt; return how many filings are done."""
    for failed in plan.failed:
        results.add(failed)
        say_failure(err(), failed)
    done = 0
    with progress(err(), len(plan.filings), quiet=quiet) as tell, _interruptible() as stopped:
        structured = (
            structure_filings(plan.filings, settings, stopped) if asking is None else asking.results(stopped)
        )
        for result in structured:
            results.add(result)
            tell(result)
            done += 1
    return done


@contextmanager
def _interruptible() -> Iterator[Callable[[], bool]]:
    """Turn the first Ctrl-C into a wish to stop, so that no record is written by half."""
    noted = told = False

    def note(number: int, frame: FrameType | None) -> None:
        nonlocal noted
        noted = True
        signal.signal(signal.SIGINT, before)

    def stopped() -> bool:
        nonlocal told
        if noted and not told:
            told = True
            err().print("stopping when what is under way is done; Ctrl-C again gives it up", soft_wrap=True)
        return noted

    before = signal.signal(signal.SIGINT, note)
    try:
        yield stopped
    finally:
        signal.signal(signal.SIGINT, before)


def _say_how_to_go_on(folder: Path, done: int, planned: int, paused: PausedError | None) -> None:
    what = f"the results of these are in {folder}" if done else f"{folder} is as it was"
    words = "Run the same command again to do all."
    if paused is not None:
        words = f"Answers that were paid for are kept. Why it stopped: {paused}."
    err().print(safe(f"stopped after {done} of {planned} filings; {what}. {words}"), soft_wrap=True)


def _say_what_there_is(
    folder: Path, counts: Counts, plan: Plan, notices: list[str], asking: AskingRun | None
) -> None:
    for kind, count in plan.skipped:
        err().print(safe(f"skipped: {count} × {kind}"), soft_wrap=True)
    for notice in notices:
        err().print(safe(f"note: {notice}"), soft_wrap=True)
    share = counts.doubtful_values / counts.values if counts.values else 0.0
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    table.add_column()
    table.add_column(justify="right")
    table.add_column()
    odd = [f"{counts.failed:,} failed"] if counts.failed else []
    odd += [f"{counts.without_form:,} without any form"] if counts.without_form else []
    table.add_row("filings", f"{counts.filings:,}", ", ".join(odd))
    table.add_row("declarations", f"{counts.declarations:,}", f"{counts.flagged:,} to review")
    table.add_row("values", f"{counts.values:,}")
    table.add_row("doubtful values", f"{counts.doubtful_values:,}", f"{share:.1%} of the values")
    table.add_row("text that belongs to nothing", f"{counts.residue_lines:,}", "lines, listed in run.json")
    if asking is not None:
        table.add_row("asked the model", f"{asking.asked:,}", asking.cost_in_words())
    out().print(table)
    out().print(safe(f"results: {folder}"), soft_wrap=True)
