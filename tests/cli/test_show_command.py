from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from rich.cells import cell_len
from typer.testing import CliRunner

from structurer.cli import app
from structurer.cli.console import safe
from structurer.cli.places import how_printed, line_range
from structurer.documents import document_from_bytes
from structurer.models import Evidence, Grounding, Span
from structurer.synthesis.families import Family
from structurer.synthesis.filing import RenderedFiling, invent_filing

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def rendered() -> RenderedFiling:
    return invent_filing(Family.DISCLOSURE, 4, count=3)


def _show(path: Path, text: str, *arguments: str) -> str:
    path.write_text(text, encoding="utf-8")
    result = CliRunner().invoke(app, ["show", str(path), *arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.stderr
    return result.stdout


def _bare(text: str) -> str:
    return re.sub(r"\s", "", text)


def test_shows_projects_values_and_what_belongs_to_nothing(tmp_path: Path, rendered: RenderedFiling) -> None:
    shown = _show(tmp_path / "a.txt", rendered.text)
    assert "projects: 3" in shown
    assert "text that belongs to nothing" in shown
    assert shown.count("\nProject ") == 3
    for label in rendered.labels:
        assert _bare(str(label.readings["project_name"].accept[0])) in _bare(shown)
    assert "实施期 (implementation period)" in shown
    assert "年度 (annual)" in shown


def test_shows_one_project(tmp_path: Path, rendered: RenderedFiling) -> None:
    shown = _show(tmp_path / "a.txt", rendered.text, "--project", "2")
    assert "\nProject 2:" in shown
    assert shown.count("\nProject ") == 1


def test_fits_a_hundred_columns(tmp_path: Path, rendered: RenderedFiling) -> None:
    assert max(map(cell_len, _show(tmp_path / "a.txt", rendered.text).splitlines())) <= 100


def test_filing_text_cannot_speak_to_the_terminal(tmp_path: Path, rendered: RenderedFiling) -> None:
    name = str(rendered.labels[0].readings["project_name"].accept[0])
    hostile = rendered.text.replace(name, f"[bold]{name[:2]}\x1b[31m\u202e{name[2:]}[/]")
    shown = _show(tmp_path / "a.txt", hostile, "--project", "1")
    assert "[bold]" in shown
    assert not re.search("[\x00-\x09\x0b-\x1f\u202e]", shown)


def test_a_file_without_a_form_has_residue_only(tmp_path: Path) -> None:
    shown = _show(tmp_path / "a.txt", "会议通知\n明天上午九点开会\n")
    assert "projects: 0" in shown
    assert "会议通知 明天上午九点开会" in shown


def test_what_cannot_be_shown_is_one_line(tmp_path: Path, rendered: RenderedFiling) -> None:
    (tmp_path / "a.txt").write_text(rendered.text, encoding="utf-8")
    (tmp_path / "b.txt").write_bytes(b"")
    for arguments, status, problem in (
        (["a.txt", "--project", "9"], 2, "--project 9: the filing has 3 projects"),
        (["b.txt"], 1, "b.txt: is empty"),
        (["c.txt"], 1, "c.txt: does not exist"),
    ):
        result = CliRunner().invoke(app, ["show", str(tmp_path / arguments[0]), *arguments[1:]])
        assert result.exit_code == status
        assert problem in result.stderr
        assert len(result.stderr.splitlines()) == 1


def test_places_are_counted_from_one() -> None:
    document = document_from_bytes("甲乙\n丙丁\n戊\n".encode(), "a.txt")
    assert line_range(document, 0, 2) == "1"
    assert line_range(document, 0, 3) == "1"  # the line end belongs to its line
    assert line_range(document, 1, 4) == "1-2"
    assert line_range(document, 6, 7) == "3"


def test_what_is_printed_is_told_where_it_differs() -> None:
    document = document_from_bytes("水 渠\n1,200\n指\n".encode(), "a.txt")
    joined = Evidence((Span(0, 1), Span(2, 3)), Grounding.JOINED)
    assert how_printed(document, joined, "水渠") == ""
    assert how_printed(document, Evidence((Span(4, 9),), Grounding.JOINED), "1200") == "1,200"
    assert how_printed(document, Evidence((Span(10, 11),), Grounding.CANONICAL), "指标") == "canonical: 指"


def test_safe_text_is_no_markup() -> None:
    assert safe("[red]a\x1b]0;t\x07b[/red]\u202ec").plain == "[red]a ]0;t b[/red] c"
    assert safe("a\nb").plain == "a\nb"
