"""Open stores for requests: one for each that is under way, kept for the next."""

from __future__ import annotations

from contextlib import contextmanager
from queue import Empty, Full, LifoQueue
from typing import TYPE_CHECKING

from fastapi import HTTPException
from fastapi.exceptions import RequestValidationError

from structurer.errors import StoreError, StructurerError
from structurer.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator

AT_ONCE = 16
"""Stores in use at once: each has two connections, of which PostgreSQL gives 100 unless told otherwise."""

_HARMLESS = (StructurerError, HTTPException, RequestValidationError)
"""Answers to requests, which say nothing about the store that they had."""


class Stores:
    """Stores of one database. Each is lent to one thread at a time."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._idle: LifoQueue[Store] = LifoQueue(AT_ONCE)
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
        except BaseException as error:
            if isinstance(error, _HARMLESS) and not isinstance(error, StoreError):
                self._keep(store)
            else:
                store.close()
            raise
        self._keep(store)

    def _keep(self, store: Store) -> None:
        try:
            self._idle.put_nowait(store)
        except Full:
            store.close()

    def close(self) -> None:
        """Let go of all that are not lent."""
        while not self._idle.empty():
            self._idle.get_nowait().close()
