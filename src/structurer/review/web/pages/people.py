"""Accounts: letting people in, changing their roles, shutting them out; tokens of programs."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, HTTPException, Request
from fastapi.responses import RedirectResponse, Response

from structurer.review.passwords import matches
from structurer.review.web.access import Admin, Reviewer, ServingOf, StoreOf, has_token
from structurer.review.web.serving import Serving
from structurer.review.web.templating import page
from structurer.store.database import Store
from structurer.store.review.accounts import INVITATION_SECONDS, Account, Accounts, Person, Role
from structurer.store.review.logins import Logins
from structurer.store.review.trail import Trail

router = APIRouter()

_DAY = 86_400

Number = Annotated[int, Form(ge=1, lt=2**31)]


_CHOOSING = 600
"""Seconds in which somebody chooses another password."""


@router.get("/people")
def people(request: Request, store: StoreOf, person: Admin) -> Response:
    """List all accounts."""
    return _people(request, store, person)


@router.post("/people")
def add(
    request: Request,
    store: StoreOf,
    serving: ServingOf,
    person: Admin,
    name: Annotated[str, Form(max_length=200)],
    role: Annotated[Role, Form()],
) -> Response:
    """Make an account, and show the link by which its owner comes in."""
    new = Accounts(store).add(name, role)
    Trail(store).note(person.name, "added an account", f"{new.name}, {role}")
    return _invited(request, store, serving, person, new)


@router.post("/people/invite")
def invite(request: Request, store: StoreOf, serving: ServingOf, person: Admin, account: Number) -> Response:
    """Show a new link, for somebody who lost theirs or their password."""
    known = _account(store, account)
    if not known.active:
        raise HTTPException(409, "this account is shut; open it first")
    return _invited(request, store, serving, person, Person(known.id, known.name, known.role))


@router.post("/people/role")
def change_role(store: StoreOf, person: Admin, account: Number, role: Annotated[Role, Form()]) -> Response:
    """Give somebody another role, from now on."""
    known = _account(store, account)
    Accounts(store).change(account, role=role)
    Trail(store).note(person.name, "changed a role", f"{known.name}: {known.role} to {role}")
    return RedirectResponse("/people", 303)


@router.post("/people/shut")
def shut(store: StoreOf, person: Admin, account: Number) -> Response:
    """Shut somebody out: their sessions, tokens and links end now. What they decided stays."""
    known = _account(store, account)
    Accounts(store).change(account, active=False)
    Trail(store).note(person.name, "shut an account", known.name)
    return RedirectResponse("/people", 303)


@router.post("/people/open")
def open_again(store: StoreOf, person: Admin, account: Number) -> Response:
    """Let somebody in again who was shut out."""
    known = _account(store, account)
    Accounts(store).change(account, active=True)
    Trail(store).note(person.name, "opened an account", known.name)
    return RedirectResponse("/people", 303)


@router.get("/account")
def own(request: Request, store: StoreOf, person: Reviewer) -> Response:
    """Show somebody their own account."""
    return _own(request, store, person)


@router.post("/account/password")
def change_password(
    request: Request, store: StoreOf, person: Reviewer, password: Annotated[str, Form(max_length=2_000)]
) -> Response:
    """Lead somebody who knows their password to where they choose another one."""
    address = "" if request.client is None else request.client.host
    attempt = Logins(store).begin(person.name, address)
    if attempt.wait:
        raise HTTPException(429, attempt.refusal)
    _, kept = Accounts(store).named(person.name) or (None, None)
    if has_token(request) or not matches(kept, password):
        raise HTTPException(403, "this is not your password; nothing was changed")
    Logins(store).succeeded(attempt)
    secret = Accounts(store).invite(person.id, _CHOOSING)
    return RedirectResponse(f"/invitation/{secret}", 303)


@router.post("/account/tokens")
def make_token(
    request: Request,
    store: StoreOf,
    person: Reviewer,
    label: Annotated[str, Form(min_length=1, max_length=100)],
    days: Annotated[int, Form(ge=1, le=365)],
) -> Response:
    """Make a token, and show it this once."""
    if has_token(request):
        # Else a token that leaked could make itself another one, for ever.
        raise HTTPException(403, "tokens are made on the page, not by a token")
    token = Accounts(store).make_token(person.id, label, days * _DAY)
    Trail(store).note(person.name, "made a token", f"{label}, for {days} days")
    return _own(request, store, person, token)


@router.post("/account/tokens/revoke")
def revoke_token(store: StoreOf, person: Reviewer, token: Number) -> Response:
    """Make a token of one's own invalid."""
    label = Accounts(store).revoke_token(person.id, token)
    if label is None:
        raise HTTPException(404, "there is no such token any more")
    Trail(store).note(person.name, "revoked a token", label)
    return RedirectResponse("/account", 303)


def _account(store: Store, number: int) -> Account:
    known = Accounts(store).find(number)
    if known is None:
        raise HTTPException(404, "there is no such account")
    return known


def _people(
    request: Request, store: Store, person: Person, invited: str = "", link: str | None = None
) -> Response:
    accounts = Accounts(store).all()
    shown = {"accounts": accounts, "roles": list(Role), "invited": invited, "link": link}
    return page(request, "people.html.jinja", person, 200, **shown)


def _invited(request: Request, store: Store, serving: Serving, person: Person, new: Person) -> Response:
    secret = Accounts(store).invite(new.id, INVITATION_SECONDS)
    Trail(store).note(person.name, "made an invitation", new.name)
    base = serving.public_url or str(request.base_url).rstrip("/")
    return _people(request, store, person, new.name, f"{base}/invitation/{secret}")


def _own(request: Request, store: Store, person: Person, token: str | None = None) -> Response:
    tokens = Accounts(store).tokens(person.id)
    return page(request, "account.html.jinja", person, 200, tokens=tokens, token=token)
