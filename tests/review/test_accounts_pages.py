"""Letting people in and shutting them out, tokens, and the trail of it, in a browser."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from structurer.review.passwords import matches
from structurer.store.review.accounts import Accounts, Role
from structurer.store.review.trail import Trail

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from conftest import Site, Visitor

_HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><b onmouseover=alert(1)>',
    "{{ 7 * 7 }}",
    "=HYPERLINK(1)",
    "' OR 1=1 --",
    "王芳",
]
_PASSWORD = "correct horse battery"


def _axe_finds_nothing(page: Page) -> None:
    found = Axe().run(page)
    assert not found.response["violations"], found.generate_report()


def _trail(site: Site) -> list[tuple[str, str, str]]:
    return [(entry.who, entry.what, entry.about) for entry in Trail(site.store()).entries(100)][::-1]


def test_an_admin_lets_somebody_in_who_then_signs_in(site: Site) -> None:
    page = site.browser_page(site.person("root", Role.ADMIN))
    page.goto("/people")
    page.get_by_label("Name").fill("陈晨")
    page.get_by_label("Role", exact=True).select_option("curator")
    page.get_by_role("button", name="Make a link").click()
    link = page.get_by_role("status").locator("code").inner_text()
    assert re.fullmatch(rf"{site.url}/invitation/[\w-]{{43}}", link)
    _axe_finds_nothing(page)
    page.goto("/people")
    assert link not in page.content()

    guest = site.browser_page()
    guest.goto(link)
    _axe_finds_nothing(guest)
    guest.get_by_label("Choose a password").fill(_PASSWORD)
    guest.get_by_label("The same again").fill(_PASSWORD)
    guest.get_by_role("button", name="Set the password").click()
    expect(guest.get_by_role("link", name="陈晨")).to_be_visible()
    assert guest.get_by_role("link", name="Statistics").is_visible()
    assert not guest.get_by_role("link", name="People").is_visible()
    guest.get_by_role("button", name="Sign out").click()
    guest.wait_for_url(f"{site.url}/sign-in")
    guest.goto("/account")
    _axe_finds_nothing(guest)
    guest.get_by_label("Name").fill("陈晨")
    guest.get_by_label("Password").fill("not the password")
    guest.get_by_label("Password").press("Enter")
    expect(guest.get_by_role("alert")).to_contain_text("do not belong together")
    guest.get_by_label("Password").fill(_PASSWORD)
    guest.get_by_label("Password").press("Enter")
    guest.wait_for_url("**/account")
    _axe_finds_nothing(guest)

    page.goto("/people")
    page.get_by_role("button", name="Shut out 陈晨").click()
    expect(page.get_by_role("row", name="陈晨").get_by_text("shut out", exact=True)).to_be_visible()
    guest.reload()
    assert guest.url == f"{site.url}/sign-in?next=/account"
    page.goto("/trail")
    assert page.get_by_role("row").nth(1).inner_text().split("\t")[1:] == [
        "root",
        "shut an account",
        "陈晨",
    ]
    _axe_finds_nothing(page)
    assert [what for _, what, _ in _trail(site)] == [
        "added an account",
        "made an invitation",
        "set a password",
        "signed out",
        "failed to sign in",
        "signed in",
        "shut an account",
    ]
    secret = link.rpartition("/")[2]
    assert not [entry for entry in _trail(site) if secret in str(entry) or _PASSWORD in str(entry)]


def test_roles_change_at_once_and_one_admin_is_left(site: Site) -> None:
    root, ann = site.person("root", Role.ADMIN), site.person("ann")
    assert ann.http.get("/trail").status_code == 403
    root.http.post("/people/role", data={"account": ann.person.id, "role": "admin"})
    assert ann.http.get("/trail").status_code == 200
    ann.http.post("/people/shut", data={"account": root.person.id})
    assert root.http.get("/trail").status_code == 303
    refused = ann.http.post("/people/role", data={"account": ann.person.id, "role": "reviewer"})
    assert refused.status_code == 400
    assert "last administrator" in refused.text
    assert ann.http.get("/trail").status_code == 200
    assert ann.http.post("/people/invite", data={"account": root.person.id}).status_code == 409
    assert ann.http.post("/people/open", data={"account": root.person.id}).status_code == 303
    assert ann.http.post("/people/invite", data={"account": root.person.id}).status_code == 200
    for path in ("role", "shut", "open", "invite"):
        gone = ann.http.post(f"/people/{path}", data={"account": 9_999, "role": "admin"})
        assert gone.status_code == 404
    assert [(who, what, about) for who, what, about in _trail(site)] == [
        ("root", "changed a role", "ann: reviewer to admin"),
        ("ann", "shut an account", "root"),
        ("ann", "opened an account", "root"),
        ("ann", "made an invitation", "root"),
    ]


def test_names_that_are_programs_are_only_text(site: Site) -> None:
    root = site.person("root", Role.ADMIN)
    for name in _HOSTILE:
        assert root.http.post("/people", data={"name": name, "role": "reviewer"}).status_code == 200
        again = root.http.post("/people", data={"name": name.upper(), "role": "reviewer"})
        assert (again.status_code, "of this name already" in again.text) == (400, True)
    page = site.browser_page(root)
    page.on("dialog", lambda dialog: pytest.fail(dialog.message))
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text))
    page.goto("/people")
    shown = [cell.inner_text() for cell in page.get_by_role("rowheader").all()]
    assert sorted(shown) == sorted(["root", *_HOSTILE])
    page.goto("/trail")
    assert page.locator("img, main script, b").count() == 0
    assert not refused
    hostile = site.browser_page(_signed_in(site, root, _HOSTILE[0]))
    hostile.goto("/account")
    assert hostile.get_by_role("heading", level=1).inner_text() == f"{_HOSTILE[0]} reviewer"


def _signed_in(site: Site, somebody: Visitor, name: str) -> Visitor:
    accounts = Accounts(site.store())
    known = accounts.named(name)
    assert known is not None
    return type(somebody)(known[0], accounts.begin_session(known[0].id, 60), somebody.http)


def test_a_token_is_shown_once_and_works_until_it_is_revoked(site: Site) -> None:
    ann, bob = site.person("ann"), site.person("bob")
    page = site.browser_page(ann)
    page.goto("/account")
    page.get_by_label("What it is for").fill("<i>nightly</i>")
    page.get_by_label("Days").fill("7")
    page.get_by_role("button", name="Make a token").click()
    token = page.get_by_role("status").locator("code").inner_text()
    headers = {"Authorization": f"Bearer {token}"}
    assert site.nobody().get("/api/openapi.json", headers=headers).status_code == 200
    asked = {"label": "another", "days": 365}
    assert site.nobody().post("/account/tokens", data=asked, headers=headers).status_code == 403
    page.goto("/account")
    assert token not in page.content()
    (kept,) = Accounts(site.store()).tokens(ann.person.id)
    assert kept.label == "<i>nightly</i>"
    assert kept.expires_at - kept.created_at == 7 * 86_400_000
    assert bob.http.post("/account/tokens/revoke", data={"token": kept.id}).status_code == 404
    page.get_by_role("button", name="Revoke <i>nightly</i>").click()
    expect(page.get_by_role("button", name="Revoke")).to_have_count(0)
    assert site.nobody().get("/api/openapi.json", headers=headers).status_code == 401
    assert [what for _, what, _ in _trail(site)] == ["made a token", "revoked a token"]
    assert token not in str(_trail(site))


@pytest.mark.parametrize("days", [0, 366, -1, "x", ""])
def test_tokens_end(site: Site, days: object) -> None:
    http = site.person("ann").http
    assert http.post("/account/tokens", data={"label": "x", "days": days}).status_code == 422


def test_the_trail_has_pages(site: Site) -> None:
    trail = Trail(site.store())
    for number in range(205):
        trail.note("ann", "did", f"thing {number}")
    page = site.browser_page(site.person("root", Role.ADMIN))
    page.goto("/trail")
    seen = []
    while True:
        seen += page.get_by_text(re.compile("^thing ")).all_inner_texts()
        older = page.get_by_role("link", name="Older")
        if not older.count():
            break
        older.click()
        expect(page.get_by_text(seen[-1], exact=True)).to_have_count(0)
    assert seen == [f"thing {number}" for number in reversed(range(205))]
    page.get_by_role("link", name="Newest").click()
    expect(page.get_by_text("thing 204")).to_be_visible()


def test_who_knows_their_password_chooses_another_one(site: Site) -> None:
    ann = site.person("ann")
    accounts = Accounts(site.store())
    secret = accounts.invite(ann.person.id, 600)
    page = site.browser_page()
    page.goto(f"/invitation/{secret}")
    page.get_by_label("Choose a password").fill(_PASSWORD)
    page.get_by_label("The same again").fill(_PASSWORD)
    page.get_by_role("button", name="Set the password").click()
    page.goto("/account")
    _axe_finds_nothing(page)
    page.get_by_label("Your password").fill("not the password")
    page.get_by_role("button", name="Choose another one").click()
    expect(page.get_by_text("this is not your password")).to_be_visible()
    page.goto("/account")
    page.get_by_label("Your password").fill(_PASSWORD)
    page.get_by_role("button", name="Choose another one").click()
    page.get_by_label("Choose a password").fill("another battery staple")
    page.get_by_label("The same again").fill("another battery staple")
    page.get_by_role("button", name="Set the password").click()
    expect(page.get_by_role("link", name="ann")).to_be_visible()
    person, kept = accounts.named("ann") or (None, None)
    assert person is not None
    assert matches(kept, "another battery staple")
    assert not matches(kept, _PASSWORD)
