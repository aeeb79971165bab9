"""The five goals of the offline way, on the hand-labelled declarations."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from structurer.documents import read_document
from structurer.evaluation import load_gold, score
from structurer.evaluation.outcomes import Place
from structurer.pipeline import structure_document

if TYPE_CHECKING:
    from structurer.evaluation.score import Score

EVAL = Path(__file__).parents[1] / "eval"


@pytest.fixture(scope="module")
def result() -> Score:
    records = [
        record
        for path in sorted((EVAL / "filings").iterdir())
        for record in structure_document(read_document(path, name=path.name)).records
    ]
    return score(load_gold(EVAL / "gold"), records)


def test_the_gold_set_is_whole(result: Score) -> None:
    assert result.headline.declarations.whole == 38
    assert result.headline.scalars.whole > 900


@pytest.mark.parametrize(
    "goal",
    [
        "scalar and funding fields right",
        "strict row F1",
        "silent errors",
        "uncertain rows and fields flagged",
        "other values flagged",
    ],
)
def test_goal(result: Score, goal: str) -> None:
    (found,) = [entry for entry in result.goals if entry.name == goal]
    assert found.met, f"{found.name}: {found.bar}, measured {found.measured}"


def test_evidence_is_where_the_values_stand(result: Score) -> None:
    assert result.headline.evidence_precision.value == 1.0
    assert result.headline.evidence_precision.whole > 2500
    assert result.headline.places[Place.MISSING] <= 4, "second levels whose label is not cited"
