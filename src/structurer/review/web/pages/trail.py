"""The audit trail, for administrators to read."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from structurer.review.web.access import Admin, StoreOf
from structurer.review.web.templating import page
from structurer.store.review.trail import Trail

router = APIRouter()

_AT_ONCE = 100


@router.get("/trail")
def trail(
    request: Request,
    store: StoreOf,
    person: Admin,
    before: Annotated[int | None, Query(ge=1, lt=2**63)] = None,
) -> Response:
    """Show what was done, the newest first; ``before`` is the number of an entry."""
    found = Trail(store).entries(_AT_ONCE + 1, before)
    entries = found[:_AT_ONCE]
    older = entries[-1].id if len(found) > _AT_ONCE else None
    return page(request, "trail.html.jinja", person, 200, entries=entries, older=older, newest=before is None)
