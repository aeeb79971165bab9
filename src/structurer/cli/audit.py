"""``structurer eval audit``: acceptance sampling over the values of a run that nobody flagged."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from structurer.cli.console import err, errors_in_one_line, out, safe
from structurer.evaluation.audit.plan import Promise, Unit

if TYPE_CHECKING:
    from structurer.evaluation.audit.plan import AuditPlan
    from structurer.evaluation.audit.result import AuditResult

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

Store = Annotated[
    str | None,
    typer.Option(
        metavar="URL", help="With --queue: the store of the run; sqlite:///structurer.db if not given."
    ),
]
Sheet = Annotated[
    Path, typer.Argument(metavar="SHEET", help="The filled sheet: the CSV file, or its JSON file.")
]


@app.callback()
def audit() -> None:
    """Find out how many values are wrong that nobody flagged, by looking at some of them.

    Draw a random sample into a sheet, fill in its verdicts by looking at the source, record them, and
    print the sheet to sign.

    \b
    Examples:
      structurer eval audit draw out --filings filings -o audit.csv
      structurer eval audit record audit.csv
      structurer eval audit report audit.csv -o acceptance.html
    """


@app.command()
def draw(
    run: Annotated[Path, typer.Argument(metavar="RUN_FOLDER", help="What structurer run wrote.")],
    filings: Annotated[Path, typer.Option(help="Folder of the filings that were run.")],
    sheet: Annotated[
        Path, typer.Option("--out", "-o", help="The sheet, as CSV; its plan stands beside it.")
    ] = Path("audit.csv"),
    target_error: Annotated[float, typer.Option(help="The share of wrong values that is promised.")] = 0.005,
    confidence: Annotated[float, typer.Option(help="How sure the promise is to be, from 0.8.")] = 0.95,
    size: Annotated[
        int | None, typer.Option(help="How many to draw, if not as many as the promise needs.")
    ] = None,
    by: Annotated[Unit, typer.Option(help="Single values, or whole declarations.")] = Unit.VALUE,
    seed: Annotated[int, typer.Option(help="The same seed draws the same sample again.")] = 1,
    queue: Annotated[
        bool, typer.Option("--queue", help="Let people judge the sample on the review page, too.")
    ] = False,
    store: Store = None,
) -> None:
    """Draw a random sample of the values that nobody flagged, as a sheet to fill in.

    In the sheet write a verdict in each row: right, wrong, or damaged source; for a wrong value also the
    correct one, or (empty) where the form prints nothing. The same seed with a larger size holds the
    smaller sample.

    \b
    Examples:
      structurer eval audit draw out --filings filings -o audit.csv
      structurer eval audit draw out --filings filings --target-error 0.001 --confidence 0.99
      structurer eval audit draw out --filings filings --by declaration --size 60
      structurer eval audit draw out --filings filings --queue --store sqlite:///structurer.db
    """
    from structurer.evaluation.audit.drawing import draw as draw_sample
    from structurer.evaluation.audit.excerpts import with_excerpts
    from structurer.evaluation.audit.lot import read_run
    from structurer.evaluation.audit.sheets import write_sheet

    with errors_in_one_line():
        promise = Promise(target_error, confidence)
        plan = draw_sample(read_run(run), promise, size=size, by=by, seed=seed)
        with_places = with_excerpts(plan, filings)
        queued = _into_queue(plan, store) if queue else None
        write_sheet(with_places, sheet)
    _say_what_was_drawn(plan, sheet)
    if queued is not None:
        out().print(f"{queued:,} declarations wait on the review page")


@app.command()
def record(
    sheet: Sheet,
    queue: Annotated[
        bool, typer.Option("--queue", help="Take the verdicts from the review page, not from the sheet.")
    ] = False,
    store: Store = None,
) -> None:
    """Read a filled sheet back and keep its verdicts beside it.

    Rows that cannot be used are printed with their number, and the exit status is then 1; mend them and
    record again. From the review page, what was accepted is right, what was corrected is wrong, and what
    cannot be read is a damaged source.

    \b
    Examples:
      structurer eval audit record audit.csv
      structurer eval audit record audit.csv --queue --store sqlite:///structurer.db
    """
    from structurer.evaluation.audit.result import write_result
    from structurer.evaluation.audit.sheets import read_plan
    from structurer.evaluation.audit.sheets import record as record_verdicts

    with errors_in_one_line():
        plan = read_plan(sheet)
        result = _from_queue(plan, store) if queue else record_verdicts(plan, sheet)
        write_result(result, _result_path(sheet))
    _say_problems(result)
    out().print(safe(f"{len(result.judgements):,} verdicts kept in {_result_path(sheet)}"), soft_wrap=True)
    if result.problems:
        raise typer.Exit(1)


@app.command()
def report(
    sheet: Sheet,
    file: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="Write the sheet to sign: .html, .md, or .json (figures)."),
    ] = None,
) -> None:
    """Say what the recorded verdicts show, and write the acceptance sheet to sign.

    Prints the sheet as Markdown if no file is given. The exit status is 1 unless the promise is shown.

    \b
    Examples:
      structurer eval audit report audit.csv
      structurer eval audit report audit.csv -o acceptance.html
    """
    import json

    from structurer.evaluation.audit.acceptance import as_html, as_markdown
    from structurer.evaluation.audit.figures import Promised
    from structurer.evaluation.audit.plan import AuditError
    from structurer.evaluation.audit.report import report as figures_of
    from structurer.evaluation.audit.result import read_result
    from structurer.files import write_text

    with errors_in_one_line():
        figures = figures_of(read_result(_result_path(sheet)))
        if file is None:
            typer.echo(as_markdown(figures), nl=False)
        elif file.suffix == ".html":
            write_text(file, as_html(figures))
        elif file.suffix == ".md":
            write_text(file, as_markdown(figures))
        elif file.suffix == ".json":
            write_text(file, json.dumps(figures.as_dict(), ensure_ascii=False, indent=1) + "\n")
        else:
            raise AuditError(f"{file}: give a name that ends in .html, .md or .json")
    if file is not None:
        out().print(safe(f"{figures.promised}: {file}"), soft_wrap=True)
    if figures.promised is not Promised.SHOWN:
        raise typer.Exit(1)


def _into_queue(plan: AuditPlan, url: str | None) -> int:
    from structurer.review.quality.auditing import put_into_queue
    from structurer.settings import load_settings
    from structurer.store import Store

    with Store.open(load_settings(store=url).store) as opened:
        return put_into_queue(opened, plan)


def _from_queue(plan: AuditPlan, url: str | None) -> AuditResult:
    from structurer.review.quality.auditing import verdicts_of_queue
    from structurer.settings import load_settings
    from structurer.store import Store

    with Store.open(load_settings(store=url).store) as opened:
        return verdicts_of_queue(opened, plan)


def _result_path(sheet: Path) -> Path:
    return sheet.with_suffix(".result.json")


def _say_what_was_drawn(plan: AuditPlan, sheet: Path) -> None:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("fields")
    for title in ("in the lot", "drawn"):
        table.add_column(title, justify="right")
    for stratum in plan.strata:
        table.add_row(str(stratum.group), f"{stratum.values:,}", f"{stratum.drawn:,}")
    table.add_row("all", f"{plan.lot.values:,}", f"{sum(stratum.drawn for stratum in plan.strata):,}")
    out().print(table)
    words = f"{len(plan.items):,} lines of {plan.drawn_declarations:,} declarations to look at: {sheet}"
    out().print(safe(words), soft_wrap=True)


def _say_problems(result: AuditResult) -> None:
    from structurer.evaluation.audit.result import by_message

    for rows, message in by_message(result.problems):
        err().print(safe(f"rows {rows}: {message}"), soft_wrap=True)
