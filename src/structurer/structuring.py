"""The library's front door: one filing to its records, by whichever engine the settings choose."""

from __future__ import annotations

from typing import TYPE_CHECKING

from structurer.models import Document
from structurer.pipeline import structure_document
from structurer.settings import Settings
from structurer.sources import read_file

if TYPE_CHECKING:
    from pathlib import Path

    from structurer.engines import Engine
    from structurer.models import Record


def structure(
    source: Document | Path | str, engine: Engine | None = None, settings: Settings | None = None
) -> list[Record]:
    """Return the records of a filing, given as a document or as a path.

    ``engine`` is one that asks nobody. Without it the settings choose; where they name a model, it is asked
    within their budget, and its answers are kept in their store.

    Raises ``DocumentError`` where the file cannot be read, ``SettingsError``, ``ModelServerError`` and
    ``PausedError`` where a model cannot be asked.
    """
    settings = settings or Settings()
    document = source if isinstance(source, Document) else read_file(source, settings)
    if engine is not None or settings.chosen_engine == "layout":
        return list(structure_document(document, engine, settings).records)
    # What speaks to models takes half a second to load, which reading by layout need not wait for.
    from structurer.runs.access import model_access, online_client
    from structurer.runs.with_model import structure_with_model

    with model_access(settings, [document.name]) as access:
        client = online_client(access)
        (structured,) = structure_with_model([document], access.engine, client, settings)
    return list(structured.records)
