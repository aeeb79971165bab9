"""The API's description, by OpenAPI."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request

from structurer.review.web.access import Reviewer

router = APIRouter()


@router.get("/openapi.json")
def openapi(request: Request, _person: Reviewer) -> dict[str, Any]:
    """Return what the API has, for programs and those who write them."""
    described: dict[str, Any] = request.app.openapi()
    return described
