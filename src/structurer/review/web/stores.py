"""Open stores for requests: one for each that is under way, kept for the next."""

from __future__ import annotations

from contextlib import contextmanager
from queue import Empty, LifoQueue
from typing import TYPE_CHECKING

from structurer.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator

_KEPT = 16
"""Connections that stay open between requests."""


class Stores:
    """Stores of one database. Each is lent to one thread at a time."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._idle: LifoQueue[Store] = LifoQueue(_KEPT)
        # The first brings the schema up to date, or says why that cannot be.
        self._idle.put(Store.open(url))

    @contextmanager
    def lent(self) -> Iterator[Store]:
        """Lend a store for as long as a request takes. One that broke is not used again."""
        try:
            store = self._idle.get_nowait()
        except Empty:
            store = Store.open(self._url, upgrade=False)
        try:
            yield store
        except BaseException:
            store.close()
            raise
        if self._idle.full():
            store.close()
        else:
            self._idle.put(store)

    def close(self) -> None:
        """Let go of all that are not lent."""
        while not self._idle.empty():
            self._idle.get_nowait().close()
