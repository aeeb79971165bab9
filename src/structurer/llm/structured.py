"""Structured answers through instructor, as pure functions: a question to a body, a body's answer to a reply.

Only instructor's two halves are used, ``handle_response_model`` and ``process_response``; not its patched
clients. With ``context=`` those render every message as a Jinja template, and a filing that prints
``{{ … }}`` would run as one; they also retry with a growing conversation, which is not wanted here.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from instructor.mode import Mode
from instructor.v2.core.response import handle_response_model, process_response
from openai.types.chat import ChatCompletion
from pydantic import BaseModel, ValidationError

from structurer.answers import accept
from structurer.asking import Answered, Ask, Invalid, Problem, Reply, Truncated, Unanswered
from structurer.llm.completion import read_completion, refusal_of
from structurer.store import Outcome

if TYPE_CHECKING:
    from structurer.llm.completion import Completion
    from structurer.llm.dialect import Dialect
    from structurer.models import Usage

_MODES = {"tools": Mode.TOOLS, "json_schema": Mode.JSON_SCHEMA, "json": Mode.JSON, "md_json": Mode.MD_JSON}

# Stand for the two texts in what instructor makes of an answer model, once; the texts are put in afterwards.
_SYSTEM = "\ue000system\ue001"
_USER = "\ue000user\ue001"

_DECODER = json.JSONDecoder()


@dataclass(frozen=True, slots=True)
class _Frame:
    """What instructor puts around a question's texts: messages with marks, and parameters for the shape."""

    messages: tuple[tuple[str, str], ...]
    shape: dict[str, Any]


def request_body(ask: Ask, model: str, dialect: Dialect) -> dict[str, Any]:
    """Return the body of the chat completion that puts this question. The texts go in as they are."""
    frame = _frame(ask.answer, dialect.mode)
    body: dict[str, Any] = {
        "model": model,
        "messages": [{"role": role, "content": _filled(content, ask)} for role, content in frame.messages],
        dialect.token_parameter: ask.max_tokens,
        **frame.shape,
    }
    if dialect.temperature is not None:
        body["temperature"] = dialect.temperature
    return body


def parse(raw: str, ask: Ask, usage: Usage) -> Reply:
    """Return what a response's body says to a question. Never raises for what a server or model wrote.

    The answer is taken where it stands, in a tool call or in the content, whichever was asked for.
    """
    completion = read_completion(raw)
    if completion is None:
        return Unanswered("the response is no chat completion")
    if completion.outcome is Outcome.TRUNCATED:
        return Truncated(usage)
    if completion.outcome is Outcome.REFUSED:
        return Unanswered(refusal_of(completion))
    reply = _validated(completion, ask, usage)
    if completion.calls > 1 and isinstance(reply, Answered):
        problem = Problem("", f"the answer came as {completion.calls} tool calls; only the first was read")
        return Answered(reply.value, usage, (problem, *reply.problems))
    return reply


def _validated(completion: Completion, ask: Ask, usage: Usage) -> Answered | Invalid:
    text = json_object(completion.answer)
    if text is None:
        return Invalid(usage, (Problem("", "the answer is not one whole JSON object"),))
    context = dict(ask.context)
    try:
        value = process_response(
            _chat_completion(text, completion.called),
            response_model=ask.answer,
            stream=False,
            validation_context=context,
            strict=False,
            mode=Mode.TOOLS if completion.called else Mode.JSON,
        )
    except ValidationError:
        rest, problems = accept(ask.answer, json.loads(text), context)
        return Invalid(usage, problems) if rest is None else Answered(rest, usage, problems)
    return Answered(value, usage)


def json_object(text: str) -> str | None:
    """Return the JSON object in an answer; ``None`` if there is none that is whole.

    Fences, text around it and a reasoning part that ends in ``</think>`` are passed over; of several objects
    the last counts. The search never looks inside an object that is broken: a part of it would pass for the
    whole.
    """
    text = text.rpartition("</think>")[2].strip()
    start, found = text.find("{"), None
    while start >= 0:
        try:
            _, end = _DECODER.raw_decode(text, start)
        except (ValueError, RecursionError):
            return None
        found = text[start:end]
        start = text.find("{", end)
    return found


def _chat_completion(text: str, called: bool) -> ChatCompletion:
    """Return an answer in the form in which instructor takes it."""
    call = {"id": "", "type": "function", "function": {"name": "", "arguments": text}}
    message = (
        {"role": "assistant", "content": None, "tool_calls": [call]}
        if called
        else {"role": "assistant", "content": text}
    )
    return ChatCompletion.construct(choices=[{"index": 0, "finish_reason": "stop", "message": message}])


def _filled(content: str, ask: Ask) -> str:
    # Each message holds one mark at most, so neither text is searched for the other's mark.
    if _SYSTEM in content:
        return content.replace(_SYSTEM, ask.system, 1)
    return content.replace(_USER, ask.user, 1)


@lru_cache(maxsize=256)
def _frame(answer: type[BaseModel], mode: str) -> _Frame:
    messages = [{"role": "system", "content": _SYSTEM}, {"role": "user", "content": _USER}]
    _, made = handle_response_model(answer, mode=_MODES[mode], messages=messages)
    shape = {key: made[key] for key in sorted(made) if key != "messages"}
    return _Frame(tuple((each["role"], each["content"]) for each in made["messages"]), shape)
