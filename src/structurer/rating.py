"""What becomes of confidences once they are known: calibrated, and values of too low a one flagged."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from structurer.calibration import flags_below, load
from structurer.checks import in_order
from structurer.errors import SettingsError
from structurer.prompts import PromptError, load_prompt

if TYPE_CHECKING:
    from structurer.calibration import Calibration
    from structurer.examination import Examined
    from structurer.settings import Settings

_ANSWERS = ("point", "transcribe")


@dataclass(frozen=True, slots=True)
class Rating:
    """A calibration in use.

    ``flag_below`` is the calibrated confidence, in [0, 1], below which values are flagged so that at most
    ``target_error`` of the others are wrong; both are ``None`` where nothing is flagged for that.
    """

    calibration: Calibration
    flag_below: float | None = None
    target_error: float | None = None

    def rated(self, examined: Examined) -> Examined:
        """Return what was examined with calibrated confidences, and with the flags that these ask for."""
        confidence = self.calibration.calibrated(examined.confidence)
        flags = examined.flags
        if self.flag_below is not None and self.target_error is not None:
            flags = in_order((*flags, *flags_below(confidence, self.flag_below, self.target_error)))
        return replace(examined, confidence=confidence, flags=flags)


def rating(settings: Settings, engine: str) -> Rating | None:
    """Return the calibration that the settings ask for, to be used on what an engine reads; ``None`` of none.

    Raises ``CalibrationError`` where it cannot be read, or was learned from another engine, another model or
    other prompts; ``SettingsError`` where a target is set, but not the confidence that it takes.
    """
    if settings.calibration is None:
        return None
    calibration = load(settings.calibration)
    model = None if engine == "layout" else settings.model
    calibration.check(engine, model, _prompts_now(calibration.origin.prompts, settings.answers))
    if settings.target_error is not None and settings.flag_below is None:
        raise SettingsError(
            "target_error: the confidence below which to flag is not known; structurer run finds it, "
            "or set flag_below"
        )
    return Rating(calibration, settings.flag_below, settings.target_error)


def _prompts_now(learned: str, answers: str) -> str:
    """Return what would be used today in the place of prompts that a calibration was learned with.

    Which prompts a run needs shows only while it goes on: repairs are rare. Which versions they have, and in
    which form answers are asked for, is known before.
    """
    names = (prompt.partition("@")[0] for prompt in learned.split(", ") if prompt)
    return ", ".join(sorted(filter(None, (_id_now(name, answers) for name in names))))


def _id_now(name: str, answers: str) -> str:
    form, _, purpose = name.rpartition(".")
    try:
        return load_prompt(f"{form}.{answers}" if purpose in _ANSWERS else name).id
    except PromptError:
        return ""
