from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import inspect

from structurer.store import Journal, Store, migrating
from structurer.store.evaluations import Evaluations

HEAD = {"engine": "layout", "model": None, "gold": "g1", "at": "2026-01-02T03:04:05+00:00", "seconds": 1.5}
FIGURES = {"right": 9, "cells": 10}
# What databases refuse in texts (NUL, half a surrogate pair), and what JSON must keep apart.
CELLS: list[dict[str, Any]] = [
    {"read": "河堤加固", "gold": None, "right": False, "confidence": 0.1 + 0.2, "ordinal": 1},
    {"read": "a\x00b\ud800", "gold": "", "right": True, "confidence": None, "ordinal": 2},
]


@pytest.fixture
def evaluations(store: Store) -> Evaluations:
    return Evaluations(store)


def test_a_run_comes_out_as_it_went_in(evaluations: Evaluations) -> None:
    number = evaluations.add(HEAD | {"label": "堤\x00\ud800"}, FIGURES, CELLS)
    found = evaluations.get(number)
    assert found is not None
    assert (found.number, found.head, found.figures) == (number, HEAD | {"label": "堤\x00\ud800"}, FIGURES)
    assert evaluations.outcomes(number) == CELLS
    assert [list(cell) for cell in evaluations.outcomes(number)] == [list(cell) for cell in CELLS]


def test_the_same_run_twice_is_two_runs_and_neither_touches_the_other(evaluations: Evaluations) -> None:
    first = evaluations.add(HEAD, FIGURES, CELLS)
    second = evaluations.add(HEAD | {"seconds": 2}, {"right": 1}, CELLS[:1])
    assert [run.number for run in evaluations.all()] == [first, second]
    assert [run.figures for run in evaluations.all()] == [FIGURES, {"right": 1}]
    assert evaluations.outcomes(first) == CELLS
    assert evaluations.outcomes(second) == CELLS[:1]


def test_a_run_without_outcomes_has_none(evaluations: Evaluations) -> None:
    assert evaluations.outcomes(evaluations.add(HEAD, FIGURES, [])) == []


def test_what_is_not_there(evaluations: Evaluations) -> None:
    assert evaluations.get(1) is None
    assert evaluations.latest() is None
    assert evaluations.all() == []
    with pytest.raises(LookupError, match="no evaluation 1"):
        evaluations.outcomes(1)


def test_latest_is_the_last_that_was_added_of_its_kind(evaluations: Evaluations) -> None:
    layout = evaluations.add(HEAD, {}, [])
    small = evaluations.add(HEAD | {"engine": "model", "model": "small"}, {}, [])
    large = evaluations.add(HEAD | {"engine": "model", "model": "large", "gold": "g2"}, {}, [])
    hybrid = evaluations.add(HEAD | {"engine": "hybrid", "model": "small"}, {}, [])

    def latest(**wanted: str) -> int | None:
        found = evaluations.latest(**wanted)
        return found and found.number

    assert latest() == hybrid
    assert latest(engine="layout") == layout
    assert latest(engine="model") == large
    assert latest(engine="model", model="small") == small
    assert latest(model="small") == hybrid
    assert latest(gold="g1", engine="model") == small
    assert latest(gold="g3") is None


def test_figures_that_json_does_not_have_are_refused_and_nothing_is_kept(evaluations: Evaluations) -> None:
    with pytest.raises(ValueError, match="JSON"):
        evaluations.add(HEAD, {"accuracy": float("nan")}, CELLS)
    assert evaluations.all() == []


def test_outcomes_of_an_uneven_shape_are_refused(evaluations: Evaluations) -> None:
    with pytest.raises(KeyError):
        evaluations.add(HEAD, FIGURES, [*CELLS, {"read": "x"}])
    assert evaluations.all() == []


def test_runs_outlive_the_process_that_kept_them(url: str) -> None:
    with Store.open(url) as store:
        number = Evaluations(store).add(HEAD, FIGURES, CELLS)
    with Store.open(url) as store:
        assert Evaluations(store).outcomes(number) == CELLS


def test_an_older_store_with_a_journal_in_it_gains_evaluations(url: str) -> None:
    with Store.open(url) as store:
        with store.writing() as connection:
            migrating.downgrade(connection, "0001")
            assert not inspect(connection).has_table("evaluation")
        Journal(store).open_run("run", "a run", "m", 5)
    with Store.open(url, upgrade=False) as store:
        assert store.upgrade() == "0001"
        number = Evaluations(store).add(HEAD, FIGURES, CELLS)
        assert Evaluations(store).outcomes(number) == CELLS
        assert Journal(store).spent("run") == (0, 0, 5)


def test_going_back_takes_the_evaluations_and_leaves_the_journal(store: Store) -> None:
    Evaluations(store).add(HEAD, FIGURES, CELLS)
    Journal(store).open_run("run", "a run", "m", 5)
    with store.writing() as connection:
        migrating.downgrade(connection, "0001")
        assert not inspect(connection).has_table("evaluation")
    assert Journal(store).spent("run") == (0, 0, 5)
    with store.writing() as connection:
        migrating.upgrade(connection)
    assert Evaluations(store).all() == []


def test_many_outcomes_take_little_room(store: Store, evaluations: Evaluations) -> None:
    cells = [
        {"filing": "a.txt", "gold_path": f"indicators.{n % 60}.name", "read": f"加固长度{n}", "right": True}
        for n in range(20_000)
    ]
    number = evaluations.add(HEAD, FIGURES, cells)
    assert evaluations.outcomes(number)[12_345] == cells[12_345]
    with store.writing() as connection:
        stored = connection.exec_driver_sql("SELECT length(outcomes) FROM evaluation").scalar_one()
    assert stored < 300_000
