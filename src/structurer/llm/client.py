"""Putting questions to a model: the journal first, then whoever gets them answered."""

from __future__ import annotations

import asyncio
import hashlib
import json
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, Self, TypeVar

from structurer.asking import Ask, Invalid, Reading, Reply, Unanswered
from structurer.errors import StoppedError
from structurer.llm.dialect import FIRST_CONTACT, Dialect, known_dialect, probe
from structurer.llm.dispatch import Dispatcher, Request
from structurer.llm.structured import parse, request_body
from structurer.llm.tokens import at_most
from structurer.models import Usage
from structurer.money import in_dollars
from structurer.store import Attempt, Outcome

if TYPE_CHECKING:
    from types import TracebackType

    from structurer.llm.server import ModelServer
    from structurer.store import Journal

_Read = TypeVar("_Read")

_HITS_AT_ONCE = 100


class _Put(NamedTuple):
    """A question that was put: its request's key, what came of that, and the reply."""

    attempt: Attempt
    reply: Reply


class ModelClient:
    """Answers questions for one run, each request at most once. An async context; it closes the dispatcher.

    ``dialect`` is how to speak to the server; ``None`` takes what the journal knows, or finds out by a tiny
    question, which needs a dispatcher that sends.
    """

    def __init__(
        self,
        server: ModelServer,
        journal: Journal,
        dispatcher: Dispatcher,
        run: str,
        dialect: Dialect | None = None,
    ) -> None:
        self._server = server
        self._url = server.url
        self._journal = journal
        self._dispatcher = dispatcher
        self._run = run
        self._dialect = dialect
        self._finding = asyncio.Lock()
        self._turn = asyncio.Lock()
        self._flights: dict[str, asyncio.Future[Attempt]] = {}
        self._hits = 0
        self._stopped = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._write_hits()
        await self._dispatcher.close()

    async def ask(self, ask: Ask) -> Reply:
        """Return what comes of a question.

        Raises ``ModelServerError`` where no question can be answered, ``PausedError`` where the run must end
        for now.
        """
        return (await self._put(ask)).reply

    async def ask_all(self, asks: tuple[Ask, ...]) -> tuple[Reply, ...]:
        """Return what comes of several questions, put at once, in their order. Raises as ``ask``."""
        return tuple(put.reply for put in await self._put_all(asks))

    async def drive(self, reading: Reading[_Read]) -> _Read:
        """Answer a reading's questions until it returns.

        If it ends on an answer of which nothing could be used, no such answer of this reading is served
        again: another run asks anew. Raises as ``ask``; the reading is closed then, and can be begun again.
        """
        unusable: set[str] = set()
        ended_badly = False
        try:
            asks = next(reading)
            while True:
                puts = await self._put_all(asks)
                invalid = {put.attempt.key for put in puts if isinstance(put.reply, Invalid)}
                unusable |= invalid
                ended_badly = bool(invalid)
                async with self._turn:
                    # Reading an answer takes longer than sending a question. Answers are read one by one,
                    # and what is ready to be sent or received goes first, so that the server is kept busy.
                    await asyncio.sleep(0)
                    asks = reading.send(tuple(put.reply for put in puts))
        except StopIteration as done:
            if ended_badly:
                self._journal.discard(unusable)
            result: _Read = done.value
            return result
        finally:
            reading.close()

    def stop(self) -> None:
        """Send nothing new: a question that needs one raises ``StoppedError``; what is in flight goes on."""
        self._stopped = True
        self._dispatcher.stop()

    def request(self, ask: Ask, dialect: Dialect) -> Request:
        """Return the request that puts a question in a dialect."""
        ask = replace(ask, max_tokens=ask.max_tokens + self._server.thinking)
        body = request_body(ask, self._server.model, dialect)
        # Keys keep their order: that of a schema is the order in which many servers let a model answer.
        text = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
        return Request(
            key=request_key(self._url, text),
            prompt=ask.prompt,
            model=self._server.model,
            body=text,
            input_bound=at_most(body),
            max_tokens=ask.max_tokens,
        )

    async def _put_all(self, asks: tuple[Ask, ...]) -> list[_Put]:
        if len(asks) == 1:
            return [await self._put(asks[0])]
        # What is in flight is paid for, so an error of one waits for the others.
        puts = await asyncio.gather(*(self._put(ask) for ask in asks), return_exceptions=True)
        for put in puts:
            if isinstance(put, BaseException):
                raise put
        return [put for put in puts if not isinstance(put, BaseException)]

    async def _put(self, ask: Ask) -> _Put:
        if self._dialect is None:
            async with self._finding:
                if self._dialect is None:
                    self._dialect = known_dialect(self._server, self._journal) or await probe(
                        self._server, self._journal, partial(self._put_in, patience=FIRST_CONTACT)
                    )
        return await self._put_in(ask, self._dialect)

    async def _put_in(self, ask: Ask, dialect: Dialect, patience: float | None = None) -> _Put:
        attempt = await self._answered(replace(self.request(ask, dialect), patience=patience))
        return _Put(attempt, _reply(attempt, ask))

    async def _answered(self, request: Request) -> Attempt:
        """Return what came of a request: of the same one in flight, by the journal, or by sending it."""
        while (flight := self._flights.get(request.key)) is not None:
            try:
                attempt = await asyncio.shield(flight)
            except asyncio.CancelledError:
                if not flight.cancelled():
                    raise
                continue  # it was the one who sent it that was cancelled
            self._hit()
            return attempt
        found = self._journal.find(request.key)
        if found is not None:
            self._hit()
            return found
        if self._stopped:
            raise StoppedError("stopped before all was done; run the same command again to go on")
        return await self._dispatched(request)

    async def _dispatched(self, request: Request) -> Attempt:
        flight = self._flights[request.key] = asyncio.get_running_loop().create_future()
        try:
            attempt = await self._dispatcher.dispatch(request)
        except Exception as error:
            flight.set_exception(error)
            flight.exception()  # somebody has seen it: the one to whom it is raised here
            raise
        except BaseException:
            flight.cancel()
            raise
        else:
            flight.set_result(attempt)
            return attempt
        finally:
            del self._flights[request.key]

    def _hit(self) -> None:
        self._hits += 1
        if self._hits >= _HITS_AT_ONCE:
            self._write_hits()

    def _write_hits(self) -> None:
        if self._hits:
            self._journal.count_hits(self._run, self._hits)
            self._hits = 0


def request_key(url: str, body: bytes) -> str:
    """Return the hash of the canonical JSON of a request: ``{"body": …, "server": …}``."""
    digest = hashlib.sha256(b'{"body":')
    digest.update(body)
    digest.update(f',"server":{json.dumps(url)}}}'.encode())
    return digest.hexdigest()


def usage_of(attempt: Attempt) -> Usage:
    """Return what an answer cost when it was paid for."""
    cost = in_dollars(attempt.cost)
    return Usage(attempt.input_tokens, attempt.output_tokens, f"{cost.normalize():f}")


def _reply(attempt: Attempt, ask: Ask) -> Reply:
    if attempt.outcome in (Outcome.ANSWERED, Outcome.TRUNCATED) and attempt.response is not None:
        return parse(attempt.response, ask, usage_of(attempt))
    return Unanswered(f"{_WORDS.get(attempt.outcome, 'no answer')}: {attempt.detail}")


_WORDS = {
    Outcome.REFUSED: "no answer",
    Outcome.REJECTED: "the server rejected the request",
    Outcome.RATE_LIMITED: "no answer until the deadline",
    Outcome.SERVER_ERROR: "no answer until the deadline",
    Outcome.TIMEOUT: "no answer until the deadline",
    Outcome.CONNECTION: "no answer until the deadline",
}
