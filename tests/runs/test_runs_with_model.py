"""Runs that ask a model: a real server that knows the labels, and now and then a bad one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from commands import (
    FILES,
    FILINGS,
    all_recorded,
    asking,
    gold_answers,
    judged,
    labels,
    lines,
    report,
    some_filings,
    structurer,
    untold,
    written,
)
from model_server import Faults, InventedAnswers, ModelServer, all_at
from structurer.checks import quoted
from structurer.paths import value_at
from structurer.review.editing.doubts import doubts_of
from structurer.schemas import validate

if TYPE_CHECKING:
    from pathlib import Path

# Servers that hang or drip are given up soon; these tests wait for nothing else.
_HASTE = {"STRUCTURER_TIMEOUT": "1", "STRUCTURER_DEADLINE": "30"}


def _distinct(bodies: list[Any]) -> set[str]:
    return {json.dumps(body, sort_keys=True) for body in bodies}


@pytest.mark.parametrize("engine", ["model", "hybrid"])
def test_right_answers_make_right_records_and_are_asked_for_once(engine: str, tmp_path: Path) -> None:
    with ModelServer(gold_answers()) as server:
        command = ["run", FILINGS, *asking(server, tmp_path / "work.db", "--engine", engine)]
        first = structurer(*command, "--out", tmp_path / "first")
        assert first.exit_code == 0
        put = len(server.bodies)
        assert len(_distinct(server.bodies)) == put
        again = structurer(*command, "--out", tmp_path / "again")
        assert again.exit_code == 0
        assert len(server.bodies) == put
    assert sorted(written(tmp_path / "first")) == FILES
    assert written(tmp_path / "first") == written(tmp_path / "again")
    assert all_recorded(tmp_path / "first")
    seen = judged(tmp_path / "first")
    assert seen.errors == ()
    # The labels answer without a doubt, so what they mark uncertain need not be flagged here.
    unmet = [goal.name for goal in seen.goals if not goal.met]
    assert unmet in ([], ["uncertain rows and fields flagged"])
    told = report(tmp_path / "first")
    assert told["complete"] is True
    asked = sum(line["provenance"]["model"] == "gold" for line in lines(tmp_path / "first"))
    assert told["model"]["asked"] == asked
    assert told["model"]["declarations"] == len(labels())
    assert asked == len(labels()) if engine == "model" else 0 < asked < len(labels())


def test_another_filing_costs_its_own_requests_alone(tmp_path: Path) -> None:
    few = some_filings(tmp_path / "few", 2, 3)
    other = some_filings(tmp_path / "other", 4)
    with ModelServer(gold_answers()) as server:
        options = asking(server, tmp_path / "work.db", "--engine", "model", "--out", tmp_path / "out")
        assert structurer("run", few, *options).exit_code == 0
        before = len(server.bodies)
        some_filings(few, 4)
        assert structurer("run", few, *options).exit_code == 0
        added = server.bodies[before:]
        assert report(tmp_path / "out")["counts"]["filings"] == 3
        alone = asking(server, tmp_path / "alone.db", "--engine", "model", "--out", tmp_path / "alone")
        assert structurer("run", other, *alone).exit_code == 0
        first_question, *needed = server.bodies[before + len(added) :]
    assert len(added) >= 5
    assert _distinct(added) == _distinct(needed)
    assert "FILING" not in json.dumps(first_question)


def test_the_engine_that_works_is_said_and_chosen_by_the_model(tmp_path: Path) -> None:
    filings = some_filings(tmp_path / "filings", 4)
    with ModelServer(gold_answers()) as server:
        by_default = structurer(
            "run", filings, *asking(server, tmp_path / "work.db"), "--out", tmp_path / "out"
        )
        asked = len(server.requests)
        layout = structurer("run", filings, "--out", tmp_path / "layout")
        by_word = structurer(
            "run",
            filings,
            *asking(server, tmp_path / "work.db", "--engine", "layout"),
            "--out",
            tmp_path / "word",
        )
        assert len(server.requests) == asked > 0
        first = by_default.stderr.splitlines()[0]
        assert first == f"engine: hybrid; gold at {server.base_url} reads what the layout leaves in doubt"
    for result in (layout, by_word):
        assert result.exit_code == 0
        assert result.stderr.splitlines()[0] == "engine: layout; nothing is sent anywhere"
    engines = {
        name: {line["provenance"]["engine"] for line in lines(tmp_path / name)}
        for name in ("out", "layout", "word")
    }
    assert engines["layout"] == engines["word"] == {"layout"}
    assert "layout" not in engines["out"]
    assert written(tmp_path / "layout") == written(tmp_path / "word")


@pytest.mark.parametrize(
    ("engine", "answers", "seed"),
    [
        ("model", "point", 1),
        ("model", "point", 2),
        ("model", "transcribe", 3),
        ("hybrid", "point", 4),
        ("hybrid", "point", 5),
        ("hybrid", "transcribe", 6),
    ],
)
def test_whatever_goes_wrong_each_form_has_a_record_and_no_error_is_silent(
    engine: str, answers: str, seed: int, tmp_path: Path
) -> None:
    with ModelServer(gold_answers(), faults=Faults(all_at(0.3), seed)) as server:
        options = asking(server, tmp_path / "work.db", "--engine", engine, "--answers", answers)
        result = structurer("run", FILINGS, *options, "--out", tmp_path / "out", **_HASTE)
        struck = {asked.fault for asked in server.requests} - {None}
    assert result.exit_code == 0
    assert len(struck) > 3
    assert report(tmp_path / "out")["complete"] is True
    assert all_recorded(tmp_path / "out")
    assert untold(tmp_path / "out") == []


def test_where_two_readings_differ_the_one_that_was_not_taken_is_written_too(tmp_path: Path) -> None:
    with ModelServer(InventedAnswers(7)) as server:
        options = asking(server, tmp_path / "work.db", "--engine", "hybrid")
        result = structurer("run", FILINGS, *options, "--out", tmp_path / "out", **_HASTE)
    assert result.exit_code == 0
    kept = 0
    for line in lines(tmp_path / "out"):
        validate("record", line)
        for flag in line["flags"]:
            assert ("other" in flag) <= (flag["code"] == "readings_differ")
            if "other" in flag:
                assert flag["other"] != str(value_at(line["data"], flag["path"]))
                assert quoted(flag["other"]) in flag["message"]
                kept += 1
        asked = {reason.other for doubt in doubts_of(line) for reason in doubt.reasons} - {None}
        assert asked == {flag["other"] for flag in line["flags"] if "other" in flag}
    assert kept


@pytest.mark.parametrize("answers", ["point", "transcribe"])
@pytest.mark.parametrize("engine", ["model", "hybrid"])
def test_inventions_are_never_believed(engine: str, answers: str, tmp_path: Path) -> None:
    with ModelServer(InventedAnswers(7)) as server:
        options = asking(server, tmp_path / "work.db", "--engine", engine, "--answers", answers)
        result = structurer("run", FILINGS, *options, "--out", tmp_path / "out", **_HASTE)
    assert result.exit_code == 0
    assert all_recorded(tmp_path / "out")
    assert untold(tmp_path / "out") == []
    if engine == "model":
        assert {line["status"] for line in lines(tmp_path / "out")} == {"flagged"}
