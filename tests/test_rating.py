"""Confidences calibrated, and flags for those too low, as the settings say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from structurer.calibration import Calibration, CalibrationError, Curve, Origin, Quality, Step
from structurer.documents import document_from_bytes
from structurer.engines import ModelEngine
from structurer.errors import SettingsError
from structurer.groups import Group
from structurer.pipeline import begin, structure_document
from structurer.prompts import load_prompt
from structurer.rating import rating
from structurer.settings import load_settings
from structurer.synthesis.families import Family
from structurer.synthesis.filing import invent_filing

if TYPE_CHECKING:
    from pathlib import Path

_NOTHING = Quality(values=0, wrong=0, brier=None, ece=None, auroc=None)


def _calibration(calibrated: float, **learned_from: str) -> Calibration:
    """Return one that gives every confidence the same worth."""
    step = Step(at=0, calibrated=calibrated, values=100, wrong=20)
    curve = Curve(groups=tuple(Group), values=100, wrong=20, bound=0.3, steps=(step,))
    origin = Origin(
        run=1,
        at="2020-01-01T00:00:00+00:00",
        gold="",
        scoring="1",
        schema_version="1.0",
        structurer="0.1.0",
        engine="layout",
        model=None,
        prompts="",
        method="",
    )
    origin = origin.model_copy(update=learned_from)
    return Calibration(origin=origin, curves=(curve,), before=_NOTHING, after=_NOTHING)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A calibration's file."""
    path = tmp_path / "calibration.json"
    path.write_text(_calibration(0.8).as_json(), encoding="utf-8")
    return path


_DOCUMENT = document_from_bytes(invent_filing(Family.ZONE, 8, count=1).text.encode(), "invented.txt")


def test_a_threshold_that_is_set_is_used(path: Path) -> None:
    def flagged(flag_below: float) -> set[str]:
        settings = load_settings(calibration=path, target_error=0.01, flag_below=flag_below)
        (record,) = structure_document(_DOCUMENT, settings=settings).records
        assert set(record.confidence.values()) == {0.8}
        assert set(record.confidence) > {"project_name", "funding.annual.total"}
        return {flag.path for flag in record.flags if flag.code == "low_confidence"}

    assert flagged(0.8) == set()
    assert {"project_name", "funding.annual.total"} < flagged(0.81)


def test_a_file_that_changed_is_read_again(path: Path) -> None:
    settings = load_settings(calibration=path)
    configs = {settings.config_hash()}
    path.write_text(_calibration(0.75).as_json(), encoding="utf-8")
    configs.add(settings.config_hash())
    (record,) = structure_document(_DOCUMENT, settings=settings).records
    assert set(record.confidence.values()) == {0.75}
    assert len(configs) == 2


def test_a_target_whose_threshold_nobody_found_is_refused(path: Path) -> None:
    with pytest.raises(SettingsError, match="flag_below"):
        structure_document(_DOCUMENT, settings=load_settings(calibration=path, target_error=0.01))


def test_settings_that_need_each_other(path: Path) -> None:
    with pytest.raises(SettingsError, match="target_error needs a calibration"):
        load_settings(target_error=0.01)
    with pytest.raises(SettingsError, match="flag_below needs the target_error"):
        load_settings(calibration=path, flag_below=0.5)


def test_an_engine_that_it_was_not_learned_from_is_refused(path: Path) -> None:
    with pytest.raises(CalibrationError, match="for engine layout, not model"):
        begin(_DOCUMENT, ModelEngine(model="m"), load_settings(calibration=path, model="m"))


@pytest.mark.parametrize("answers", ["point", "transcribe"])
def test_prompts_of_the_same_versions_are_known_before_anybody_asks(path: Path, answers: str) -> None:
    prompts = [load_prompt(f"performance_target_declaration.{name}").id for name in ("repair", answers)]
    learned_from = {"engine": "model", "model": "m", "prompts": ", ".join(sorted(prompts))}
    path.write_text(_calibration(0.8, **learned_from).as_json(), encoding="utf-8")
    assert rating(load_settings(calibration=path, model="m", answers=answers), "model") is not None
    other = "point" if answers == "transcribe" else "transcribe"
    with pytest.raises(CalibrationError, match=f"not .*{other}@"):
        rating(load_settings(calibration=path, model="m", answers=other), "model")


def test_left_out_it_changes_nothing(path: Path) -> None:
    settings = load_settings(calibration=path, target_error=0.01, flag_below=0.9)
    plain = load_settings()
    assert settings.uncalibrated().config_hash() == plain.config_hash() != settings.config_hash()
    without = structure_document(_DOCUMENT, settings=settings.uncalibrated())
    assert without == structure_document(_DOCUMENT, settings=plain)
