"""What keeps other sites out: on each request before it is answered, and by headers on each answer."""

from __future__ import annotations

import ipaddress
import logging
import traceback
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from fastapi import HTTPException, Request
from starlette.datastructures import MutableHeaders

from structurer.review.web.access import has_token, is_unsafe
from structurer.review.web.errors import error_answer

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from structurer.review.web.serving import Serving

_LOG = logging.getLogger("structurer.review")

_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
}


class Protection:
    """Refuses what another site sends in a person's name, and what is too large; puts headers on answers.

    An error that nobody foresaw becomes an answer here. Of it the log has the place in the program but not
    its words, which may be a filing's.
    """

    def __init__(self, app: ASGIApp, serving: Serving) -> None:
        self._app = app
        self._serving = serving

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        begun = False

        async def sending(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                _put_headers(MutableHeaders(scope=message), scope["path"])
            await send(message)

        try:
            self._check(request)
            await self._app(scope, _counted(receive, self._serving.body_limit), sending)
        except HTTPException as refused:
            if begun:
                raise
            await error_answer(request, refused.status_code, refused.detail)(scope, receive, sending)
        except Exception as error:
            _LOG.error("%s in\n%s", type(error).__name__, "".join(traceback.format_tb(error.__traceback__)))
            if begun:
                raise RuntimeError("an answer broke off") from None
            words = "something went wrong here; nothing was lost, try again"
            await error_answer(request, 500, words)(scope, receive, sending)

    def _check(self, request: Request) -> None:
        if not self._is_ours(_host(request.headers.get("host", ""))):
            raise HTTPException(400, "this site goes by another name; see --open-to of structurer serve")
        length = request.headers.get("content-length", "")
        if length.isascii() and length.isdigit() and int(length) > self._serving.body_limit:
            raise _too_large(self._serving.body_limit)
        if is_unsafe(request) and not has_token(request) and not self._is_from_here(request):
            raise HTTPException(403, "this was sent by another site; nothing was done")

    def _is_ours(self, host: str | None) -> bool:
        """Say whether a host is this site: a name that leads here today may be another's tomorrow."""
        if host is None:
            return False
        return host == "localhost" or host in self._serving.hosts or _is_address(host)

    def _is_from_here(self, request: Request) -> bool:
        """Say whether a page of ours sent a request, or a program that says nothing about pages."""
        site = request.headers.get("sec-fetch-site")
        if site is not None:
            return site in ("same-origin", "none")
        origin = request.headers.get("origin")
        if origin is None or origin == self._serving.public_url:
            return True
        return urlsplit(origin).netloc.lower() == request.headers.get("host", "").lower()


def _host(header: str) -> str | None:
    """Return the name or address in a Host header, without its port; ``None`` where it has no meaning."""
    try:
        parts = urlsplit(f"//{header}")
        named = parts.netloc == header and parts.username is None and (parts.port is None or parts.port > 0)
    except ValueError:
        return None
    return parts.hostname if named else None


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _put_headers(headers: MutableHeaders, path: str) -> None:
    headers.update(_HEADERS)
    headers["Cache-Control"] = "no-cache" if path.startswith("/static/") else "no-store"


def _too_large(limit: int) -> HTTPException:
    return HTTPException(413, f"this is too large: the most is {limit / 2**20:,.1f} MiB at once; send less")


def _counted(receive: Receive, limit: int) -> Receive:
    """Return what gives a request's body, until it is larger than its sender said."""
    had = 0

    async def receiving() -> Message:
        nonlocal had
        message = await receive()
        had += len(message.get("body", b""))
        if had > limit:
            raise _too_large(limit)
        return message

    return receiving
