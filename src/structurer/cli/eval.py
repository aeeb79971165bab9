"""``structurer eval``: the records of the labelled filings against their labels."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from structurer.cli.console import err, errors_in_one_line, out, safe
from structurer.documents import read_document
from structurer.errors import DocumentError, OutputError
from structurer.evaluation import as_json, load_gold, print_report, score
from structurer.pipeline import structure_document

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from structurer.evaluation import GoldLabel
    from structurer.models import Record


def evaluate(
    gold: Annotated[Path, typer.Option(help="Folder of hand-made labels.")] = Path("eval/gold"),
    filings: Annotated[Path, typer.Option(help="Folder of the filings that were labelled.")] = Path(
        "eval/filings"
    ),
    json: Annotated[Path | None, typer.Option(help="Write the whole report to this file too.")] = None,
) -> None:
    """Measure how well filings are structured, against labels that people made by hand.

    Prints the accuracy of each field, precision, recall and F1 of indicator rows, every error with its
    place and flags, and whether the goals are met. An error marked SILENT is one that no flag shows.

    \b
    Examples:
      structurer eval
      structurer eval --gold my/labels --filings my/filings --json out/eval.json
    """
    with errors_in_one_line():
        labels = load_gold(gold)
        result = score(labels, _records(labels, filings))
        if json is not None:
            _write(json, as_json(result))
    print_report(result, out())


def _records(labels: Sequence[GoldLabel], filings: Path) -> Iterator[Record]:
    """Structure each labelled filing; one that cannot be read is told of, and all of it counts as wrong."""
    for filing in sorted({label.filing for label in labels}):
        try:
            document = read_document(filings / filing, name=filing)
        except DocumentError as error:
            err().print(safe(f"error: {error}; its declarations count as wrong"), soft_wrap=True)
            continue
        yield from structure_document(document).records


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise OutputError(f"{path}: cannot be written ({error.strerror}); choose another place") from error
