"""What the server does by itself: it fills the queue, reads uploads one by one, and goes on after an end."""

from __future__ import annotations

import time
import uuid
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from commands import FILINGS, structurer, until
from model_server import ModelServer
from structurer.review.web.serving import Serving
from structurer.review.web.working import Working
from structurer.settings import load_settings
from structurer.store import Runs, Store, imbalances
from structurer.store.review.accounts import Accounts, Role
from structurer.store.review.uploads import Upload, Uploads, UploadState
from structurer.store.tables import REVIEW_ITEM

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

FILING = next(path for path in sorted(FILINGS.iterdir()) if "hightech" in path.name)
"""The shortest of the labelled filings."""


class Place:
    """A store and a folder for uploads, without a server."""

    def __init__(self, url: str, folder: Path, **settings: object) -> None:
        self.url = url
        folder.mkdir()
        self.serving = Serving(url, folder, load_settings(store=url, **settings))
        with Store.open(url) as store:
            self.account = Accounts(store).add("ann", Role.REVIEWER).id

    def upload(self, name: str, data: bytes) -> int:
        kept_as = f"{uuid.uuid4().hex}.txt"
        (self.serving.uploads / kept_as).write_bytes(data)
        with Store.open(self.url) as store:
            return Uploads(store).add(name, kept_as, len(data), self.account)

    def uploads(self) -> dict[str, Upload]:
        with Store.open(self.url) as store:
            return {upload.name: upload for upload in Uploads(store).newest(100)}

    def all_settled(self) -> bool:
        return not any(upload.state.is_under_way for upload in self.uploads().values())

    def filings_in_queue(self) -> set[str]:
        with Store.open(self.url) as store:
            return {row.filing for row in store.rows(select(REVIEW_ITEM.c.filing).distinct())}


@pytest.fixture
def place(new_url: Callable[[], str], tmp_path: Path) -> Place:
    return Place(new_url(), tmp_path / "uploads")


@contextmanager
def at_work(place: Place) -> Iterator[None]:
    working = Working(place.serving)
    working.start()
    try:
        yield
    finally:
        working.stop()


def test_what_another_process_puts_into_the_store_comes_into_the_queue(place: Place) -> None:
    with at_work(place):
        assert structurer("run", FILING, "--store", place.url, "--store-only").exit_code == 0
        until(lambda: place.filings_in_queue() == {FILING.name})


def test_uploads_are_read_one_by_one_under_their_senders_names(place: Place) -> None:
    text = FILING.read_text(encoding="utf-8")
    place.upload("一.txt", text.encode())
    place.upload("二.txt", text.replace("2023", "2026").encode())
    with at_work(place):
        until(place.all_settled)
        until(lambda: place.filings_in_queue() == {"一.txt", "二.txt"})
    uploads = place.uploads()
    assert {upload.state for upload in uploads.values()} == {UploadState.DONE}
    assert {upload.filing for upload in uploads.values()} == {"一.txt", "二.txt"}
    with Store.open(place.url) as store:
        assert [run.number for run in Runs(store).all()] == [1, 2]
        assert imbalances(store, 1) == imbalances(store, 2) == []


def test_the_same_bytes_again_are_done_at_once_and_lead_to_what_is_in_the_queue(place: Place) -> None:
    place.upload("first.txt", FILING.read_bytes())
    with at_work(place):
        until(place.all_settled)
        until(lambda: place.filings_in_queue() == {"first.txt"})
        place.upload("again.txt", FILING.read_bytes())
        until(place.all_settled)
    again = place.uploads()["again.txt"]
    assert (again.state, again.filing) == (UploadState.DONE, "first.txt")
    assert again.declarations == place.uploads()["first.txt"].declarations


def test_what_cannot_be_read_fails_in_words_and_the_next_is_read(place: Place) -> None:
    place.upload("nothing.txt", "没有表格的一页".encode())
    place.upload("binary.txt", b"%PDF-1.7")
    place.upload("gone.txt", b"words")
    (place.serving.uploads / place.uploads()["gone.txt"].kept_as).unlink()
    place.upload("good.txt", FILING.read_bytes())
    with at_work(place):
        until(place.all_settled)
    problems = {name: upload.problem or "" for name, upload in place.uploads().items()}
    assert "no declaration was found" in problems["nothing.txt"]
    assert "PDF" in problems["binary.txt"]
    assert "upload it again" in problems["gone.txt"]
    assert problems["good.txt"] == ""
    assert not any(str(place.serving.uploads) in problem for problem in problems.values())


def test_one_that_takes_too_long_costs_only_itself(tmp_path: Path) -> None:
    place = Place(f"sqlite:///{tmp_path / 'store.db'}", tmp_path / "uploads", time_limit=2.0)
    place.upload("endless.txt", FILING.read_bytes() * 400)
    place.upload("good.txt", FILING.read_bytes())
    with at_work(place):
        until(place.all_settled)
    uploads = place.uploads()
    assert "took longer than 2 seconds" in (uploads["endless.txt"].problem or "")
    assert uploads["good.txt"].state is UploadState.DONE


def test_an_end_in_the_middle_is_quick_and_the_next_start_goes_on(place: Place) -> None:
    place.upload("long.txt", FILING.read_bytes() * 100)
    place.upload("behind.txt", FILING.read_bytes())
    with at_work(place):
        until(lambda: place.uploads()["long.txt"].state is UploadState.READING)
        began = time.monotonic()
    assert time.monotonic() - began < 5
    assert place.uploads()["long.txt"].state is UploadState.READING
    assert place.uploads()["behind.txt"].state is UploadState.WAITING
    with at_work(place):
        until(place.all_settled)
        until(lambda: place.filings_in_queue() == {"long.txt", "behind.txt"})
    assert {upload.state for upload in place.uploads().values()} == {UploadState.DONE}
    with Store.open(place.url) as store:
        assert len(Runs(store).all()) == 2
        assert imbalances(store, 1) == []
        in_queue = store.rows(select(func.count()).select_from(REVIEW_ITEM))[0][0]
    assert in_queue == sum(upload.declarations or 0 for upload in place.uploads().values())


def test_a_models_server_that_is_not_there_is_told_and_does_not_stop_the_rest(tmp_path: Path) -> None:
    with ModelServer() as gone:
        url = gone.base_url
    settings = {"engine": "model", "model": "gold", "base_url": url, "api_key": "k", "deadline": 3}
    place = Place(f"sqlite:///{tmp_path / 'store.db'}", tmp_path / "uploads", **settings)
    place.upload("a.txt", FILING.read_bytes())
    with at_work(place):
        until(place.all_settled, 60)
        place.upload("b.txt", "没有表格的一页".encode())
        until(place.all_settled, 60)
    assert "not read to the end" in (place.uploads()["a.txt"].problem or "")
    assert "no declaration" in (place.uploads()["b.txt"].problem or "")
