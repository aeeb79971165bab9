"""``structurer gold``: tools for whoever labels."""

from __future__ import annotations

import json as json_module
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from structurer.cli.console import errors_in_one_line, out, safe
from structurer.evaluation.candidates import CANDIDATES, add_candidates
from structurer.evaluation.gold import load_gold
from structurer.evaluation.gold_tools import check_gold
from structurer.evaluation.written import WrittenRecords
from structurer.models import Severity

if TYPE_CHECKING:
    from structurer.evaluation.agreement import Agreement, GroupAgreement

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def gold() -> None:
    """Check labels, compare two labellers, keep reviewed records as candidates for labels.

    \b
    Examples:
      structurer gold check
      structurer gold agreement labels/first labels/second
      structurer gold add reviewed.jsonl
    """


@app.command()
def check(
    labels: Annotated[Path, typer.Argument(metavar="FOLDER", help="Folder of labels.")] = Path("eval/gold"),
    filings: Annotated[Path, typer.Option(help="Folder of the filings that were labelled.")] = Path(
        "eval/filings"
    ),
) -> None:
    """Check that labels are as the guide says, and that their filings say what they say.

    The exit status is 1 where a label cannot be right as it is. A warning says: look again.

    \b
    Examples:
      structurer gold check
      structurer gold check my/labels --filings my/filings
    """
    with errors_in_one_line():
        findings = check_gold(labels, filings)
    console = out()
    for finding in findings:
        place = f"{finding.label}: {finding.path}" if finding.path else finding.label
        console.print(safe(f"{finding.severity}: {place}: {finding.message}"), soft_wrap=True)
    counts = Counter(finding.severity for finding in findings)
    console.print(", ".join(f"{counts[severity]} {severity}" for severity in reversed(Severity)))
    if counts[Severity.ERROR]:
        raise typer.Exit(1)


@app.command()
def agreement(
    a: Annotated[Path, typer.Argument(metavar="A", help="Labels of one person.")],
    b: Annotated[Path, typer.Argument(metavar="B", help="Labels of another, of the same filings.")],
    json: Annotated[
        Path | None, typer.Option(help="Write the figures and differences to this file too.")
    ] = None,
) -> None:
    """Say how far two people agree who labelled the same declarations, and where they differ.

    Krippendorff's alpha is 1 where they agree in everything and 0 where only by chance; its 95% interval is
    by resampling declarations.

    \b
    Example:
      structurer gold agreement labels/first labels/second --json agreement.json
    """
    from structurer.evaluation.agreement import agreement as agreement_of
    from structurer.files import write_text

    with errors_in_one_line():
        measured = agreement_of(load_gold(a), load_gold(b))
        if json is not None:
            text = json_module.dumps(measured.as_dict(), ensure_ascii=False, indent=1) + "\n"
            write_text(json, text)
    _say_agreement(measured)


@app.command()
def add(
    records: Annotated[Path, typer.Argument(metavar="RECORDS.jsonl", help="Records, some of them reviewed.")],
    folder: Annotated[Path, typer.Option("--out", "-o", help="Folder of the candidates.")] = CANDIDATES,
) -> None:
    """Keep reviewed records as candidates for labels, apart from labels that were made blind.

    Who reviews sees what was read first; so a candidate becomes a label only when somebody labels it from
    the text alone. Nothing is overwritten.

    \b
    Examples:
      structurer gold add out/records.jsonl
      structurer gold add reviewed.jsonl --out my/candidates
    """
    with errors_in_one_line():
        added = add_candidates(WrittenRecords(records), folder)
    new = sum(one.new for one in added)
    words = f"{new} candidates added to {folder}; {len(added) - new} were there already"
    out().print(safe(words), soft_wrap=True)


def _say_agreement(measured: Agreement) -> None:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("fields")
    for title in ("values", "equal", "alpha", "95% interval"):
        table.add_column(title, justify="right")
    for group in measured.groups:
        table.add_row(group.group, f"{group.values:,}", f"{group.equal / group.values:.2%}", *_alpha(group))
    console = out()
    console.print(f"{measured.declarations} declarations labelled by both")
    console.print(table)
    for d in measured.differences:
        where = f"{d.filing}, project {d.ordinal}, {d.path_a or '-'} / {d.path_b or '-'}"
        console.print(safe(f"{where} ({d.group}): {d.a} / {d.b}"), soft_wrap=True)
    for name, only in (("A", measured.only_a), ("B", measured.only_b)):
        for filing, ordinal in only:
            console.print(safe(f"only in {name}: {filing}, project {ordinal}"), soft_wrap=True)


def _alpha(group: GroupAgreement) -> tuple[str, str]:
    if group.alpha is None:
        return "-", "all are one value"
    return f"{group.alpha:.3f}", f"{group.low:.3f} to {group.high:.3f}"
