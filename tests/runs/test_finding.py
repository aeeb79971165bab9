from __future__ import annotations

import os
import shutil
import socket
import tracemalloc
from typing import TYPE_CHECKING

import pytest

from structurer.documents import read_document
from structurer.errors import PlanError, UnreadableDocumentError
from structurer.runs import plan_filings
from structurer.runs.finding import Found, FoundFile, PassedOver, UnreadableFile, find

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

unless_root = pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")


def _filled(folder: Path, names: Sequence[str]) -> Path:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(os.fsencode(name))
    return folder


@pytest.fixture
def many(tmp_path: Path) -> Path:
    return _numbered(tmp_path / "many", 5000)


def _numbered(folder: Path, files: int) -> Path:
    folder.mkdir()
    for number in range(files):
        (folder / f"{number:04}.txt").touch()
    return folder


def _told(*paths: Path | str) -> list[tuple[str, str]]:
    """Return names, each with why it is not to be read; "" for what is."""
    return [(found.name, _why(found)) for found in find([str(path) for path in paths])]


def _why(found: Found) -> str:
    if isinstance(found, FoundFile):
        return ""
    return found.kind if isinstance(found, PassedOver) else found.problem


def _one(path: Path | str) -> Found:
    (found,) = find([str(path)])
    return found


def test_a_folder_gives_its_files_in_order_then_those_of_its_subfolders(tmp_path: Path) -> None:
    names = ["b.txt", "a.TXT", "c/e/f.text", "c/d.md", "A.markdown", "empty.txt/none.pdf"]
    folder = _filled(tmp_path / "filings", names)
    (folder / "empty").mkdir()
    assert _told(folder) == [
        ("A.markdown", ""),
        ("a.TXT", ""),
        ("b.txt", ""),
        ("c/d.md", ""),
        ("c/e/f.text", ""),
        ("empty.txt/none.pdf", ".pdf file"),
    ]


def test_what_is_passed_over_is_told_one_by_one(tmp_path: Path) -> None:
    folder = _filled(tmp_path / "filings", [".git/a.txt", ".a.txt", ".b", "README", "a.", "x.PDF", "y.pdf"])
    (folder / "around").symlink_to(folder)
    (folder / ".around").symlink_to(folder)
    (folder / "self").symlink_to("self")
    assert _told(folder) == [
        (".a.txt", "hidden file"),
        (".around", "hidden folder"),
        (".b", "hidden file"),
        (".git", "hidden folder"),
        ("README", "file without an extension"),
        ("a.", "file without an extension"),
        ("around", "link to a folder"),
        ("self", "file without an extension"),
        ("x.PDF", ".pdf file"),
        ("y.pdf", ".pdf file"),
    ]
    assert {found.path for found in find([str(folder)])} == set(folder.iterdir())


def test_a_file_has_the_size_and_time_of_what_would_be_read(tmp_path: Path) -> None:
    folder = _filled(tmp_path / "filings", ["a.txt"])
    os.utime(folder / "a.txt", ns=(0, 1_234_567_890_123_456_789))
    (tmp_path / "link.txt").symlink_to(folder / "a.txt")
    assert _one(folder) == FoundFile("a.txt", folder / "a.txt", 5, 1_234_567_890_123_456_789)
    assert _one(tmp_path / "link.txt") == FoundFile(
        "link.txt", tmp_path / "link.txt", 5, 1_234_567_890_123_456_789
    )


def test_one_file_has_one_path_whichever_way_led_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = _filled(tmp_path, ["filings/sub/a.txt"]) / "filings/sub/a.txt"
    (tmp_path / "link").symlink_to(file.parent)
    monkeypatch.chdir(tmp_path / "link")
    relative = ["a.txt", "./a.txt", ".", "..", "../sub/", "../s*/*", "**", "../../link/../sub/a.txt"]
    for way in (*relative, f"{tmp_path}/link", f"{tmp_path}/link/a.txt", f"/{tmp_path}/link/../sub"):
        assert {found.path for found in find([way])} == {file}, way


def test_overlapping_paths_find_a_file_again(tmp_path: Path) -> None:
    folder = _filled(tmp_path / "filings", ["sub/a.txt", "x.pdf"])
    found = list(find([str(folder), str(folder / "sub"), str(folder / "x.pdf")]))
    assert [one.name for one in found] == ["x.pdf", "sub/a.txt", "a.txt", "x.pdf"]
    assert [one.path for one in found[:2]] == [one.path for one in reversed(found[2:])]


def test_what_is_named_is_found_whatever_it_is_called(tmp_path: Path) -> None:
    folder = _filled(tmp_path / "filings", [".git/a.txt", ".b", "x.pdf", "[1].txt", "1.txt"])
    for name in (".b", "x.pdf", "[1].txt"):
        assert _told(folder / name) == [(name, "")]
    assert _told(folder / ".git") == [("a.txt", "")]
    assert _told(f"{folder}/*.???") == [("1.txt", ""), ("[1].txt", ""), ("x.pdf", "")]


def test_what_does_not_exist_is_said_before_anything_is_found(tmp_path: Path) -> None:
    _filled(tmp_path, ["a.txt"])
    for wrong in ("none.txt", "*.docx", "a.txt/", "no\nne.txt"):
        with pytest.raises(PlanError, match="no such file or folder; check the path"):
            find([str(tmp_path), f"{tmp_path}/{wrong}"])
    assert list(find([])) == []


def test_a_current_folder_that_is_gone_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = _filled(tmp_path, ["a.txt"]) / "a.txt"
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    with pytest.raises(PlanError, match=r"^\.: the current folder is gone"):
        find(["."])
    assert _told(file) == [("a.txt", "")]


def test_what_is_no_file_is_told_in_the_words_of_the_reader(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "filings"
    folder.mkdir()
    (folder / "broken.txt").symlink_to("nowhere.txt")
    (folder / "circle.txt").symlink_to("elcric.txt")
    (folder / "elcric.txt").symlink_to("circle.txt")
    (folder / "self.txt").symlink_to("self.txt")
    (folder / "device.txt").symlink_to("/dev/null")
    os.mkfifo(folder / "pipe.txt")
    monkeypatch.chdir(folder)  # the path of a socket must be short
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket.txt")
    whole = list(find([str(folder)]))
    assert [found.name for found in whole] == sorted(os.listdir(folder))
    for found in whole:
        with pytest.raises(UnreadableDocumentError) as refused:
            read_document(folder / found.name)
        assert found == UnreadableFile(found.name, folder / found.name, refused.value.problem)
        assert _one(found.path) == found
    assert "no regular file" in _told(folder / "pipe.txt")[0][1]


def test_names_of_any_bytes_can_be_opened_and_written(tmp_path: Path) -> None:
    folder = tmp_path / os.fsdecode("项目".encode("gbk"))
    names = [
        "申报表.txt".encode("gbk"),
        "申报表.txt".encode(),
        b"new\nline.txt",
        b"-rf.txt",
        b" .txt",
        b"\x1b[2J.txt",
    ]
    folder.mkdir()
    (folder / "sub").mkdir()
    for name in names:
        for place in (folder, folder / "sub"):
            (place / os.fsdecode(name)).write_bytes(name)
    found = [one for one in find([str(folder), f"{folder}/*.txt"]) if isinstance(one, FoundFile)]
    assert len(found) == 3 * len(names)
    for one in found:
        name = one.path.read_bytes()
        assert os.fsencode(one.path.name) == name
        assert one.name.removeprefix("sub/").encode() == name.decode("utf-8", "replace").encode()
    odd = _filled(
        tmp_path / os.fsdecode(b"\xcf\xee"), ["a.txt", os.fsdecode(b"b.\xcf"), os.fsdecode(b"\xc4/c.txt")]
    )
    assert _told(odd) == [("a.txt", ""), ("b.�", ".� file"), ("�/c.txt", "")]


def test_a_large_folder_is_found_whole_and_each_file_once(many: Path) -> None:
    names = [found.name for found in find([str(many)])]
    assert sorted(names) == sorted(os.listdir(many))
    blocks = [names[start : start + 1000] for start in range(0, 5000, 1000)]
    assert blocks == [sorted(block) for block in blocks]


def test_a_large_folder_is_not_listed_before_its_first_file_is_found(many: Path) -> None:
    finding = find([str(many)])
    first = next(finding)
    shutil.rmtree(many)
    # What was listed already is found to be gone, and the system had read ahead a little; no more is known.
    assert isinstance(first, FoundFile)
    rest = list(finding)
    assert all(isinstance(found, UnreadableFile) for found in rest)
    assert 999 <= len(rest) < 4000


def test_memory_does_not_grow_with_the_files_of_a_folder(many: Path, tmp_path: Path) -> None:
    few = _numbered(tmp_path / "few", 1000)
    _peak(few)  # what is made once for all
    assert _peak(many) < 3 * _peak(few)


def _peak(folder: Path) -> int:
    tracemalloc.start()
    try:
        for _ in find([str(folder)]):
            pass
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.fixture
def deep(tmp_path: Path) -> Iterator[Path]:
    """A folder of 1,200 folders, one in the other, with a file at the bottom."""
    folder = tmp_path
    for _ in range(1200):
        folder /= "d"
        folder.mkdir()
    (folder / "a.txt").write_text("x")
    yield tmp_path / "d"
    (folder / "a.txt").unlink()  # the usual ways to remove a tree go no deeper than Python's stack
    while folder != tmp_path:
        folder.rmdir()
        folder = folder.parent


def test_folders_may_be_deeper_than_the_stack(deep: Path) -> None:
    assert _told(deep) == [("d/" * 1199 + "a.txt", "")]


def test_a_folder_too_deep_to_have_a_path_is_told(tmp_path: Path) -> None:
    place = os.open(tmp_path, os.O_RDONLY)
    for _ in range(20):
        os.mkdir("d" * 250, dir_fd=place)
        below = os.open("d" * 250, os.O_RDONLY, dir_fd=place)
        os.close(place)
        place = below
    os.close(os.open("a.txt", os.O_CREAT | os.O_WRONLY, dir_fd=place))
    os.close(place)
    ((name, problem),) = _told(_filled(tmp_path, ["b.txt"]))[1:]
    assert set(name) == {"d", "/"}
    assert problem.startswith("cannot be read: ")
    assert {filing.name for filing in plan_filings([str(tmp_path)]).filings} == {"b.txt", name}


def test_what_vanishes_on_the_way_is_told(tmp_path: Path) -> None:
    folder = _filled(tmp_path / "filings", ["a.txt", "b.txt", "c/c.txt", "d/d.txt", "e/e.txt"])
    finding = find([str(folder)])
    assert next(finding).name == "a.txt"
    (folder / "b.txt").unlink()
    shutil.rmtree(folder / "c")
    shutil.rmtree(folder / "d")
    (folder / "d").write_text("a file now")
    assert list(finding) == [
        UnreadableFile("b.txt", folder / "b.txt", "does not exist; check the path"),
        UnreadableFile("c", folder / "c", "does not exist; check the path"),
        UnreadableFile("d", folder / "d", "cannot be read: Not a directory"),
        FoundFile("e/e.txt", folder / "e/e.txt", 7, (folder / "e/e.txt").stat().st_mtime_ns),
    ]


@pytest.fixture
def closed(tmp_path: Path) -> Iterator[Path]:
    """A folder with a file and folders that nobody may open, list or look into."""
    folder = _filled(tmp_path / "filings", ["a.txt", "shut/b.txt", "seen/c.txt", "seen/x.pdf"])
    (folder / "to.txt").symlink_to("shut/b.txt")
    (folder / "a.txt").chmod(0)
    (folder / "shut").chmod(0)
    (folder / "seen").chmod(0o400)
    yield folder
    for name in ("shut", "seen"):
        (folder / name).chmod(0o700)


@unless_root
def test_what_may_not_be_looked_at_is_told(closed: Path) -> None:
    refused = "may not be read (permission denied); change its mode"
    assert _told(closed) == [
        ("a.txt", ""),  # that it may not be opened is for its reader to say
        ("to.txt", refused),
        ("seen/c.txt", refused),
        ("seen/x.pdf", ".pdf file"),
        ("shut", refused),
    ]
    assert _one(closed / "shut") == UnreadableFile("shut", closed / "shut", refused)


@unless_root
def test_a_plan_tells_of_folders_apart_and_has_files_for_their_reader_to_tell_of(closed: Path) -> None:
    plan = plan_filings([str(closed)])
    assert [filing.name for filing in plan.filings] == ["a.txt", "seen/c.txt", "to.txt"]
    assert [(failed.name, failed.error, failed.message) for failed in plan.failed] == [
        ("shut", "UnreadableDocumentError", "shut: may not be read (permission denied); change its mode")
    ]
