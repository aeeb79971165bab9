"""Waiting that a stopped run does not wait out."""

from __future__ import annotations

import asyncio

from structurer.errors import StoppedError


class Stop:
    """Says that nothing new is to be begun, and wakes all who wait to begin something."""

    def __init__(self) -> None:
        self._stopped = False
        self._waiting: set[asyncio.Future[None]] = set()

    def stop(self) -> None:
        """From now on ``check`` raises, and everybody who waits here raises, ``StoppedError``."""
        self._stopped = True
        for future in self._waiting:
            if not future.done():
                future.set_exception(_stopped())
        self._waiting.clear()

    def check(self) -> None:
        """Raise ``StoppedError`` once stopped."""
        if self._stopped:
            raise _stopped()

    async def wait(self, future: asyncio.Future[None], seconds: float | None = None) -> None:
        """Return when ``future`` is done, which only this caller awaits, or after ``seconds``."""
        self.check()
        self._waiting.add(future)
        try:
            async with asyncio.timeout(seconds):
                await future
        except TimeoutError:
            pass
        finally:
            self._waiting.discard(future)

    async def sleep(self, seconds: float) -> None:
        """Return after ``seconds``."""
        await self.wait(asyncio.get_running_loop().create_future(), seconds)


def _stopped() -> StoppedError:
    return StoppedError("stopped before all was done; run the same command again to go on")
