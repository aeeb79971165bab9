"""The command line: one module a command, each thin: parse, call, print."""

from __future__ import annotations

from importlib.metadata import version
from typing import Annotated

import typer

from structurer.cli.batch import batch
from structurer.cli.db import db
from structurer.cli.evaluation import evaluation
from structurer.cli.export import export
from structurer.cli.gold import app as gold
from structurer.cli.run import run
from structurer.cli.runs import runs
from structurer.cli.schema import app as schema
from structurer.cli.serving import serve
from structurer.cli.show import show
from structurer.cli.usage import usage
from structurer.cli.user import user

app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"structurer {version('structurer')}")
        raise typer.Exit


@app.callback()
def structurer(
    shown: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_print_version, help="Print the version.")
    ] = False,
) -> None:
    """Turn messy text of budget filings into records that people can trust.

    \b
    Examples:
      structurer run filings/ --out results
      structurer show filings/2023-water-bureau.txt --project 3
    """


app.command()(run)
app.command()(show)
app.command()(export)
app.command()(usage)
app.command()(serve)
app.add_typer(user, name="user")
app.add_typer(runs, name="runs")
app.add_typer(db, name="db")
app.add_typer(batch, name="batch")
app.add_typer(evaluation, name="eval")
app.add_typer(gold, name="gold")
app.add_typer(schema, name="schema")
