"""Who reads the filings of a run by layout: this machine, or a cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING

from structurer.errors import SettingsError
from structurer.runs.on_ray import RayReader
from structurer.runs.processes import ProcessReader

if TYPE_CHECKING:
    from collections.abc import Callable

    from structurer.runs.readers import Reader
    from structurer.settings import Settings


def chosen_reader(runner: str, address: str | None, settings: Settings) -> Callable[[], Reader]:
    """Return how a reader begins. Raises ``SettingsError`` where what is wanted makes no sense together."""
    if runner == "ray":
        if settings.chosen_engine != "layout":
            raise SettingsError(
                "runner: a model is asked from one process and needs no cluster; leave --runner ray away, "
                "or read by --engine layout"
            )
        return lambda: RayReader(settings, address)
    if runner != "local":
        raise SettingsError(f"runner: {runner!r} is none; give local or ray")
    if address is not None:
        raise SettingsError(
            "address: a cluster has one, and processes of this machine do not; give --runner ray"
        )
    return lambda: ProcessReader(settings)
