"""Beginning a run, or going on with it: the same inputs and settings are the same run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from structurer.runs.recipe import run_spec
from structurer.store import Runs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from structurer.settings import Settings
    from structurer.store import Run, Store


def open_run(store: Store, inputs: Sequence[str], settings: Settings, *, anew: bool = False) -> Run:
    """Return the run of these inputs and settings, the last one begun where there are several.

    ``anew`` begins another, which reads everything again; what was read before stays as it is.
    """
    runs = Runs(store)
    begun = 0
    while runs.find(run_spec(inputs, settings, begun + 1).key) is not None:
        begun += 1
    if anew and runs.find(run_spec(inputs, settings, begun).key) is not None:
        begun += 1
    return runs.open(run_spec(inputs, settings, begun))
