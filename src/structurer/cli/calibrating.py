"""A run with a calibration, as the command line begins it: is it for this run, and what can be promised."""

from __future__ import annotations

from typing import TYPE_CHECKING

from structurer.calibration import CalibrationError, load
from structurer.cli.console import err, safe
from structurer.rating import rating

if TYPE_CHECKING:
    from structurer.calibration import Calibration
    from structurer.evaluation.outcomes import RunRecord
    from structurer.settings import Settings


def with_threshold(settings: Settings, *, quiet: bool) -> Settings:
    """Return the settings with the confidence below which values are to be flagged, and say what it promises.

    It is found in the evaluation that the calibration was learned from. Without a target error, or where the
    confidence is set, only whether the calibration is for this run is looked at. Raises ``CalibrationError``
    where it is not, where its evaluation is not in the store, and where that is too small for the target.
    """
    if settings.calibration is None or settings.target_error is None or settings.flag_below is not None:
        rating(settings, settings.chosen_engine)
        return settings
    calibration = load(settings.calibration)
    rating(settings.model_copy(update={"target_error": None}), settings.chosen_engine)
    # Scientific libraries take a second to load, which runs without a target need not wait for.
    from structurer.evaluation.thresholds import threshold

    found = threshold(calibration, _evaluation(calibration, settings.store), settings.target_error)
    if found.at is None:
        raise CalibrationError(found.message)
    if not quiet:
        err().print(safe(f"without a flag: {found.message}"), soft_wrap=True)
    return settings.model_copy(update={"flag_below": found.at})


def _evaluation(calibration: Calibration, url: str) -> RunRecord:
    """Return the kept run that a calibration was learned from."""
    from structurer.evaluation.keeping import UnknownRunError, kept_run
    from structurer.store import Store

    origin = calibration.origin
    problem = (
        f"the calibration was learned from evaluation {origin.run} of {origin.at}, which is not in this "
        "store; name its store with --store, or evaluate and calibrate again"
    )
    with Store.open(url) as store:
        try:
            run = kept_run(store, origin.run)
        except UnknownRunError as error:
            raise CalibrationError(problem) from error
    if run.at != origin.at:
        raise CalibrationError(problem)
    return run
