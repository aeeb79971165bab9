"""Files and batches as the server keeps them. A batch goes on each time somebody asks for it."""

from __future__ import annotations

import asyncio
import json
import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from model_server.completions import Said, error

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_MOMENT = 1_700_000_000
_DAY = 86_400
_UNFINISHED = ("validating", "in_progress", "finalizing")


@dataclass(frozen=True)
class BatchRules:
    """How batches go.

    A batch is done when it was asked for ``polls`` times and once more. With ``expire_after`` only so many
    of its requests are done and the rest expires. ``failing`` says which requests, by custom id, the server
    fails, and ``failing_status`` how. Answers come in an order chosen by ``seed``; ``None`` keeps the order
    of the requests.
    """

    polls: int = 0
    expire_after: int | None = None
    failing: Callable[[str], bool] = lambda custom_id: False
    failing_status: int = 500
    seed: int | None = 0


@dataclass
class _Batch:
    """One batch: what the API shows of it, its requests, and how often it was asked for."""

    shown: dict[str, Any]
    requests: list[dict[str, Any]] = field(default_factory=list)
    polled: int = 0


class Batches:
    """All files and batches of one server. ``put`` answers the body of one request."""

    def __init__(self, rules: BatchRules, put: Callable[[Mapping[str, Any]], Said]) -> None:
        self._rules = rules
        self._put = put
        self._files: dict[str, tuple[dict[str, Any], bytes]] = {}
        self._batches: dict[str, _Batch] = {}

    def add_file(self, name: str, content: bytes, purpose: str) -> Said:
        """Keep a file and return its description."""
        number = f"file-{len(self._files) + 1:04}"
        shown = {
            "id": number,
            "object": "file",
            "bytes": len(content),
            "created_at": _MOMENT,
            "filename": name,
            "purpose": purpose,
            "status": "processed",
        }
        self._files[number] = (shown, content)
        return Said(200, shown)

    def file(self, number: str) -> Said:
        """Describe a file."""
        return Said(200, self._files[number][0]) if number in self._files else _missing("file", number)

    def content(self, number: str) -> bytes | None:
        """Return a file's bytes; ``None`` where there is no such file."""
        return self._files[number][1] if number in self._files else None

    def files(self) -> Said:
        """List the files, the newest first."""
        return _list([shown for shown, _ in reversed(self._files.values())], {})

    def create(self, body: Mapping[str, Any]) -> Said:
        """Begin a batch of the requests in a file."""
        source = body.get("input_file_id")
        if source not in self._files:
            return _missing("file", str(source))
        number = f"batch_{len(self._batches) + 1:04}"
        shown: dict[str, Any] = {
            "id": number,
            "object": "batch",
            "endpoint": body.get("endpoint"),
            "errors": None,
            "input_file_id": source,
            "completion_window": body.get("completion_window"),
            "status": "validating",
            "output_file_id": None,
            "error_file_id": None,
            "created_at": _MOMENT,
            "expires_at": _MOMENT + _DAY,
            "request_counts": {"total": 0, "completed": 0, "failed": 0},
            "metadata": body.get("metadata"),
        }
        self._batches[number] = _Batch(shown)
        return Said(200, dict(shown))

    def page(self, query: Mapping[str, str]) -> Said:
        """List the batches, the newest first; this does not move them on."""
        return _list([batch.shown for batch in reversed(self._batches.values())], query)

    async def poll(self, number: str) -> Said:
        """Move a batch on by one step and describe it."""
        batch = self._batches.get(number)
        if batch is None:
            return _missing("batch", number)
        shown = batch.shown
        if shown["status"] == "validating":
            self._validate(batch)
        if shown["status"] == "cancelling":
            await self._finish(batch, self._done_by_now(batch), "cancelled")
        elif shown["status"] == "in_progress":
            if batch.polled < self._rules.polls:
                batch.polled += 1
                shown["request_counts"] |= {"completed": self._done_by_now(batch)}
            elif self._rules.expire_after is not None and self._rules.expire_after < len(batch.requests):
                await self._finish(batch, self._rules.expire_after, "expired")
            else:
                await self._finish(batch, len(batch.requests), "completed")
        return Said(200, dict(shown))

    def cancel(self, number: str) -> Said:
        """Begin to cancel a batch; asked for again, it is cancelled and keeps what was done by then."""
        batch = self._batches.get(number)
        if batch is None:
            return _missing("batch", number)
        if batch.shown["status"] not in _UNFINISHED:
            message = f"Cannot cancel a batch with status '{batch.shown['status']}'."
            return error(409, message, "batch_not_cancellable")
        if batch.shown["status"] == "validating":
            self._validate(batch)
        if batch.shown["status"] == "in_progress":
            batch.shown |= {"status": "cancelling", "cancelling_at": _MOMENT}
        return Said(200, dict(batch.shown))

    def _validate(self, batch: _Batch) -> None:
        shown = batch.shown
        try:
            batch.requests = _requests(self._files[shown["input_file_id"]][1], shown["endpoint"])
        except _NoBatchError as wrong:
            fault = {"code": "invalid_request", "message": str(wrong), "param": None, "line": wrong.line}
            shown |= {"status": "failed", "failed_at": _MOMENT, "errors": {"object": "list", "data": [fault]}}
        else:
            shown |= {"status": "in_progress", "in_progress_at": _MOMENT}
            shown["request_counts"] = {"total": len(batch.requests), "completed": 0, "failed": 0}

    def _done_by_now(self, batch: _Batch) -> int:
        return len(batch.requests) * batch.polled // (self._rules.polls + 1)

    async def _finish(self, batch: _Batch, done: int, status: str) -> None:
        """Write the answers of the first ``done`` requests, and what became of the others."""
        output: list[dict[str, Any]] = []
        errors: list[dict[str, Any]] = []
        batch.shown["status"] = "finalizing"
        for n, request in enumerate(batch.requests):
            answered = {
                "id": f"batch_req_{n}",
                "custom_id": request["custom_id"],
                "response": None,
                "error": None,
            }
            if n < done:
                said = self._said(request)
                answered["response"] = {
                    "status_code": said.status,
                    "request_id": f"req_{n}",
                    "body": said.payload,
                }
                (output if said.status == 200 else errors).append(answered)
                if n % 20 == 0:
                    await asyncio.sleep(0)
            else:
                message = f"This request could not be executed before the batch was {status}."
                errors.append(answered | {"error": {"code": f"batch_{status}", "message": message}})
        batch.shown |= {
            "status": status,
            f"{status}_at": _MOMENT,
            "output_file_id": self._write(output, "output"),
            "error_file_id": self._write(errors, "errors"),
            "request_counts": {"total": len(batch.requests), "completed": len(output), "failed": len(errors)},
        }

    def _said(self, request: Mapping[str, Any]) -> Said:
        if self._rules.failing(request["custom_id"]):
            return error(
                self._rules.failing_status,
                "The server had an error while processing your request.",
                "server_error",
            )
        return self._put(request["body"])

    def _write(self, lines: list[dict[str, Any]], name: str) -> str | None:
        if not lines:
            return None
        if self._rules.seed is not None:
            random.Random(self._rules.seed).shuffle(lines)
        content = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines).encode()
        number: str = self.add_file(f"{name}.jsonl", content, "batch_output").payload["id"]
        return number


class _NoBatchError(Exception):
    """A file that is no batch: why, and in which line, counted from 1."""

    def __init__(self, message: str, line: int | None) -> None:
        super().__init__(message)
        self.line = line


def _requests(content: bytes, endpoint: str) -> list[dict[str, Any]]:
    """Read a file of requests. Raises ``_NoBatchError``."""
    requests: list[dict[str, Any]] = []
    seen: set[str] = set()
    for number, line in enumerate(content.splitlines(), start=1):
        try:
            request = json.loads(line)
            custom_id, _ = request["custom_id"], request["body"]["messages"]
            right = (request["method"], request["url"]) == ("POST", endpoint)
        except (ValueError, KeyError, TypeError) as error:
            raise _NoBatchError("This line is not a request.", number) from error
        if not right:
            raise _NoBatchError(f"The request is not a POST to the batch's endpoint {endpoint}.", number)
        if custom_id in seen:
            raise _NoBatchError(f"The custom_id {custom_id} is used twice.", number)
        seen.add(custom_id)
        requests.append(request)
    if not requests:
        raise _NoBatchError("The file has no request.", None)
    return requests


def _list(shown: list[dict[str, Any]], query: Mapping[str, str]) -> Said:
    after = [n for n, item in enumerate(shown) if item["id"] == query.get("after")]
    rest = shown[after[0] + 1 :] if after else shown
    page = rest[: int(query.get("limit", 20))]
    return Said(
        200,
        {
            "object": "list",
            "data": [dict(item) for item in page],
            "first_id": page[0]["id"] if page else None,
            "last_id": page[-1]["id"] if page else None,
            "has_more": len(rest) > len(page),
        },
    )


def _missing(kind: str, number: str) -> Said:
    return error(404, f"No such {kind}: {number}", "not_found", "id")
