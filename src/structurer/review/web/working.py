"""What the server does by itself, beside answering: filling the queue, and reading uploads in their turn."""

from __future__ import annotations

import logging
import threading
import traceback
from typing import TYPE_CHECKING

from structurer.errors import StructurerError
from structurer.review.intake import take_in
from structurer.review.structuring import Structurer
from structurer.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable

    from structurer.review.web.serving import Serving

_LOG = logging.getLogger(__name__)

_LOOKS_EVERY = 2.0
"""Seconds between two looks at what other processes put into the store."""

_AFTER_AN_ERROR = 5.0


class Working:
    """Two threads of a server: one fills the queue with what runs wrote, one reads uploads."""

    def __init__(self, serving: Serving) -> None:
        settings = serving.settings.model_copy(update={"store": serving.store, "workers": 1})
        self._structurer = Structurer(serving.uploads, settings)
        self._intake = _Repeated("intake", serving.store, _take_in)
        self._reading = _Repeated("uploads", serving.store, self._read_next)

    def start(self) -> None:
        """Begin; what a server that ended had under way is gone on with."""
        self._intake.start()
        self._reading.start()

    def stop(self) -> None:
        """End both. An upload that is being read is gone on with when the server is started again."""
        self._reading.end()
        self._intake.end()

    def wake(self) -> None:
        """Say that there is something new to read."""
        self._reading.wake()

    def _read_next(self, store: Store) -> bool:
        was_there = self._structurer.read_next(store, self._reading.must_go_on)
        self._intake.wake()
        return was_there


def _take_in(store: Store) -> bool:
    return take_in(store) > 0


class _EndingError(Exception):
    """The server ends, in the middle of something."""


class _Repeated:
    """A thread that does something again and again, with a store of its own.

    ``step`` says whether there was anything to do; where not, the thread waits a little, or to be woken.
    """

    def __init__(self, name: str, url: str, step: Callable[[Store], bool]) -> None:
        self._url = url
        self._step = step
        self._woken = threading.Event()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._repeat, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        self._woken.set()

    def end(self) -> None:
        self._ending.set()
        self._woken.set()
        self._thread.join()

    def must_go_on(self) -> bool:
        """Return ``False``, or raise ``_EndingError``: only an error ends a run before its filing is read."""
        if self._ending.is_set():
            raise _EndingError
        return False

    def _repeat(self) -> None:
        while not self._ending.is_set():
            try:
                with Store.open(self._url, upgrade=False) as store:
                    self._repeat_with(store)
            except _EndingError:
                return
            except StructurerError as error:
                _LOG.error("%s: %s", self._thread.name, error)
            except Exception as error:
                # Without its message, which may hold words of a filing.
                where = "".join(traceback.format_tb(error.__traceback__))
                _LOG.error("%s: %s; please report this:\n%s", self._thread.name, type(error).__name__, where)
            self._ending.wait(_AFTER_AN_ERROR)

    def _repeat_with(self, store: Store) -> None:
        while not self._ending.is_set():
            self._woken.clear()
            if not self._step(store):
                self._woken.wait(_LOOKS_EVERY)
