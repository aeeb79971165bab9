"""How to speak to one server: how the answer's shape is asked for, and what parameters are called."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, Protocol, get_args

from pydantic import BaseModel

from structurer.asking import Answered, Ask, Reply
from structurer.errors import ModelServerError, ProviderDownError
from structurer.store import Attempt, Outcome

if TYPE_CHECKING:
    from structurer.llm.server import ModelServer
    from structurer.store import Journal

SpokenMode = Literal["tools", "json_schema", "json", "md_json"]
TokenParameter = Literal["max_tokens", "max_completion_tokens"]

_TOKEN_PARAMETERS: tuple[TokenParameter, ...] = get_args(TokenParameter)
_NO_WORD = (Outcome.RATE_LIMITED, Outcome.SERVER_ERROR, Outcome.TIMEOUT, Outcome.CONNECTION)

_MODES: tuple[SpokenMode, ...] = get_args(SpokenMode)
"""From the one that binds a model most to the one that every model understands."""

FIRST_CONTACT = 20.0
"""Seconds after which a server that nobody has heard of yet is not likely to come up."""

_PROBE_TOKENS = 2000
"""Enough for a model that thinks before it answers."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """One way to put a question. ``temperature`` ``None`` is not sent."""

    mode: SpokenMode
    token_parameter: TokenParameter
    temperature: float | None


class Put(Protocol):
    """Puts a question in a dialect."""

    async def __call__(self, ask: Ask, dialect: Dialect) -> tuple[Attempt, Reply]:
        """Return what came of it, and the reply that it holds."""
        ...


class Number(BaseModel):
    """A number, written in digits."""

    number: int


_PROBE = Ask(
    prompt="probe@1",
    system="You write numbers in digits.",
    user="Write the number seven.",
    answer=Number,
    context={},
    max_tokens=_PROBE_TOKENS,
)


def default_dialect(server: ModelServer) -> Dialect:
    """Return the dialect to use unasked: OpenAI's newest, or what nearly all other servers understand."""
    openai = server.base_url is None
    unset: SpokenMode = "json_schema" if openai else "tools"
    return Dialect(
        mode=unset if server.mode == "auto" else server.mode,
        token_parameter="max_completion_tokens" if openai else "max_tokens",
        temperature=server.temperature,
    )


def known_dialect(server: ModelServer, journal: Journal) -> Dialect | None:
    """Return the dialect that was set, or that an earlier probe found; ``None`` if only a probe can tell."""
    if server.mode != "auto":
        return default_dialect(server)
    kept = journal.dialect(server.url, server.model)
    if kept is None:
        return None
    found = json.loads(kept)
    if server.temperature is not None and found["takes_temperature"] is None:
        return None  # a temperature was set since, and nobody knows whether the model takes one
    temperature = server.temperature if found["takes_temperature"] else None
    return Dialect(found["mode"], found["token_parameter"], temperature)


def assume_dialect(server: ModelServer, journal: Journal) -> Dialect:
    """Return the dialect that is known, or else the default one, to which later runs then keep.

    For requests that are answered by another way than this client: answers are found again only by a client
    that would put the questions in the very same way.
    """
    dialect = known_dialect(server, journal)
    if dialect is None:
        dialect = default_dialect(server)
        _keep(server, journal, dialect)
    return dialect


async def probe(server: ModelServer, journal: Journal, put: Put) -> Dialect:
    """Find out by tiny questions what the server understands, and keep it in the journal.

    The first mode that brings a valid answer is taken; a parameter that the server names in refusing is
    changed before another mode is tried. Raises ``ModelServerError`` if nothing works, ``ProviderDownError``
    if the server does not answer at all; ``put`` decides how long it is tried (see ``FIRST_CONTACT``).
    """
    first = dialect = default_dialect(server)
    heard: list[str] = []
    keys: list[str] = []
    for mode in _MODES:
        dialect = replace(dialect, mode=mode)
        attempt, reply = await put(_PROBE, dialect)
        while (changed := _without_what_was_refused(dialect, first, attempt)) is not None:
            dialect = changed
            attempt, reply = await put(_PROBE, dialect)
        if isinstance(reply, Answered) and reply.value == Number(number=7):
            _keep(server, journal, dialect)
            return dialect
        if attempt.outcome in _NO_WORD:
            busy = attempt.outcome is Outcome.RATE_LIMITED
            doubt = "" if busy else "is it running? check the address, or "
            when = "later" if busy else "when it is back"
            raise ProviderDownError(
                f"{server.url}: no answer to a test question ({attempt.detail}); "
                f"{doubt}run the same command again {when}"
            )
        keys.append(attempt.key)
        heard.append(f"{mode}: {attempt.detail or 'no valid answer'}")
    journal.discard(keys)
    raise ModelServerError(
        f"{server.url}: {server.model} did not answer a test question in any mode ({'; '.join(heard)}); "
        "try another model, or set the mode"
    )


def _without_what_was_refused(dialect: Dialect, first: Dialect, attempt: Attempt) -> Dialect | None:
    """Return the dialect with the parameter changed that a refusal names, if it was not changed before."""
    if attempt.outcome is not Outcome.REJECTED:
        return None
    if "temperature" in attempt.detail and dialect.temperature is not None:
        return replace(dialect, temperature=None)
    other = next(name for name in _TOKEN_PARAMETERS if name != first.token_parameter)
    if any(name in attempt.detail for name in _TOKEN_PARAMETERS) and dialect.token_parameter != other:
        return replace(dialect, token_parameter=other)
    return None


def _keep(server: ModelServer, journal: Journal, dialect: Dialect) -> None:
    takes_temperature = None if server.temperature is None else dialect.temperature is not None
    found = {
        "mode": dialect.mode,
        "token_parameter": dialect.token_parameter,
        "takes_temperature": takes_temperature,
    }
    journal.keep_dialect(server.url, server.model, json.dumps(found))
