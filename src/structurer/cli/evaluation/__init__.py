"""``structurer eval``: how well filings are structured, and whether a change made it better."""

from __future__ import annotations

import typer

from structurer.cli.audit import app as audit
from structurer.cli.evaluation.calibrate import calibrate
from structurer.cli.evaluation.compare import compare
from structurer.cli.evaluation.damage import damage
from structurer.cli.evaluation.gate import gate
from structurer.cli.evaluation.history import history
from structurer.cli.evaluation.run import run

evaluation = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


@evaluation.callback()
def about() -> None:
    """Measure accuracy against labels that people made by hand, and keep what was measured.

    \b
    Examples:
      structurer eval run
      structurer eval run --engine hybrid --model gpt-4.1-mini --budget 2
      structurer eval compare 3 4
      structurer eval calibrate -o calibration.json --target-error 0.01
      structurer eval gate --baseline eval/baseline.json
    """


evaluation.command()(run)
evaluation.command()(compare)
evaluation.command()(history)
evaluation.command()(gate)
evaluation.command()(calibrate)
evaluation.command()(damage)
evaluation.add_typer(audit, name="audit")
