"""Who is asking, and what they may do. Every route says which role it needs, or that it is for anybody."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Annotated

from fastapi import Depends, HTTPException, Request

from structurer.errors import StructurerError
from structurer.review.web.serving import Serving
from structurer.store import Store
from structurer.store.review.accounts import Accounts, Person, Role, digest

COOKIE = "structurer_session"

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


def serving_of(request: Request) -> Serving:
    """Return how the application serves."""
    serving: Serving = request.app.state.serving
    return serving


async def turn_of(request: Request) -> AsyncIterator[None]:
    """Let so many requests at once have a store, and others wait: here, where waiting takes no thread."""
    async with request.app.state.turns:
        yield


def store_of(request: Request, _turn: Annotated[None, Depends(turn_of, scope="function")]) -> Iterator[Store]:
    """Lend a store for one request."""
    with request.app.state.stores.lent() as store:
        yield store


StoreOf = Annotated[Store, Depends(store_of, scope="function")]
ServingOf = Annotated[Serving, Depends(serving_of)]


def is_unsafe(request: Request) -> bool:
    """Say whether a request may change something."""
    return request.method not in _SAFE_METHODS


def has_token(request: Request) -> bool:
    """Say whether a program asks, by a token: no browser sends one on behalf of another site."""
    return request.headers.get("authorization", "").lower().startswith("bearer ")


def csrf_of(request: Request) -> str:
    """Return what a page of ours sends back, by header or form, with what changes something.

    It follows from the session's secret, which no other site can read.
    """
    return digest(f"csrf:{request.cookies.get(COOKIE, '')}")


async def shows_csrf(request: Request) -> AsyncIterator[bool]:
    """Say whether a request may change something in the name of whoever's cookie it carries."""
    if not is_unsafe(request):
        yield True
        return
    sent = request.headers.get("x-csrf-token")
    if sent is not None or not request.headers.get("content-type", "").startswith(_FORMS):
        yield _same(sent or "", csrf_of(request))
        return
    form = await request.form()
    field = form.get("csrf")
    yield _same(field if isinstance(field, str) else "", csrf_of(request))
    await form.close()


def _same(one: str, other: str) -> bool:
    return secrets.compare_digest(one.encode(errors="replace"), other.encode())


def person_of(request: Request, store: StoreOf, csrf: Annotated[bool, Depends(shows_csrf)]) -> Person | None:
    """Return who is asking: by a program's token, or by a browser's session."""
    if has_token(request):
        return Accounts(store).by_token(request.headers["authorization"][len("bearer ") :].strip())
    secret = request.cookies.get(COOKIE)
    person = None if secret is None else Accounts(store).by_session(secret)
    if person is not None and not csrf:
        raise HTTPException(403, "this page is from before you signed in; load it again, nothing was done")
    return person


class SignedOutError(StructurerError):
    """Somebody must sign in first."""


def needs(role: Role) -> Callable[[Person | None], Person]:
    """Return a dependency that lets in people of a role, and those who may do more."""

    def let_in(person: Annotated[Person | None, Depends(person_of)]) -> Person:
        if person is None:
            raise SignedOutError
        if not person.role.may(role):
            raise HTTPException(403, f"this is for those with the role of {role}")
        return person

    return let_in


Reviewer = Annotated[Person, Depends(needs(Role.REVIEWER))]
Curator = Annotated[Person, Depends(needs(Role.CURATOR))]
Admin = Annotated[Person, Depends(needs(Role.ADMIN))]
