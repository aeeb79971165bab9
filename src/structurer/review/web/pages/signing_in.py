"""Signing in and out, and taking up an invitation."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import APIRouter, Form, HTTPException, Request
from fastapi.responses import RedirectResponse, Response

from structurer.review.passwords import PasswordError, hashed, matches
from structurer.review.web.access import COOKIE, Reviewer, ServingOf, StoreOf
from structurer.review.web.serving import Serving
from structurer.review.web.templating import page
from structurer.store.database import Store
from structurer.store.review.accounts import Accounts, Person
from structurer.store.review.logins import Logins
from structurer.store.review.trail import Trail

router = APIRouter()

_SESSION = 12 * 3_600
"""Seconds that somebody stays signed in."""

# Browsers drop control characters from addresses and read \\ as /: //elsewhere must not come of it.
_LOCAL = re.compile(r"/(?![/\\])[^\\\x00-\x20\x7f]*")

Typed = Annotated[str, Form(max_length=2_000)]


@router.get("/sign-in")
def sign_in_form(request: Request, next: str = "/") -> Response:  # noqa: A002  (its name in the address)
    """Show the form."""
    return page(request, "sign_in.html.jinja", next=local(next), name="", problem=None)


@router.post("/sign-in")
def sign_in(
    request: Request,
    store: StoreOf,
    serving: ServingOf,
    name: Typed,
    password: Typed,
    next: Typed = "/",  # noqa: A002
) -> Response:
    """Sign somebody in; a wrong name and a wrong password get the same answer after the same time."""
    address = "" if request.client is None else request.client.host
    attempt = Logins(store).begin(name, address)
    if attempt.wait:
        problem = attempt.refusal
        answer = page(request, "sign_in.html.jinja", None, 429, next=local(next), name=name, problem=problem)
        answer.headers["Retry-After"] = str(attempt.wait)
        return answer
    person, kept = Accounts(store).named(name) or (None, None)
    if not matches(kept, password) or person is None:
        # Not as it was typed: people put their password where the name belongs.
        Trail(store).note("" if person is None else person.name, "failed to sign in", f"from {address}")
        words = "this name and password do not belong together; try again"
        return page(request, "sign_in.html.jinja", None, 401, next=local(next), name=name, problem=words)
    Logins(store).succeeded(attempt)
    Trail(store).note(person.name, "signed in", f"from {address}")
    return _let_in(store, serving, person, local(next))


@router.post("/sign-out")
def sign_out(request: Request, store: StoreOf, person: Reviewer) -> Response:
    """Sign out of this browser."""
    Accounts(store).end_session(request.cookies.get(COOKIE, ""))
    Trail(store).note(person.name, "signed out")
    answer = RedirectResponse("/sign-in", 303)
    answer.delete_cookie(COOKIE)
    return answer


@router.get("/invitation/{secret}")
def invitation(request: Request, store: StoreOf, secret: str) -> Response:
    """Show where somebody who was invited chooses a password."""
    person = _invited(store, secret)
    return page(request, "invitation.html.jinja", name=person.name, problem=None)


@router.post("/invitation/{secret}")
def take_up(
    request: Request, store: StoreOf, serving: ServingOf, secret: str, password: Typed, again: Typed
) -> Response:
    """Set the password that somebody chose, and sign them in."""
    invited = _invited(store, secret)
    try:
        if password != again:
            raise PasswordError("the two are not the same; type the password again")
        kept = hashed(password, invited.name)
    except PasswordError as error:
        return page(request, "invitation.html.jinja", None, 422, name=invited.name, problem=str(error))
    person = Accounts(store).accept(secret, kept)
    if person is None:
        raise _used()
    Trail(store).note(person.name, "set a password")
    return _let_in(store, serving, person, "/")


def local(path: str) -> str:
    """Return a path if it stays on this site, else the beginning."""
    return path if _LOCAL.fullmatch(path) else "/"


def _invited(store: Store, secret: str) -> Person:
    person = Accounts(store).invited(secret)
    if person is None:
        raise _used()
    return person


def _used() -> HTTPException:
    return HTTPException(404, "this link was used or is too old; ask an administrator for a new one")


def _let_in(store: Store, serving: Serving, person: Person, to: str) -> Response:
    secret = Accounts(store).begin_session(person.id, _SESSION)
    answer = RedirectResponse(to, 303)
    # Lax, so that a link from a message leads somewhere; what changes anything is guarded by more than this.
    answer.set_cookie(COOKIE, secret, max_age=_SESSION, httponly=True, secure=serving.secure, samesite="lax")
    return answer
