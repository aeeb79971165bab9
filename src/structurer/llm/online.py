"""Getting requests answered by a server: within the budget, at its pace, as often as is of use."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from structurer.errors import ModelServerError
from structurer.llm.budget import Budget
from structurer.llm.completion import settle
from structurer.llm.retry import Breaker, Tried, Waited, retrying
from structurer.llm.server import require_key
from structurer.llm.stop import Stop
from structurer.llm.throttle import Throttle
from structurer.llm.transport import Received, Transport, TransportError
from structurer.store import Attempt, Outcome

if TYPE_CHECKING:
    from structurer.llm.dispatch import Request
    from structurer.llm.server import ModelServer
    from structurer.llm.throttle import Slot
    from structurer.store import Journal


class OnlineDispatcher:
    """Sends requests to one server for one run of the journal, which must be open.

    Every attempt becomes a row of the journal before anybody reads it.
    """

    def __init__(self, server: ModelServer, journal: Journal, run: str) -> None:
        self._server = server
        self._stop = Stop()
        self._transport = Transport(server)
        self._throttle = Throttle(server, self._stop)
        self._breaker = Breaker(server.url, server.deadline, self._stop)
        self._budget = Budget(journal, run, server, self._stop)

    async def dispatch(self, request: Request) -> Attempt:
        """Return the answer, or the last failure when the deadline came or another attempt is of no use.

        Raises ``ModelServerError`` where no request can succeed, ``PausedError`` where the run must end
        for now.
        """
        require_key(self._server)
        waited = Waited()
        loop = retrying(self._server.deadline, waited, self._stop, request.patience)
        tried: Tried = await loop(self._try, request, waited)
        return tried.attempt

    def stop(self) -> None:
        """Begin no new attempt: all who wait raise ``StoppedError``; those in flight come to their end."""
        self._stop.stop()

    async def close(self) -> None:
        """Close all connections."""
        await self._transport.close()

    async def _try(self, request: Request, waited: Waited) -> Tried:
        came = time.monotonic()
        with await self._throttle.slot(request.input_bound // 3 + request.max_tokens) as slot:
            trial = await self._breaker.admit()
            try:
                reservation = await self._budget.reserve(request)
            except BaseException:
                self._breaker.abandoned(trial)
                raise
            waited.seconds += time.monotonic() - came
            return await self._send(request, reservation, trial, slot)

    async def _send(self, request: Request, reservation: int, trial: bool, slot: Slot) -> Tried:
        """Make one attempt, write it down, and tell everybody who learns from it."""
        try:
            attempt = self._settled(request, await self._transport.send(request.body))
        except TransportError as error:
            self._budget.settle(reservation, self._failure(request, error))
            if error.server_down:
                self._breaker.failed(trial, error.detail)
            else:
                self._breaker.succeeded(trial)
            if error.outcome is Outcome.RATE_LIMITED:
                slot.rate_limited()
            if error.fatal:
                raise ModelServerError(self._what_to_do(error)) from None
            return Tried(self._failure(request, error), error.retryable, error.retry_after)
        except asyncio.CancelledError:
            # It was sent, and may be answered and charged; nobody will know.
            lost = TransportError(Outcome.LOST, "cancelled while in flight", sent=True)
            self._budget.settle(reservation, self._failure(request, lost))
            self._breaker.abandoned(trial)
            raise
        self._budget.settle(reservation, attempt)
        self._breaker.succeeded(trial)
        slot.succeeded()
        return Tried(attempt)

    def _settled(self, request: Request, received: Received) -> Attempt:
        attempt = settle(request, received.text, self._server.prices, latency_ms=received.latency_ms)
        if attempt is None:
            raise TransportError(
                Outcome.SERVER_ERROR,
                "200, but the body is no chat completion",
                status=200,
                sent=True,
                latency_ms=received.latency_ms,
            )
        return attempt

    def _failure(self, request: Request, error: TransportError) -> Attempt:
        """Return the row of a failure. What may have been worked on is charged as the worst case."""
        return Attempt(
            key=request.key,
            outcome=error.outcome,
            model=request.model,
            prompt=request.prompt,
            input_tokens=request.input_bound if error.sent else 0,
            output_tokens=request.max_tokens if error.sent else 0,
            cost=self._budget.worst_case(request) if error.sent else 0,
            estimated=error.sent,
            latency_ms=error.latency_ms,
            status=error.status,
            detail=error.detail,
            response=None,
            source="online",
        )

    def _what_to_do(self, error: TransportError) -> str:
        server = self._server
        if error.status in (401, 403):
            return f"{server.url} does not accept the API key ({error.detail}); check the key and its rights"
        if error.status == 404:
            return (
                f"{server.url} has no model {server.model}, or is not the root of an OpenAI-compatible API, "
                f"which mostly ends in /v1 ({error.detail}); check the model and the base URL"
            )
        return f"{server.url} accepts no requests from this account ({error.detail}); check its credit"
