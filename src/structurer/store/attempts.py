"""The words of the journal: a request that was made, what came of it, and where a run's money stands."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class Outcome(StrEnum):
    """What came of one request."""

    ANSWERED = "answered"
    TRUNCATED = "truncated"
    """An answer that the token limit cut off."""
    REFUSED = "refused"
    """A refusal, or an answer that a content filter held back."""
    REJECTED = "rejected"
    """An HTTP 4xx that sending again would not mend."""
    RATE_LIMITED = "rate_limited"
    SERVER_ERROR = "server_error"
    TIMEOUT = "timeout"
    CONNECTION = "connection"
    LOST = "lost"
    """Reserved, and never heard of again: its worker died. It counts as spent in full."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request that was, or perhaps was, paid for.

    ``key`` is the hash of the exact request. ``cost`` is in nano-dollars. ``estimated`` says that the server
    told no usage: tokens and cost are the worst that was assumed. ``detail`` is one line without secrets,
    ``response`` the body as received, ``source`` is ``online`` or ``batch``.
    """

    key: str
    outcome: Outcome
    model: str
    prompt: str
    input_tokens: int
    output_tokens: int
    cost: int
    estimated: bool
    latency_ms: int
    status: int | None
    detail: str
    response: str | None
    source: str


class Spent(NamedTuple):
    """Where a run's money stands, in nano-dollars. No ``budget`` is no limit."""

    spent: int
    reserved: int
    budget: int | None
