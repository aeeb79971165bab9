"""``structurer db``: the database itself: what it holds, and bringing its schema up to date."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer
from rich.table import Table

from structurer.cli import options
from structurer.cli.console import errors_in_one_line, out
from structurer.cli.looking import field, line, looking
from structurer.settings import load_settings
from structurer.store import Store
from structurer.store.holding import rows_by_table, size
from structurer.store.tables import REVISION

if TYPE_CHECKING:
    from collections.abc import Iterator

db = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


@db.callback()
def about() -> None:
    """Look at the database that runs and answers are kept in, and bring its schema up to date.

    \b
    Examples:
      structurer db show
      structurer db upgrade --store postgresql://host/filings
    """


@db.command()
def show(store: options.Store = None) -> None:
    """Show where the database is, its schema, its size, and how many rows its tables have. Changes nothing.

    \b
    Examples:
      structurer db show
      structurer db show --store sqlite:///work.db
    """
    with errors_in_one_line():
        url = load_settings(store=store).store
        with looking(url, upgrade=False) as opened:
            if opened is None:
                out().print(line(f"there is no database yet: {url}"), soft_wrap=True)
                return
            for title, words in _head(opened):
                out().print(field(title, words), soft_wrap=True)
            rows = rows_by_table(opened)
    table = Table("table", box=None, padding=(0, 2, 0, 0))
    table.add_column("rows", justify="right")
    for name, number in rows:
        table.add_row(name, f"{number:,}")
    if rows:
        out().print()
        out().print(table)


@db.command()
def upgrade(store: options.Store = None) -> None:
    """Bring the schema up to this program's, all or nothing. What is in the database stays.

    On SQLite this is done when a file is opened. On PostgreSQL it waits for this command, as others may be at
    work: an older program does not open the database any more afterwards.

    \b
    Examples:
      structurer db upgrade --store postgresql://host/filings
    """
    with errors_in_one_line(), Store.open(load_settings(store=store).store, upgrade=False) as opened:
        found = opened.upgrade()
        url = opened.url
    if found is None:
        words = f"new, its schema is {REVISION}"
    elif found == REVISION:
        words = f"its schema is up to date ({REVISION})"
    else:
        words = f"its schema was brought from {found} to {REVISION}"
    out().print(line(f"{url}: {words}"), soft_wrap=True)


def _head(store: Store) -> Iterator[tuple[str, str]]:
    yield "database", store.url
    yield "schema", _schema(store.revision)
    yield "size", f"{size(store) / 1e6:,.1f} MB"


def _schema(found: str | None) -> str:
    if found is None:
        return "none yet; the first run makes it"
    if found == REVISION:
        return f"{found}, up to date"
    from structurer.store import migrating

    if migrating.knows(found):
        return f"{found}, older than this program's ({REVISION}); structurer db upgrade brings it up to date"
    return f"{found}, newer than this program's ({REVISION}), or another program's; update Structurer"
