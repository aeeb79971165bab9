"""A scripted server on loopback, and clients that speak to it.

The server answers by a function of the request's number and body, so that a test says exactly which bytes
come when.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, fields
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from structurer.asking import Ask
from structurer.llm.client import ModelClient
from structurer.llm.online import OnlineDispatcher
from structurer.llm.prices import Prices
from structurer.llm.server import ModelServer
from structurer.store import Attempt, Journal, Outcome

if TYPE_CHECKING:
    from pathlib import Path

KEY = "sk-test-0123456789abcdefSECRET"


@dataclass
class Bytes:
    """A response: a status, a body, headers; how it is sent."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    wait: float = 0.0
    drip: float = 0.0
    cut: bool = False
    hang: bool = False


Answer = Callable[[int, dict[str, Any]], Bytes | Awaitable[Bytes]]


class Loopback:
    """What the server at the other end saw."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.bodies: list[dict[str, Any]] = []
        self.raw: list[bytes] = []
        self.heads: list[str] = []
        self.in_flight = 0
        self.most_in_flight = 0
        self.url = ""

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                length = next(
                    int(line.split(":")[1])
                    for line in head.splitlines()
                    if line.lower().startswith("content-length")
                )
                raw = await reader.readexactly(length)
                self.in_flight += 1
                self.most_in_flight = max(self.most_in_flight, self.in_flight)
                self.heads.append(head)
                self.raw.append(raw)
                self.bodies.append(json.loads(raw))
                try:
                    reply = self.answer(len(self.bodies), self.bodies[-1])
                    reply = reply if isinstance(reply, Bytes) else await reply
                    await asyncio.sleep(reply.wait)
                finally:
                    self.in_flight -= 1
                if reply.hang:
                    await asyncio.sleep(60)
                headers = {"Content-Type": "application/json", "Content-Length": str(len(reply.body))}
                lines = [f"HTTP/1.1 {reply.status} Said"] + [
                    f"{k}: {v}" for k, v in (headers | reply.headers).items()
                ]
                writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
                if reply.cut:
                    writer.write(reply.body[: len(reply.body) // 2])
                    await writer.drain()
                    return
                if reply.drip:
                    for byte in reply.body:
                        writer.write(bytes([byte]))
                        await writer.drain()
                        await asyncio.sleep(reply.drip)
                else:
                    writer.write(reply.body)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def loopback(answer: Answer) -> AsyncIterator[Loopback]:
    seen = Loopback(answer)
    tasks: set[asyncio.Task[None]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        with suppress(asyncio.CancelledError):
            await seen.converse(reader, writer)

    listener = await asyncio.start_server(connected, "127.0.0.1", 0)
    seen.url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}/v1"
    try:
        yield seen
    finally:
        listener.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks)


def completion(
    content: str | None = None, *, arguments: str | None = None, finish: str = "stop", **more: Any
) -> Bytes:
    """Return a chat completion as a server writes it."""
    message: dict[str, Any] = {"role": "assistant", "content": content}
    if arguments is not None:
        call = {"id": "c1", "type": "function", "function": {"name": "Word", "arguments": arguments}}
        message["tool_calls"] = [call]
    message |= more.pop("message", {})
    body = {
        "id": "x",
        "object": "chat.completion",
        "created": 1,
        "model": "m",
        "choices": [{"index": 0, "finish_reason": finish, "message": message}],
        "usage": {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110},
    } | more
    return Bytes(body=json.dumps(body, ensure_ascii=False).encode())


def failure(
    status: int, message: str = "no", headers: dict[str, str] | None = None, code: str | None = None
) -> Bytes:
    body = json.dumps({"error": {"message": message, "type": "t", "code": code}}).encode()
    return Bytes(status, body, headers or {})


def word(text: str = "fine") -> Bytes:
    return completion(arguments=json.dumps({"word": text}))


class Word(BaseModel):
    """A word."""

    word: str | None = None


def question(text: str = "which word?", answer: type[BaseModel] = Word, **context: Any) -> Ask:
    return Ask("test@1", "You know words.", text, answer, context, 50)


PRICES = Prices(Decimal("2"), Decimal("8"))


def server_at(url: str, **more: Any) -> ModelServer:
    """A server whose answers come as tool calls unless a test says otherwise; nothing waits for long."""
    settings: dict[str, Any] = {"mode": "tools", "timeout": 5.0, "deadline": 20.0, "prices": PRICES} | more
    return ModelServer("m", url, api_key=KEY, **settings)


def client_of(
    journal: Journal, server: ModelServer, budget: int | None = None, run: str = "run"
) -> ModelClient:
    """A client that sends, for a run that is open."""
    journal.open_run(run, "test", server.model, budget)
    return ModelClient(server, journal, OnlineDispatcher(server, journal, run), run)


def attempts(path: Path) -> list[Attempt]:
    """All rows of the journal in a database file, in order."""
    with sqlite3.connect(path) as connection:
        connection.row_factory = sqlite3.Row
        rows = connection.execute("SELECT * FROM model_attempt ORDER BY id").fetchall()
    connection.close()
    names = [each.name for each in fields(Attempt)]
    return [
        Attempt(**{name: row[name] for name in names} | {"outcome": Outcome(row["outcome"])}) for row in rows
    ]
