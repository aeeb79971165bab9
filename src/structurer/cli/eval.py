"""``structurer eval``: the records of the labelled filings against their labels."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from structurer.cli import options
from structurer.cli.console import err, errors_in_one_line, out, safe
from structurer.documents import read_document
from structurer.errors import DocumentError, OutputError
from structurer.evaluation import as_json, load_gold, print_report, score
from structurer.pipeline import structure_document
from structurer.settings import Settings, load_settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from structurer.evaluation import GoldLabel
    from structurer.models import Document, Record


def evaluate(
    gold: Annotated[Path, typer.Option(help="Folder of hand-made labels.")] = Path("eval/gold"),
    filings: Annotated[Path, typer.Option(help="Folder of the filings that were labelled.")] = Path(
        "eval/filings"
    ),
    json: Annotated[Path | None, typer.Option(help="Write the whole report to this file too.")] = None,
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
    place and flags, and whether the goals are met. An error marked SILENT is one that no flag shows.

    \b
    Examples:
      structurer eval
      structurer eval --gold my/labels --filings my/filings --json out/eval.json
      structurer eval --engine model --model gpt-4.1-mini --budget 2
      structurer eval --engine model --model gpt-4.1-mini --budget 2 --answers transcribe
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
        labels = load_gold(gold)
        result = score(labels, _records(_documents(labels, filings), filings, settings))
        if json is not None:
            _write(json, as_json(result))
    print_report(result, out())


def _documents(labels: Sequence[GoldLabel], filings: Path) -> Iterator[Document]:
    """Read each labelled filing; one that cannot be read is told of, and all of it counts as wrong."""
    for filing in sorted({label.filing for label in labels}):
        try:
            yield read_document(filings / filing, name=filing)
        except DocumentError as error:
            err().print(safe(f"error: {error}; its declarations count as wrong"), soft_wrap=True)


def _records(documents: Iterator[Document], filings: Path, settings: Settings) -> Iterator[Record]:
    if settings.chosen_engine == "layout":
        for document in documents:
            yield from structure_document(document, settings=settings).records
        return
    # What speaks to models takes half a second to load, which reading by layout need not wait for.
    from structurer.runs.access import model_access, online_client
    from structurer.runs.with_model import structure_with_model

    with model_access(settings, ["eval", str(filings)]) as access:
        client = online_client(access)
        for structured in structure_with_model(list(documents), access.engine, client, settings):
            yield from structured.records


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise OutputError(f"{path}: cannot be written ({error.strerror}); choose another place") from error
