from __future__ import annotations

import hashlib
import os
import pickle
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from structurer.documents import document_from_bytes, read_document
from structurer.errors import (
    BinaryDocumentError,
    DocumentTooLargeError,
    EmptyDocumentError,
    UnreadableDocumentError,
    UnsupportedFormatError,
)
from structurer.models import Page

if TYPE_CHECKING:
    from pathlib import Path


def test_a_file_becomes_a_document(tmp_path: Path) -> None:
    data = "\ufeff项目名称\r\n水渠\r维修\n".encode()
    (tmp_path / "a.md").write_bytes(data)
    document = read_document(tmp_path / "a.md")
    assert document.name == "a.md"
    assert document.text == "项目名称\n水渠\n维修\n"
    assert document.sha256 == hashlib.sha256(data).hexdigest()
    assert document.encoding == "utf-8-sig"
    assert document.media_type == "text/markdown"
    assert document.line_starts == (0, 5, 8, 11)
    assert read_document(str(tmp_path / "a.md"), name="b/c.txt").name == "b/c.txt"


def test_pages_end_at_form_feeds() -> None:
    document = document_from_bytes(b"one\n\ftwo\n\f", "a.txt")
    assert document.pages == (Page(1, 0, 4), Page(2, 5, 9))
    assert document_from_bytes(b"one", "a.txt").pages == (Page(1, 0, 3),)


@given(st.text(st.sampled_from("ab\f\n 项"), min_size=1).filter(str.strip))
def test_pages_and_form_feeds_are_all_the_text(text: str) -> None:
    document = document_from_bytes(text.encode(), "a.txt")
    pages = [document.text[page.start : page.end] for page in document.pages]
    assert "\f".join(pages) == document.text.removesuffix("\f")
    assert [page.number for page in document.pages] == list(range(1, len(pages) + 1))


@given(st.text(st.sampled_from("a项\r\n"), min_size=1).filter(str.strip))
def test_line_ends_are_all_that_is_changed(text: str) -> None:
    assert document_from_bytes(text.encode(), "a.txt").text == "\n".join(
        text.replace("\r\n", "\n").split("\r")
    )


@pytest.mark.parametrize("data", [b"", b" \n\t\r\n", b"\xef\xbb\xbf"])
def test_nothing_to_read(data: bytes) -> None:
    with pytest.raises(EmptyDocumentError, match=r"^a\.txt: "):
        document_from_bytes(data, "a.txt")


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"%PDF-1.7 ...", "PDF"),
        (b"PK\x03\x04...", "Office"),
        (b"\x89PNG\r\n\x1a\n", "PNG"),
        (b"\xff\xd8\xff\xe0", "JPEG"),
    ],
)
def test_known_formats_are_named(data: bytes, what: str) -> None:
    with pytest.raises(UnsupportedFormatError, match=rf"^scan\.txt: is .*{what}.* convert it to text first"):
        document_from_bytes(data, "scan.txt")


def test_control_characters_are_binary_but_a_stray_one_is_text() -> None:
    with pytest.raises(BinaryDocumentError, match="control characters"):
        document_from_bytes(b"\x01\x02\x03\x04abc" * 9, "a.txt")
    assert document_from_bytes(b"page 1\x0c\x1bEnd", "a.txt").text == "page 1\x0c\x1bEnd"


def test_too_large_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    with path.open("wb") as file:
        file.truncate(10**12)  # a sparse file: reading it would take for ever
    with pytest.raises(DocumentTooLargeError, match=r"a\.txt: has 1,000,000,000,000 bytes .*MAX_BYTES"):
        read_document(path)
    with pytest.raises(DocumentTooLargeError, match="limit of 3"):
        document_from_bytes(b"abcd", "a.txt", max_bytes=3)


def test_what_cannot_be_opened_says_why(tmp_path: Path) -> None:
    (tmp_path / "link.txt").symlink_to(tmp_path / "gone.txt")
    os.mkfifo(tmp_path / "pipe.txt")
    for name, why in (
        ("none.txt", "does not exist"),
        ("link.txt", "link to a file that does not exist"),
        ("pipe.txt", "no regular file"),
        ("", "is a folder"),
    ):
        with pytest.raises(UnreadableDocumentError, match=why):
            read_document(tmp_path / name)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_no_permission(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("项目")
    path.chmod(0)
    with pytest.raises(UnreadableDocumentError, match="permission denied"):
        read_document(path)


def test_errors_come_home_from_a_worker() -> None:
    error = EmptyDocumentError("a.txt", "is empty")
    copy = pickle.loads(pickle.dumps(error))
    assert (type(copy), str(copy), copy.name) == (EmptyDocumentError, "a.txt: is empty", "a.txt")
