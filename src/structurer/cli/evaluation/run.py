"""``structurer eval run``: the labelled filings structured, and held against their labels."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from structurer.cli import options
from structurer.cli.console import err, errors_in_one_line, out, safe
from structurer.cli.evaluation.options import Filings, Gold
from structurer.files import write_text
from structurer.settings import load_settings

if TYPE_CHECKING:
    from structurer.evaluation.outcomes import RunRecord


def run(
    gold: Gold = Path("eval/gold"),
    filings: Filings = Path("eval/filings"),
    folder: Annotated[
        Path, typer.Option("--out", "-o", help="Folder for report.html and result.json.")
    ] = Path("out/evaluation"),
    records: Annotated[
        Path | None,
        typer.Option(help="Score these records (a records.jsonl of an earlier run) instead of structuring."),
    ] = None,
    label: Annotated[str, typer.Option(help="A few words to know this run by.")] = "",
    engine: options.Engine = None,
    model: options.Model = None,
    base_url: options.BaseUrl = None,
    answers: options.Answers = None,
    mode: options.Mode = None,
    budget: options.Budget = None,
    price: options.Price = None,
    store: options.Store = None,
) -> None:
    """Measure how well filings are structured, against labels that people made by hand.

    Prints the accuracy of each field, precision, recall and F1 of indicator rows, every error with its
    place and flags, and whether the goals are met. An error marked SILENT is one that no flag shows. Writes
    report.html and result.json, and keeps the run for compare and history.

    \b
    Examples:
      structurer eval run
      structurer eval run --gold my/labels --filings my/filings --out my/evaluation
      structurer eval run --engine model --model gpt-4.1-mini --budget 2
      structurer eval run --engine model --model gpt-4.1-mini --budget 2 --answers transcribe
      structurer eval run --records results/records.jsonl --gold newer/labels
    """
    with errors_in_one_line():
        settings = load_settings(
            engine=engine,
            model=model,
            base_url=base_url,
            answers=answers,
            mode=mode,
            budget=budget,
            store=store,
            **options.split_price(price),
        )
        from structurer.evaluation.keeping import keep
        from structurer.evaluation.pages import report_page
        from structurer.evaluation.report import print_report
        from structurer.evaluation.running import evaluate, evaluate_again
        from structurer.evaluation.score import Score
        from structurer.store import Store

        if records is not None:
            evaluated = evaluate_again(gold, filings, records, label)
        else:
            evaluated = evaluate(gold, filings, settings, label)
        for error in evaluated.unreadable:
            err().print(safe(f"error: {error}; its declarations count as wrong"), soft_wrap=True)
        with Store.open(settings.store) as opened:
            kept = replace(evaluated.run, number=keep(opened, evaluated.run))
        print_report(Score(kept.outcomes), out())
        write_text(folder / "report.html", report_page(kept))
        write_text(folder / "result.json", _as_json(kept))
    out().print(safe(f"run {kept.number}; report: {folder / 'report.html'}"), soft_wrap=True)


def _as_json(kept: RunRecord) -> str:
    from structurer.evaluation.doubt import doubt
    from structurer.evaluation.headline import headline

    values: dict[str, Any] = {name: getattr(kept, name) for name in kept.__slots__ if name != "outcomes"}
    values["headline"] = headline(kept.outcomes).as_dict()
    values["flags"] = doubt(kept.outcomes).as_dict()
    values["outcomes"] = [cell.as_dict() for cell in kept.outcomes]
    return json.dumps(values, ensure_ascii=False, indent=1, default=dict) + "\n"
