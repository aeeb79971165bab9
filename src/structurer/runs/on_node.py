"""What a node of a cluster does with one filing: what this machine would do, within the same limits."""

from __future__ import annotations

import pickle
import socket
from functools import cache, partial
from importlib.metadata import version
from typing import TYPE_CHECKING

from structurer.runs.filing import read_filing
from structurer.runs.processes import Workers
from structurer.runs.recipe import program_digest
from structurer.settings import Settings

if TYPE_CHECKING:
    from structurer.runs.readers import Task

Reply = tuple[str, bytes | str]
"""The name of a node, and the outcome, pickled; or, where the node has another program, its version.

Plain types, which another program understands as well.
"""

_NEEDED = (
    "encoding",
    "encoding_errors",
    "max_bytes",
    "time_limit",
    "memory_limit",
    "target_error",
    "flag_below",
)
"""What reading by layout needs of the settings, beside the calibration: no keys, no passwords."""


def parcel(task: Task, settings: Settings) -> bytes:
    """Return a filing as it travels to a node, with no more settings than reading needs."""
    calibration = settings.calibration and settings.calibration.absolute()
    # Made without looking at the environment, as it is on the node, and for one child there.
    needed = Settings.model_construct(
        engine="layout",
        workers=1,
        calibration=calibration,
        **{name: getattr(settings, name) for name in _NEEDED},
    )
    return pickle.dumps((task, needed))


def read_on_node(program: str, parcel: bytes) -> Reply:
    """Structure the filing of a parcel, if this node has the program that packed it.

    The process that this runs in belongs to the cluster. A child of it does the reading: a filing that takes
    too much, or kills, costs only itself, and limits mean what they mean without a cluster.
    """
    if program != program_digest():
        return socket.gethostname(), version("structurer")
    task: Task
    settings: Settings
    task, settings = pickle.loads(parcel)
    outcome = _child(settings).submit(partial(read_filing, settings=settings), task).result()
    return socket.gethostname(), pickle.dumps(outcome)


@cache
def _child(settings: Settings) -> Workers:
    return Workers(settings)
