"""Uploads: what is taken, what is not, under which name it is kept, and that it is structured."""

from __future__ import annotations

import io
import stat
from typing import TYPE_CHECKING

import pytest

from commands import FILINGS, until
from structurer.review.receiving import MOST_BYTES, MOST_FILES, cleaned_name
from structurer.store.review.accounts import Role
from structurer.store.review.trail import Trail
from structurer.store.review.uploads import Uploads, UploadState

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import httpx2

    from review.conftest import Site, Visitor

FILING = next(path for path in sorted(FILINGS.iterdir()) if "hightech" in path.name)


def send(visitor: Visitor, *files: tuple[str, bytes]) -> httpx2.Response:
    return visitor.http.post("/uploads", files=[("files", (name, io.BytesIO(data))) for name, data in files])


def kept(site: Site) -> list[Path]:
    folder = site.serving.uploads
    return sorted(folder.iterdir()) if folder.exists() else []


def settled(site: Site, number: int = 1) -> bool:
    uploads = Uploads(site.store()).newest(100)
    return len(uploads) >= number and not any(upload.state.is_under_way for upload in uploads)


def test_an_upload_is_structured_and_waits_in_the_queue_under_its_senders_name(site: Site) -> None:
    ann = site.person("ann")
    text = FILING.read_text(encoding="utf-8").replace("2023", "2026")
    answer = send(ann, ("新区 2026.txt", text.encode()))
    assert answer.status_code == 200
    assert "新区 2026.txt" in answer.text
    until(lambda: settled(site))
    (upload,) = Uploads(site.store()).newest(100)
    assert upload.state is UploadState.DONE, upload.problem
    assert upload.declarations
    assert upload.flagged
    until(lambda: Uploads(site.store()).newest(1)[0].filing == "新区 2026.txt")
    until(lambda: "in the queue" in ann.http.get("/uploads/list").text)
    queue = ann.http.get("/queue", params={"filing": "新区 2026.txt"})
    assert f"<strong>{upload.flagged}</strong>" in queue.text
    assert upload.kept_as not in queue.text + ann.http.get("/uploads").text


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../x.txt", "x.txt"),
        ("..\\..\\x.txt", "x.txt"),
        ("/etc/passwd.txt", "passwd.txt"),
        ("<img src=x onerror=alert(1)>.txt", "<img src=x onerror=alert(1)>.txt"),
        ("a\u202etxt.exe.txt", "atxt.exe.txt"),
        ("a\u200b\r\nb\0.md", "ab.md"),
        ("长" * 300 + ".txt", "长" * 195 + "….txt"),
        ("..", ".."),
        ("", "unnamed"),
        ("a  b.txt", "a b.txt"),
    ],
)
def test_names_are_cleaned(name: str, shown: str) -> None:
    assert cleaned_name(name) == shown


def test_no_name_is_too_long_whatever_it_is_made_of() -> None:
    for name in ("a" * 300, "a." + "b" * 300, "." + "b" * 300, "b" * 300 + ".txt"):
        assert 0 < len(cleaned_name(name)) <= 200


@pytest.mark.parametrize(
    "name", ["../../x.txt", "<img src=x onerror=alert(1)>.txt", "a\u202eb.txt", "长" * 300 + ".txt"]
)
def test_a_hostile_name_is_shown_as_words_and_is_no_place(site: Site, tmp_path: Path, name: str) -> None:
    before = set(tmp_path.rglob("x.txt"))
    ann = site.person("ann")
    answer = send(ann, (name, "项目支出绩效目标申报表".encode()))
    assert answer.status_code == 200
    assert "<img src=x" not in answer.text
    assert "\u202e" not in answer.text
    (path,) = kept(site)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(path.name) == 36
    assert set(tmp_path.rglob("x.txt")) == before
    (entry,) = (each for each in Trail(site.store()).entries(10) if each.what == "uploaded a filing")
    assert entry.who == "ann"
    assert cleaned_name(name) in entry.about


def test_a_script_in_a_name_does_not_run_in_a_browser(site: Site) -> None:
    ann = site.person("ann")
    page = site.browser_page(ann)
    page.goto("/uploads")
    page.set_input_files(
        "input[type=file]",
        {"name": "<img src=x onerror=alert(1)>.txt", "mimeType": "text/html", "buffer": "没有表格".encode()},
    )
    page.get_by_role("button", name="Upload").click()
    page.get_by_text("was taken").wait_for()
    assert page.locator("main img").count() == 0
    page.get_by_text("no declaration was found").wait_for()


def test_the_list_shows_by_itself_what_becomes_of_an_upload(site: Site) -> None:
    page = site.browser_page(site.person("ann"))
    page.goto("/uploads")
    page.set_input_files("input[type=file]", FILING)
    page.get_by_role("button", name="Upload").click()
    page.get_by_role("link", name="in the queue").click(timeout=30_000)
    page.get_by_role("heading", name="Queue").wait_for()
    assert page.get_by_label("Filing").input_value() == FILING.name


@pytest.mark.parametrize(
    ("name", "data", "why"),
    [
        ("a.html", b"<script>alert(1)</script>", "of a kind that is not read"),
        ("a.exe", b"MZ", "of a kind that is not read"),
        ("a", b"words", "of a kind that is not read"),
        ("a.txt", b"", "empty"),
        ("a.txt", b"%PDF-1.7 ...", "is PDF"),
        ("a.txt", b"PK\x03\x04....", "zip archive"),
        ("a.txt", b"\0\1\2\3" * 100, "not taken"),
        ("a.txt", "文".encode() * (MOST_BYTES // 3 + 1), "more than 10 MiB"),
    ],
)
def test_a_bad_file_is_refused_in_words_and_the_good_one_beside_it_taken(
    site: Site, name: str, data: bytes, why: str
) -> None:
    answer = send(site.person("ann"), (name, data), ("good.txt", "没有表格".encode()))
    assert answer.status_code == 200
    assert why in answer.text
    assert "<script>alert" not in answer.text
    assert [upload.name for upload in Uploads(site.store()).newest(9)] == ["good.txt"]
    assert len(kept(site)) == 1


def test_too_many_files_and_none_are_refused(site: Site) -> None:
    ann = site.person("ann")
    many = send(ann, *[(f"{number}.txt", b"words") for number in range(MOST_FILES + 1)])
    assert many.status_code == 400
    assert "too many" in many.text
    none = ann.http.post("/uploads", data={"csrf": ann.csrf})
    assert none.status_code == 400
    assert "no file was chosen" in none.text
    assert kept(site) == []
    assert Uploads(site.store()).newest(9) == ()


def test_people_see_their_own_uploads_and_curators_all(site: Site) -> None:
    ann, bob = site.person("ann"), site.person("bob")
    send(ann, ("anns.txt", b"words of ann"))
    assert "anns.txt" not in bob.http.get("/uploads").text
    assert "anns.txt" not in bob.http.get("/uploads/list").text
    assert "anns.txt" in ann.http.get("/uploads").text
    assert "anns.txt" in site.person("cat", Role.CURATOR).http.get("/uploads").text


def test_a_folder_that_cannot_be_written_is_told_without_its_name(
    open_site: Callable[..., Site], tmp_path: Path
) -> None:
    (tmp_path / "file").write_bytes(b"")
    site = open_site(uploads=tmp_path / "file" / "uploads")
    answer = send(site.person("ann"), ("a.txt", b"words"))
    assert answer.status_code == 400
    assert "cannot be kept" in answer.text
    assert str(tmp_path) not in answer.text
