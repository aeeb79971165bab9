from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from invented_runs import outcome, run, too_many

from structurer.evaluation.keeping import UnknownRunError, keep, kept_run, kept_runs, latest_run
from structurer.evaluation.outcomes import Place
from structurer.evaluation.totals import totals
from structurer.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(f"sqlite:///{tmp_path / 'work.db'}") as opened:
        yield opened


def test_a_run_record_comes_out_as_it_went_in(store: Store) -> None:
    cells = [
        outcome(1, confidence=0.1 + 0.2, place=Place.UNKNOWN),
        outcome(2, gold=None, read=None, confidence=None, uncertain=True, excerpt=""),
        too_many(2, failed=True),
    ]
    made = run(
        cells, model="m", engine="model", cost="0.10", settings={"budget": None, "mode": "tool"}, dirty=True
    )
    number = keep(store, made)
    assert kept_run(store, number) == replace(made, number=number)


def test_a_list_of_runs_has_their_figures_and_not_their_outcomes(store: Store) -> None:
    cells = [outcome(1), outcome(2, wrong="2")]
    numbers = [
        keep(store, run(cells, label="first")),
        keep(store, run(cells[:1], engine="hybrid", model="m")),
    ]
    listed = kept_runs(store)
    assert [kept.number for kept in listed] == numbers
    assert [kept.head.label for kept in listed] == ["first", ""]
    assert [kept.head.outcomes for kept in listed] == [(), ()]
    assert [kept.totals for kept in listed] == [totals(cells), totals(cells[:1])]
    assert latest_run(store) == listed[1]
    assert latest_run(store, engine="layout") == listed[0]
    assert latest_run(store, gold="other") is None


def test_a_run_that_was_read_back_can_be_kept_again_as_another(store: Store) -> None:
    first = keep(store, run([outcome()]))
    second = keep(store, kept_run(store, first))
    assert second > first
    assert kept_run(store, second) == replace(kept_run(store, first), number=second)


def test_a_run_that_is_not_there_is_told_in_a_line(store: Store) -> None:
    with pytest.raises(UnknownRunError, match="no evaluation 7; structurer eval history lists them"):
        kept_run(store, 7)
