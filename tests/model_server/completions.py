"""One chat completion: a request's body in, what the server says to it out. No network, no clock."""

from __future__ import annotations

import hashlib
import json
import random
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from model_server.answers import UnknownFilingError, select
from model_server.faults import Fault
from model_server.prompt import messages_of, question_of
from model_server.spoiling import spoil

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from model_server.answers import Answers
    from model_server.faults import Faults

_MOMENT = 1_700_000_000
"""Every answer was made at this second, so that the same request gets the same bytes."""
_WIDE = re.compile(r"[^\x00-\x7f]")
_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Said:
    """A status and the JSON object that comes with it."""

    status: int
    payload: dict[str, Any]


FAILURES: Mapping[Fault, Said]


def error(status: int, message: str, code: str, param: str | None = None) -> Said:
    """Return an error as the OpenAI API words it."""
    kind = {401: "authentication_error", 429: "rate_limit_error"}.get(
        status, "invalid_request_error" if status < 500 else "server_error"
    )
    return Said(status, {"error": {"message": message, "type": kind, "param": param, "code": code}})


FAILURES = {
    Fault.RATE_LIMIT_WAIT: error(429, "Rate limit reached; try again later.", "rate_limit_exceeded"),
    Fault.RATE_LIMIT: error(429, "Rate limit reached.", "rate_limit_exceeded"),
    Fault.SERVER_ERROR: error(500, "The server had an error while processing your request.", "server_error"),
    Fault.OVERLOADED: error(503, "The engine is currently overloaded.", "overloaded"),
    Fault.UNAUTHORIZED: error(401, "Incorrect API key provided.", "invalid_api_key"),
}


def complete(body: Mapping[str, Any], answers: Answers, faults: Faults, fault: Fault | None) -> Said:
    """Return what the server says to a chat completion that this fault befalls."""
    if fault is not None and fault in FAILURES:
        return FAILURES[fault]
    refused = _refused(body, faults)
    if refused is not None:
        return refused
    identity = hashlib.sha256(_compact(body).encode()).hexdigest()
    try:
        text = _answer_text(body, answers, fault, random.Random(f"{faults.seed} {identity}"))
    except UnknownFilingError as unknown:
        return error(400, str(unknown), "unknown_filing", "messages")
    return Said(200, _completion(body, identity, text, fault))


def _refused(body: Mapping[str, Any], faults: Faults) -> Said | None:
    """Return the error that a server of this dialect makes of the request's parameters."""
    if body.get("stream"):
        return error(400, "This server does not stream.", "unsupported_parameter", "stream")
    if not isinstance(body.get("messages"), list):
        return error(400, "Missing required parameter: 'messages'.", "missing_required_parameter", "messages")
    for parameter, fault, instead in (
        ("temperature", Fault.NO_TEMPERATURE, ""),
        ("max_tokens", Fault.NO_MAX_TOKENS, " Use 'max_completion_tokens' instead."),
        ("max_completion_tokens", Fault.NO_MAX_COMPLETION_TOKENS, " Use 'max_tokens' instead."),
        ("tools", Fault.NO_TOOLS, ""),
    ):
        if parameter in body and faults.refuses(fault):
            message = f"Unsupported parameter: '{parameter}' is not supported with this model.{instead}"
            return error(400, message, "unsupported_parameter", parameter)
    kind = body.get("response_format", {}).get("type")
    if (kind == "json_schema" and faults.refuses(Fault.NO_JSON_SCHEMA)) or (
        kind == "json_object" and faults.refuses(Fault.NO_JSON_OBJECT)
    ):
        message = f"Invalid parameter: 'response_format' of type '{kind}' is not supported with this model."
        return error(400, message, "unsupported_value", "response_format")
    return None


def _answer_text(body: Mapping[str, Any], answers: Answers, fault: Fault | None, dice: random.Random) -> str:
    question = question_of(body)
    try:
        answer = answers(question, body)
    except UnknownFilingError:
        if question is not None:
            raise
        answer = _obliging(body)
    answer = spoil(answer, fault, question, dice)
    if question is not None and isinstance(answer, dict) and fault is not Fault.WRONG_SCHEMA:
        answer = select(answer, question.keys)
    text = answer if isinstance(answer, str) else _compact(answer)
    return f"{text[: len(text) * 2 // 3]}]] oops" if fault is Fault.INVALID_JSON else text


def _completion(body: Mapping[str, Any], identity: str, text: str, fault: Fault | None) -> dict[str, Any]:
    if fault is Fault.TRUNCATED:
        text = text[: len(text) // 2]
    text, finish = _limited(body, text)
    if fault is Fault.TRUNCATED:
        finish = "length"
    message: dict[str, Any] = {"role": "assistant", "content": None, "refusal": None}
    if fault is Fault.REFUSAL:
        message["refusal"], text = "I'm sorry, I cannot assist with that request.", ""
    elif fault is Fault.CONTENT_FILTER:
        message["content"], text, finish = "", "", "content_filter"
    elif body.get("tools"):
        function = {"name": body["tools"][0]["function"]["name"], "arguments": text}
        message["tool_calls"] = [{"id": f"call_{identity[:12]}", "type": "function", "function": function}]
        if finish == "stop" and body.get("tool_choice", "auto") == "auto":
            finish = "tool_calls"
    else:
        message["content"] = f"```json\n{text}\n```" if _wants_fence(body) else text
    read, written = _tokens_read(body), _tokens(text)
    return {
        "id": f"chatcmpl-{identity[:24]}",
        "object": "chat.completion",
        "created": _MOMENT,
        "model": body.get("model", ""),
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": finish}],
        "usage": {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written},
    }


def _limited(body: Mapping[str, Any], text: str) -> tuple[str, str]:
    """Cut the text at the request's token limit, as every server does."""
    limit = body.get("max_completion_tokens") or body.get("max_tokens")
    if not limit or _tokens(text) <= limit:
        return text, "stop"
    while _tokens(text) > limit:
        text = text[: min(len(text) - 1, len(text) * limit // _tokens(text))]
    return text, "length"


def _tokens(text: str) -> int:
    """Count a text's tokens: one a wide character, one for three others."""
    wide = len(_WIDE.findall(text))
    return wide + (len(text) - wide + 2) // 3


def _tokens_read(body: Mapping[str, Any]) -> int:
    """Count what is read as one token a character: never more than its UTF-8 bytes."""
    schema = [body[key] for key in ("tools", "response_format") if key in body]
    return sum(len(text) for _, text in messages_of(body)) + sum(len(_compact(part)) for part in schema)


def _wants_fence(body: Mapping[str, Any]) -> bool:
    return "response_format" not in body and any("```json" in text for _, text in messages_of(body))


def _obliging(body: Mapping[str, Any]) -> Any:
    """Answer a question about no filing with the least that its schema wants, and a number that it names."""
    asked = " ".join(text for role, text in messages_of(body) if role == "user")
    number = _NUMBER.search(asked)
    schema = _schema(body)
    return "OK" if schema is None else _least(schema, schema, int(number[0]) if number else 7)


def _schema(body: Mapping[str, Any]) -> Any:
    if body.get("tools"):
        return body["tools"][0]["function"].get("parameters")
    wanted = body.get("response_format", {})
    if wanted.get("type") == "json_schema":
        return wanted["json_schema"]["schema"]
    objects = (found for _, text in messages_of(body) for found in _objects(text))
    return next((found for found in objects if "properties" in found), None)


def _objects(text: str) -> Iterator[dict[str, Any]]:
    """Yield the JSON objects that a text prints."""
    decoder, at = json.JSONDecoder(), text.find("{")
    while at >= 0:
        try:
            found, end = decoder.raw_decode(text, at)
            yield found
        except json.JSONDecodeError:
            end = at + 1
        at = text.find("{", end)


def _least(schema: Any, root: Any, number: int) -> Any:
    if "$ref" in schema:
        return _least(root["$defs"][schema["$ref"].rsplit("/", 1)[-1]], root, number)
    if "enum" in schema or "const" in schema:
        return schema["const"] if "const" in schema else schema["enum"][0]
    if "anyOf" in schema:
        return _least(schema["anyOf"][0], root, number)
    if schema.get("type") == "object":
        properties = schema.get("properties", {})
        return {key: _least(properties[key], root, number) for key in schema.get("required") or properties}
    plain: dict[str, Any] = {"integer": number, "number": number, "boolean": True, "array": [], "null": None}
    return plain.get(schema.get("type", "string"), "OK")


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
