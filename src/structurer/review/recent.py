"""Answers that cost a while, remembered for some seconds."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

_T = TypeVar("_T")

_TIMES_AS_LONG = 20
"""How much longer than it took an answer is remembered: a twentieth of the time goes into it at most."""

_MOST = 1_000
"""Answers that are remembered."""


class _Known(NamedTuple):
    answer: Any
    until: float


class Recent:
    """What was asked lately, by key, remembered for ``seconds`` at the least. Several threads may ask.

    When its time is over, one thread finds the answer anew and the others get the old one meanwhile.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._known: dict[Hashable, _Known] = {}
        self._under_way: set[Hashable] = set()
        self._changing = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], _T]) -> _T:
        """Return what is remembered of a key; else what ``make`` returns, which is remembered from now on."""
        with self._changing:
            known = self._known.get(key)
            if known is not None and (time.monotonic() < known.until or key in self._under_way):
                remembered: _T = known.answer
                return remembered
            self._under_way.add(key)
        try:
            began = time.monotonic()
            answer = make()
            ended = time.monotonic()
        finally:
            with self._changing:
                self._under_way.discard(key)
        with self._changing:
            self._known.pop(key, None)
            self._known[key] = _Known(answer, ended + max(self._seconds, (ended - began) * _TIMES_AS_LONG))
            if len(self._known) > _MOST:  # the one that was found longest ago goes
                del self._known[next(iter(self._known))]
        return answer
