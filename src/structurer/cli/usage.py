"""``structurer usage``: what models were asked, and what it cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table

from structurer.cli import options
from structurer.cli.asking import dollars
from structurer.cli.console import errors_in_one_line, out, safe
from structurer.cli.looking import looking
from structurer.money import in_dollars
from structurer.settings import load_settings
from structurer.store import Journal

if TYPE_CHECKING:
    from structurer.store import UsageRow

_NUMBERS = ("requests", "answered", "from journal", "failed", "input tokens", "output tokens", "cost")


def usage(store: options.Store = None) -> None:
    """Show tokens, money, journal hits and failures, by run and model.

    A cost marked ~ is partly assumed: where a server told no usage, or never answered, the worst case counts.

    \b
    Examples:
      structurer usage
      structurer usage --store sqlite:///work.db
    """
    with errors_in_one_line():
        rows = _rows(load_settings(store=store).store)
    if not rows:
        out().print("no model was asked yet")
        return
    table = Table(box=None, padding=(0, 2, 0, 0))
    table.add_column("run")
    table.add_column("model")
    for name in _NUMBERS:
        table.add_column(name, justify="right")
    for row in rows:
        table.add_row(safe(row.label or "(no run)"), safe(row.model), *_numbers(row))
    out().print(table)


def _rows(url: str) -> list[UsageRow]:
    """Return what the journal at a URL tells."""
    with looking(url) as store:
        return [] if store is None else Journal(store).usage()


def _numbers(row: UsageRow) -> list[str]:
    counts = (row.requests, row.answered, row.hits, row.failures, row.input_tokens, row.output_tokens)
    cost = dollars(in_dollars(row.cost))
    return [*(f"{count:,}" for count in counts), f"~{cost}" if row.estimated else cost]
