from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from invented_runs import declarations, run, wrong

from structurer.errors import OutputError
from structurer.evaluation.comparing import compare_runs
from structurer.evaluation.gates import (
    BaselineError,
    check_baseline,
    check_change,
    read_baseline,
    write_baseline,
)

if TYPE_CHECKING:
    from pathlib import Path

    from structurer.evaluation.gates import Baseline, Failure
    from structurer.evaluation.outcomes import RunRecord

GOOD = declarations(8, wrong("handler", [1, 2], flagged=True))


@pytest.fixture
def baseline(tmp_path: Path) -> Baseline:
    write_baseline(run(GOOD), tmp_path / "new" / "baseline.json")
    return read_baseline(tmp_path / "new" / "baseline.json")


def _names(failures: tuple[Failure, ...]) -> list[str]:
    return [failure.condition for failure in failures]


def test_the_same_outcomes_pass_whenever_and_wherever_they_were_made(baseline: Baseline) -> None:
    later = run(GOOD, at="2027-01-01T00:00:00+00:00", seconds=99.0, commit="f" * 40, number=5, structurer="9")
    assert check_baseline(later, baseline) == ()


def test_a_figure_that_is_off_by_one_is_named_with_both(baseline: Baseline) -> None:
    failures = check_baseline(run(declarations(8, wrong("handler", [1], flagged=True))), baseline)
    told = {failure.condition: failure.message for failure in failures}
    assert told["fields"] == "fields was 38/40, is 39/40"
    assert told["by_group.head.filled"] == "by_group.head.filled was 22/24, is 23/24"
    assert told["by_field.handler.filled"] == "by_field.handler.filled was 6/8, is 7/8"
    assert told["declarations"] == "declarations was 6/8, is 7/8"
    assert told["corrections.substituted"] == "corrections.substituted was 2, is 1"
    assert told["cells"] == "other outcomes than stored in b.txt#2"
    assert "by_group.money.filled" not in told


def test_better_figures_fail_too_until_they_are_stored(baseline: Baseline, tmp_path: Path) -> None:
    better = run(declarations(8))
    assert check_baseline(better, baseline)
    write_baseline(better, tmp_path / "new" / "baseline.json")
    assert check_baseline(better, read_baseline(tmp_path / "new" / "baseline.json")) == ()


def test_other_cells_with_the_same_figures_fail_by_their_declaration(baseline: Baseline) -> None:
    swapped = run(declarations(8, wrong("handler", [1, 4], flagged=True)))
    (failure,) = check_baseline(swapped, baseline)
    assert failure == ("cells", "other outcomes than stored in b.txt#2, b.txt#4")


def test_a_declaration_that_came_or_went_is_named(baseline: Baseline) -> None:
    assert any("b.txt#8" in message for _, message in check_baseline(run(GOOD[:-5]), baseline))
    more = declarations(10, wrong("handler", [1, 2], flagged=True))
    assert any("a.txt#9, b.txt#10" in message for _, message in check_baseline(run(more), baseline))


def test_many_declarations_are_not_all_named(baseline: Baseline) -> None:
    other = run([replace(cell, confidence=0.5) for cell in GOOD])
    assert check_baseline(other, baseline)[0].message.endswith("a.txt#7, b.txt#2 and 3 more")


def test_a_confidence_counts_but_not_the_last_bits_of_it_nor_an_excerpt(baseline: Baseline) -> None:
    nearly = [replace(cell, confidence=0.9 + 1e-12, excerpt="") for cell in GOOD]
    assert check_baseline(run(nearly), baseline) == ()
    assert _names(check_baseline(run([replace(GOOD[0], confidence=0.8999), *GOOD[1:]]), baseline)) == [
        "cells"
    ]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"gold": "h"}, "gold was g"),
        ({"scoring": "2"}, "scoring was 1, is 2"),
        ({"schema_version": "1.1"}, "schema_version was 1.0, is 1.1"),
        ({"engine": "hybrid"}, "engine was layout, is hybrid"),
        ({"model": "m"}, "model was None, is m"),
    ],
)
def test_a_run_of_something_else_is_told_as_such(
    baseline: Baseline, changed: dict[str, str], message: str
) -> None:
    (failure,) = check_baseline(run(GOOD, **changed), baseline)
    assert [failure.condition] == list(changed)
    assert failure.message.startswith(message)


def test_a_figure_that_the_baseline_does_not_know_or_no_longer_exists_fails(tmp_path: Path) -> None:
    path = tmp_path / "baseline.json"
    write_baseline(run(GOOD), path)
    stored = json.loads(path.read_text(encoding="utf-8"))
    stored["figures"]["retired"] = stored["figures"].pop("fields")
    path.write_text(json.dumps(stored), encoding="utf-8")
    messages = [failure.message for failure in check_baseline(run(GOOD), read_baseline(path))]
    assert messages == ["retired was 38/40, is None", "fields was None, is 38/40"]


def test_the_stored_file_is_the_same_for_the_same_run(tmp_path: Path) -> None:
    write_baseline(run(GOOD), tmp_path / "a.json")
    write_baseline(run(GOOD, number=3, seconds=7.0), tmp_path / "b.json")
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()


@pytest.mark.parametrize("text", ["", "[]", "3", "{}", '{"gold": "g", "more": 1}'])
def test_a_file_that_is_no_baseline_is_told_in_a_line(tmp_path: Path, text: str) -> None:
    path = tmp_path / "baseline.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BaselineError, match="is no baseline; write it again"):
        read_baseline(path)


def test_a_baseline_that_cannot_be_read_or_written_is_told_in_a_line(tmp_path: Path) -> None:
    with pytest.raises(BaselineError, match="No such file"):
        read_baseline(tmp_path / "baseline.json")
    with pytest.raises(OutputError, match="cannot be written"):
        write_baseline(run(GOOD), tmp_path)


def _change(before: RunRecord, after: RunRecord, margin: float = 0.0) -> list[str]:
    return _names(check_change(compare_runs(before, after), margin))


def test_a_change_that_does_nothing_or_only_good_passes() -> None:
    good, poor = run(declarations(20)), run(declarations(20, wrong("handler", range(1, 11))))
    assert _change(poor, poor) == []
    assert _change(good, good) == []
    assert _change(poor, good) == []


def test_values_that_may_have_become_worse_fail_unless_the_margin_allows_it() -> None:
    before = run(declarations(100, wrong("handler", range(1, 4), flagged=True)))
    after = run(declarations(100, wrong("project_name", range(4, 7), flagged=True)))
    (failure,) = check_change(compare_runs(before, after))
    assert failure.condition == "accuracy"
    low = compare_runs(before, after).accuracy.interval
    assert low is not None
    assert low.low < 0
    assert f"{-100 * low.low:.2f} points lower" in failure.message
    assert _change(before, after, margin=0.02) == []
    assert _change(before, after, margin=0.001) == ["accuracy"]


def test_an_amount_that_was_right_fails_however_much_is_gained() -> None:
    before = run(declarations(40, wrong("handler", range(1, 41), flagged=True)))
    after = run(declarations(40, wrong("funding.annual.total", [7], flagged=True)))
    (failure,) = check_change(compare_runs(before, after))
    assert failure.condition == "amounts"
    assert "a.txt#7 funding.annual.total (20000000 read as 2000000)" in failure.message


def test_an_amount_that_was_wrong_before_or_another_value_is_not_such_an_amount() -> None:
    before = run(declarations(40, wrong("funding.annual.total", [7], flagged=True)))
    after = run(declarations(40, wrong("funding.annual.total", [7], flagged=True, read="3")))
    assert _change(before, after) == []
    after = run(declarations(40, wrong("handler", [7], flagged=True)))
    assert _change(run(declarations(40)), after) == ["accuracy"]


def test_one_more_silent_error_fails_at_the_same_accuracy() -> None:
    before = run(declarations(20, wrong("handler", [1, 2], flagged=True)))
    after = run(declarations(20, wrong("handler", [1], flagged=True)))
    silent = run([replace(cell, flagged=False) if cell.ordinal == 1 else cell for cell in before.outcomes])
    (failure,) = check_change(compare_runs(before, silent))
    assert failure == ("silent errors", "there were 0, there are 1")
    assert _change(before, after) == []


@pytest.mark.parametrize(
    ("before", "after", "failing"),
    [
        ("1", "1.2", False),
        ("1", "1.2000001", True),
        ("0", "0.01", True),
        ("0", "0", False),
        ("1", "0.5", False),
    ],
)
def test_cost_without_gain(before: str, after: str, failing: bool) -> None:
    cells = declarations(8)
    names = _change(run(cells, cost=before), run(cells, cost=after))
    assert names == (["cost"] if failing else [])


def test_cost_with_gain_passes() -> None:
    poor = run(declarations(20, wrong("handler", range(1, 11))), cost="0")
    assert _change(poor, run(declarations(20), cost="5")) == []


def test_with_one_declaration_nothing_can_be_promised() -> None:
    assert _change(run(declarations(1)), run(declarations(1))) == ["accuracy"]


def test_each_condition_is_told_by_itself() -> None:
    before = run(declarations(20), cost="1")
    after = run(declarations(20, wrong("funding.annual.total", range(1, 9))), cost="2")
    assert _change(before, after) == ["accuracy", "amounts", "silent errors", "cost"]
