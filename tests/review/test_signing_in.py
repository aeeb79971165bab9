from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import update

from structurer.review.passwords import hashed, matches
from structurer.review.web.access import COOKIE
from structurer.review.web.pages.signing_in import local
from structurer.store import Store
from structurer.store.review.accounts import AccountError, Accounts, Role
from structurer.store.review.logins import Logins
from structurer.store.review.trail import Trail
from structurer.store.tables import ACCOUNT, FAILED_LOGIN

if TYPE_CHECKING:
    from collections.abc import Callable

    from httpx2 import Response

    from conftest import Site

_PASSWORD = "correct horse battery"


def _with_password(site: Site, name: str, password: str = _PASSWORD) -> None:
    accounts = Accounts(site.store())
    secret = accounts.invite(accounts.add(name, Role.REVIEWER).id, 60)
    accounts.accept(secret, hashed(password, name))


def _try(site: Site, name: str, password: str, **more: str) -> Response:
    return site.nobody().post("/sign-in", data={"name": name, "password": password} | more)


def _trail(site: Site) -> list[tuple[str, str]]:
    return [(entry.who, entry.what) for entry in Trail(site.store()).entries(50)]


def test_whoever_knows_the_password_comes_in_and_goes_out(site: Site) -> None:
    _with_password(site, "王芳")
    http = site.nobody()
    assert http.get("/account").headers["location"] == "/sign-in?next=/account"
    answer = http.post("/sign-in", data={"name": " 王芳 ", "password": _PASSWORD, "next": "/account"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/account")
    page = http.get("/account")
    assert page.status_code == 200
    csrf = re.findall(r'name="csrf" value="(\w+)"', page.text)[0]
    secret = http.cookies[COOKIE]
    assert http.post("/sign-out", data={"csrf": csrf}).headers["location"] == "/sign-in"
    http.cookies.set(COOKIE, secret)
    assert http.get("/account").status_code == 303
    assert _trail(site) == [("王芳", "signed out"), ("王芳", "signed in")]


@pytest.mark.parametrize(("secure", "flags"), [(False, []), (True, ["Secure"])])
def test_the_cookie_is_kept_from_scripts_and_other_sites(
    open_site: Callable[..., Site], secure: bool, flags: list[str]
) -> None:
    site = open_site(secure=secure)
    _with_password(site, "ann")
    _, *attributes = _try(site, "ann", _PASSWORD).headers["set-cookie"].split("; ")
    assert sorted(attributes) == sorted(["HttpOnly", "Max-Age=43200", "Path=/", "SameSite=lax", *flags])


def test_a_wrong_name_and_a_wrong_password_get_the_same_answer(site: Site) -> None:
    _with_password(site, "ann")
    site.person("invited")  # has no password yet
    answers = [_try(site, name, "wrong") for name in ("ann", "bob", "invited")]
    assert [answer.status_code for answer in answers] == [401, 401, 401]
    told = {re.sub(r'value="(ann|bob|invited)"', "", answer.text) for answer in answers}
    assert len(told) == 1
    assert all(COOKIE not in answer.headers.get("set-cookie", "") for answer in answers)
    # What is no name may be a password that was typed in the wrong place.
    assert ("", "failed to sign in") in _trail(site)
    assert not [who for who, _ in _trail(site) if who == "bob"]


def test_a_password_is_hashed_against_even_for_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    from argon2 import PasswordHasher

    verified = []
    verify = PasswordHasher.verify
    monkeypatch.setattr(
        PasswordHasher, "verify", lambda self, *all_: verified.append(all_[0]) or verify(self, *all_)
    )
    assert not matches(None, "the password of nobody")
    assert matches(hashed("pässword 12", "ann"), "pa\u0308ssword 12")
    assert [kept.partition("$v")[0] for kept in verified] == ["$argon2id"] * 2


def test_after_five_failures_a_name_must_wait_and_others_need_not(site: Site) -> None:
    _with_password(site, "ann")
    _with_password(site, "bob")
    assert [_try(site, name, "wrong").status_code for name in ("ann", "ANN", "ａｎｎ", " ann", "ann")] == [
        401
    ] * 5
    refused = _try(site, "ann", _PASSWORD)
    assert refused.status_code == 429
    assert "try again in 15 minutes" in refused.text
    assert 880 < int(refused.headers["retry-after"]) <= 900
    assert _try(site, "bob", _PASSWORD).status_code == 303
    with site.store().writing() as connection:
        connection.execute(update(FAILED_LOGIN).values(at=FAILED_LOGIN.c.at - 15 * 60_000))
    assert _try(site, "ann", _PASSWORD).status_code == 303
    assert not site.store().rows(FAILED_LOGIN.select())


def test_one_address_cannot_try_many_names(new_url: Callable[[], str]) -> None:
    with Store.open(new_url()) as store:
        logins = Logins(store)
        for number in range(20):
            assert not logins.begin(f"name {number}", "192.0.2.1").wait
        assert logins.begin("one more", "192.0.2.1").wait
        other = logins.begin("one more", "192.0.2.2")
        assert not other.wait
        logins.succeeded(other)
        assert len(store.rows(FAILED_LOGIN.select())) == 40


def test_many_attempts_at_once_are_not_more(new_url: Callable[[], str]) -> None:
    url = new_url()
    Store.open(url).close()

    def attempt(number: int) -> int:
        with Store.open(url, upgrade=False) as store:
            return Logins(store).begin("ann", f"192.0.2.{number}").wait

    with ThreadPoolExecutor(8) as pool:
        waits = list(pool.map(attempt, range(16)))
    assert sum(wait == 0 for wait in waits) == 5


def test_names_that_no_database_can_hold_are_nobodys(new_url: Callable[[], str]) -> None:
    with Store.open(new_url()) as store:
        for name in ("a\0", "\ud800"):
            assert Accounts(store).named(name) is None
            assert not Logins(store).begin(name, "192.0.2.1").wait
        ann = Accounts(store).add("ann", Role.REVIEWER)
        Accounts(store).make_token(ann.id, "a\0", 60)
        assert [token.label for token in Accounts(store).tokens(ann.id)] == ["a\ufffd"]


def test_what_succeeds_does_not_count(site: Site) -> None:
    _with_password(site, "ann")
    for _ in range(2):
        assert [_try(site, "ann", "wrong").status_code for _ in range(4)] == [401] * 4
        assert _try(site, "ann", _PASSWORD).status_code == 303


def test_an_invitation_is_good_once(site: Site) -> None:
    accounts = Accounts(site.store())
    ann = accounts.add("<b>ann</b>", Role.REVIEWER)
    path = f"/invitation/{accounts.invite(ann.id, 60)}"
    http = site.nobody()
    form = http.get(path)
    assert "&lt;b&gt;ann&lt;/b&gt;" in form.text
    assert "<b>ann" not in form.text

    def choose(password: str, again: str) -> Response:
        return http.post(path, data={"password": password, "again": again})

    assert "10 to 1,000 characters" in choose("short", "short").text
    assert "not the same" in choose(_PASSWORD, "another one, longer").text
    assert "is the name" in choose("<B>ANN</B>", "<B>ANN</B>").text
    assert choose(_PASSWORD, _PASSWORD).headers["location"] == "/"
    assert http.get("/account").status_code == 200
    assert choose(_PASSWORD, _PASSWORD).status_code == 404
    assert site.nobody().get(path).status_code == 404
    assert site.nobody().get(f"/invitation/{accounts.invite(ann.id, -1)}").status_code == 404
    assert _try(site, "<b>ann</b>", _PASSWORD).status_code == 303


def test_an_invitation_signs_out_whoever_came_in_by_the_old_password(site: Site) -> None:
    thief = site.person("ann")
    accounts = Accounts(site.store())
    accounts.accept(accounts.invite(thief.person.id, 60), hashed(_PASSWORD, "ann"))
    assert thief.http.get("/account").status_code == 303


def test_sessions_end_and_shut_accounts_are_out(site: Site) -> None:
    assert site.person("late", seconds=0).http.get("/account").status_code == 303
    ann = site.person("ann")
    accounts = Accounts(site.store())
    accounts.accept(accounts.invite(ann.person.id, 60), hashed(_PASSWORD, "ann"))
    link = accounts.invite(ann.person.id, 60)
    ann.http.cookies.set(COOKIE, accounts.begin_session(ann.person.id, 60))
    token = accounts.make_token(ann.person.id, "", 60)
    by_token = {"Authorization": f"Bearer {token}"}
    assert ann.http.get("/account").status_code == 200
    assert site.nobody().get("/api/openapi.json", headers=by_token).status_code == 200
    accounts.add("root", Role.ADMIN)
    accounts.change(ann.person.id, active=False)
    accounts.change(ann.person.id, active=True)
    assert ann.http.get("/account").status_code == 303
    assert site.nobody().get("/api/openapi.json", headers=by_token).status_code == 401
    assert site.nobody().get(f"/invitation/{link}").status_code == 404
    ann.http.cookies.set(COOKIE, accounts.begin_session(ann.person.id, 60))
    assert ann.http.get("/account").status_code == 200
    with site.store().writing() as connection:
        connection.execute(update(ACCOUNT).where(ACCOUNT.c.name == "ann").values(active=False))
    assert ann.http.get("/account").status_code == 303
    assert _try(site, "ann", _PASSWORD).status_code == 401


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "/\t/evil.example",
        "\\\\evil.example",
        "/a\r\nSet-Cookie: x=y",
        "javascript:alert(1)",
        "evil.example",
        " //evil.example",
        "",
    ],
)
def test_signing_in_leads_nowhere_else(site: Site, elsewhere: str) -> None:
    _with_password(site, "ann")
    assert _try(site, "ann", _PASSWORD, next=elsewhere).headers["location"] == "/"
    assert 'name="next" value="/"' in site.nobody().get("/sign-in", params={"next": elsewhere}).text


def test_signing_in_leads_back() -> None:
    assert local("/queue?filing=a%20b&reason=x") == "/queue?filing=a%20b&reason=x"


def test_what_is_asked_for_comes_after_signing_in(site: Site) -> None:
    _with_password(site, "ann")
    http = site.nobody()
    to = http.get("/account?a=1&next=//x").headers["location"]
    form = http.get(to)
    back = re.findall(r'name="next" value="([^"]+)"', form.text)[0].replace("&amp;", "&")
    assert back == "/account?a=1&next=//x"


def test_parts_of_pages_let_the_whole_page_go_to_sign_in(site: Site) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": f"{site.url}/queue?a=1"}
    answer = site.nobody().get("/account", headers=headers)
    assert (answer.status_code, answer.headers["hx-redirect"]) == (401, "/sign-in?next=/queue%3Fa%3D1")


@pytest.mark.parametrize("name", ["", " ", "a\nb", "a\0", "\u202eann", "a" * 65, "\ud800"])
def test_what_is_no_name_is_refused(site: Site, name: str) -> None:
    with pytest.raises(AccountError):
        Accounts(site.store()).add(name, Role.REVIEWER)
    http = site.nobody()
    body = b"password=x&name=" + name.encode("utf-8", "surrogatepass").replace(b"\0", b"%00").replace(
        b"\n", b"%0A"
    )
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    assert http.post("/sign-in", content=body, headers=headers).status_code in (401, 422)
