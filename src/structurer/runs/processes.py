"""Filings read by watched processes of this machine: one that takes too much, or kills, costs only itself.

Pebble's pool rather than the standard library's: it ends the one process whose filing is over its time and
goes on with the others, where ``ProcessPoolExecutor`` can end none and loses all when one dies.
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import signal
import threading
from concurrent.futures import CancelledError, Future
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from pebble import ProcessExpired, ProcessPool

from structurer.errors import StoppedError
from structurer.runs.filing import read_filing
from structurer.store import Failure

if TYPE_CHECKING:
    from collections.abc import Callable

    from structurer.runs.readers import Outcome, Task
    from structurer.settings import Settings

_AHEAD = 4
"""Filings in hand for each worker: enough that none waits, few enough that they do not pile up."""

_TRIES = 3
"""How often a filing is begun anew with other processes, after all of them were lost."""

_MEBI = 1024 * 1024

_Made = TypeVar("_Made")


class ProcessReader:
    """Reads filings by layout in processes of its own."""

    def __init__(self, settings: Settings) -> None:
        self._workers = Workers(settings)
        self._read = partial(read_filing, settings=settings)
        self.room = self._workers.number * _AHEAD

    def submit(self, task: Task) -> Future[Outcome]:
        """Begin to read a filing."""
        return self._workers.submit(self._read, task)

    def stop(self) -> None:
        """Leave what is begun to come to its end, and give back what waits for its turn."""
        self._workers.stop()

    def close(self) -> None:
        """End the processes at once."""
        self._workers.close()


class Workers:
    """Processes that do something with one filing at a time, within limits of time and memory."""

    def __init__(self, settings: Settings) -> None:
        self.number = settings.workers or os.cpu_count() or 1
        self._settings = settings
        self._pool = self._new_pool()
        self._broken: list[ProcessPool] = []
        self._changing = threading.Lock()
        self._in_hand: set[Future[Any]] = set()
        self._closed = False

    def submit(self, work: Callable[[Task], _Made | Failure], task: Task) -> Future[_Made | Failure]:
        """Begin work on a filing; breaking a limit is a ``Failure``, ``StoppedError`` says it was left."""
        outcome: Future[_Made | Failure] = Future()
        outcome.set_running_or_notify_cancel()
        self._begin(work, task, outcome, _TRIES)
        return outcome

    def stop(self) -> None:
        """Let what is begun come to its end, and leave what waits for its turn."""
        for waiting in tuple(self._in_hand):
            if not waiting.running():
                waiting.cancel()

    def close(self) -> None:
        """End the processes at once."""
        self._closed = True
        for pool in (*self._broken, self._pool):
            pool.stop()  # type: ignore[no-untyped-call]
            pool.join()

    def _begin(
        self,
        work: Callable[[Task], _Made | Failure],
        task: Task,
        outcome: Future[_Made | Failure],
        tries: int,
    ) -> None:
        def hand_on(made: Future[_Made | Failure]) -> None:
            self._in_hand.discard(made)
            try:
                outcome.set_result(made.result())
            except TimeoutError:
                outcome.set_result(self._too_slow())
            except ProcessExpired:
                outcome.set_result(_DIED)
            except CancelledError:
                outcome.set_exception(StoppedError("stopped before it was begun"))
            except BrokenProcessPool:
                if not tries or self._closed:
                    outcome.set_result(_DIED)
                else:
                    self._begin(work, task, outcome, tries - 1)
            except BaseException as error:
                outcome.set_exception(error)

        begun = self._unbroken().schedule(work, args=[task], timeout=self._settings.time_limit)
        self._in_hand.add(begun)
        begun.add_done_callback(hand_on)

    def _unbroken(self) -> ProcessPool:
        """Return the pool; a new one where it is of no more use: a process died that had nothing to do."""
        with self._changing:
            if not self._pool.active:
                # Closed at the end: this may be called by a thread of its own.
                self._broken.append(self._pool)
                self._pool = self._new_pool()
            return self._pool

    def _new_pool(self) -> ProcessPool:
        # Forked from a server that has all modules loaded and no threads: a fork of this process would copy
        # the locks of its threads, and a process that begins anew loads everything once more.
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["__main__", __name__])
        most_bytes = self._settings.memory_limit * _MEBI
        return ProcessPool(self.number, context=context, initializer=_set_up, initargs=[most_bytes])

    def _too_slow(self) -> Failure:
        problem = (
            f"took longer than {self._settings.time_limit:g} seconds to read and was given up; split it, or "
            "raise STRUCTURER_TIME_LIMIT"
        )
        return Failure("TimeLimitError", problem)


_DIED = Failure(
    "WorkerDiedError",
    "the process that read it was killed, perhaps for want of memory; split it, or try it with --workers 1",
)


def _set_up(most_bytes: int) -> None:
    """Set a worker up: interrupts are the parent's business, its memory has an end, and it ends in time."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_the_parent, daemon=True).start()
    # Data, not address space: what is only mapped and never touched costs nothing.
    _soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    most = most_bytes if hard == resource.RLIM_INFINITY else min(most_bytes, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))


def _end_with_the_parent() -> None:
    """End this process when the one that it reads for is no more, in whatever way that died.

    Nobody would hear of what is being read, and nobody would end it when its time is up.
    """
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
