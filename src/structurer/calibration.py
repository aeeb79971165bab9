"""A calibration: what the program's confidences are worth, learned from gold, kept as a file.

The confidences that records are made with are priors. A calibration maps them to shares that were right
on gold, for each group of fields, for one engine, model and set of prompts: confidences are not portable
(arXiv 2603.00924). Where gold has too few errors to learn from, the prior stays, and the file says so.

How one is made is in ``evaluation.calibrating``; how a threshold is found with it, in
``evaluation.thresholds``. Using one takes nothing but this module.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from structurer.checks import extraction
from structurer.errors import StructurerError
from structurer.groups import Group, group_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from structurer.models import Flag


class CalibrationError(StructurerError):
    """A calibration cannot be read, or is of another engine, model or gold; the message says which."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Step(_Part):
    """From a prior confidence up to the next step: the calibrated one, and what it was learned from."""

    at: float = Field(ge=0, le=1)
    calibrated: float = Field(ge=0, lt=1)
    values: int = Field(ge=1)
    wrong: int = Field(ge=0)


class Curve(_Part):
    """A mapping, and the groups of fields that share it: steps that rise, none where nothing was learned.

    ``values`` and ``wrong`` are gold's; ``bound`` is the one-sided 95% upper bound of the share that is
    wrong, by declaration.
    """

    groups: tuple[Group, ...]
    values: int = Field(ge=0)
    wrong: int = Field(ge=0)
    bound: float = Field(ge=0, le=1)
    steps: tuple[Step, ...]

    @property
    def learned(self) -> bool:
        """Whether gold had enough errors to learn from; otherwise confidences stay what they were."""
        return bool(self.steps)

    @property
    def says(self) -> str:
        """What was learned, in one line."""
        names = ", ".join(self.groups)
        seen = f"{self.wrong:,} of {self.values:,} rated values wrong, under {self.bound:.2%} at 95%"
        if self.learned:
            return f"{names}: {len(self.steps)} steps; {seen}"
        return f"{names}: too few errors to learn from, confidences stay as they are; {seen}"

    def apply(self, confidence: float) -> float:
        """Return the calibrated confidence; below the first step, that of the first."""
        if not self.steps:
            return confidence
        place = bisect_right(self.steps, confidence, key=lambda step: step.at)
        return self.steps[max(0, place - 1)].calibrated

    @model_validator(mode="after")
    def _rises(self) -> Self:
        for low, high in pairwise(self.steps):
            if low.at >= high.at or low.calibrated > high.calibrated:
                raise ValueError("steps must rise")
        return self


class Origin(_Part):
    """What the calibration was learned from, and by what method."""

    run: int
    at: str
    gold: str
    scoring: str
    schema_version: str
    structurer: str
    engine: str
    model: str | None
    prompts: str
    method: str


class Quality(_Part):
    """How good confidences are on gold; see ``evaluation.reliability``. ``None`` where nobody can tell."""

    values: int
    wrong: int
    brier: float | None
    ece: float | None
    auroc: float | None


class Calibration(_Part):
    """One curve for each set of groups, every group in exactly one; where they come from; what they bring.

    ``before`` is the quality of the priors, ``after`` that of the calibrated confidences, each from a fit
    that has not seen the value's filing (where nothing was learned, both are the same).
    """

    format: Literal["structurer-calibration-1"] = "structurer-calibration-1"
    origin: Origin
    curves: tuple[Curve, ...]
    before: Quality
    after: Quality

    def apply(self, confidence: float, group: Group) -> float:
        """Return what a prior confidence in [0, 1] of a value of this group is worth, in [0, 1]."""
        return next(curve for curve in self.curves if group in curve.groups).apply(confidence)

    def calibrated(self, confidences: Mapping[str, float]) -> dict[str, float]:
        """Return a record's confidences, calibrated. Raises ``ValueError`` for a path that is none."""
        return {path: self.apply(confidence, group_of(path)) for path, confidence in confidences.items()}

    def check(self, engine: str, model: str | None, prompts: str) -> None:
        """Raise ``CalibrationError`` when it was learned from another engine, model or set of prompts."""
        asked = {"engine": engine, "model": model, "prompts": prompts}
        for name, value in asked.items():
            learned = getattr(self.origin, name)
            if learned != value:
                raise CalibrationError(
                    f"this calibration is for {name} {learned or 'none'}, not {value or 'none'}; "
                    "evaluate with what you use, and calibrate on that"
                )

    @property
    def digest(self) -> str:
        """``sha256:…`` over all that it says; of equal calibrations the same."""
        return f"sha256:{hashlib.sha256(self.as_json().encode()).hexdigest()}"

    def as_json(self) -> str:
        """Return the file's text; the same calibration gives the same text."""
        return self.model_dump_json(indent=1) + "\n"

    @model_validator(mode="after")
    def _covers_each_group_once(self) -> Self:
        if sorted(group for curve in self.curves for group in curve.groups) != sorted(Group):
            raise ValueError("every group must have exactly one curve")
        return self


def load(path: Path) -> Calibration:
    """Read a calibration; a file that stays as it is, once. Raises ``CalibrationError`` when it is none."""
    try:
        seen = path.stat()
        return _read(path.absolute(), seen.st_mtime_ns, seen.st_size)
    except OSError as error:
        raise CalibrationError(f"{path}: cannot be read: {error.strerror or error}") from error
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "the file"
        raise CalibrationError(f"{path}: no calibration: {place}: {first['msg']}") from error


@lru_cache(maxsize=4)
def _read(path: Path, changed: int, size: int) -> Calibration:
    return Calibration.model_validate_json(path.read_bytes())


def flags_below(confidences: Mapping[str, float], at: float, target_error: float) -> tuple[Flag, ...]:
    """Return a flag for each value whose calibrated confidence is below a threshold (``Threshold.at``).

    Those that stay without a flag are wrong in at most ``target_error`` of all cases, as far as the
    threshold's promise goes.
    """
    return tuple(
        extraction(
            path,
            "low_confidence",
            f"confidence {confidence:.4g}; only from {at:.4g} on are at most {target_error:.2%} wrong",
        )
        for path, confidence in confidences.items()
        if confidence < at
    )
