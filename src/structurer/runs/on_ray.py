"""Filings read on the nodes of a Ray cluster, each from its path, which all machines must share.

This machine hands them out and writes their results down; nodes only read. So a node that is lost costs
nothing but the time of what it had in hand, which is read elsewhere.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import threading
from concurrent.futures import Future
from contextlib import suppress
from importlib.metadata import version
from importlib.util import find_spec
from itertools import count
from multiprocessing import Pipe
from typing import TYPE_CHECKING

from structurer.calibration import CalibrationError
from structurer.errors import ClusterError, SettingsError, UnreadableDocumentError
from structurer.runs.errands import Gone, Joining, Order, Replied, Size
from structurer.runs.on_node import parcel
from structurer.runs.recipe import program_digest
from structurer.store import Failure

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from pathlib import Path

    from structurer.runs.errands import Killed, Said
    from structurer.runs.on_node import Reply
    from structurer.runs.readers import Outcome, Task
    from structurer.settings import Settings

_AHEAD = 2
"""Filings in hand for each processor: one that is read, and one that waits for it."""

_JOINING = 60.0
"""Seconds that joining or starting a cluster may take; Ray itself knocks at a dead address for minutes."""

_PATIENCE = 10.0
"""Seconds that Ray may take to end."""

_DRIVE = "import sys; from structurer.runs.ray_driver import drive; drive(int(sys.argv[1]))"

_PRIVATE = ("STRUCTURER_", "OPENAI_", "PG")
"""How variables begin in which keys and passwords may stand; a Ray that is started here inherits none."""

_QUIET = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0"}
"""Ray tells its makers nothing and, where uv began this process, sends no folder to the nodes."""

_DIED = Failure(
    "WorkerDiedError",
    "the processes that read it on the cluster were killed, perhaps for want of memory; split it",
)


class RayReader:
    """Reads filings by layout on the nodes of a Ray cluster.

    ``address`` is that of a cluster to join, ``"auto"`` for the one that this machine belongs to; without it
    one is started on this machine, for as long as this is in use, with as many processors as workers are set.
    Raises ``SettingsError`` where Ray is not installed, and ``ClusterError`` where there is no such cluster;
    futures raise the latter where the cluster, and not the filing, is at fault.
    """

    def __init__(self, settings: Settings, address: str | None = None) -> None:
        if find_spec("ray") is None:
            raise SettingsError("--runner ray needs Ray; install it with: pip install 'structurer[ray]'")
        self.room = 0
        self._settings = settings
        self._numbers = count()
        self._lock = threading.Lock()
        self._in_hand: dict[int, tuple[Task, Future[Outcome]]] = {}
        self._gone: ClusterError | None = None
        self._driver, self._connection = _begin_driver()
        try:
            self._connection.send(Joining(address, settings.workers, program_digest()))
            if not self._connection.poll(_JOINING):
                raise ClusterError(f"Ray: no cluster at {address}" if address else "Ray: does not start here")
            self._hear()
            if self._gone is not None:
                raise self._gone
        except BaseException:
            self._end_driver()
            raise
        self._listener = threading.Thread(target=self._listen, name="ray", daemon=True)
        self._listener.start()

    def submit(self, task: Task) -> Future[Outcome]:
        """Begin to read a filing."""
        future: Future[Outcome] = Future()
        future.set_running_or_notify_cancel()
        number = next(self._numbers)
        with self._lock:
            if self._gone is not None:
                future.set_exception(self._gone)
                return future
            self._in_hand[number] = task, future
        with suppress(OSError):  # whoever listens hears of it
            self._connection.send(Order(number, parcel(task, self._settings)))
        return future

    def stop(self) -> None:
        """Leave what is begun to come to its end; there is nothing else to stop."""

    def close(self) -> None:
        """Leave the cluster at once, and end it if it was started here."""
        self._end_driver()
        self._listener.join()
        self._connection.close()

    def _listen(self) -> None:
        while self._gone is None:
            self._hear()

    def _hear(self) -> None:
        """Wait for what the driver says next, and take it in."""
        try:
            said: Said = self._connection.recv()
        except (EOFError, OSError):
            said = Gone("the cluster is gone, or cannot be reached any more")
        if isinstance(said, Size):
            self.room = max(_AHEAD * said.processors, 1)
        elif isinstance(said, Gone):
            self._lose(ClusterError(f"Ray: {said.problem}"))
        else:
            self._settle(said)

    def _settle(self, said: Replied | Killed) -> None:
        with self._lock:
            task, future = self._in_hand.pop(said.number)
        try:
            future.set_result(
                _outcome(task, said.reply, self._settings) if isinstance(said, Replied) else _DIED
            )
        except Exception as error:  # a ClusterError, or a defect, which must not leave anybody waiting
            future.set_exception(error)

    def _lose(self, error: ClusterError) -> None:
        with self._lock:
            self._gone = error
            lost = [future for _task, future in self._in_hand.values()]
            self._in_hand.clear()
        for future in lost:
            future.set_exception(error)

    def _end_driver(self) -> None:
        with suppress(OSError):
            self._connection.send(None)
        try:
            self._driver.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self._driver.kill()
            self._driver.wait()


def _begin_driver() -> tuple[subprocess.Popen[bytes], Connection]:
    """Begin the process that speaks with Ray: with no command line, folder or variables of ours."""
    ours, theirs = Pipe()
    handle = theirs.fileno()
    environment = {name: value for name, value in os.environ.items() if not name.startswith(_PRIVATE)}
    driver = subprocess.Popen(
        [sys.executable, "-P", "-c", _DRIVE, str(handle)],
        env=environment | _QUIET,
        cwd="/",
        pass_fds=[handle],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    theirs.close()
    return driver, ours


def _outcome(task: Task, reply: Reply, settings: Settings) -> Outcome:
    """Return what became of a filing. Raises ``ClusterError`` where its node is not fit to read it."""
    node, said = reply
    if isinstance(said, str):
        here = version("structurer")
        which = f"version {said}, here it is {here}" if said != here else f"version {said} with other files"
        raise ClusterError(f"{node}: has another structurer ({which}); install the same on all machines")
    outcome: Outcome = pickle.loads(said)
    place = _not_shared(task, outcome, settings) if isinstance(outcome, Failure) else None
    if place is not None:
        shared = "it is there on this machine; mount it under the same path on all"
        raise ClusterError(f"{node}: {place} cannot be read there; {shared}")
    return outcome


def _not_shared(task: Task, failure: Failure, settings: Settings) -> Path | None:
    """Return the file that a node failed to read and this machine can, if it was that."""
    if (
        failure.error == CalibrationError.__name__
    ):  # the run would not have begun if it could not be read here
        return settings.calibration
    path = task.filing.path
    if failure.error == UnreadableDocumentError.__name__ and path is not None and os.access(path, os.R_OK):
        return path
    return None
