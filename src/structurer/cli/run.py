"""``structurer run``: many filings to records, tables and a report."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from structurer.cli import options
from structurer.cli.asking import say_engine, say_forecast
from structurer.cli.calibrating import with_threshold
from structurer.cli.console import err, errors_in_one_line
from structurer.cli.progress import chosen_mode
from structurer.cli.runners import chosen_reader
from structurer.cli.running import carry_out, carry_out_with_model, conclude, refuse_nothing
from structurer.exports import require_writable
from structurer.runs import STDIN, plan_filings
from structurer.runs.opening import open_run
from structurer.runs.running import Inputs
from structurer.settings import load_settings
from structurer.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable

    from structurer.cli.progress import Mode
    from structurer.cli.running import Carried
    from structurer.runs.readers import Reader
    from structurer.settings import Settings
    from structurer.store import Run


def run(
    paths: Annotated[
        list[str],
        typer.Argument(metavar="PATH...", help="Files, folders, glob patterns, or - for standard input."),
    ],
    folder: Annotated[Path, typer.Option("--out", "-o", help="Folder to write the results to.")] = Path(
        "out"
    ),
    store_only: Annotated[
        bool, typer.Option("--store-only", help="Write no files; structurer export does that later.")
    ] = False,
    resume: Annotated[
        bool,
        typer.Option(help="Go on where the same inputs and settings were left, or read everything anew."),
    ] = True,
    encoding: options.Encoding = None,
    encoding_errors: options.EncodingErrors = None,
    workers: Annotated[
        int | None, typer.Option(help="Processes to read with; one for each core if not given.")
    ] = None,
    runner: Annotated[
        str, typer.Option(help="Who reads: local (processes of this machine) or ray (a Ray cluster).")
    ] = "local",
    address: Annotated[
        str | None,
        typer.Option(
            help="The Ray cluster to join, as host:port, or auto for the one that this machine belongs to; "
            "with --runner ray, one is started here if not given."
        ),
    ] = None,
    shown: Annotated[
        str | None,
        typer.Option(
            "--progress",
            help="How to show progress: bar, lines, json (a JSON object a line) or quiet; "
            "a bar in a terminal and lines elsewhere if not given.",
        ),
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

    All that is read is kept in the store, filing by filing. The same command again goes on where it was:
    after Ctrl-C, a crash, or with filings added; what was read before is not read again, and no answer of a
    model is paid for twice. Several processes, on PostgreSQL on several machines, may work on one run.

    At the end records.jsonl, declarations.csv, indicators.csv, records.xlsx and run.json are written. A
    filing that cannot be read is reported and the rest goes on; the exit status is then 1. A run that cannot
    go on for now (its budget is exhausted, the model's server is down) writes what is finished and ends with
    status 3. Status 4 says that records are missing in the store, which must not happen.

    With a calibration and a target error, values are flagged until of those without a flag at most that share
    is wrong. Where the labels that the calibration was learned from are too few to show that, nothing is run.

    \b
    Examples:
      structurer run filings/ --out results
      structurer run /share/filings --store sqlite:///work.db --store-only --progress json
      structurer run /share/filings --store postgresql://host/filings --out results
      structurer run "2023/**/*.txt" notes.md --out results --workers 4
      structurer run /share/filings --out results --runner ray --address auto
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
        display = chosen_mode(err(), shown, quiet)
        settings = with_threshold(settings, quiet=display not in ("bar", "lines"))
        begin_reader = chosen_reader(runner, address, settings)
        stdin = sys.stdin.buffer.read(settings.max_bytes + 1) if STDIN in paths else None
        if dry_run:
            say_forecast(paths, plan_filings(paths, stdin), settings)
            return
        inputs = Inputs(paths, stdin)
        inputs.find()  # a path that leads nowhere is told of before anything is begun
        if not store_only:
            require_writable(folder)
        with Store.open(settings.store) as opened:
            begun = open_run(opened, paths, settings, anew=not resume)
            carried = _carried_out(opened, begun, inputs, settings, paths, begin_reader, display)
            refuse_nothing(paths, carried)
            conclude(carried, None if store_only else folder, display)
            status = carried.status
    if status:
        raise typer.Exit(status)


def _carried_out(
    store: Store,
    run: Run,
    inputs: Inputs,
    settings: Settings,
    paths: list[str],
    begin_reader: Callable[[], Reader],
    display: Mode,
) -> Carried:
    if settings.chosen_engine != "layout":
        return carry_out_with_model(store, run, inputs, settings, paths, display)
    if display in ("bar", "lines"):
        say_engine(settings, None)
    return carry_out(store, run, inputs, settings, begin_reader, display)
