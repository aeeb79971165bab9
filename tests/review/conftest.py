"""A review site that really serves: filings in a store, a server on loopback, people signed in."""

from __future__ import annotations

import shutil
import socket
import threading
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
import uvicorn
from playwright.sync_api import sync_playwright

from commands import FILINGS, structurer, until
from structurer.review.intake import take_in
from structurer.review.policy import Policy
from structurer.review.web.access import COOKIE
from structurer.review.web.app import create_app
from structurer.review.web.serving import Serving
from structurer.settings import load_settings
from structurer.store import Store
from structurer.store.review.accounts import Accounts, Person, Role, digest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from fastapi import FastAPI
    from playwright.sync_api import Browser, Page

CALM = Policy(second_look=0.0, planted=0.0)
"""Rules by which nothing is left to chance: no second looks, no planted checks."""


@dataclass(frozen=True)
class Visitor:
    """Somebody who is signed in: ``http`` carries their cookie and sends their CSRF token by a header."""

    person: Person
    secret: str
    http: httpx2.Client

    @property
    def csrf(self) -> str:
        """What a form sends back in its field ``csrf``."""
        return digest(f"csrf:{self.secret}")


class Site:
    """A server at ``url`` on a store at ``store_url``. ``app`` is the application that it serves."""

    def __init__(self, app: FastAPI, url: str, browser: Callable[[], Browser], left: ExitStack) -> None:
        self.app = app
        self.url = url
        self.serving: Serving = app.state.serving
        self.store_url = self.serving.store
        self._browser = browser
        self._left = left

    def store(self) -> Store:
        """Open the store; it is closed with the site."""
        return self._left.enter_context(Store.open(self.store_url, upgrade=False))

    def person(self, name: str, role: Role = Role.REVIEWER, seconds: float = 3_600) -> Visitor:
        """Make an account, and sign it in for so many seconds."""
        with Store.open(self.store_url, upgrade=False) as store:
            person = Accounts(store).add(name, role)
            secret = Accounts(store).begin_session(person.id, seconds)
        http = self.nobody()
        http.cookies.set(COOKIE, secret)
        visitor = Visitor(person, secret, http)
        http.headers["X-CSRF-Token"] = visitor.csrf
        return visitor

    def nobody(self) -> httpx2.Client:
        """Return a client that is not signed in."""
        return self._left.enter_context(httpx2.Client(base_url=self.url, timeout=30))

    def browser_page(self, visitor: Visitor | None = None, **context: Any) -> Page:
        """Return a page of a new browser, signed in as somebody, on which errors of scripts fail the test.

        ``context`` is what Playwright's ``new_context`` takes: ``viewport``, ``has_touch``.
        """
        opened = self._browser().new_context(base_url=self.url, **context)
        self._left.callback(opened.close)
        if visitor is not None:
            opened.add_cookies([{"name": COOKIE, "value": visitor.secret, "url": self.url}])
        page = opened.new_page()
        page.set_default_timeout(30_000)
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        self._left.callback(_expect_none, errors)
        return page


def _expect_none(errors: list[str]) -> None:
    assert not errors, errors


@pytest.fixture(scope="session")
def structured_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file into which all labelled filings were structured, and from which the queue was filled."""
    path = tmp_path_factory.mktemp("site") / "structured.db"
    url = f"sqlite:///{path}"
    result = structurer("run", FILINGS, "--store", url, "--store-only", "--quiet")
    assert result.exit_code == 0, result.output
    with Store.open(url) as store:
        while take_in(store):
            pass
    return path


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium. It keeps an event loop running in the thread, which tests of other modules start."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def open_site(
    structured_store: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Callable[..., Site]]:
    """Return what starts a site: keywords are those of ``Serving``, in place of what tests serve by."""
    with ExitStack() as left:

        def opened(**changes: Any) -> Site:
            path = tmp_path / f"site-{len(list(tmp_path.glob('site-*.db')))}.db"
            shutil.copyfile(structured_store, path)
            url = f"sqlite:///{path}"
            made = Serving(url, tmp_path / "uploads", load_settings(store=url), CALM)
            app = create_app(replace(made, **changes))
            return Site(app, _serve(app, left), lambda: request.getfixturevalue("browser"), left)

        yield opened


@pytest.fixture
def site(open_site: Callable[..., Site]) -> Site:
    """A site on a store of the test's own."""
    return open_site()


def _serve(app: FastAPI, left: ExitStack) -> str:
    listening = left.enter_context(socket.create_server(("127.0.0.1", 0)))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=2))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()

    def stop() -> None:
        server.should_exit = True
        thread.join()

    left.callback(stop)
    until(lambda: server.started or not thread.is_alive())
    return "http://{}:{}".format(*listening.getsockname())
