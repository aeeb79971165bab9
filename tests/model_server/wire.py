"""HTTP/1.1 on asyncio streams: as much of it as clients of the API use."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

from model_server.faults import Fault

if TYPE_CHECKING:
    from collections.abc import Mapping

HEAD_LIMIT = 65_536
_BOUNDARY = re.compile(r'boundary="?([^";]+)')
_DISPOSITION = re.compile(
    rb'content-disposition:[^\r\n]*?\bname="([^"]*)"(?:[^\r\n]*?\bfilename="([^"]*)")?', re.I
)


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A request as it came. Names of headers are in small letters."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class HttpReply:
    """A reply, and in what manner it is delivered (``HANG``, ``DRIP``, ``CUT`` or plainly)."""

    status: int
    body: bytes
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    manner: Fault | None = None


@dataclass(frozen=True, slots=True)
class FormPart:
    """One part of a form: its name, its file's name if it is a file, and its bytes."""

    name: str
    filename: str | None
    content: bytes


async def read_request(reader: asyncio.StreamReader) -> HttpRequest | None:
    """Read one request; ``None`` when the client is done. Raises ``ValueError`` for what is no HTTP."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.decode("latin-1").split("\r\n")[:-2]
    method, target, _ = first.split(" ", 2)
    pairs = (line.split(":", 1) for line in lines)
    headers = {name.strip().lower(): value.strip() for name, value in pairs}
    if headers.get("transfer-encoding", "").lower() == "chunked":
        body = await _read_chunks(reader)
    else:
        body = await reader.readexactly(int(headers.get("content-length", 0)))
    url = urlsplit(target)
    return HttpRequest(method, url.path, dict(parse_qsl(url.query)), headers, body)


async def _read_chunks(reader: asyncio.StreamReader) -> bytes:
    body = bytearray()
    while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
        body += await reader.readexactly(size)
        await reader.readexactly(2)
    while await reader.readuntil(b"\r\n") != b"\r\n":
        pass
    return bytes(body)


async def deliver(
    reply: HttpReply, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, drip: float
) -> bool:
    """Send a reply in its manner (``drip``: seconds a byte); say whether the connection can go on."""
    if reply.manner is Fault.HANG:
        while await reader.read(HEAD_LIMIT):
            pass
        return False
    phrase = HTTPStatus(reply.status).phrase
    headers = {"content-type": reply.content_type, "content-length": str(len(reply.body)), **reply.headers}
    lines = [f"HTTP/1.1 {reply.status} {phrase}", *(f"{name}: {value}" for name, value in headers.items())]
    head = "\r\n".join((*lines, "", "")).encode("latin-1")
    if reply.manner is Fault.DRIP:
        writer.write(head)
        for n in range(len(reply.body)):
            writer.write(reply.body[n : n + 1])
            await writer.drain()
            await asyncio.sleep(drip)
    elif reply.manner is Fault.CUT:
        writer.write(head + reply.body[: len(reply.body) // 2])
        await writer.drain()
        return False
    else:
        writer.write(head + reply.body)
        await writer.drain()
    return True


def form_parts(request: HttpRequest) -> list[FormPart]:
    """Return the parts of a multipart form; none when the request is none."""
    boundary = _BOUNDARY.search(request.headers.get("content-type", ""))
    if boundary is None:
        return []
    parts = []
    for raw in request.body.split(b"--" + boundary[1].encode())[1:-1]:
        head, _, content = raw.partition(b"\r\n\r\n")
        named = _DISPOSITION.search(head)
        if named:
            filename = named[2].decode() if named[2] is not None else None
            parts.append(FormPart(named[1].decode(), filename, content.removesuffix(b"\r\n")))
    return parts
