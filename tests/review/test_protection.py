"""What keeps other sites out, and what answers look like when something goes wrong."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

from structurer.review.desk import NoSuchTaskError, StaleError, UnfinishedError
from structurer.store import Store
from structurer.store.review import LostClaimError, StaleVersionError
from structurer.store.review.accounts import Accounts, Role

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conftest import Site

_POLICY = "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ("/sign-in", "no-store"),
        ("/account", "no-store"),
        ("/nowhere", "no-store"),
        ("/api/nowhere", "no-store"),
        ("/static/base.css", "no-cache"),
    ],
)
def test_every_answer_tells_browsers_to_be_careful(site: Site, path: str, kept: str) -> None:
    headers = site.nobody().get(path).headers
    assert headers["content-security-policy"] == _POLICY
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cache-control"] == kept


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:8300", "127.0.0.1:1", "[::1]:8300", "10.1.2.3", "review.example.org:443"]
)
def test_names_of_ours_are_answered(open_site: Callable[..., Site], host: str) -> None:
    site = open_site(hosts=frozenset({"review.example.org"}))
    assert site.nobody().get("/sign-in", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "localhost.evil.example",
        "review.example.org",
        "a@localhost",
        "localhost/",
        "",
        "[",
        "localhost:x",
    ],
)
def test_names_that_lead_here_by_a_trick_are_not(site: Site, host: str) -> None:
    answer = site.person("ann").http.get("/account", headers={"Host": host})
    assert answer.status_code == 400
    assert "evil" not in answer.text


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "https://elsewhere.example"}, 401),
        ({"Sec-Fetch-Site": "none"}, 401),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://127.0.0.1:1"}, 403),
        ({"Origin": "https://review.example.org"}, 401),
        ({"Origin": "http://review.example.org"}, 403),
    ],
)
def test_only_pages_of_ours_sign_people_in(
    open_site: Callable[..., Site], headers: dict[str, str], status: int
) -> None:
    http = open_site(public_url="https://review.example.org").nobody()
    assert http.post("/sign-in", data={"name": "a", "password": "b"}, headers=headers).status_code == status


def test_the_origin_of_a_page_is_where_it_came_from(site: Site) -> None:
    http = site.nobody()
    answer = http.post("/sign-in", data={"name": "a", "password": "b"}, headers={"Origin": site.url})
    assert answer.status_code == 401


def test_forms_send_the_token_in_a_field(site: Site) -> None:
    ann, bob = site.person("ann"), site.person("bob")
    del ann.http.headers["X-CSRF-Token"]
    form = {"label": "x", "days": "1"}
    assert ann.http.post("/account/tokens", data=form).status_code == 403
    assert ann.http.post("/account/tokens", data=form | {"csrf": bob.csrf}).status_code == 403
    assert ann.http.post("/account/tokens", params={"csrf": ann.csrf}, data=form).status_code == 403
    not_a_field = {"csrf": ("csrf", ann.csrf.encode())}
    assert ann.http.post("/account/tokens", data=form, files=not_a_field).status_code == 403
    assert not Accounts(site.store()).tokens(ann.person.id)
    assert ann.http.post("/account/tokens", data=form | {"csrf": ann.csrf}).status_code == 200
    in_parts = {name: (None, value) for name, value in (form | {"csrf": ann.csrf}).items()}
    assert ann.http.post("/account/tokens", files=in_parts).status_code == 200
    assert len(Accounts(site.store()).tokens(ann.person.id)) == 2


def test_programs_need_no_token_of_our_pages_but_their_own(site: Site) -> None:
    ann = site.person("ann")
    accounts = Accounts(site.store())
    token = accounts.make_token(ann.person.id, "", 60)

    def status(words: str, **headers: str) -> int:
        return site.nobody().post("/sign-out", headers={"Authorization": words} | headers).status_code

    assert status(f"Bearer {token}") == 303
    assert status(f"bearer  {token}", **{"Sec-Fetch-Site": "cross-site"}) == 303
    del ann.http.headers["X-CSRF-Token"]
    # Whoever claims to be a program is not let in by the cookie.
    answer = ann.http.get("/api/openapi.json", headers={"Authorization": "Bearer nothing"})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert ann.http.get("/api/openapi.json").status_code == 200
    expired = accounts.make_token(ann.person.id, "", -1)
    for wrong in (expired, "a b", "é".encode().decode("latin-1")):
        headers = {"Authorization": f"Bearer {wrong}".encode("latin-1")}
        assert site.nobody().get("/api/openapi.json", headers=headers).status_code == 401


@pytest.mark.parametrize("announced", [True, False])
def test_what_is_too_large_is_not_read(open_site: Callable[..., Site], announced: bool) -> None:
    site = open_site(body_limit=100_000)
    http = site.person("ann").http
    read = []

    def pieces() -> Iterator[bytes]:
        for number in range(1_000):
            read.append(number)
            yield b"name=" + b"a" * 1_000

    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    if announced:
        answer = http.post("/sign-in", content=b"a" * 100_001, headers=headers)
    else:
        answer = http.post("/sign-in", content=pieces(), headers=headers)
    assert answer.status_code == 413
    assert "the most is 0.1 MiB" in answer.text
    # Not even where nobody would read it.
    nowhere = http.post("/nowhere", content=b"a" * 100_001)
    assert nowhere.status_code == 413
    within = http.post("/sign-in", content=b"name=" + b"a" * 99_000, headers=headers)
    assert within.status_code == 422


def test_errors_are_pages_for_people_and_json_for_programs(site: Site) -> None:
    admin = site.person("root", Role.ADMIN).http
    assert "<h1>Not found</h1>" in admin.get("/nowhere/<script>").text
    assert "script>&" not in admin.get("/nowhere/<script>").text
    assert admin.get("/api/nowhere").json() == {"error": "there is nothing at this address"}
    assert admin.get("/nowhere", headers={"Accept": "application/json"}).json()["error"]
    assert admin.put("/account").status_code == 405
    wrong = admin.post("/people/role", data={"account": "<b>1</b>", "role": "king"})
    assert wrong.status_code == 422
    assert "<b>" not in wrong.text
    assert "king" not in wrong.text
    assert "this is the last administrator" in admin.post("/people/shut", data={"account": 1}).text


_RAISED = [
    (LostClaimError("no longer yours"), 409, "no longer yours"),
    (StaleVersionError("x"), 409, "x"),
    (StaleError((), 3), 409, "somebody changed this meanwhile; nothing was overwritten"),
    (UnfinishedError("2 more"), 409, "2 more"),
    (NoSuchTaskError("there is no task 5"), 404, "there is no task 5"),
    (ValueError("words of a filing"), 500, "something went wrong here; nothing was lost, try again"),
]


@pytest.mark.parametrize(("error", "status", "words"), _RAISED, ids=lambda one: type(one).__name__)
def test_what_goes_wrong_has_its_answer(
    site: Site, caplog: pytest.LogCaptureFixture, error: Exception, status: int, words: str
) -> None:
    def broken() -> None:
        raise error

    site.app.add_api_route("/api/broken", broken)
    site.app.add_api_route("/broken", broken)
    with caplog.at_level(logging.DEBUG):
        answer = site.nobody().get("/api/broken")
        assert (answer.status_code, answer.json()["error"]) == (status, words)
        shown = site.nobody().get("/broken")
    assert (shown.status_code, shown.headers["content-security-policy"]) == (status, _POLICY)
    assert words in shown.text
    assert "words of a filing" not in caplog.text + shown.text
    assert ("ValueError" in caplog.text and "in broken" in caplog.text) == (status == 500)


def test_refusals_use_up_no_connections(site: Site) -> None:
    http, opened = site.person("ann").http, []
    open_store = Store.open
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Store, "open", lambda *where, **how: opened.append(1) or open_store(*where, **how))
        for _ in range(5):
            assert site.nobody().get("/account").status_code == 303
            assert http.get("/people").status_code == 403
            assert http.post("/account/tokens").status_code == 422
            assert http.get("/api/tasks/99999").status_code == 404
    assert len(opened) <= 1
