"""The server: on loopback, in a thread of its own, or in a process of its own."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from model_server.inventing import InventedAnswers
from model_server.service import Conduct, Service
from model_server.wire import HEAD_LIMIT, HttpReply, deliver, read_request

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterator

    from model_server.answers import Answers
    from model_server.service import Asked

HOST = "127.0.0.1"


class ModelServer:
    """A model server in a thread, while the ``with`` block runs; at its end it raises what broke the server.

    ``answers`` says what it answers (made up if nothing is said); the other arguments are those of
    ``Conduct``.
    """

    def __init__(self, answers: Answers | None = None, **conduct: Any) -> None:
        self._conduct = Conduct(**conduct)
        self._service = Service(answers or InventedAnswers(), self._conduct)
        self._thread = threading.Thread(target=self._run, name="model-server", daemon=True)
        self._ready = threading.Event()
        self._port = 0

    def __enter__(self) -> ModelServer:
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(self, kind: object = None, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()
        if kind is None and self._service.errors:
            raise self._service.errors[0]

    @property
    def base_url(self) -> str:
        """The URL that the SDK takes."""
        return f"http://{HOST}:{self._port}/v1"

    @property
    def requests(self) -> list[Asked]:
        """What was asked so far, in order."""
        return self._service.requests

    @property
    def bodies(self) -> list[Any]:
        """The JSON bodies of the completions that were asked so far, in order."""
        return [asked.body for asked in self.requests if asked.path == "/v1/chat/completions"]

    @property
    def counts(self) -> Counter[str]:
        """How many requests of each kind there were; see ``Service``."""
        return self._service.counts

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()

        def ready(port: int) -> None:
            self._port = port
            self._ready.set()

        await serve(self._service, self._conduct, 0, ready, self._stop)


async def serve(service: Service, conduct: Conduct, port: int, ready: Any, stop: asyncio.Event) -> None:
    """Serve on a port (0: any that is free; ``ready`` is told which) until ``stop``."""
    open_connections: set[asyncio.Task[None]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        open_connections.add(task)
        try:
            await _converse(service, conduct, reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # The client went away, or the server stops: both end a conversation.
        finally:
            open_connections.discard(task)
            writer.close()

    listener = await asyncio.start_server(connected, HOST, port, limit=HEAD_LIMIT, backlog=1024)
    ready(listener.sockets[0].getsockname()[1])
    await stop.wait()
    listener.close()
    for task in tuple(open_connections):
        task.cancel()
    await asyncio.gather(*open_connections)
    await asyncio.sleep(0)  # One turn of the loop, in which the closed sockets go.


async def _converse(
    service: Service, conduct: Conduct, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    goes_on = True
    while goes_on:
        try:
            request = await read_request(reader)
        except ValueError:
            await deliver(HttpReply(400, b"{}"), reader, writer, conduct.drip)
            return
        if request is None:
            return
        goes_on = await deliver(await service.respond(request), reader, writer, conduct.drip)


@contextmanager
def spawned(*arguments: str) -> Iterator[str]:
    """Run ``python -m model_server`` with these arguments; yield its base URL."""
    package = Path(__file__).resolve().parent
    known = os.environ.get("PYTHONPATH")
    path = os.pathsep.join([str(package.parent), *([known] if known else [])])
    process = subprocess.Popen(
        [sys.executable, "-m", "model_server", *arguments],
        env=os.environ | {"PYTHONPATH": path},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        if not url:
            raise RuntimeError("the model server did not start; its error is above")
        yield url
    finally:
        process.terminate()
        process.communicate()
