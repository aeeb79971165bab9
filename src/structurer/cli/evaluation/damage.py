"""``structurer eval damage``: how readings suffer as invented filings are damaged."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from structurer.cli.console import errors_in_one_line, out
from structurer.files import write_text


def damage(
    seeds: Annotated[int, typer.Option(min=1, help="Filings for each of the five layouts.")] = 20,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write the curve to this file, too.")
    ] = None,
) -> None:
    """Read invented, damaged filings and print how many values come out right, flagged, silently wrong.

    \b
    Examples:
      structurer eval damage --seeds 4
      structurer eval damage --json curve.json
    """
    with errors_in_one_line():
        from structurer.evaluation.damage import damage_curve, render, structure_text

        rows = damage_curve(structure_text, seeds=range(seeds))
        out().print(render(rows))
        if json_file is not None:
            write_text(
                json_file, json.dumps([asdict(row) for row in rows], ensure_ascii=False, indent=1) + "\n"
            )
