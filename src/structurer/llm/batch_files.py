"""Batch files: requests as OpenAI's Batch API takes them, and results as it gives them.

The id of a request in a file is its key in the journal, so an answer is found again whatever way it came.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from structurer.llm.completion import one_line, settle
from structurer.llm.dispatch import Request
from structurer.llm.transport import outcome_of
from structurer.store import Attempt, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from structurer.llm.prices import Prices
    from structurer.store import Journal

ENDPOINT: Final = "/v1/chat/completions"

_MOST_REQUESTS = 50_000
_MOST_BYTES = 190_000_000
"""What one file may hold: OpenAI's limits (50,000 requests, 200 MB) with some room."""


def request_line(request: Request) -> bytes:
    """Return a request as one line of a batch file, its body byte for byte as it would be sent."""
    head = json.dumps({"custom_id": request.key, "method": "POST", "url": ENDPOINT})
    return b"".join((head.removesuffix("}").encode(), b', "body": ', request.body, b"}\n"))


def in_files(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the lines in as few files as their limits allow."""
    held: list[bytes] = []
    size = 0
    for line in lines:
        if held and (len(held) >= _MOST_REQUESTS or size + len(line) > _MOST_BYTES):
            yield b"".join(held)
            held, size = [], 0
        held.append(line)
        size += len(line)
    if held:
        yield b"".join(held)


def unanswered(lines: Iterable[bytes], journal: Journal) -> Iterator[bytes]:
    """Yield the lines of a file of requests that the journal has no answer to, and no batch was refused.

    Raises ``ValueError`` for a line that is no request.
    """
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        key = _parsed(line).get("custom_id")
        if not isinstance(key, str) or "body" not in _parsed(line):
            raise ValueError(f"line {number} is no request of a batch")
        if journal.find(key) is None and not journal.refused_in_batch(key):
            yield line if line.endswith(b"\n") else line + b"\n"


@dataclass(frozen=True, slots=True)
class Collected:
    """What a file of results held: answers taken, answers known before, failures, lines that say nothing."""

    answers: int = 0
    known: int = 0
    failures: int = 0
    unreadable: tuple[int, ...] = ()

    def __add__(self, other: Collected) -> Collected:
        """Return both together."""
        return Collected(
            self.answers + other.answers,
            self.known + other.known,
            self.failures + other.failures,
            self.unreadable + other.unreadable,
        )


def take_results(
    lines: Iterable[bytes], journal: Journal, run: str | None, prices: Prices | None
) -> Collected:
    """Write the results of a batch into the journal, each answer once.

    A line that cannot be read costs only itself; its number, from 1, is returned.
    """
    collected = Collected()
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        attempt = _attempt(_parsed(line), prices)
        if attempt is None:
            collected += Collected(unreadable=(number,))
        elif journal.find(attempt.key) is not None:
            collected += Collected(known=1)
        else:
            journal.record(attempt, run)
            answered = attempt.outcome in (Outcome.ANSWERED, Outcome.TRUNCATED)
            collected += Collected(answers=int(answered), failures=int(not answered))
    return collected


def _parsed(line: bytes) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _attempt(line: dict[str, Any], prices: Prices | None) -> Attempt | None:
    """Return what a line of results says came of a request; ``None`` if it says nothing."""
    key, response = line.get("custom_id"), line.get("response")
    if not isinstance(key, str) or not key:
        return None
    response = response if isinstance(response, dict) else {}
    body, status = response.get("body"), response.get("status_code")
    model = body.get("model") if isinstance(body, dict) else None
    request = Request(key, "", model if isinstance(model, str) else "", b"", 0, 0)
    if status == 200:
        raw = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
        attempt = settle(request, raw, prices, batch=True)
        if attempt is not None:
            return attempt
    problem = line.get("error") or (body.get("error") if isinstance(body, dict) else None) or "no answer"
    said = problem.get("message") if isinstance(problem, dict) else problem
    return Attempt(
        key=key,
        outcome=outcome_of(status) if isinstance(status, int) and status >= 400 else Outcome.SERVER_ERROR,
        model=request.model,
        prompt="",
        input_tokens=0,
        output_tokens=0,
        cost=0,
        estimated=False,
        latency_ms=0,
        status=status if isinstance(status, int) else None,
        detail=one_line(str(said or problem)),
        response=None,
        source="batch",
    )
