"""The words between engines and models: a question, what comes of it, and a reading that may ask.

An engine never touches a network. It is a generator that yields questions, is sent what came of
them, and returns what it read; whoever drives it decides whether the questions go to a server, into
a batch file, or are only counted. So one engine serves all of these, and its tests need no server.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from pydantic import BaseModel

    from structurer.models import Usage

_Read = TypeVar("_Read")


@dataclass(frozen=True, slots=True)
class Ask:
    """One question to a model.

    ``prompt`` names the prompt and its version (``performance_target_declaration.point@1``), ``system`` and
    ``user`` are its texts. ``answer`` is the pydantic model that the answer must satisfy, validated
    with ``context``. ``max_tokens`` bounds the answer.
    """

    prompt: str
    system: str
    user: str
    answer: type[BaseModel]
    context: Mapping[str, Any]
    max_tokens: int


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with an answer at one dotted path of it, in words that a model can act on."""

    path: str
    message: str


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer, validated. What was wrong with it is left out of ``value`` and told in ``problems``."""

    value: BaseModel
    usage: Usage
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Invalid:
    """An answer of which nothing can be used: no JSON, or of another shape altogether."""

    usage: Usage
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Truncated:
    """An answer that the token limit cut off: a failure, however much of it can be read."""

    usage: Usage


@dataclass(frozen=True, slots=True)
class Unanswered:
    """No answer: refused, filtered, or the server failed until the deadline. ``reason`` is one line."""

    reason: str


Reply = Answered | Invalid | Truncated | Unanswered
"""What came of one question."""

Reading = Generator[tuple[Ask, ...], tuple[Reply, ...], _Read]
"""A computation that may ask: it yields questions to be put at once, and is sent the replies in order."""


def unasked(reading: Reading[_Read]) -> _Read:
    """Run a reading that asks nothing. Raises ``RuntimeError`` for one that does."""
    try:
        next(reading)
    except StopIteration as done:
        result: _Read = done.value
        return result
    raise RuntimeError("this reading asks a model; drive it with a client")
