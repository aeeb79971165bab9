"""Answers that cost a while, remembered for some seconds."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

_T = TypeVar("_T")


class Recent:
    """What was asked in the last ``seconds``, by key. Several threads may ask."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._known: dict[Hashable, tuple[float, Any]] = {}
        self._changing = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], _T]) -> _T:
        """Return what is remembered of a key; else what ``make`` returns, which is remembered from now on."""
        with self._changing:
            known = self._known.get(key)
        if known is not None and time.monotonic() - known[0] < self._seconds:
            remembered: _T = known[1]
            return remembered
        made = make()
        with self._changing:
            now = time.monotonic()
            self._known = {each: kept for each, kept in self._known.items() if now - kept[0] < self._seconds}
            self._known[key] = (now, made)
        return made

    def forget(self) -> None:
        """Forget everything: something changed that must show at once."""
        with self._changing:
            self._known = {}
