"""What the API says of itself: an OpenAPI document that one can program by."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request

from structurer.review.web.access import COOKIE, Reviewer

router = APIRouter()

ABOUT = """
What the pages can do, for programs, by the same rules. Send a token that was made on the page of your
account: `Authorization: Bearer …`. A browser's session does as well; then what changes something carries its
CSRF token in `X-CSRF-Token`.

To review: take a task (`POST /api/tasks/next`), decide on each of its doubts
(`POST /api/tasks/{task}/decisions`, each time with the version of the answer before), and finish it. Renew
the claim before `lease_until`. Where somebody changed the same place meanwhile the answer is 409 with both
values, and nothing is written.

Offsets count Unicode code points of the filing's text, `[start, end)`. Moments are in UTC.
"""

_TAGS = [
    {"name": "tasks", "description": "The queue: claims and decisions. For reviewers."},
    {
        "name": "records",
        "description": "Records as they are exported; decisions. For curators.",
    },
    {"name": "runs", "description": "Runs and their records. For curators."},
    {
        "name": "documents",
        "description": "Filings: bringing them in. For reviewers.",
    },
]
_SCHEMES = {
    "token": {"type": "http", "scheme": "bearer", "description": "A token made on the page of an account."},
    "session": {"type": "apiKey", "in": "cookie", "name": COOKIE, "description": "A browser's session."},
}


@router.get("/openapi.json", include_in_schema=False)
def describe(request: Request, _person: Reviewer) -> dict[str, Any]:
    """Give the OpenAPI document of the API."""
    # FastAPI makes it once, and keeps it.
    made: dict[str, Any] = request.app.openapi()
    components = {**made.get("components", {}), "securitySchemes": _SCHEMES}
    info = {**made["info"], "description": ABOUT.strip()}
    security: list[dict[str, list[str]]] = [{name: []} for name in _SCHEMES]
    return {**made, "info": info, "tags": _TAGS, "components": components, "security": security}
