"""The process that speaks with Ray for a runner: it joins a cluster, hands orders out, and replies back.

A process of its own, since Ray is no quiet guest: it ends the process that has lost its cluster, prints to
its standard output, takes over its signals, and shows the cluster its command line, where a password may be.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from contextlib import suppress
from multiprocessing.connection import Connection
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, NamedTuple

import ray
from ray.exceptions import NodeDiedError, ObjectLostError, OutOfMemoryError, RayTaskError, WorkerCrashedError

from structurer.runs.errands import Gone, Killed, Order, Replied, Size
from structurer.runs.on_node import read_on_node

if TYPE_CHECKING:
    from concurrent.futures import Future

    from structurer.runs.errands import Joining, Said
    from structurer.runs.on_node import Reply

_GLANCE = 2.0
"""Seconds between two looks at how many processors the cluster has."""

_TRIES = 3
"""How often a filing is read whose reader is killed. That a node was lost says nothing of the filing."""

_OBJECTS = 256 * 1024 * 1024
"""Bytes of shared memory for what travels, where Ray is started here: filings and results are small."""


def drive(handle: int) -> None:
    """Serve the runner at the other end of a connection until that is closed, or the cluster is gone."""
    runner = Connection(handle)
    with suppress(OSError):  # the runner is gone: there is nobody to be told anything
        try:
            joining: Joining = runner.recv()
            _join(joining)
            _Driver(runner, joining.program).work()
        except EOFError:
            pass
        except Exception as error:  # Ray raises all kinds; whichever it is, there is no cluster to work with
            runner.send(Gone(_in_one_line(error)))
    ray.shutdown()


class _Settled(NamedTuple):
    order: Order
    future: Future[Reply]


class _Driver:
    """Does the runner's orders. All talk with Ray is in one thread, which takes events from a queue."""

    def __init__(self, runner: Connection, program: str) -> None:
        self._runner = runner
        self._program = program
        # Ray's own way to try again does not tell a filing that kills its reader from a node that was lost.
        self._read = ray.remote(num_cpus=1, max_retries=0)(read_on_node)
        self._deaths: Counter[int] = Counter()
        self._events: SimpleQueue[Order | _Settled | None] = SimpleQueue()
        self._looked = 0.0

    def work(self) -> None:
        threading.Thread(target=self._listen, name="orders", daemon=True).start()
        while True:
            self._look_around()
            try:
                event = self._events.get(timeout=_GLANCE)
            except Empty:
                continue
            if event is None:
                return
            elif isinstance(event, Order):
                self._hand_out(event)
            else:
                self._settle(event)

    def _listen(self) -> None:
        with suppress(EOFError, OSError):
            while (order := self._runner.recv()) is not None:
                self._events.put(order)
        self._events.put(None)

    def _look_around(self) -> None:
        if time.monotonic() - self._looked > _GLANCE:
            resources = ray.cluster_resources()  # type: ignore[no-untyped-call]
            self._say(Size(int(resources.get("CPU", 0))))
            self._looked = time.monotonic()

    def _hand_out(self, order: Order) -> None:
        future: Future[Reply] = self._read.remote(self._program, order.parcel).future()
        future.add_done_callback(lambda settled: self._events.put(_Settled(order, settled)))

    def _settle(self, settled: _Settled) -> None:
        order, future = settled
        try:
            self._say(Replied(order.number, future.result()))
        except (NodeDiedError, ObjectLostError):
            self._hand_out(order)
        except (WorkerCrashedError, OutOfMemoryError):
            self._deaths[order.number] += 1
            if self._deaths[order.number] < _TRIES:
                self._hand_out(order)
            else:
                self._say(Killed(order.number))

    def _say(self, said: Said) -> None:
        self._runner.send(said)


def _join(joining: Joining) -> None:
    how: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
    if joining.address is None:
        how |= {"num_cpus": joining.processors, "object_store_memory": _OBJECTS, "include_dashboard": False}
    ray.init(joining.address or "local", **how)


def _in_one_line(error: Exception) -> str:
    """Return what is wrong: the first line of it, or the last of what was raised on a node."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[-1] if isinstance(error, RayTaskError) else lines[0]
