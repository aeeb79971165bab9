"""Many filings on one machine: a pool of processes, results in the order of the plan."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections import deque
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import TYPE_CHECKING

from structurer.runs.filing import structure_filing
from structurer.runs.results import FailedFiling, FilingResult

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from structurer.runs.planning import PlannedFiling
    from structurer.settings import Settings

_AHEAD = 4
"""Filings in hand for each worker: enough that none waits, few enough that results do not pile up."""

_WORTH_A_WORKER = 8
"""Filings that one process reads in about the time in which another starts."""

_Waiting = deque[tuple["PlannedFiling", "Future[FilingResult]"]]


def structure_filings(
    filings: Sequence[PlannedFiling], settings: Settings, stopped: Callable[[], bool] = lambda: False
) -> Iterator[FilingResult]:
    """Yield what becomes of each filing, in the order of the plan, for any number of workers.

    One worker works in this process; without a setting there is one for each core, fewer where there
    is little to do. Where ``stopped`` says so, no further filing is begun and the
    iteration ends after those that are done. A worker process that dies costs the filing that
    killed it, which becomes a ``FailedFiling``; all others are done again.
    """
    workers = min(settings.workers or _default_workers(len(filings)), len(filings))
    if workers > 1:
        yield from _in_pool(filings, settings, workers, stopped)
        return
    for planned in filings:
        if stopped():
            return
        yield structure_filing(planned, settings)


def _default_workers(filings: int) -> int:
    return min(os.cpu_count() or 1, max(filings // _WORTH_A_WORKER, 1))


def _in_pool(
    filings: Sequence[PlannedFiling], settings: Settings, workers: int, stopped: Callable[[], bool]
) -> Iterator[FilingResult]:
    rest = deque(filings)
    while rest and not stopped():
        waiting: _Waiting = deque()
        pool = _pool(workers)
        try:
            yield from _results(pool, rest, waiting, settings, workers * _AHEAD, stopped)
        except BrokenProcessPool:
            # All that was in hand is lost; which of it killed the worker shows when each is alone.
            pass
        finally:
            pool.shutdown(cancel_futures=True)
        for planned, future in waiting:
            if stopped():
                return
            yield _result_or_alone(planned, future, settings)


def _results(
    pool: ProcessPoolExecutor,
    rest: deque[PlannedFiling],
    waiting: _Waiting,
    settings: Settings,
    most: int,
    stopped: Callable[[], bool],
) -> Iterator[FilingResult]:
    """Yield results in order, moving filings from ``rest`` to ``waiting`` and from there out."""
    while True:
        while rest and len(waiting) < most and not stopped():
            waiting.append((rest[0], pool.submit(structure_filing, rest[0], settings)))
            rest.popleft()
        while stopped() and waiting and waiting[-1][1].cancel():
            waiting.pop()
        if not waiting:
            return
        result = waiting[0][1].result()
        waiting.popleft()
        yield result


def _result_or_alone(
    planned: PlannedFiling, future: Future[FilingResult], settings: Settings
) -> FilingResult:
    try:
        return future.result()
    except BrokenProcessPool:
        pass
    with _pool(1) as pool:
        try:
            return pool.submit(structure_filing, planned, settings).result()
        except BrokenProcessPool:
            return FailedFiling(
                planned.name,
                "WorkerDiedError",
                f"{planned.name}: the process that read it was killed, perhaps for want of memory; "
                "split the filing, or try it with --workers 1",
            )


def _pool(workers: int) -> ProcessPoolExecutor:
    # Spawned, not forked: the parent may run threads (its progress bar), and a fork copies their locks.
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(workers, mp_context=context, initializer=_leave_interrupts_to_the_parent)


def _leave_interrupts_to_the_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
