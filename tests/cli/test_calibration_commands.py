"""Confidences learned from an evaluation by one command, and used by another."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from commands import FILINGS, GOLD, lines, report, structurer, written

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from typer.testing import Result

_POINT = "performance_target_declaration.point"

# Of money, confidences below 0.99 turn out to be worth a half; of nothing else anything is learned.
_STEPS = [
    {"at": 0.0, "calibrated": 0.5, "values": 50, "wrong": 25},
    {"at": 0.99, "calibrated": 0.97, "values": 500, "wrong": 15},
]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an evaluation of the layout in its store, what was learned from it, and a plain run."""
    folder = tmp_path_factory.mktemp("desk")
    store = ("--store", f"sqlite:///{folder / 'kept.db'}")
    where = ("--gold", GOLD, "--filings", FILINGS, "--out", folder / "report")
    assert structurer("eval", "run", *where, *store).exit_code == 0
    assert structurer("eval", "calibrate", "--out", folder / "calibration.json", *store).exit_code == 0
    assert structurer("run", FILINGS, "--out", folder / "plain", "--quiet").exit_code == 0
    return folder


@pytest.fixture
def calibrated(desk: Path, tmp_path: Path) -> Callable[..., Result]:
    """Structure the filings with a calibration, into a folder ``out``."""

    def run(*options: object, calibration: Path | None = None, store: Path | None = None) -> Result:
        given = ("--calibration", calibration or desk / "calibration.json")
        kept = ("--store", f"sqlite:///{store or desk / 'kept.db'}")
        return structurer("run", FILINGS, "--out", tmp_path / "out", *given, *kept, *options)

    return run


@pytest.fixture
def changed(desk: Path, tmp_path: Path) -> Callable[..., Path]:
    """Write the calibration again, as learned from another reading, or with something learned."""

    def change(*, steps: bool = False, **origin: Any) -> Path:
        raw = json.loads((desk / "calibration.json").read_text(encoding="utf-8"))
        raw["origin"] |= origin
        if steps:
            (plain,) = raw["curves"]
            others = [group for group in plain["groups"] if group != "money"]
            raw["curves"] = [plain | {"groups": others}, plain | {"groups": ["money"], "steps": _STEPS}]
        path = tmp_path / "changed.json"
        path.write_text(json.dumps(raw), encoding="utf-8")
        return path

    return change


def _refused(result: Result, *words: str) -> None:
    assert result.exit_code == 2
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert all(word in line for word in words)


def _low(record: dict[str, Any]) -> set[str]:
    return {flag["path"] for flag in record["flags"] if flag["code"] == "low_confidence"}


# --- learning ------------------------------------------------------------------------------------


def _calibrate(desk: Path, tmp_path: Path, *options: object) -> Result:
    return structurer(
        "eval", "calibrate", *options, "-o", tmp_path / "c.json", "--store", f"sqlite:///{desk / 'kept.db'}"
    )


def test_what_was_learned_is_said_and_written(desk: Path, tmp_path: Path) -> None:
    result = _calibrate(desk, tmp_path, 1, "--target-error", 0.01)
    assert result.exit_code == 0
    assert "learned from run 1: layout" in result.stdout
    assert "too few errors to learn from" in result.stdout
    assert "Brier score: 0.0" in result.stdout
    assert "expected calibration error: 0.0" in result.stdout
    assert "all fields: from 0." in result.stdout
    assert "no promise" not in result.stdout
    # The latest run is that run, too.
    assert (tmp_path / "c.json").read_bytes() == (desk / "calibration.json").read_bytes()


def test_too_small_a_target_is_not_promised_and_what_is_missing_is_said(desk: Path, tmp_path: Path) -> None:
    result = _calibrate(desk, tmp_path, "--target-error", 0.0005)
    assert result.exit_code == 0
    assert "no promise of 0.05%" in result.stdout
    assert "more values" in result.stdout


@pytest.mark.parametrize("share", [0, 1, -0.1])
def test_a_target_is_a_share(desk: Path, tmp_path: Path, share: float) -> None:
    result = _calibrate(desk, tmp_path, "--target-error", share)
    assert result.exit_code == 2
    assert "between 0 and 1" in result.stderr
    assert not (tmp_path / "c.json").exists()


def test_without_an_evaluation_nothing_is_learned(desk: Path, tmp_path: Path) -> None:
    empty = ("--store", f"sqlite:///{tmp_path / 'empty.db'}")
    _refused(structurer("eval", "calibrate", "-o", tmp_path / "c.json", *empty), "structurer eval run")
    _refused(_calibrate(desk, tmp_path, 9), "no evaluation 9")
    assert not (tmp_path / "c.json").exists()


def test_an_evaluation_is_of_the_programs_own_confidences(
    desk: Path, tmp_path: Path, changed: Callable[..., Path]
) -> None:
    options = ["--gold", GOLD, "--filings", FILINGS, "--out", tmp_path / "report"]
    options += ["--store", f"sqlite:///{tmp_path / 'kept.db'}"]
    result = structurer("eval", "run", *options, STRUCTURER_CALIBRATION=str(changed(steps=True)))
    assert result.exit_code == 0
    before, after = (
        json.loads((folder / "report" / "result.json").read_text(encoding="utf-8"))
        for folder in (desk, tmp_path)
    )
    assert after["outcomes"] == before["outcomes"]
    assert after["config"] == before["config"]


# --- using ---------------------------------------------------------------------------------------


def test_a_run_maps_confidences_and_flags_what_is_below_the_threshold(
    desk: Path, tmp_path: Path, calibrated: Callable[..., Result], changed: Callable[..., Path]
) -> None:
    path = changed(steps=True)
    result = calibrated("--target-error", 0.01, calibration=path)
    assert result.exit_code == 0
    assert "without a flag: all fields: from 0." in result.stderr
    at = report(tmp_path / "out")["settings"]["flag_below"]
    assert 0.5 < at < 0.97
    moved = 0
    for before, after in zip(lines(desk / "plain"), lines(tmp_path / "out"), strict=True):
        expected = {
            name: (0.97 if value >= 0.99 else 0.5) if name.startswith("funding.") else value
            for name, value in before["confidence"].items()
        }
        assert after["confidence"] == expected
        assert _low(after) == {name for name, value in expected.items() if value < at}
        assert [flag for flag in after["flags"] if flag["code"] != "low_confidence"] == before["flags"]
        reviewed = any(flag["kind"] == "extraction" for flag in after["flags"])
        assert after["status"] == ("flagged" if reviewed else "accepted")
        assert after["data"] == before["data"]
        moved += (before["status"], after["status"]) == ("accepted", "flagged")
    assert moved > 0


def test_without_a_target_confidences_are_mapped_and_nothing_is_flagged(
    desk: Path, tmp_path: Path, calibrated: Callable[..., Result], changed: Callable[..., Path]
) -> None:
    assert calibrated(calibration=changed(steps=True), store=tmp_path / "other.db").exit_code == 0
    pairs = list(zip(lines(desk / "plain"), lines(tmp_path / "out"), strict=True))
    assert any(before["confidence"] != after["confidence"] for before, after in pairs)
    assert all(before["flags"] == after["flags"] for before, after in pairs)


def test_a_calibration_counts_by_its_content(
    desk: Path, tmp_path: Path, calibrated: Callable[..., Result], changed: Callable[..., Path]
) -> None:
    def config(*options: object, calibration: Path | None = None) -> str:
        assert calibrated("--quiet", *options, calibration=calibration).exit_code == 0
        found: str = report(tmp_path / "out")["config"]
        return found

    plain, used = report(desk / "plain"), config()
    elsewhere = tmp_path / "elsewhere.json"
    elsewhere.write_bytes((desk / "calibration.json").read_bytes())
    assert config(calibration=elsewhere) == used
    assert "calibration" not in plain["settings"]
    assert (
        len({plain["config"], used, config("--target-error", 0.01), config(calibration=changed(steps=True))})
        == 4
    )


def test_the_number_of_processes_changes_nothing(
    tmp_path: Path, calibrated: Callable[..., Result], changed: Callable[..., Path]
) -> None:
    options = ("--target-error", 0.01)
    path = changed(steps=True)
    assert calibrated(*options, "--workers", 1, calibration=path).exit_code == 0
    alone = written(tmp_path / "out")
    assert calibrated(*options, "--workers", 2, calibration=path).exit_code == 0
    assert written(tmp_path / "out") == alone


# --- refusing ------------------------------------------------------------------------------------


def test_a_target_that_the_labels_cannot_promise_is_refused(
    tmp_path: Path, calibrated: Callable[..., Result]
) -> None:
    _refused(calibrated("--target-error", 0.0005), "no promise of 0.05%", "more values")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("origin", "options", "problem"),
    [
        ({}, ("--model", "other"), "for engine layout, not hybrid"),
        ({"engine": "hybrid", "model": "gold"}, (), "for engine hybrid, not layout"),
        ({"engine": "hybrid", "model": "gold"}, ("--model", "other"), "for model gold, not other"),
        (
            {"engine": "model", "model": "gold", "prompts": f"{_POINT}@0"},
            ("--model", "gold", "--engine", "model"),
            f"for prompts {_POINT}@0, not {_POINT}@",
        ),
        (
            {"engine": "model", "model": "gold", "prompts": f"{_POINT}@1"},
            ("--model", "gold", "--engine", "model", "--answers", "transcribe"),
            "not performance_target_declaration.transcribe@",
        ),
        (
            {"engine": "model", "model": "gold", "prompts": "no.prompt@1"},
            ("--model", "gold", "--engine", "model"),
            "for prompts no.prompt@1, not none",
        ),
    ],
)
def test_a_calibration_of_another_reading_is_refused(
    tmp_path: Path,
    calibrated: Callable[..., Result],
    changed: Callable[..., Path],
    origin: dict[str, str],
    options: tuple[str, ...],
    problem: str,
) -> None:
    _refused(calibrated(*options, calibration=changed(**origin)), problem)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("origin", [{"run": 7}, {"at": "2020-01-01T00:00:00+00:00"}])
def test_a_target_needs_the_evaluation_that_was_learned_from(
    calibrated: Callable[..., Result], changed: Callable[..., Path], origin: dict[str, Any]
) -> None:
    _refused(
        calibrated("--target-error", 0.01, calibration=changed(**origin)), "not in this store", "--store"
    )


def test_a_file_that_is_no_calibration_is_refused(tmp_path: Path, calibrated: Callable[..., Result]) -> None:
    bad = tmp_path / "bad.json"
    _refused(calibrated(calibration=bad), "bad.json: cannot be read")
    bad.write_text("{}", encoding="utf-8")
    _refused(calibrated(calibration=bad), "bad.json: no calibration")


def test_a_target_without_a_calibration_is_refused(tmp_path: Path) -> None:
    result = structurer("run", FILINGS, "--target-error", 0.01, "--out", tmp_path / "out")
    _refused(result, "target_error needs a calibration", "--calibration")
