"""One evaluation: the labelled filings structured by an engine, and what became of every labelled cell."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from structurer.documents import read_document
from structurer.errors import DocumentError
from structurer.evaluation.collecting import outcomes_of
from structurer.evaluation.gold import load_gold
from structurer.evaluation.outcomes import RunRecord
from structurer.evaluation.provenance import checkout, gold_hash, versions
from structurer.evaluation.rereading import records_as_written
from structurer.evaluation.written import RecordsError
from structurer.models import Usage
from structurer.pipeline import structure_document

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
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

    A calibration is left out: what calibrations are learned from are the program's own confidences.
    Raises ``GoldError`` for labels that cannot be read, and whatever asking a model may raise.
    """
    settings = settings.uncalibrated()
    gold = load_gold(labels)
    documents, unreadable = _documents(gold, filings)
    began = time.monotonic()
    records = _records(documents, filings, settings)
    made = _Made(
        records=records,
        engine=settings.chosen_engine,
        model=None if settings.chosen_engine == "layout" else settings.model,
        settings=settings.results_settings(),
        config=settings.config_hash(),
        seconds=round(time.monotonic() - began, 2),
    )
    return Evaluated(_run(labels, filings, gold, documents, made, label), tuple(unreadable))


def evaluate_again(labels: Path, filings: Path, written: Path, label: str = "") -> Evaluated:
    """Compare the records of a records.jsonl with labels; nothing is structured, and nothing costs anew.

    Raises ``GoldError``, and ``RecordsError`` for records that are not of these filings.
    """
    gold = load_gold(labels)
    documents, unreadable = _documents(gold, filings)
    records = records_as_written(written, documents)
    origins = {(record.provenance.engine, record.provenance.config) for record in records}
    if len(origins) != 1:
        raise RecordsError(
            f"{written}: holds no records of the labelled filings, or of several runs; give one run's"
        )
    ((engine, config),) = origins
    models = {record.provenance.model_use.model for record in records if record.provenance.model_use}
    made = _Made(
        records=records,
        engine=engine,
        model=min(models, default=None),
        settings={"records": written.name},
        config=config,
        seconds=0.0,
    )
    return Evaluated(_run(labels, filings, gold, documents, made, label), tuple(unreadable))


@dataclass(frozen=True, slots=True)
class _Made:
    """Records, and how they were made."""

    records: Sequence[Record]
    engine: str
    model: str | None
    settings: Mapping[str, Any]
    config: str
    seconds: float


def _run(
    labels: Path,
    filings: Path,
    gold: Sequence[GoldLabel],
    documents: Sequence[Document],
    made: _Made,
    label: str,
) -> RunRecord:
    uses = [use for record in made.records if (use := record.provenance.model_use) is not None]
    usage = sum((use.usage for use in uses), Usage())
    commit, dirty = checkout()
    version = versions()
    return RunRecord(
        number=0,
        at=datetime.now(UTC).isoformat(timespec="seconds"),
        structurer=version.structurer,
        commit=commit,
        dirty=dirty,
        gold=gold_hash(labels, filings),
        scoring=version.scoring,
        schema_version=version.schema,
        engine=made.engine,
        model=made.model,
        prompts=", ".join(sorted({prompt for use in uses for prompt in use.prompt.split(", ")})),
        settings=made.settings,
        config=made.config,
        declarations=len(gold),
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        cost=usage.cost,
        seconds=made.seconds,
        label=label,
        outcomes=outcomes_of(gold, made.records, documents),
    )


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
