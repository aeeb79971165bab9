"""Taking up a run that is in the store: what it was begun with, and whether this program can go on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from structurer.calibration import load
from structurer.errors import PlanError, SettingsError
from structurer.llm.server import OPENAI_URL
from structurer.runs.planning import STDIN
from structurer.runs.recipe import recipe_of, run_key
from structurer.store import Runs

if TYPE_CHECKING:
    from structurer.settings import Settings
    from structurer.store import Run, Store

_CALIBRATION = "calibration"
_ONLY_WITH_A_CALIBRATION = ("calibration", "target_error", "flag_below")


def settings_of(run: Run, given: Settings) -> Settings:
    """Return the settings that go on with a run: its own where they can change a result, else those given.

    Where no server is given, the one that was asked before is.

    Raises ``SettingsError`` where they cannot be had: the run's calibration is not the one that is given, or
    the run is another program's. ``CalibrationError`` says that the calibration cannot be read.
    """
    kept = run.spec.settings
    own = {name: kept.get(name) for name in _ONLY_WITH_A_CALIBRATION} | dict(kept)
    if own[_CALIBRATION] is not None:
        if given.calibration is None or load(given.calibration).digest != own[_CALIBRATION]:
            raise SettingsError(
                f"run {run.number} was begun with a calibration; give the same file with --calibration"
            )
        own[_CALIBRATION] = given.calibration
    if given.base_url is None and run.spec.server != OPENAI_URL:
        own["base_url"] = run.spec.server
    settings = given.model_copy(update=own)
    if settings.config_hash() != run.spec.config or not is_of_this_program(run):
        raise SettingsError(
            f"run {run.number} was made by another version of the program (it said {run.spec.structurer}); "
            "structurer run with the same inputs makes a new one"
        )
    return settings


def require_inputs(run: Run) -> list[str]:
    """Return the paths that a run reads. Raises ``PlanError`` where that is standard input, which is gone."""
    if STDIN in run.spec.inputs:
        raise PlanError(
            f"run {run.number} read standard input, which cannot be read again; give it to structurer run -"
        )
    return list(run.spec.inputs)


def is_of_this_program(run: Run) -> bool:
    """Say whether a run was begun by this very program, so that it can go on with it."""
    return _begun_anew(run) is not None


def is_the_last_begun(store: Store, run: Run) -> bool:
    """Say whether its inputs and settings, given again, go on with this run and with no other."""
    begun_anew = _begun_anew(run)
    if begun_anew is None:
        return False
    later = run_key(run.spec.inputs, recipe_of(run.spec.config, begun_anew + 1))
    return Runs(store).find(later) is None


def _begun_anew(run: Run) -> int | None:
    """Return how often the same was begun before; ``None`` for a run of another program."""
    # Each time is a run of its own, with a smaller number.
    for times in range(run.number):
        if recipe_of(run.spec.config, times) == run.spec.recipe:
            return times
    return None
