"""``structurer runs retry``: what failed in a run is tried again, by the inputs and settings that it has."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from structurer.cli import options
from structurer.cli.asking import say_engine
from structurer.cli.console import err, errors_in_one_line, out
from structurer.cli.figures import counted
from structurer.cli.looking import looking, no_run, run_of
from structurer.cli.progress import chosen_mode
from structurer.cli.running import carry_out, carry_out_with_model, conclude, refuse_nothing
from structurer.errors import SettingsError
from structurer.exports import require_writable
from structurer.money import in_dollars
from structurer.runs.processes import ProcessReader
from structurer.runs.running import Inputs
from structurer.runs.taking_up import require_inputs, settings_of
from structurer.settings import load_settings
from structurer.store import Standing, overview, retry_failed

if TYPE_CHECKING:
    from structurer.cli.progress import Mode
    from structurer.settings import Settings
    from structurer.store import Run, Store


def retry(
    number: Annotated[
        int, typer.Argument(metavar="ID", help="The run's number, as structurer runs lists it.")
    ],
    failed: Annotated[
        bool, typer.Option("--failed", help="Try again filings that failed, or with projects that did.")
    ] = False,
    folder: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="Folder to write the results to; none are written if not given."),
    ] = None,
    workers: Annotated[
        int | None, typer.Option(help="Processes to read with; one for each core if not given.")
    ] = None,
    shown: Annotated[
        str | None, typer.Option("--progress", help="How to show progress: bar, lines, json or quiet.")
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but errors.")] = False,
    base_url: options.BaseUrl = None,
    budget: options.Budget = None,
    price: options.Price = None,
    concurrency: options.Concurrency = None,
    requests_per_minute: options.RequestsPerMinute = None,
    tokens_per_minute: options.TokensPerMinute = None,
    store: options.Store = None,
    calibration: options.Calibration = None,
) -> None:
    """Try again what failed in a run, and go on with it until it is complete.

    The run keeps the inputs and settings that it was begun with; options say only how fast, and who answers.
    A budget that is not given stays as it was. Filings that were read well are not read again; of those that
    are, records that come out otherwise become new versions. The exit status is that of structurer run.

    \b
    Examples:
      structurer runs retry 3 --failed
      structurer runs retry 3 --failed --out results
      STRUCTURER_TIME_LIMIT=3600 structurer runs retry 3 --failed --workers 1
      structurer runs retry 3 --failed --base-url http://127.0.0.1:8000/v1 --budget 5
    """
    with errors_in_one_line():
        if not failed:
            raise SettingsError("retry: say what is to be tried again, with --failed")
        given = load_settings(
            workers=workers,
            base_url=base_url,
            budget=budget,
            concurrency=concurrency,
            requests_per_minute=requests_per_minute,
            tokens_per_minute=tokens_per_minute,
            store=store,
            calibration=calibration,
            **options.split_price(price),
        )
        display = chosen_mode(err(), shown, quiet)
        with looking(given.store) as opened:
            if opened is None:
                raise no_run(number)
            status = _tried_again(opened, run_of(opened, number), given, folder, display)
    if status:
        raise typer.Exit(status)


def _tried_again(store: Store, run: Run, given: Settings, folder: Path | None, display: Mode) -> int:
    """Try a run again and return the exit status. Nothing is changed where it cannot be gone on with."""
    paths = require_inputs(run)
    settings = _with_budget(store, run, settings_of(run, given))
    inputs = Inputs(paths)
    inputs.find()  # a path that leads nowhere any more is told of before anything is changed
    if folder is not None:
        require_writable(folder)
    before = overview(store, run)
    again = retry_failed(store, run.number)
    if not again and not before.counted.failed and before.standing is Standing.COMPLETE:
        out().print(f"nothing failed in run {run.number}")
        return 0
    if display in ("bar", "lines"):
        err().print(f"run {run.number}: {counted(again, 'content')} to be read again")
    if settings.chosen_engine == "layout":
        if display in ("bar", "lines"):
            say_engine(settings, None)
        carried = carry_out(store, run, inputs, settings, lambda: ProcessReader(settings), display)
    else:
        carried = carry_out_with_model(store, run, inputs, settings, paths, display)
    refuse_nothing(paths, carried)
    conclude(carried, folder, display)
    return carried.status


def _with_budget(store: Store, run: Run, settings: Settings) -> Settings:
    """Return the settings with the budget that the run has, where none is given: it must not be lost."""
    if settings.chosen_engine == "layout" or settings.budget is not None:
        return settings
    # What speaks to models takes half a second to load, which a run by layout need not wait for.
    from structurer.runs.access import journal_key
    from structurer.store import Journal

    try:
        budget = Journal(store).spent(journal_key(run.spec.inputs, settings)).budget
    except LookupError:  # it ended before it asked anything
        return settings
    return settings.model_copy(update={"budget": None if budget is None else in_dollars(budget)})
