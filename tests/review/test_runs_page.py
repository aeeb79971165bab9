"""Runs as curators see them, and their results to take away."""

from __future__ import annotations

import io
import json
import tempfile
import zipfile
from typing import TYPE_CHECKING

import openpyxl
import pytest
from sqlalchemy import update

from structurer.review.words import reason_in_words
from structurer.store import Runs, overview
from structurer.store.counting import flags_by_code
from structurer.store.review.accounts import Role
from structurer.store.review.trail import Trail
from structurer.store.tables import FILING, RUN

if TYPE_CHECKING:
    from pathlib import Path

    from review.conftest import Site


def test_runs_are_listed_with_their_counts(site: Site) -> None:
    (run,) = Runs(site.store()).all()
    counted = overview(site.store(), run).counted
    cat = site.person("cat", Role.CURATOR).http
    listed = cat.get("/runs").text
    shown = cat.get("/runs/1").text
    for text in (listed, shown):
        assert f">{counted.declarations}<" in text
        assert f">{counted.flagged}<" in text
        assert "complete" in text
    _kind, code, number = flags_by_code(site.store(), run.number)[0]
    assert reason_in_words(code) in shown
    assert f">{number}<" in shown


def test_of_many_runs_the_older_ones_are_on_another_page(site: Site) -> None:
    with site.store().writing() as connection:
        first = connection.execute(RUN.select()).mappings().one()
        for number in range(2, 61):
            connection.execute(RUN.insert(), {**first, "id": number, "key": str(number)})
    cat = site.person("cat", Role.CURATOR).http
    newest = cat.get("/runs").text
    assert 'href="/runs/60"' in newest
    assert 'href="/runs/10"' not in newest
    assert 'href="/runs?before=11"' in newest
    older = cat.get("/runs?before=11").text
    assert 'href="/runs/10"' in older
    assert 'href="/runs/11"' not in older
    assert "Older" not in older


@pytest.mark.parametrize("format_name", ["jsonl", "csv", "xlsx", "parquet"])
def test_a_runs_results_are_saved_whole_and_nothing_stays_on_the_disk(
    site: Site, format_name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    (run,) = Runs(site.store()).all()
    declarations = overview(site.store(), run).counted.declarations
    cat = site.person("cat", Role.CURATOR).http
    answer = cat.get("/runs/1/export", params={"format": format_name})
    assert answer.status_code == 200
    disposition = answer.headers["content-disposition"]
    assert disposition.startswith('attachment; filename="run-1-')
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert answer.headers["x-content-type-options"] == "nosniff"
    if format_name == "jsonl":
        assert len([json.loads(line) for line in answer.text.splitlines()]) == declarations
    elif format_name == "csv":
        with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
            assert archive.namelist() == ["declarations.csv", "indicators.csv"]
    elif format_name == "xlsx":
        book = openpyxl.load_workbook(io.BytesIO(answer.content), read_only=True)
        assert book.worksheets[0].max_row == declarations + 1
        book.close()
    else:
        assert answer.content[:4] == answer.content[-4:] == b"PAR1"
    assert list((tmp_path / "temporary").iterdir()) == []
    entry = next(iter(Trail(site.store()).entries(1)))
    assert (entry.who, entry.what, entry.about) == ("cat", "exported a run", f"1 as {format_name}")


def test_what_there_is_not_is_said(site: Site) -> None:
    cat = site.person("cat", Role.CURATOR).http
    assert cat.get("/runs/99").status_code == 404
    assert cat.get("/runs/99/export?format=csv").status_code == 404
    assert cat.get("/runs/1/export?format=exe").status_code == 422
    assert cat.get("/runs/99999999999999999999").status_code == 422


def test_runs_are_not_for_reviewers(site: Site) -> None:
    ann = site.person("ann").http
    for path in ("/runs", "/runs/1", "/runs/1/export?format=csv"):
        assert ann.get(path).status_code == 403


def test_what_failed_is_shown_as_words(site: Site) -> None:
    with site.store().writing() as connection:
        connection.execute(
            update(FILING)
            .where(FILING.c.id == 1)
            .values(state="failed", error="X", problem="<script>alert(1)</script>", name="<b>.txt")
        )
    shown = site.person("cat", Role.CURATOR).http.get("/runs/1").text
    assert "&lt;script&gt;alert(1)" in shown
    assert "&lt;b&gt;.txt" in shown
    assert "<script>alert" not in shown
