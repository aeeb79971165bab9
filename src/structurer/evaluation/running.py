"""One evaluation: the labelled filings structured by an engine, and what became of every labelled cell."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from structurer.documents import read_document
from structurer.errors import DocumentError
from structurer.evaluation.collecting import outcomes_of
from structurer.evaluation.gold import load_gold
from structurer.evaluation.outcomes import RunRecord
from structurer.evaluation.provenance import checkout, gold_hash, versions
from structurer.models import Usage
from structurer.pipeline import structure_document

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from structurer.evaluation.gold import GoldLabel
    from structurer.models import Document, Record
    from structurer.settings import Settings


@dataclass(frozen=True, slots=True)
class Evaluated:
    """A run with the errors of the filings that could not be read; their cells count as wrong."""

    run: RunRecord
    unreadable: tuple[DocumentError, ...]


def evaluate(labels: Path, filings: Path, settings: Settings, label: str = "") -> Evaluated:
    """Structure the labelled filings as the settings say, and compare every cell with its label.

    Raises ``GoldError`` for labels that cannot be read, and whatever asking a model may raise.
    """
    gold = load_gold(labels)
    documents, unreadable = _documents(gold, filings)
    began = time.monotonic()
    records = _records(documents, filings, settings)
    seconds = time.monotonic() - began
    uses = [use for record in records if (use := record.provenance.model_use) is not None]
    usage = sum((use.usage for use in uses), Usage())
    commit, dirty = checkout()
    version = versions()
    run = RunRecord(
        number=0,
        at=datetime.now(UTC).isoformat(timespec="seconds"),
        structurer=version.structurer,
        commit=commit,
        dirty=dirty,
        gold=gold_hash(labels, filings),
        scoring=version.scoring,
        schema_version=version.schema,
        engine=settings.chosen_engine,
        model=None if settings.chosen_engine == "layout" else settings.model,
        prompts=", ".join(sorted({prompt for use in uses for prompt in use.prompt.split(", ")})),
        settings=settings.results_settings(),
        config=settings.config_hash(),
        declarations=len(gold),
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        cost=usage.cost,
        seconds=round(seconds, 2),
        label=label,
        outcomes=outcomes_of(gold, records, documents),
    )
    return Evaluated(run, tuple(unreadable))


def _documents(gold: Sequence[GoldLabel], filings: Path) -> tuple[list[Document], list[DocumentError]]:
    documents: list[Document] = []
    unreadable: list[DocumentError] = []
    for filing in sorted({label.filing for label in gold}):
        try:
            documents.append(read_document(filings / filing, name=filing))
        except DocumentError as error:
            unreadable.append(error)
    return documents, unreadable


def _records(documents: Sequence[Document], filings: Path, settings: Settings) -> list[Record]:
    if settings.chosen_engine == "layout":
        structured = [structure_document(document, settings=settings) for document in documents]
    else:
        # What speaks to models takes half a second to load, which reading by layout need not wait for.
        from structurer.runs.access import model_access, online_client
        from structurer.runs.with_model import structure_with_model

        with model_access(settings, ["eval", str(filings)]) as access:
            structured = structure_with_model(documents, access.engine, online_client(access), settings)
    return [record for each in structured for record in each.records]
