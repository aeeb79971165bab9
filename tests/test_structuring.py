from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from model_server import FixedAnswers, ModelServer
from structurer import Document, Settings, structure
from structurer.engines import LayoutEngine
from structurer.models import Page
from structurer.synthesis.families import Family
from structurer.synthesis.filing import invent_filing

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from structurer.models import Record


def document() -> Document:
    text = invent_filing(Family.ZONE, 8, count=2).text
    return Document("invented.txt", "0" * 64, text, "utf-8", (Page(1, 0, len(text)),))


def test_a_path_and_a_document_give_the_same_data(tmp_path: Path) -> None:
    path = tmp_path / "invented.txt"
    path.write_text(document().text, encoding="utf-8")
    assert [record.data for record in structure(path)] == [record.data for record in structure(document())]


def test_settings_that_name_a_model_ask_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with ModelServer(FixedAnswers(lambda body: {"number": 7, "phone": []})) as server:
        settings = Settings(engine="model", model="m", base_url=server.base_url, mode="tools")
        records = structure(document(), settings=settings)
        assert len(records) == 2
        assert {record.provenance.engine for record in records} == {"model"}
        assert all(record.status == "flagged" for record in records)
        assert server.bodies
        asked = len(server.bodies)
        by_layout = structure(document(), LayoutEngine(), settings)
        assert len(server.bodies) == asked
    assert by_layout[0].provenance.engine == "layout"


def test_a_model_can_be_asked_where_an_event_loop_runs_already(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    async def as_in_a_notebook() -> list[Record]:
        return structure(document(), settings=settings)

    with ModelServer(FixedAnswers(lambda body: {"number": 7, "phone": []})) as server:
        settings = Settings(engine="model", model="m", base_url=server.base_url, mode="tools")
        assert [record.data for record in asyncio.run(as_in_a_notebook())] == [
            record.data for record in structure(document(), settings=settings)
        ]
