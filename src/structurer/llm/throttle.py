"""Requests and tokens per minute, and how many requests are in flight."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Self

from aiolimiter import AsyncLimiter

if TYPE_CHECKING:
    from types import TracebackType

    from structurer.llm.server import ModelServer
    from structurer.llm.stop import Stop

_MINUTE = 60.0
_BURST = 0.1
"""The share of a minute's requests that may go out at once; with all of it the first minute had double."""


class Throttle:
    """Holds requests back: by the minute as set, and in flight as the server bears.

    At 429 the number in flight is halved, once per round trip, and grows by one after as many
    successes as it is large, up to the ``concurrency`` that was set.
    """

    def __init__(self, server: ModelServer, stop: Stop) -> None:
        self._stop = stop
        self._most = server.concurrency
        self._limit = server.concurrency
        self._in_flight = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._successes = 0
        self._halvings = 0
        self._requests = _by_the_minute(server.requests_per_minute, _BURST)
        self._tokens = _by_the_minute(server.tokens_per_minute, 1.0)

    @property
    def limit(self) -> int:
        """How many requests may be in flight now."""
        return self._limit

    @property
    def counts_tokens(self) -> bool:
        """Whether ``slot`` needs to know a request's tokens."""
        return self._tokens is not None

    async def slot(self, tokens: int) -> Slot:
        """Wait for a place in flight for a request of about so many tokens; to be used as a context."""
        await self._place()
        try:
            await self._turn(self._requests, 1)
            await self._turn(self._tokens, tokens)
        except BaseException:
            self._leave()
            raise
        return Slot(self, self._halvings)

    async def _place(self) -> None:
        self._stop.check()
        if self._in_flight < self._limit and not self._waiting:
            self._in_flight += 1
            return
        future = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        try:
            await self._stop.wait(future)
        except BaseException:
            if future in self._waiting:
                self._waiting.remove(future)
            elif not future.cancelled() and future.exception() is None:
                self._leave()  # cancelled just when it was given its place
            raise

    async def _turn(self, limiter: AsyncLimiter | None, amount: float) -> None:
        if limiter is None:
            return
        # A request that is larger than a whole minute's tokens waits for an empty minute.
        amount = min(amount, limiter.max_rate)
        if limiter.has_capacity(amount):
            await limiter.acquire(amount)
            return
        turn = asyncio.ensure_future(limiter.acquire(amount))
        came = asyncio.get_running_loop().create_future()
        turn.add_done_callback(lambda _: _resolve(came))
        try:
            await self._stop.wait(came)
        finally:
            turn.cancel()

    def _give_places(self) -> None:
        """Give free places to those who wait, in their order; a place is taken the moment it is given."""
        while self._waiting and self._in_flight < self._limit:
            if _resolve(self._waiting.popleft()):
                self._in_flight += 1

    def _leave(self) -> None:
        self._in_flight -= 1
        self._give_places()

    def _succeeded(self) -> None:
        self._successes += 1
        if self._successes >= self._limit and self._limit < self._most:
            self._limit += 1
            self._successes = 0
            self._give_places()

    def _rate_limited(self, halvings: int) -> None:
        if halvings != self._halvings:
            return  # it was sent before the last halving, and says nothing new
        self._halvings += 1
        self._limit = max(1, self._limit // 2)
        self._successes = 0


class Slot:
    """A request's place in flight, left at the end of the context."""

    def __init__(self, throttle: Throttle, halvings: int) -> None:
        self._throttle = throttle
        self._halvings = halvings

    def succeeded(self) -> None:
        """The server answered."""
        self._throttle._succeeded()

    def rate_limited(self) -> None:
        """The server says that it is too much."""
        self._throttle._rate_limited(self._halvings)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._throttle._leave()


def _resolve(future: asyncio.Future[None]) -> bool:
    """Wake who awaits a future; return whether somebody still did."""
    if future.done():
        return False
    future.set_result(None)
    return True


def _by_the_minute(amount: int | None, burst: float) -> AsyncLimiter | None:
    if amount is None:
        return None
    at_once = max(1.0, amount * burst)
    return AsyncLimiter(at_once, _MINUTE * at_once / amount)
