"""A server that is killed while people decide: what was answered is kept, what was not is whole or absent."""

from __future__ import annotations

import json
import random
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from desks import Reviewer, take_all_in

from commands import FILINGS, structurer
from structurer.review.sitting import sit_down
from structurer.store import Store
from structurer.store.review.accounts import Accounts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_PROGRAM = "from structurer.cli import app; app()"
_KILLS = 3


def test_no_decision_that_was_answered_is_lost(new_url: Callable[[], str], tmp_path: Path) -> None:
    url = new_url()
    assert structurer("run", FILINGS, "--store", url, "--store-only").exit_code == 0
    with Store.open(url) as store:
        take_all_in(store)
        ann = Reviewer(store, "ann")
        token = Accounts(store).make_token(ann.account, "test", 3600)
        task = ann.next().task.id
    answered: list[int] = []
    rng = random.Random(5)
    for _ in range(_KILLS):
        with _server(url, tmp_path) as (site, process):
            writer = threading.Thread(target=_decide, args=(site, token, task, answered))
            writer.start()
            wanted = len(answered) + rng.randint(1, 20)
            deadline = time.monotonic() + 60
            while len(answered) < wanted and time.monotonic() < deadline:
                time.sleep(rng.random() / 50)
            process.kill()
            writer.join()
        with Store.open(url) as store:
            sitting = sit_down(store, task)
            assert sitting is not None
            # Each that was answered is there, and at most the one that the server died over.
            numbers = [event.number for event in sitting.events]
            assert numbers == list(range(1, len(numbers) + 1))
            assert len(answered) <= len(numbers) <= len(answered) + 1
            assert sitting.task.version == len(numbers)
            assert sitting.state.value("phone") == str(1000 + len(numbers))
            answered[:] = numbers
    assert len(answered) >= _KILLS


def _decide(site: str, token: str, task: int, answered: list[int]) -> None:
    """Write one telephone number after the other, until the server is gone."""
    while True:
        version = len(answered)
        command = {"do": "correct", "at": "phone", "value": str(1001 + version)}
        body = {"version": version, "seconds": 1, "command": command}
        try:
            answered.append(_post(f"{site}/api/tasks/{task}/decisions", token, body)["version"])
        except OSError:
            return


def _post(url: str, token: str, body: dict[str, Any]) -> Any:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    request = urllib.request.Request(url, json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


@contextmanager
def _server(url: str, folder: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-c", _PROGRAM, "serve", "--store", url, "--port", str(port)]
    with (folder / "server.log").open("ab") as log:
        process = subprocess.Popen([*command, "--uploads", str(folder / "uploads")], stdout=log, stderr=log)
    try:
        site = f"http://127.0.0.1:{port}"
        _wait_for(site, process)
        yield site, process
    finally:
        process.kill()
        process.wait()


def _wait_for(site: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < deadline:
        try:
            urllib.request.urlopen(f"{site}/sign-in", timeout=5).close()
            return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("the server did not start")
