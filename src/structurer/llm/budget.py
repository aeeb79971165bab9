"""A run's budget: the worst case of a request is set aside before it is sent."""

from __future__ import annotations

import asyncio
from heapq import heappop, heappush
from itertools import count
from typing import TYPE_CHECKING

from structurer.errors import BudgetExhaustedError
from structurer.llm.prices import FREE
from structurer.money import in_dollars

if TYPE_CHECKING:
    from structurer.llm.dispatch import Request
    from structurer.llm.server import ModelServer
    from structurer.llm.stop import Stop
    from structurer.store import Attempt, Journal

_GRACE = 60.0
"""Seconds beyond an attempt's timeout after which its worker counts as dead."""


class Budget:
    """What one worker may still spend for a run. The journal decides; other workers share it."""

    def __init__(self, journal: Journal, run: str, server: ModelServer, stop: Stop) -> None:
        self._journal = journal
        self._run = run
        self._prices = server.prices or FREE
        self._seconds = server.timeout + _GRACE
        self._stop = stop
        self._open = 0
        self._places = count()
        self._waiting: list[tuple[int, asyncio.Future[None]]] = []

    def worst_case(self, request: Request) -> int:
        """Return the most that a request can cost, in nano-dollars."""
        return self._prices.cost(request.input_bound, request.max_tokens)

    async def reserve(self, request: Request) -> int:
        """Set the worst case aside and return the reservation's number, for ``settle``.

        Where it does not fit, waits for own requests in flight to turn out cheaper, and keeps its place among
        those who wait. Raises ``BudgetExhaustedError`` when none is left to wait for.
        """
        amount = self.worst_case(request)
        place = next(self._places)
        while True:
            number = self._journal.reserve(
                self._run, request.key, amount, self._seconds, request.model, request.prompt
            )
            if number is not None:
                self._open += 1
                self._wake_one()
                return number
            if self._open == 0:
                raise self._exhausted(amount)
            future = asyncio.get_running_loop().create_future()
            # Whoever came first is served first: a budget is to finish some filings, not to begin all.
            heappush(self._waiting, (place, future))
            try:
                await self._stop.wait(future)
            except BaseException:
                if not future.cancel() and not future.cancelled() and future.exception() is None:
                    self._wake_one()  # this was woken in vain; another may use the money
                raise

    def settle(self, number: int, attempt: Attempt) -> None:
        """Write down what came of a request, in place of what was set aside for it."""
        self._journal.record(attempt, self._run, number)
        self._open -= 1
        if self._open:
            self._wake_one()
            return
        # Nobody is left to wake them later: all try again, and those that do not fit give up.
        while self._waiting:
            self._wake_one()

    def _wake_one(self) -> None:
        while self._waiting:
            _, future = heappop(self._waiting)
            if not future.done():
                future.set_result(None)
                return

    def _exhausted(self, amount: int) -> BudgetExhaustedError:
        money = self._journal.spent(self._run)
        in_flight = f" and {_dollars(money.reserved)} set aside" if money.reserved else ""
        return BudgetExhaustedError(
            f"budget: {_dollars(money.spent)} of {_dollars(money.budget or 0)} is spent{in_flight}, and the "
            f"next request may cost {_dollars(amount)}; run the same command with a larger --budget to go on"
        )


def _dollars(nano: int) -> str:
    return f"${in_dollars(nano):.4f}"
