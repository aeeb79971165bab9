"""``structurer eval compare``: what got better and what worse from one evaluation to another."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from structurer.cli import options
from structurer.cli.console import errors_in_one_line, out
from structurer.files import write_text
from structurer.settings import load_settings


def compare(
    before: Annotated[int, typer.Argument(help="The number of the earlier run; eval history lists them.")],
    after: Annotated[int, typer.Argument(help="The number of the later run.")],
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write the whole comparison to this file, too.")
    ] = None,
    store: options.Store = None,
) -> None:
    """Say whether a run is better than an earlier one, and show every cell that changed.

    The verdict is better, worse, no evidence, or not enough data: a test on the differences declaration by
    declaration, since cells of one declaration are right and wrong together.

    \b
    Examples:
      structurer eval compare 3 4
      structurer eval compare 3 4 --json out/comparison.json
    """
    with errors_in_one_line():
        settings = load_settings(store=store)
        from structurer.evaluation.comparing import compare_runs
        from structurer.evaluation.keeping import kept_run
        from structurer.evaluation.telling import print_comparison
        from structurer.store import Store

        with Store.open(settings.store) as opened:
            comparison = compare_runs(kept_run(opened, before), kept_run(opened, after))
        print_comparison(comparison, out())
        if json_file is not None:
            text = json.dumps(comparison.as_dict(), ensure_ascii=False, indent=1)
            write_text(json_file, f"{text}\n")
