"""Requests that are not sent: for batch files and dry runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from structurer.llm.dispatch import NotSentError

if TYPE_CHECKING:
    from structurer.llm.dispatch import Request
    from structurer.store import Journal


class Outbox:
    """A dispatcher that keeps each request once, in the order of asking, and sends none.

    For a batch, a ``journal`` says which requests an earlier batch was refused; those are counted only.
    """

    def __init__(self, journal: Journal | None = None) -> None:
        self._journal = journal
        self._requests: dict[str, Request] = {}
        self._refused: set[str] = set()

    @property
    def requests(self) -> tuple[Request, ...]:
        """What would have been sent, each key once, in the order of asking."""
        return tuple(self._requests.values())

    @property
    def refused(self) -> int:
        """How many requests were left out, since the same would be refused and paid for again."""
        return len(self._refused)

    async def dispatch(self, request: Request) -> NoReturn:
        """Keep the request, unless a batch was refused it, and raise ``NotSentError``."""
        if self._journal is not None and self._journal.refused_in_batch(request.key):
            self._refused.add(request.key)
        else:
            self._requests.setdefault(request.key, request)
        raise NotSentError(request.key)

    def stop(self) -> None:
        """Do nothing: nothing is ever begun."""

    async def close(self) -> None:
        """Do nothing: nothing is open."""
