"""A chat completion as received: what it says, how it ended, what it cost."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from structurer.llm.prices import FREE
from structurer.store import Attempt, Outcome

if TYPE_CHECKING:
    from structurer.llm.dispatch import Request
    from structurer.llm.prices import Prices

_NOT_PLAIN = re.compile(r"[\x00-\x20\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]+")


@dataclass(frozen=True, slots=True)
class Completion:
    """The first choice of a chat completion.

    ``answer`` is the text that should be JSON; ``called`` says that it is a tool call's arguments and not
    the message's content. ``calls`` counts the tool calls. ``refusal`` is the model's own, or empty.
    ``input_tokens`` and ``output_tokens`` are ``None`` where the server tells no usage.
    """

    finish: str | None
    answer: str
    called: bool
    calls: int
    refusal: str
    input_tokens: int | None
    output_tokens: int | None

    @property
    def outcome(self) -> Outcome:
        """What this counts as in the journal."""
        if self.finish == "length":
            return Outcome.TRUNCATED
        if self.refusal or self.finish == "content_filter":
            return Outcome.REFUSED
        return Outcome.ANSWERED


def read_completion(raw: str) -> Completion | None:
    """Return the completion that a response's body holds; ``None`` if it holds none.

    Lenient about what servers leave out or name ``null``.
    """
    try:
        body = json.loads(raw)
        choice = body["choices"][0]
        message = choice.get("message") or {}
        calls = message.get("tool_calls") or []
        call = calls[0]["function"] if calls else message.get("function_call") or {}
        arguments, content = _text(call.get("arguments")), _text(message.get("content"))
        usage = body.get("usage") or {}
        return Completion(
            finish=choice.get("finish_reason"),
            # Some servers are asked for a tool call and put its arguments into the content.
            answer=arguments or content,
            called=bool(arguments),
            calls=len(calls),
            refusal=_text(message.get("refusal")),
            input_tokens=_count(usage.get("prompt_tokens")),
            output_tokens=_count(usage.get("completion_tokens")),
        )
    except (ValueError, RecursionError, LookupError, TypeError, AttributeError):
        return None


def settle(
    request: Request,
    raw: str,
    prices: Prices | None,
    *,
    latency_ms: int = 0,
    status: int | None = 200,
    batch: bool = False,
) -> Attempt | None:
    """Return the journal's row for a response's body; ``None`` if the body is no chat completion.

    Where the server tells no usage, the worst is assumed.
    """
    completion = read_completion(raw)
    if completion is None:
        return None
    known = completion.input_tokens is not None and completion.output_tokens is not None
    input_tokens = completion.input_tokens if completion.input_tokens is not None else request.input_bound
    output_tokens = completion.output_tokens if completion.output_tokens is not None else request.max_tokens
    return Attempt(
        key=request.key,
        outcome=completion.outcome,
        model=request.model,
        prompt=request.prompt,
        input_tokens=input_tokens,
        output_tokens=output_tokens,
        cost=(prices or FREE).cost(input_tokens, output_tokens, batch=batch),
        estimated=not known,
        latency_ms=latency_ms,
        status=status,
        detail=refusal_of(completion) if completion.outcome is Outcome.REFUSED else "",
        response=raw,
        source="batch" if batch else "online",
    )


def refusal_of(completion: Completion) -> str:
    """Return in one line why there is no answer."""
    if completion.refusal:
        return f"the model refused: {one_line(completion.refusal)}"
    return "a content filter held the answer back"


def one_line(text: str, limit: int = 200) -> str:
    """Return text from outside as one short line without control characters."""
    line = _NOT_PLAIN.sub(" ", text[: 4 * limit]).strip()
    return line if len(line) <= limit else f"{line[: limit - 1]}…"


def _text(value: Any) -> str:
    """Return text that may come as a string, as an object, or as a list of parts."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "".join(_text(part.get("text")) for part in value if isinstance(part, dict))
    return json.dumps(value, ensure_ascii=False)


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
