"""Runs over time: whether it gets better, and what it costs.

Figures on different gold, or scored in different ways, are not of the same thing. So each gold version has
its own table, and no line goes on from one to the next.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from rich.box import SIMPLE_HEAD
from rich.table import Table

from structurer.evaluation.terminal import harmless

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import Console

    from structurer.evaluation.keeping import KeptRun


class GoldVersion(NamedTuple):
    """Hash of labels and filings, and the version of scoring: what runs must share to be compared."""

    gold: str
    scoring: str


@dataclass(frozen=True, slots=True)
class Chapter:
    """The runs on one version of gold, oldest first."""

    version: GoldVersion
    runs: tuple[KeptRun, ...]


def history(runs: Iterable[KeptRun]) -> tuple[Chapter, ...]:
    """Sort runs into chapters; the chapter that began first comes first."""
    chapters: dict[GoldVersion, list[KeptRun]] = {}
    for run in sorted(runs, key=lambda run: (run.head.at, run.number)):
        chapters.setdefault(GoldVersion(run.head.gold, run.head.scoring), []).append(run)
    return tuple(Chapter(version, tuple(found)) for version, found in chapters.items())


def print_history(chapters: Iterable[Chapter], console: Console) -> None:
    """Print a table for each chapter: accuracy and silent errors of cells, review load, cost, time."""
    for chapter in chapters:
        console.print(_table(chapter))


def _table(chapter: Chapter) -> Table:
    gold, scoring = chapter.version
    title = harmless(f"Gold {gold[:12]}, scoring {scoring}")
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column("run", no_wrap=True)
    table.add_column("day (UTC)", no_wrap=True)
    table.add_column("engine", overflow="fold")
    table.add_column("commit", no_wrap=True)
    for name in ("accuracy", "silent", "review", "cost $", "sec"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("label", overflow="fold")
    for run in chapter.runs:
        head, counts = run.head, run.totals
        table.add_row(
            str(run.number),
            harmless(head.at[:10]),
            harmless(" ".join(part for part in (head.engine, head.model) if part)),
            harmless(head.commit[:8] + ("+" if head.dirty else "")),
            f"{counts.accuracy:.2%}",
            harmless(str(counts.silent), style="bold red" if counts.silent else ""),
            f"{counts.review_load:.1%}",
            f"{Decimal(head.cost):.3f}",
            f"{head.seconds:.1f}",
            harmless(head.label),
        )
    return table
