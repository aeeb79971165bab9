"""The whole way in one browser: let in, sign in, upload, settle by keyboard, take the result away."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from structurer.store.review.accounts import Accounts, Role

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from conftest import Site

_FILING = Path(__file__).parents[2] / "docs" / "example.txt"
_PASSWORD = "correct horse battery"


def test_from_an_invitation_to_a_reviewed_export(site: Site) -> None:
    accounts = Accounts(site.store())
    cleo = accounts.add("cleo", Role.CURATOR)
    page = site.browser_page()
    page.goto(f"/invitation/{accounts.invite(cleo.id, 600)}")
    page.get_by_label("Choose a password").fill(_PASSWORD)
    page.get_by_label("The same again").fill(_PASSWORD)
    page.get_by_role("button", name="Set the password").click()
    page.get_by_role("button", name="Sign out").click()
    page.get_by_label("Name").fill("cleo")
    page.get_by_label("Password").fill(_PASSWORD)
    page.get_by_role("button", name="Sign in").click()

    page.get_by_role("link", name="Upload").click()
    page.set_input_files("input[type=file]", _FILING)
    page.get_by_role("button", name="Upload").click()
    page.get_by_role("link", name="in the queue").click()
    expect(page.get_by_label("Filing")).to_have_value(_FILING.name)

    page.keyboard.press("n")
    page.wait_for_url(re.compile("/tasks/"))
    page.wait_for_selector(".spot.active")
    _settle_by_keyboard(page)
    page.keyboard.press("f")
    page.wait_for_url(re.compile("/queue"))

    page.get_by_role("link", name="Runs").click()
    run = page.get_by_role("row").filter(has_text=_FILING.name).get_by_role("link").first
    run.click()
    with page.expect_download() as download:
        page.get_by_role("link", name="jsonl").click()
    (record,) = (json.loads(line) for line in download.value.path().read_text("utf-8").splitlines())
    assert record["status"] == "reviewed"
    assert record["review"]["by"] == ["cleo"]
    assert record["document"]["name"] == _FILING.name


def _settle_by_keyboard(page: Page) -> None:
    """Accept whatever is doubtful."""
    side = page.locator("#side")
    while "0 of" not in side.locator("h2").first.inner_text():
        version = side.get_attribute("data-version")
        page.keyboard.press("a")
        expect(side).not_to_have_attribute("data-version", str(version))
