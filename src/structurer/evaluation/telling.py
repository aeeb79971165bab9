"""A comparison of two runs, told in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from structurer.evaluation.comparing import Verdict
from structurer.evaluation.terminal import harmless

if TYPE_CHECKING:
    from rich.console import Console

    from structurer.evaluation.changes import Change
    from structurer.evaluation.comparing import RunComparison
    from structurer.evaluation.totals import Totals

_STYLES = {Verdict.BETTER: "bold green", Verdict.WORSE: "bold red"}


def print_comparison(comparison: RunComparison, console: Console) -> None:
    """Print the figures of both runs side by side, the verdict with its reasons, and every changed cell."""
    console.print(_figures(comparison))
    console.print(Text(f"verdict: {comparison.verdict}", style=_STYLES.get(comparison.verdict, "bold")))
    for reason in comparison.reasons:
        console.print(harmless(f"  {reason}"), soft_wrap=True)
    for title, some in (
        ("worse", [change for change in comparison.changes if change.step < 0]),
        ("better", [change for change in comparison.changes if change.step > 0]),
        ("otherwise wrong", [change for change in comparison.changes if change.step == 0]),
    ):
        if some:
            console.print(_changes(f"{title} ({len(some)})", some))


def _figures(comparison: RunComparison) -> Table:
    table = Table("", f"run {comparison.before.number}", f"run {comparison.after.number}", box=None)
    rows = zip(_named(comparison.before_totals), _named(comparison.after_totals), strict=True)
    for (name, before), (_, after) in rows:
        table.add_row(name, before, after)
    table.add_row("cost $", *(str(cost) for cost in comparison.costs))
    return table


def _named(totals: Totals) -> list[tuple[str, str]]:
    return [
        ("cells right", f"{totals.right}/{totals.cells} {totals.accuracy:.2%}"),
        ("declarations right", f"{totals.declarations_right}/{totals.declarations}"),
        ("silent errors (cells)", str(totals.silent)),
        ("review load", f"{totals.review}/{totals.reviewable} {totals.review_load:.2%}"),
        ("uncertain flagged", f"{totals.uncertain_flagged}/{totals.uncertain}"),
    ]


def _changes(title: str, some: list[Change]) -> Table:
    table = Table(
        "where", "label", "before", "after", "line of the filing", title=title, title_justify="left"
    )
    for change in some:
        table.add_row(
            harmless(f"{change.filing} {change.ordinal} {change.path}"),
            harmless(change.gold or "–"),
            harmless(f"{change.read_before or '–'} ({change.before})"),
            harmless(f"{change.read_after or '–'} ({change.after})"),
            harmless(change.excerpt),
        )
    return table
