"""The server as it is started, and stopped, from a terminal."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from commands import structurer
from structurer.cli import serving
from structurer.store import Store
from structurer.store.review.accounts import Accounts, Role

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_PASSWORD = "correct horse battery"


class _Server:
    """A server in a process of its own, and what it has said."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        assert process.stdout is not None
        self.said = ""
        for words in process.stdout:
            self.said += words
            if words.startswith("serving on"):
                break

    @property
    def link(self) -> str | None:
        found = re.search(r"\S+/invitation/\S+", self.said)
        return None if found is None else found[0]

    @property
    def url(self) -> str:
        return re.findall(r"serving on ([^ ,]+)", self.said)[0]

    def end(self, number: int = signal.SIGINT) -> tuple[int, str]:
        """Send a signal; return the exit status, and what was said on standard error."""
        self.process.send_signal(number)
        _, errors = self.process.communicate(timeout=20)
        return self.process.returncode, errors


@contextmanager
def _served(folder: Path, *arguments: str) -> Iterator[_Server]:
    command = [sys.executable, "-c", "from structurer.cli import app; app()", "serve", "--port", "0"]
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    process = subprocess.Popen([*command, *arguments], cwd=folder, **pipes)
    # A server that says nothing must not hold up the test for ever.
    watch = threading.Timer(60, process.kill)
    watch.start()
    try:
        yield _Server(process)
    finally:
        watch.cancel()
        process.kill()
        process.communicate()


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'served.db'}"


def test_the_first_start_lets_an_administrator_in(tmp_path: Path, url: str) -> None:
    with _served(tmp_path, "--store", url) as server:
        assert server.said.startswith("choose a password for admin (works once)")
        assert server.link is not None
        form = {"password": _PASSWORD, "again": _PASSWORD}
        with httpx2.Client() as http:
            answer = http.post(server.link, data=form)
            assert "server" not in answer.headers
            assert http.get(f"{server.url}/people").status_code == 200
            assert http.post(server.link, data=form).status_code == 404
        assert server.end() == (0, "stopped\n")
    with _served(tmp_path, "--store", url) as server:
        assert server.link is None


def test_a_link_that_nobody_took_up_is_replaced(tmp_path: Path, url: str) -> None:
    with _served(tmp_path, "--store", url) as server:
        old = server.link
    with _served(tmp_path, "--store", url) as server:
        assert server.link not in (None, old)
        assert old is not None
        gone = f"{server.url}/invitation/{old.rpartition('/')[2]}"
        assert httpx2.get(gone).status_code == 404
    with Store.open(url) as store:
        assert [(known.name, known.role) for known in Accounts(store).all()] == [("admin", Role.ADMIN)]


def test_behind_a_proxy(tmp_path: Path, url: str) -> None:
    with Store.open(url) as store:
        accounts = Accounts(store)
        secret = accounts.invite(accounts.add("root", Role.ADMIN).id, 60)
    with _served(
        tmp_path, "--store", url, "--host", "0.0.0.0", "--public-url", "https://r.example/"
    ) as server:
        assert server.said.startswith(
            "choose a password for root (works once): https://r.example/invitation/"
        )
        assert server.said.endswith(", which people open as https://r.example (Ctrl-C stops it)\n")
        secret = (server.link or "").rpartition("/")[2]
        form = {"password": _PASSWORD, "again": _PASSWORD}
        to = f"{server.url}/invitation/{secret}"
        with httpx2.Client(headers={"Host": "r.example", "Origin": "https://r.example"}) as http:
            answer = http.post(to, data=form)
        assert "; Secure" in answer.headers["set-cookie"]
        assert server.end() == (0, "stopped\n")


def test_a_network_that_can_listen_is_warned_of(tmp_path: Path, url: str) -> None:
    with _served(tmp_path, "--store", url, "--host", "0.0.0.0") as server:
        status, errors = server.end(signal.SIGTERM)
    assert "warning: others on the network can read what is sent" in errors
    assert status in (0, -signal.SIGTERM)


def test_a_port_that_is_taken_is_named(url: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = structurer("serve", "--store", url, "--port", port)
    assert result.exit_code == 2
    assert f"127.0.0.1 port {port}: cannot be listened on (address already in use)" in result.stderr
    assert "choose another one with --port" in result.stderr


def test_what_is_not_installed_is_named(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "find_spec", lambda name: None if name == "argon2" else name)
    result = structurer("serve", "--store", url)
    assert result.exit_code == 2
    assert "serve needs argon2; install it with: pip install 'structurer[review]'" in result.stderr


@pytest.mark.parametrize(
    "wrong",
    ["review.example.org", "ftp://a", "https://a/b", "https://u@a", "https://a:x", "https://", "https://[a"],
)
def test_addresses_without_meaning_are_refused(url: str, wrong: str) -> None:
    result = structurer("serve", "--store", url, "--public-url", wrong)
    assert result.exit_code == 2
    assert "give an address without a path" in result.stderr


def test_a_store_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    result = structurer("serve", "--port", "0", "--store", f"sqlite:///{tmp_path}/none/x.db")
    assert result.exit_code == 2
    assert result.stderr.startswith("error: ")


def test_other_commands_do_not_wait_for_the_web() -> None:
    loaded = (
        "import sys, structurer.cli; "
        "print([name for name in ('fastapi', 'uvicorn', 'argon2', 'starlette') if name in sys.modules])"
    )
    said = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True)
    assert said.stdout == "[]\n"
