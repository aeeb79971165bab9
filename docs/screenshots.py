"""Make docs/screenshots: pages of the review service, with the bundled filings, in Debian's Chromium.

Run it from the repository: python docs/screenshots.py [name …]
"""

from __future__ import annotations

import socket
import sys
import threading
import time
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import uvicorn
from playwright.sync_api import sync_playwright

from structurer.cli import app as command_line
from structurer.review.desk import Desk
from structurer.review.editing.commands import Accept, Command, Correct
from structurer.review.intake import take_in
from structurer.review.policy import Policy, rounds_for
from structurer.review.web.access import COOKIE
from structurer.review.web.app import create_app
from structurer.review.web.serving import Serving
from structurer.settings import load_settings
from structurer.store import Store
from structurer.store.packing import from_json
from structurer.store.review import Queue, QueueFilter
from structurer.store.review.accounts import Accounts, Role
from structurer.store.review.probes import Probes

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

HERE = Path(__file__).parent
SIZE = {"width": 1400, "height": 900}
CALM = Policy(second_look=0.0, planted=0.0)
LIVELY = Policy(second_look=0.5, planted=0.2)


class Demo:
    """A served store with the bundled filings, and one person who is signed in."""

    def __init__(self, folder: Path) -> None:
        self.store_url = f"sqlite:///{folder / 'demo.db'}"
        filings = str(HERE.parent / "eval" / "filings")
        command_line(
            ["run", filings, "--store", self.store_url, "--store-only", "--quiet"], standalone_mode=False
        )
        with Store.open(self.store_url) as store:
            while take_in(store):
                pass
            self.person = Accounts(store).add("curator", Role.ADMIN)
            self.secret = Accounts(store).begin_session(self.person.id, 3_600)
        serving = Serving(self.store_url, folder / "uploads", load_settings(store=self.store_url), CALM)
        listening = socket.create_server(("127.0.0.1", 0))
        self.url = "http://{}:{}".format(*listening.getsockname())
        self._server = uvicorn.Server(uvicorn.Config(create_app(serving), log_level="warning"))
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [listening]})
        self._thread.start()
        while not self._server.started:
            time.sleep(0.05)

    def stop(self) -> None:
        """End the server."""
        self._server.should_exit = True
        self._thread.join()

    def task(self, filing: str | None = None) -> int:
        """Take the next declaration in hand."""
        with Store.open(self.store_url) as store:
            queue = Queue(store, self.person.id, rounds_for(self.person.role))
            task = queue.claim_next(QueueFilter(filing=filing), CALM.lease)
        assert task is not None
        return task

    def settle(self, name: str, declarations: int) -> None:
        """Let somebody settle declarations, and notice most of what was planted."""
        with Store.open(self.store_url) as store:
            account = Accounts(store).add(name, Role.REVIEWER).id
            desk, rng = Desk(store, account, LIVELY), Random(name)
            for _ in range(declarations):
                queue = Queue(store, account, rounds_for(Role.REVIEWER))
                task = queue.claim_next(QueueFilter(), LIVELY.lease)
                assert task is not None
                sitting = desk.look(task)
                truths = {probe.address: from_json(probe.truth)[0] for probe in Probes(store).of(task)}
                for doubt in sitting.open_doubts:
                    truth = truths.get(doubt.at)
                    right: Command = Accept(at=doubt.at)
                    if truth not in (None, sitting.state.value(doubt.at)) and rng.random() < 0.9:
                        right = Correct(at=doubt.at, value=str(truth))
                    sitting = desk.decide(task, sitting.version, right, rng.lognormvariate(1.2, 0.6))
                desk.finish(task, sitting.version)

    def correct(self, task: int, at: str, value: str) -> None:
        """Decide what a place is, behind the page's back."""
        with Store.open(self.store_url) as store:
            desk = Desk(store, self.person.id, CALM)
            desk.decide(task, desk.look(task).version, Correct(at=at, value=value))


def record(page: Page, demo: Demo) -> None:
    """Show a declaration in hand, at its second doubt."""
    page.goto(f"{demo.url}/tasks/{demo.task('yangquan-development-zone-2025.txt')}")
    page.wait_for_selector(".spot.active")
    page.keyboard.press("j")


def conflict(page: Page, demo: Demo) -> None:
    """Show what comes of a value that was changed in another window."""
    task = demo.task()
    page.goto(f"{demo.url}/tasks/{task}")
    page.wait_for_selector(".spot.active")
    spot = page.locator("[data-area=form] [data-at='goals.annual']")
    spot.locator(".place").click()
    demo.correct(task, "goals.annual", "完成年度工作任务，资金按时支付到位。")
    page.keyboard.press("e")
    page.locator(".editor textarea, .editor input").fill("完成年度各项工作任务，资金及时支付到位。")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#conflict[open]")


def queue(page: Page, demo: Demo) -> None:
    """Show what waits, with a declaration in hand."""
    demo.task()
    page.goto(f"{demo.url}/queue")


def statistics(page: Page, demo: Demo) -> None:
    """Show how the review of some declarations went."""
    for name in ("ann", "ben"):
        demo.settle(name, 9)
    page.goto(f"{demo.url}/statistics")


PAGES: dict[str, Callable[[Page, Demo], None]] = {
    "queue": queue,
    "record": record,
    "conflict": conflict,
    "statistics": statistics,
}


def main(names: list[str]) -> None:
    """Make the pictures of these names, or all."""
    (HERE / "screenshots").mkdir(exist_ok=True)
    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        demo = Demo(Path(folder))
        try:
            browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
            for name in names or PAGES:
                context = browser.new_context(viewport=SIZE, color_scheme="light", base_url=demo.url)
                context.add_cookies([{"name": COOKIE, "value": demo.secret, "url": demo.url}])
                page = context.new_page()
                page.on("pageerror", lambda error: print("script:", error, file=sys.stderr))
                page.on("console", lambda message: print("console:", message.text, file=sys.stderr))
                PAGES[name](page, demo)
                page.wait_for_timeout(300)
                page.screenshot(path=HERE / "screenshots" / f"{name}.png")
                context.close()
            browser.close()
        finally:
            demo.stop()


if __name__ == "__main__":
    main(sys.argv[1:])
