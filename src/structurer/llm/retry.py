"""The one place that tries again: after failures of the network and the server, never after a bad answer."""

from __future__ import annotations

import asyncio
import random
import time
from typing import TYPE_CHECKING, NamedTuple

from tenacity import AsyncRetrying, RetryCallState, retry_if_result, wait_random_exponential

from structurer.errors import ProviderDownError
from structurer.store import Outcome

if TYPE_CHECKING:
    from structurer.llm.stop import Stop
    from structurer.store import Attempt

_BACKOFF = wait_random_exponential(multiplier=0.5, max=30)
_SPREAD = 0.1
"""Share of a Retry-After that is added at random, so that those who were told the same come back apart."""

_COOL_DOWN = 1.0
_LONGEST_COOL_DOWN = 60.0


class Tried(NamedTuple):
    """What came of one attempt, whether another is of use, and the seconds that the server asked to wait."""

    attempt: Attempt
    again: bool = False
    retry_after: float | None = None


class Waited:
    """Seconds that a request spent waiting for its turn; they do not count against its deadline."""

    def __init__(self) -> None:
        self.seconds = 0.0


def retrying(deadline: float, waited: Waited, stop: Stop, patience: float | None = None) -> AsyncRetrying:
    """Return the loop around attempts that return ``Tried``; it returns the last one.

    It ends when an attempt needs no other, or when the next one would begin after ``deadline`` seconds;
    after ``patience`` seconds, if any, where the last failure is other than being told to come later.
    """

    def over(state: RetryCallState) -> bool:
        elapsed = (state.seconds_since_start or 0.0) - waited.seconds
        busy = _last(state).attempt.outcome is Outcome.RATE_LIMITED
        limit = deadline if busy or patience is None else min(patience, deadline)
        return elapsed + state.upcoming_sleep >= limit

    return AsyncRetrying(
        retry=retry_if_result(_another_is_of_use),
        wait=_pause,
        stop=over,
        sleep=stop.sleep,
        retry_error_callback=_last,
    )


def _another_is_of_use(tried: Tried) -> bool:
    return tried.again


def _last(state: RetryCallState) -> Tried:
    assert state.outcome is not None
    tried: Tried = state.outcome.result()
    return tried


def _pause(state: RetryCallState) -> float:
    asked = _last(state).retry_after
    if asked is None:
        return _BACKOFF(state)
    return asked * (1 + random.uniform(0, _SPREAD))


class Breaker:
    """Keeps everybody from a server that is down, and lets one at a time try whether it is back.

    ``threshold`` failures in a row, of whichever requests, open it. Trials are made after a pause that
    doubles. After ``give_up`` seconds of nothing but failures ``admit`` raises ``ProviderDownError``.
    """

    def __init__(
        self, name: str, give_up: float, stop: Stop, threshold: int = 8, cool_down: float = _COOL_DOWN
    ) -> None:
        self._name = name
        self._give_up = give_up
        self._stop = stop
        self._threshold = threshold
        self._first_pause = cool_down
        self._failures = 0
        self._since = 0.0
        self._pause = cool_down
        self._next_trial = 0.0
        self._on_trial = False
        self._detail = ""
        self._waiting: set[asyncio.Future[None]] = set()

    @property
    def is_open(self) -> bool:
        """Whether requests are held back."""
        return self._failures >= self._threshold

    async def admit(self) -> bool:
        """Wait until a request may be sent; return whether it is a trial.

        Whoever is admitted calls ``succeeded``, ``failed`` or ``abandoned`` with what this returned.
        """
        while self.is_open:
            now = time.monotonic()
            if self._on_trial:
                await self._change(None)
            elif now - self._since >= self._give_up:
                raise ProviderDownError(
                    f"{self._name} failed {self._failures} times in a row for {now - self._since:.0f} s "
                    f"({self._detail}); run the same command again when it is back"
                )
            elif now >= self._next_trial:
                self._on_trial = True
                return True
            else:
                await self._change(min(self._next_trial, self._since + self._give_up) - now)
        return False

    def succeeded(self, trial: bool) -> None:
        """The server answered, be it by an error of its own that says it is there."""
        self._failures = 0
        self._pause = self._first_pause
        self.abandoned(trial)

    def failed(self, trial: bool, detail: str) -> None:
        """The server did not answer, or answered that it cannot."""
        now = time.monotonic()
        if self._failures == 0:
            self._since = now
        self._failures += 1
        self._detail = detail
        if self._failures == self._threshold or trial:
            self._next_trial = now + self._pause
            self._pause = min(2 * self._pause, _LONGEST_COOL_DOWN)
        self.abandoned(trial)

    def abandoned(self, trial: bool) -> None:
        """The request was not sent, or nobody knows what came of it."""
        if trial:
            self._on_trial = False
        if trial or not self.is_open:
            for future in self._waiting:
                if not future.done():
                    future.set_result(None)

    async def _change(self, seconds: float | None) -> None:
        future = asyncio.get_running_loop().create_future()
        self._waiting.add(future)
        try:
            await self._stop.wait(future, seconds)
        finally:
            self._waiting.discard(future)
