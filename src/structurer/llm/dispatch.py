"""One request, and whoever gets it answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from structurer.store import Attempt


@dataclass(frozen=True, slots=True)
class Request:
    """One chat completion that is wanted.

    ``key`` is the hash of the server's address and the exact ``body``, which is JSON in UTF-8.
    ``input_bound`` is the most input tokens that the body can have, ``max_tokens`` the most output tokens.
    ``patience`` are the seconds after which a server that fails is given up, where that is before its
    deadline; one that is only busy is waited for until then.
    """

    key: str
    prompt: str
    model: str
    body: bytes
    input_bound: int
    max_tokens: int
    patience: float | None = None


class Dispatcher(Protocol):
    """Gets requests answered."""

    async def dispatch(self, request: Request) -> Attempt:
        """Return what came of a request in the end, written in the journal.

        Raises ``ModelServerError`` where no request can succeed, ``PausedError`` where the run must end for
        now, ``NotSentError`` where nothing is sent by principle.
        """
        ...

    def stop(self) -> None:
        """Begin no new request; those in flight are brought to their end."""
        ...

    async def close(self) -> None:
        """Give up connections."""
        ...


class NotSentError(Exception):
    """The request was only written down. Whoever drives a reading with an outbox expects this."""
