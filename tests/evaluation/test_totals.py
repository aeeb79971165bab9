from __future__ import annotations

from invented_runs import outcome, too_many

from structurer.evaluation.totals import by_declaration, totals, totals_from
from structurer.groups import Group


def test_every_kind_of_cell_is_counted_where_it_belongs() -> None:
    counts = totals(
        [
            outcome(1),
            outcome(1, "project_name", flagged=True),
            outcome(1, "period", gold=None, read=None),
            outcome(1, "unit", gold=None, wrong="河堤"),
            outcome(2, "title", wrong="堤", flagged=True),
            outcome(2, "indicators.0.scope", group=Group.HALF, flagged=True),
            outcome(2, "handler", uncertain=True, right=False, flagged=True),
            outcome(2, "phone", uncertain=True, right=False),
            outcome(3, "phone", uncertain=True, right=False),
            too_many(2),
            too_many(9, flagged=True),
        ]
    )
    assert counts.as_dict() == {
        "declarations": 3,
        "declarations_right": 1,
        "cells": 8,
        "right": 4,
        "too_many": 2,
        "empty": 2,
        "empty_right": 1,
        "silent": 2,
        "reviewable": 5,
        "review": 2,
        "uncertain": 3,
        "uncertain_flagged": 1,
    }
    assert counts.accuracy == 4 / 8
    assert counts.review_load == 2 / 5
    assert totals_from(counts.as_dict()) == counts


def test_one_cell_too_many_never_helps() -> None:
    cells = [outcome(1), outcome(1, "title", wrong="堤")]
    assert totals([*cells, too_many()]).accuracy < totals(cells).accuracy
    assert totals([*cells, too_many()]).review_load == totals(cells).review_load


def test_of_nothing_nothing_is_wrong() -> None:
    assert totals([]).accuracy == 1
    assert totals([]).review_load == 0


def test_declarations_are_told_apart_by_filing_and_ordinal() -> None:
    cells = [outcome(2), outcome(1), outcome(1, filing="b.txt"), outcome(2, "title")]
    groups = by_declaration(cells)
    assert list(groups) == [("a.txt", 1), ("a.txt", 2), ("b.txt", 1)]
    assert groups["a.txt", 2] == (cells[0], cells[3])
