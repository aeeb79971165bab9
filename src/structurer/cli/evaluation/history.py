"""``structurer eval history``: accuracy, silent errors, review load and cost over time."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from structurer.cli import options
from structurer.cli.console import errors_in_one_line, out, safe
from structurer.files import write_text
from structurer.settings import load_settings


def history(
    html: Annotated[Path | None, typer.Option(help="Write the history as a page to this file, too.")] = None,
    store: options.Store = None,
) -> None:
    """Show all evaluations that were kept, oldest first; those on other labels in tables of their own.

    \b
    Examples:
      structurer eval history
      structurer eval history --html history.html
    """
    with errors_in_one_line():
        settings = load_settings(store=store)
        from structurer.evaluation.history import history as chapters_of
        from structurer.evaluation.history import print_history
        from structurer.evaluation.keeping import kept_runs
        from structurer.store import Store

        with Store.open(settings.store) as opened:
            chapters = chapters_of(kept_runs(opened))
        if not chapters:
            out().print("nothing was evaluated yet; begin with structurer eval run")
            return
        print_history(chapters, out())
        if html is not None:
            from structurer.evaluation.pages import history_page

            write_text(html, history_page(chapters))
            out().print(safe(f"page: {html}"), soft_wrap=True)
