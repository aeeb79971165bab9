"""Who is asking, and what they may do. Every route says which role it needs, or that it is for anybody."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Annotated

from fastapi import Depends, HTTPException, Request

from structurer.review.web.serving import Serving
from structurer.store import Store
from structurer.store.review.accounts import Accounts, Person, Role

COOKIE = "structurer_session"


def serving_of(request: Request) -> Serving:
    """Return how the application serves."""
    serving: Serving = request.app.state.serving
    return serving


def store_of(request: Request) -> Iterator[Store]:
    """Lend a store for one request."""
    with request.app.state.stores.lent() as store:
        yield store


StoreOf = Annotated[Store, Depends(store_of, scope="function")]
ServingOf = Annotated[Serving, Depends(serving_of)]


def person_of(request: Request, store: StoreOf) -> Person | None:
    """Return who is asking: by a program's token, or by a browser's session."""
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer":
        return Accounts(store).by_token(token.strip())
    secret = request.cookies.get(COOKIE)
    return None if secret is None else Accounts(store).by_session(secret)


class SignedOutError(Exception):
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
