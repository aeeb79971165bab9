"""Errors as answers: a page for people, JSON for programs. Neither repeats what was sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException

from structurer.errors import StoreError, StructurerError
from structurer.review.desk import NoSuchTaskError, StaleError, UnfinishedError
from structurer.review.web.access import SignedOutError
from structurer.review.web.templating import page
from structurer.store.review import LostClaimError, StaleVersionError

if TYPE_CHECKING:
    from fastapi import FastAPI, Request

_TITLES = {
    400: "This cannot be done",
    401: "Sign in first",
    403: "Not allowed",
    404: "Not found",
    405: "Not found",
    409: "Changed meanwhile",
    413: "Too large",
    422: "Not understood",
    429: "Too many attempts",
    503: "Not available",
}

_STATUS = {
    NoSuchTaskError: 404,
    LostClaimError: 409,
    StaleError: 409,
    StaleVersionError: 409,
    UnfinishedError: 409,
    StoreError: 503,
}
"""What an error is to HTTP, where it is not 400."""

_WORDS = {404: "there is nothing at this address", 405: "this cannot be done at this address"}


def answer_errors(app: FastAPI) -> None:
    """Let an application answer all errors that are foreseen."""
    app.add_exception_handler(SignedOutError, _signed_out)
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(RequestValidationError, _misunderstood)
    app.add_exception_handler(StructurerError, _mendable)


def error_answer(request: Request, status: int, words: str, details: list[str] | None = None) -> Response:
    """Return an error as the asker reads it. ``details`` are lines below what went wrong."""
    if for_program(request):
        told: dict[str, Any] = {"error": words}
        return JSONResponse(told | ({"details": details} if details else {}), status)
    title = _TITLES.get(status, "Something went wrong")
    return page(request, "error.html.jinja", None, status, title=title, words=words, details=details or [])


def for_program(request: Request) -> bool:
    """Say whether the asker wants JSON."""
    wanted = request.headers.get("accept", "")
    return request.url.path.startswith("/api/") or wanted.startswith("application/json")


def _signed_out(request: Request, _error: Exception) -> Response:
    if for_program(request):
        answer = error_answer(request, 401, "sign in first, or send a token: Authorization: Bearer …")
        answer.headers["WWW-Authenticate"] = "Bearer"
        return answer
    if "hx-request" in request.headers:
        # A part of a page cannot become the page for signing in; htmx then goes there as a whole.
        shown = urlsplit(request.headers.get("hx-current-url", ""))
        return Response(status_code=401, headers={"HX-Redirect": _sign_in(shown.path, shown.query)})
    if request.method != "GET":
        return RedirectResponse("/sign-in", 303)
    return RedirectResponse(_sign_in(request.url.path, request.url.query), 303)


def _sign_in(path: str, query: str) -> str:
    back = f"{path}?{query}" if query else path
    return "/sign-in" if back in ("", "/") else f"/sign-in?next={quote(back, safe='/')}"


def _refused(request: Request, error: Exception) -> Response:
    status = getattr(error, "status_code", 500)
    words = str(getattr(error, "detail", ""))
    # Starlette's own words for an address that leads nowhere say nothing.
    if words in ("Not Found", "Method Not Allowed"):
        words = _WORDS[status]
    return error_answer(request, status, words)


def _misunderstood(request: Request, error: Exception) -> Response:
    found = error.errors() if isinstance(error, RequestValidationError) else ()
    details = [f"{'.'.join(map(str, one['loc'][1:])) or 'request'}: {one['msg']}" for one in found]
    return error_answer(request, 422, "part of what was sent has no meaning", details)


def _mendable(request: Request, error: Exception) -> Response:
    status = next((status for kind, status in _STATUS.items() if isinstance(error, kind)), 400)
    words = str(error) if status != 503 else "the database does not answer; try again in a moment"
    if isinstance(error, StaleError) and for_program(request):
        clashes = [clash._asdict() for clash in error.clashes]
        return JSONResponse({"error": words, "clashes": clashes, "version": error.version}, status)
    return error_answer(request, status, words)
