"""One HTTP attempt at one request, on openai's client; every failure in one form, without secrets."""

from __future__ import annotations

import asyncio
import json
import re
import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit, urlunsplit

import httpx2
from openai import APIConnectionError, APIStatusError, AsyncOpenAI, DefaultAsyncHttpxClient

from structurer.llm.completion import one_line
from structurer.llm.server import OPENAI_URL, is_local
from structurer.store import Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping

    from structurer.llm.server import ModelServer

_CONNECT_SECONDS = 10.0
_NOT_BEGUN = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.UnsupportedProtocol)
_SECRETS = re.compile(r"(?i)\bbearer\s+\S+|\bsk-[\w*.-]{4,}")
_HIDDEN = "[secret]"
_SHORTEST_SECRET = 8
"""Shorter keys are placeholders for servers without keys; "none" is a word that answers may hold."""

_LONGEST = 300

# The account or the address is wrong, so that no other request can fare better.
_FATAL = {401, 402, 403, 404}


class Received(NamedTuple):
    """A response with status 200: its body, and the milliseconds that it took."""

    text: str
    latency_ms: int


class TransportError(Exception):
    """One attempt that brought no answer.

    ``retry_after`` is how many seconds the server asked to wait. ``fatal`` says that no other request can
    succeed either. ``sent`` says that the model may have worked, so that it may cost. ``detail`` is one line
    without secrets.
    """

    def __init__(
        self,
        outcome: Outcome,
        detail: str,
        *,
        status: int | None = None,
        retry_after: float | None = None,
        fatal: bool = False,
        sent: bool = False,
        latency_ms: int = 0,
    ) -> None:
        super().__init__(detail)
        self.outcome = outcome
        self.detail = detail
        self.status = status
        self.retry_after = retry_after
        self.fatal = fatal
        self.sent = sent
        self.latency_ms = latency_ms

    @property
    def retryable(self) -> bool:
        """Whether the same request may succeed later."""
        return not self.fatal and self.outcome is not Outcome.REJECTED

    @property
    def server_down(self) -> bool:
        """Whether this speaks of the server's state and not of this request."""
        return (
            self.outcome in (Outcome.SERVER_ERROR, Outcome.TIMEOUT, Outcome.CONNECTION)
            and self.status not in (408, 409)
        )  # fmt: skip


class Transport:
    """Connections to one server. Close it when done."""

    def __init__(self, server: ModelServer) -> None:
        self._key = server.api_key
        self._timeout = server.timeout
        base_url, password, auth = _without_credentials(server.base_url or OPENAI_URL)
        self._password = password
        self._client = AsyncOpenAI(
            # The client insists on a key; a server without keys does not look at it.
            api_key=server.api_key or "none",
            base_url=base_url,
            max_retries=0,
            http_client=DefaultAsyncHttpxClient(
                auth=auth,
                timeout=httpx2.Timeout(server.timeout, connect=min(_CONNECT_SECONDS, server.timeout)),
                # A proxy that the environment names is for the internet.
                trust_env=not is_local(server.base_url),
            ),
        )

    async def send(self, body: bytes) -> Received:
        """Post a chat completion, once. Raises ``TransportError``."""
        began = time.monotonic()
        try:
            # In all, not for each read: a server that drips a byte a second never runs into those.
            async with asyncio.timeout(self._timeout):
                response = await self._client.post(
                    "/chat/completions",
                    content=body,
                    cast_to=httpx2.Response,
                    options={"headers": {"Content-Type": "application/json"}},
                )
        except TimeoutError:
            detail = f"no answer within {self._timeout:g} s"
            error = TransportError(Outcome.TIMEOUT, detail, sent=True, latency_ms=_since(began))
        except APIStatusError as failure:
            error = self._from_status(failure.response, _since(began))
        except APIConnectionError as failure:
            error = self._from_connection(failure, _since(began))
        else:
            return Received(self.scrub(response.content.decode("utf-8", "replace")), _since(began))
        # Raised out here, so that the error does not carry the request and its headers as its context.
        raise error

    def scrub(self, text: str) -> str:
        """Return text without this server's key and password, and otherwise as it is."""
        return _without(text, self._key, self._password)

    async def close(self) -> None:
        """Close all connections."""
        await self._client.close()

    def _from_connection(self, failure: APIConnectionError, latency_ms: int) -> TransportError:
        cause = failure.__cause__
        if isinstance(cause, httpx2.TimeoutException):
            outcome, words = Outcome.TIMEOUT, "no answer in time"
        else:
            outcome, words = Outcome.CONNECTION, "the connection failed"
        said = self._line(str(cause or ""))
        detail = f"{words}: {said}" if said else f"{words} ({type(cause).__name__})"
        return TransportError(outcome, detail, sent=not isinstance(cause, _NOT_BEGUN), latency_ms=latency_ms)

    def _from_status(self, response: httpx2.Response, latency_ms: int) -> TransportError:
        status = response.status_code
        code, said = _said(response)
        detail = f"{status} {self._line(said) or response.reason_phrase}".strip()
        return TransportError(
            outcome_of(status),
            detail,
            status=status,
            retry_after=_retry_after(response.headers),
            # An empty account is told as 429; waiting does not fill it.
            fatal=status in _FATAL or code == "insufficient_quota",
            latency_ms=latency_ms,
        )

    def _line(self, text: str) -> str:
        return scrubbed(text, self._key, self._password)


def outcome_of(status: int) -> Outcome:
    """Return what the status of an error response, 400 or more, counts as in the journal."""
    if status == 429:
        return Outcome.RATE_LIMITED
    return Outcome.SERVER_ERROR if status in (408, 409) or status >= 500 else Outcome.REJECTED


def scrubbed(text: str, *secrets: str) -> str:
    """Return text from outside as one short line, without these secrets and all that looks like a key."""
    return one_line(_SECRETS.sub(_HIDDEN, _without(text, *secrets)), _LONGEST)


def _without(text: str, *secrets: str) -> str:
    for secret in secrets:
        if len(secret) >= _SHORTEST_SECRET:
            text = text.replace(secret, _HIDDEN)
    return text


def _without_credentials(base_url: str) -> tuple[str, str, httpx2.BasicAuth | None]:
    """Return the URL without user and password, which would stand in logs, and what they are for."""
    parts = urlsplit(base_url)
    if parts.username is None and parts.password is None:
        return base_url, "", None
    bare = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
    return bare, parts.password or "", httpx2.BasicAuth(parts.username or "", parts.password or "")


def _said(response: httpx2.Response) -> tuple[str, str]:
    """Return an error response's code and message, in whichever of the usual forms it has."""
    try:
        body: Any = json.loads(response.content)
    except (ValueError, RecursionError):
        return "", response.content[:2000].decode("utf-8", "replace")
    error = body.get("error", body) if isinstance(body, dict) else body
    if not isinstance(error, dict):
        return "", str(error)
    message = error.get("message") or error.get("detail") or error
    return str(error.get("code") or ""), message if isinstance(message, str) else json.dumps(message)


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that the server asks to wait, told in milliseconds, in seconds, or as a date."""
    for name, scale in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            seconds = float(headers.get(name, "")) * scale
        except ValueError:
            continue
        if 0 <= seconds < float("inf"):
            return seconds
    try:
        moment = parsedate_to_datetime(headers.get("retry-after", ""))
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())


def _since(began: float) -> int:
    return round((time.monotonic() - began) * 1000)
