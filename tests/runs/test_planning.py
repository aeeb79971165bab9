from __future__ import annotations

import os
from itertools import permutations
from typing import TYPE_CHECKING

import pytest

from structurer.errors import PlanError
from structurer.runs import STDIN, plan_filings

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "filings"
    for name in (
        "b.txt",
        "a.TXT",
        "sub/c.md",
        "sub/deep/d.txt",
        "x.pdf",
        "y.pdf",
        "README",
        ".hidden.txt",
        ".git/e.txt",
    ):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    (root / "around").symlink_to(root)
    return root


def _names(paths: list[str]) -> list[str]:
    return [filing.name for filing in plan_filings(paths).filings]


def test_a_folder_gives_its_readable_files_and_counts_the_rest(folder: Path) -> None:
    plan = plan_filings([str(folder)])
    assert [filing.name for filing in plan.filings] == ["a.TXT", "b.txt", "sub/c.md", "sub/deep/d.txt"]
    assert plan.skipped == (
        (".pdf file", 2),
        ("file without an extension", 1),
        ("hidden file", 1),
        ("hidden folder", 1),
        ("link to a folder", 1),
    )


def test_a_file_that_is_named_is_planned_whatever_it_is_called(folder: Path) -> None:
    assert _names([str(folder / "x.pdf"), str(folder / ".hidden.txt")]) == [".hidden.txt", "x.pdf"]


def test_patterns_are_expanded(folder: Path) -> None:
    assert _names([f"{folder}/**/*.txt"]) == ["b.txt", "d.txt"]
    assert _names([f"{folder}/su?"]) == ["c.md", "deep/d.txt"]


def test_a_file_name_with_pattern_characters_is_itself(folder: Path) -> None:
    (folder / "2031[1].txt").write_text("x")
    assert _names([str(folder / "2031[1].txt")]) == ["2031[1].txt"]


def test_one_file_is_planned_once_by_its_longest_name(folder: Path) -> None:
    twice = [str(folder / "sub/deep/d.txt"), str(folder / "sub"), str(folder), str(folder / "sub/../b.txt")]
    for order in permutations(twice):
        assert _names(list(order)) == ["a.TXT", "b.txt", "sub/c.md", "sub/deep/d.txt"]


def test_the_same_name_is_in_the_order_of_contents_whatever_the_order_of_paths(tmp_path: Path) -> None:
    for number in range(4):
        (tmp_path / str(number)).mkdir()
        (tmp_path / str(number) / "a.txt").write_text(f"text {number % 3}")
    folders = [str(tmp_path / str(number)) for number in range(4)]
    orders = set()
    for order in permutations(folders):
        plan = plan_filings(list(order))
        orders.add(tuple(filing.path.read_text() for filing in plan.filings if filing.path))
    assert len(orders) == 1
    assert len(orders.pop()) == 4  # the same contents twice are two filings


def test_standard_input_is_a_filing(folder: Path) -> None:
    plan = plan_filings([STDIN, str(folder / "b.txt"), STDIN], b"piped")
    assert [(filing.name, filing.data) for filing in plan.filings] == [("b.txt", None), ("stdin", b"piped")]


def test_what_does_not_exist_is_said(folder: Path) -> None:
    for path in (folder / "none.txt", folder / "*.docx"):
        with pytest.raises(PlanError, match="no such file or folder"):
            plan_filings([str(folder), str(path)])


def test_a_folder_without_filings_says_what_it_has(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(b"%PDF")
    with pytest.raises(
        PlanError, match=r"no file with one of the extensions .*\.txt.* \(found 1 \.pdf file\)"
    ):
        plan_filings([str(tmp_path)])


def test_a_broken_link_is_planned_so_that_it_is_told_of(folder: Path) -> None:
    (folder / "gone.txt").symlink_to(folder / "nowhere.txt")
    assert "gone.txt" in _names([str(folder)])


def test_names_that_are_no_utf8_can_be_written(folder: Path) -> None:
    (folder / os.fsdecode(b"\xc4\xcf.txt")).write_text("x")
    for name in _names([str(folder)]):
        name.encode()
