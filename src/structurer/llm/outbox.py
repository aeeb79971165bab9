"""Requests that are not sent: for batch files and dry runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from structurer.llm.dispatch import NotSentError

if TYPE_CHECKING:
    from structurer.llm.dispatch import Request


class Outbox:
    """A dispatcher that keeps each request once, in the order of asking, and sends none."""

    def __init__(self) -> None:
        self._requests: dict[str, Request] = {}

    @property
    def requests(self) -> tuple[Request, ...]:
        """What would have been sent, each key once, in the order of asking."""
        return tuple(self._requests.values())

    async def dispatch(self, request: Request) -> NoReturn:
        """Keep the request and raise ``NotSentError``."""
        self._requests.setdefault(request.key, request)
        raise NotSentError(request.key)

    def stop(self) -> None:
        """Do nothing: nothing is ever begun."""

    async def close(self) -> None:
        """Do nothing: nothing is open."""
