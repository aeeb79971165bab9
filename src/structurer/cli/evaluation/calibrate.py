"""``structurer eval calibrate``: what confidences are worth, learned from an evaluation."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from structurer.cli import options
from structurer.cli.console import errors_in_one_line, out, safe
from structurer.errors import PlanError
from structurer.files import write_text
from structurer.settings import load_settings

if TYPE_CHECKING:
    from structurer.calibration import Calibration
    from structurer.evaluation.outcomes import RunRecord
    from structurer.store import Store


def calibrate(
    number: Annotated[
        int | None,
        typer.Argument(metavar="RUN", help="The number of a kept run; the latest if not given."),
    ] = None,
    file: Annotated[Path, typer.Option("--out", "-o", help="File to write the calibration to.")] = Path(
        "calibration.json"
    ),
    target_error: options.TargetError = None,
    store: options.Store = None,
) -> None:
    """Learn what the program's confidences are worth, and whether the labels can promise a target error.

    The calibration is for the engine, the model and the prompts of the run that it is learned from. Where the
    labels hold too few errors to learn from, confidences stay as they are.

    \b
    Examples:
      structurer eval calibrate
      structurer eval calibrate 4 -o calibration.json --target-error 0.01
      structurer run filings/ --calibration calibration.json --target-error 0.01
    """
    with errors_in_one_line():
        settings = load_settings(store=store)
        from structurer.evaluation.calibrating import fit
        from structurer.evaluation.thresholds import threshold
        from structurer.store import Store

        with Store.open(settings.store) as opened:
            run = _run(opened, number)
        calibration = fit(run)
        write_text(file, calibration.as_json())
        _say(run, calibration)
        if target_error is not None:
            out().print(safe(threshold(calibration, run, target_error).message), soft_wrap=True)
    out().print(safe(f"calibration: {file}"), soft_wrap=True)


def _run(store: Store, number: int | None) -> RunRecord:
    from structurer.evaluation.keeping import kept_run, latest_run

    if number is None:
        latest = latest_run(store)
        if latest is None:
            raise PlanError("nothing was evaluated yet; begin with structurer eval run")
        number = latest.number
    return kept_run(store, number)


def _say(run: RunRecord, calibration: Calibration) -> None:
    reader = f"{run.engine} with {run.model}" if run.model else run.engine
    lines = [f"learned from run {run.number}: {reader}, {run.declarations:,} declarations"]
    lines += [curve.says for curve in calibration.curves]
    before, after = calibration.before, calibration.after
    lines += [
        f"{name}: {_figure(prior)} before, {_figure(learned)} after, on filings not learned from"
        for name, prior, learned in (
            ("Brier score", before.brier, after.brier),
            ("expected calibration error", before.ece, after.ece),
        )
    ]
    for line in lines:
        out().print(safe(line), soft_wrap=True)


def _figure(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.4f}"
