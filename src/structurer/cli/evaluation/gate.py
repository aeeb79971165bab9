"""``structurer eval gate``: whether a change may pass, for continuous integration."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from structurer.cli import options
from structurer.cli.console import err, errors_in_one_line, out, safe
from structurer.cli.evaluation.options import Filings, Gold
from structurer.settings import load_settings

if TYPE_CHECKING:
    from structurer.evaluation.gates import Failure

_FAILED = 1


def gate(
    baseline: Annotated[
        Path, typer.Option(help="The stored figures that a run must reproduce exactly.")
    ] = Path("eval/baseline.json"),
    write: Annotated[
        bool, typer.Option("--write", help="Store the figures of now as the baseline instead of checking.")
    ] = False,
    runs: Annotated[
        tuple[int, int] | None,
        typer.Option(
            metavar="BEFORE AFTER",
            help="Check a change of model or prompt instead: two kept runs, by their numbers.",
        ),
    ] = None,
    margin: Annotated[
        float, typer.Option(min=0, help="By how much accuracy may be lower, as a share (with --runs).")
    ] = 0.0,
    gold: Gold = Path("eval/gold"),
    filings: Filings = Path("eval/filings"),
    store: options.Store = None,
) -> None:
    """Check that the layout engine scores exactly what is stored, or that a changed model is no worse.

    Exits with status 1 and names each condition that is not met.

    \b
    Examples:
      structurer eval gate --baseline eval/baseline.json
      structurer eval gate --baseline eval/baseline.json --write
      structurer eval gate --runs 3 4 --margin 0.002
    """
    with errors_in_one_line():
        settings = load_settings(engine="layout" if runs is None else None, store=store)
        if runs is not None:
            failures = _change(settings.store, runs, margin)
        else:
            from structurer.evaluation.gates import check_baseline, read_baseline, write_baseline
            from structurer.evaluation.running import evaluate

            evaluated = evaluate(gold, filings, settings)
            if write:
                write_baseline(evaluated.run, baseline)
                out().print(safe(f"stored as {baseline}"), soft_wrap=True)
                return
            failures = check_baseline(evaluated.run, read_baseline(baseline))
    for failure in failures:
        err().print(safe(f"failed: {failure.condition}: {failure.message}"), style="red", soft_wrap=True)
    if failures:
        raise typer.Exit(_FAILED)
    out().print("passed")


def _change(store: str, runs: tuple[int, int], margin: float) -> tuple[Failure, ...]:
    from structurer.evaluation.comparing import compare_runs
    from structurer.evaluation.gates import check_change
    from structurer.evaluation.keeping import kept_run
    from structurer.store import Store

    with Store.open(store) as opened:
        before, after = (kept_run(opened, number) for number in runs)
    return check_change(compare_runs(before, after), margin)
