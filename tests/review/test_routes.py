"""Who may go where: every route there is, and what is asked of whoever comes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, get_args

import pytest
from fastapi.routing import iter_route_contexts

from structurer.review.web.access import Admin, Curator, Reviewer
from structurer.store.review.accounts import Role

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx2
    from fastapi import FastAPI
    from fastapi.dependencies.models import Dependant

    from conftest import Site

ANYBODY, REVIEWER, CURATOR, ADMIN = "anybody", "reviewer", "curator", "admin"

RULES = {
    "GET /sign-in": ANYBODY,
    "POST /sign-in": ANYBODY,
    "GET /invitation/{secret}": ANYBODY,
    "POST /invitation/{secret}": ANYBODY,
    "GET /static": ANYBODY,
    "GET /": REVIEWER,
    "GET /queue": REVIEWER,
    "GET /queue/rows": REVIEWER,
    "POST /queue/next": REVIEWER,
    "GET /tasks/{task}": REVIEWER,
    "GET /tasks/{task}/side": REVIEWER,
    "GET /tasks/{task}/selection": REVIEWER,
    "POST /tasks/{task}/decisions": REVIEWER,
    "POST /tasks/{task}/finish": REVIEWER,
    "POST /tasks/{task}/renew": REVIEWER,
    "POST /tasks/{task}/release": REVIEWER,
    "PUT /tasks/{task}/draft": REVIEWER,
    "GET /uploads": REVIEWER,
    "GET /uploads/list": REVIEWER,
    "POST /uploads": REVIEWER,
    "GET /runs": CURATOR,
    "GET /runs/{number}": CURATOR,
    "GET /runs/{number}/export": CURATOR,
    "GET /statistics": CURATOR,
    "GET /statistics/mine": REVIEWER,
    "GET /statistics/doubts.jsonl": CURATOR,
    "GET /people": ADMIN,
    "POST /people": ADMIN,
    "POST /people/invite": ADMIN,
    "POST /people/role": ADMIN,
    "POST /people/shut": ADMIN,
    "POST /people/open": ADMIN,
    "GET /trail": ADMIN,
    "GET /account": REVIEWER,
    "POST /account/password": REVIEWER,
    "POST /account/tokens": REVIEWER,
    "POST /account/tokens/revoke": REVIEWER,
    "GET /api/openapi.json": REVIEWER,
    "GET /api/tasks": REVIEWER,
    "POST /api/tasks/next": REVIEWER,
    "GET /api/tasks/{task}": REVIEWER,
    "POST /api/tasks/{task}/claim": REVIEWER,
    "POST /api/tasks/{task}/renew": REVIEWER,
    "POST /api/tasks/{task}/release": REVIEWER,
    "GET /api/tasks/{task}/decisions": REVIEWER,
    "POST /api/tasks/{task}/decisions": REVIEWER,
    "POST /api/tasks/{task}/finish": REVIEWER,
    "GET /api/records": CURATOR,
    "GET /api/records/{key}": CURATOR,
    "GET /api/records/{key}/history": CURATOR,
    "GET /api/records/{key}/text": CURATOR,
    "POST /api/documents": REVIEWER,
    "GET /api/documents/{document}": REVIEWER,
    "GET /api/runs": CURATOR,
    "GET /api/runs/{run}": CURATOR,
    "GET /api/runs/{run}/records": CURATOR,
    "POST /sign-out": REVIEWER,
}
"""Every route. Whoever adds one says here who may use it; the last ends the session that tries it."""

_BY_DEPENDENCY = {
    get_args(rule)[1].dependency: name
    for rule, name in ((Reviewer, REVIEWER), (Curator, CURATOR), (Admin, ADMIN))
}

_UNSAFE = [route for route in RULES if not route.startswith("GET ")]


def _found(app: FastAPI) -> dict[str, str]:
    """Return all routes of an application, and the rules that stand in their signatures."""
    found = {}
    for route in iter_route_contexts(app.routes):
        for method in route.methods or {"GET"}:
            rules = set(_rules(getattr(route, "dependant", None)))
            assert len(rules) <= 1, f"{route.path} has several rules"
            found[f"{method} {route.path}"] = next(iter(rules), ANYBODY)
    return found


def _rules(dependant: Dependant | None) -> Iterator[str]:
    for inner in () if dependant is None else dependant.dependencies:
        if inner.call in _BY_DEPENDENCY:
            yield _BY_DEPENDENCY[inner.call]
        yield from _rules(inner)


def _come(http: httpx2.Client, route: str) -> str:
    """Return what becomes of somebody who comes: let in, sign in, or not allowed."""
    method, _, path = route.partition(" ")
    answer = http.request(method, re.sub(r"\{\w+\}", "99999999", path))
    assert answer.status_code < 500, (route, answer.text)
    if answer.status_code == 401 or answer.headers.get("location", "").startswith("/sign-in"):
        assert (answer.status_code == 401) == path.startswith("/api"), route
        return "sign in"
    return "not allowed" if answer.status_code == 403 else "let in"


def test_every_route_has_its_rule(site: Site) -> None:
    assert _found(site.app) == RULES


@pytest.mark.parametrize("role", [None, *Role])
def test_the_rules_hold(site: Site, role: Role | None) -> None:
    routes = [route for route in RULES if route not in ("GET /static", "POST /sign-in", "POST /sign-out")]
    if role is None:
        expected = {route: "let in" if RULES[route] == ANYBODY else "sign in" for route in routes}
        http = site.nobody()
    else:
        http = site.person(role, role).http
        expected = {
            route: "let in" if RULES[route] == ANYBODY or role.may(Role(RULES[route])) else "not allowed"
            for route in routes
        }
    assert {route: _come(http, route) for route in routes} == expected


def test_nothing_changes_without_the_token_of_our_pages(site: Site) -> None:
    http = site.person("root", Role.ADMIN).http
    expected = {route: "not allowed" for route in _UNSAFE if RULES[route] != ANYBODY}
    for header in ("", "0" * 64, "é"):
        http.headers["X-CSRF-Token"] = header
        assert {route: _come(http, route) for route in expected} == expected
    del http.headers["X-CSRF-Token"]
    assert {route: _come(http, route) for route in expected} == expected


def test_nothing_changes_for_other_sites(site: Site) -> None:
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "null"}):
        http = site.person(str(headers), Role.ADMIN).http
        http.headers.update(headers)
        assert {route: _come(http, route) for route in _UNSAFE} == dict.fromkeys(_UNSAFE, "not allowed")
