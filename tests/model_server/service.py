"""What the server says to each request, and what it remembers of them."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from model_server.batches import Batches, BatchRules
from model_server.completions import Said, complete, error
from model_server.faults import Fault, Faults
from model_server.wire import HttpReply, form_parts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from model_server.answers import Answers
    from model_server.wire import HttpRequest

_COMPLETIONS = ("POST", "chat/completions")
_MANNERS = (Fault.HANG, Fault.DRIP, Fault.CUT)


@dataclass(frozen=True, slots=True)
class Asked:
    """One request that came: where to, with which headers and bytes, its JSON, and its fault."""

    method: str
    path: str
    headers: Mapping[str, str]
    raw: bytes
    body: Any
    fault: Fault | None = None


@dataclass(frozen=True)
class Conduct:
    """How a server behaves.

    ``latency`` is how many seconds a completion takes, ``retry_after`` the header's text, ``drip`` the
    seconds a byte. ``models`` are the only ones there are (none: any), ``api_key`` the only one let in
    (``None``: any). More than ``capacity`` completions at once are answered 429. ``remember`` keeps all
    requests for tests to see.
    """

    faults: Faults = field(default_factory=Faults)
    latency: float = 0.0
    batches: BatchRules = field(default_factory=BatchRules)
    models: tuple[str, ...] = ()
    api_key: str | None = None
    capacity: int | None = None
    retry_after: str = "0.05"
    drip: float = 0.02
    remember: bool = True


class Service:
    """Answers requests; ``requests`` are those that came, in order, and ``counts`` how many of each kind.

    ``errors`` are the exceptions that the server itself, or whoever answers, raised.

    Keys of ``counts``: ``completions``, ``files``, ``batches``, ``models``; a status (``"429"``); a fault's
    value; ``peak``, the most completions that were in flight at once.
    """

    def __init__(self, answers: Answers, conduct: Conduct) -> None:
        self.requests: list[Asked] = []
        self.counts: Counter[str] = Counter()
        self.errors: list[Exception] = []
        self._answers = answers
        self._conduct = conduct
        self._came: Counter[bytes] = Counter()
        self._in_flight = 0
        self._batches = Batches(conduct.batches, self._answer_in_batch)

    async def respond(self, request: HttpRequest) -> HttpReply:
        """Return the reply to one request."""
        path = request.path.removeprefix("/v1/").strip("/")
        body = _json(request)
        try:
            reply, fault = await self._route(request, path, body)
        except Exception as broken:
            self.errors.append(broken)
            reply, fault = _reply(error(500, f"{type(broken).__name__}: {broken}", "broken")), None
        self.counts[path.split("/")[0] if path != "chat/completions" else "completions"] += 1
        self.counts[str(reply.status)] += reply.manner is None
        if fault is not None:
            self.counts[fault.value] += 1
        return reply

    async def _route(self, request: HttpRequest, path: str, body: Any) -> tuple[HttpReply, Fault | None]:
        completion = (request.method, path) == _COMPLETIONS
        fault = self._fault(request.body) if completion else None
        if self._conduct.remember:
            asked = Asked(request.method, request.path, request.headers, request.body, body, fault)
            self.requests.append(asked)
        if self._conduct.api_key not in (
            None,
            request.headers.get("authorization", "").removeprefix("Bearer "),
        ):
            return _reply(error(401, "Incorrect API key provided.", "invalid_api_key")), None
        if completion:
            return await self._completion(body, fault), fault
        return await self._other(request, path, body), None

    async def _completion(self, body: Any, fault: Fault | None) -> HttpReply:
        self._in_flight += 1
        self.counts["peak"] = max(self.counts["peak"], self._in_flight)
        try:
            if self._conduct.capacity is not None and self._in_flight > self._conduct.capacity:
                return self._finished(error(429, "Rate limit reached.", "rate_limit_exceeded"), None)
            if self._conduct.latency:
                await asyncio.sleep(self._conduct.latency)
            return self._finished(self._said(body, fault), fault)
        finally:
            self._in_flight -= 1

    def _said(self, body: Any, fault: Fault | None) -> Said:
        if not isinstance(body, dict):
            return error(400, "We could not parse the JSON body of your request.", "invalid_json")
        if self._conduct.models and body.get("model") not in self._conduct.models:
            return error(404, f"The model '{body.get('model')}' does not exist.", "model_not_found", "model")
        return complete(body, self._answers, self._conduct.faults, fault)

    def _finished(self, said: Said, fault: Fault | None) -> HttpReply:
        headers = {"retry-after": self._conduct.retry_after} if fault is Fault.RATE_LIMIT_WAIT else {}
        return _reply(said, headers, fault if fault in _MANNERS else None)

    async def _other(self, request: HttpRequest, path: str, body: Any) -> HttpReply:
        match request.method, path.split("/"):
            case "GET", ["models"]:
                models = [
                    {"id": name, "object": "model", "created": 0, "owned_by": "test"}
                    for name in self._names()
                ]
                return _reply(Said(200, {"object": "list", "data": models}))
            case "GET", ["stats"]:
                return _reply(Said(200, dict(self.counts)))
            case "POST", ["files"]:
                return _reply(self._upload(request))
            case "GET", ["files"]:
                return _reply(self._batches.files())
            case "GET", ["files", number]:
                return _reply(self._batches.file(number))
            case "GET", ["files", number, "content"]:
                content = self._batches.content(number)
                if content is None:
                    return _reply(self._batches.file(number))
                return HttpReply(200, content, "application/octet-stream")
            case "POST", ["batches"] if isinstance(body, dict):
                return _reply(self._batches.create(body))
            case "GET", ["batches"]:
                return _reply(self._batches.page(request.query))
            case "GET", ["batches", number]:
                return _reply(await self._batches.poll(number))
            case "POST", ["batches", number, "cancel"]:
                return _reply(self._batches.cancel(number))
        return _reply(error(404, f"Unknown request URL: {request.method} {request.path}", "unknown_url"))

    def _upload(self, request: HttpRequest) -> Said:
        parts = {part.name: part for part in form_parts(request)}
        if "file" not in parts or "purpose" not in parts:
            return error(400, "A file and its purpose are required.", "missing_required_parameter", "file")
        return self._batches.add_file(
            parts["file"].filename or "upload", parts["file"].content, parts["purpose"].content.decode()
        )

    def _answer_in_batch(self, body: Mapping[str, Any]) -> Said:
        fault = self._fault(json.dumps(body, ensure_ascii=False, sort_keys=True).encode())
        if fault is not None:
            self.counts[fault.value] += 1
        if fault in _MANNERS:  # Nothing travels in a batch: what would break on its way fails there.
            fault = Fault.SERVER_ERROR
        return self._said(body, fault)

    def _fault(self, raw: bytes) -> Fault | None:
        earlier = self._came[raw]
        self._came[raw] += 1
        return self._conduct.faults.pick(raw, earlier)

    def _names(self) -> tuple[str, ...]:
        return self._conduct.models or ("test-model",)


def _json(request: HttpRequest) -> Any:
    """Return a request's JSON; ``None`` where it has none."""
    if not request.headers.get("content-type", "").startswith("application/json"):
        return None
    try:
        return json.loads(request.body)
    except ValueError:
        return None


def _reply(said: Said, headers: Mapping[str, str] | None = None, manner: Fault | None = None) -> HttpReply:
    body = json.dumps(said.payload, ensure_ascii=False, separators=(",", ":")).encode()
    return HttpReply(said.status, body, headers=headers or {}, manner=manner)
