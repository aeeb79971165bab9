from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from structurer.document_types.declaration.model import Declaration
from structurer.evaluation.damage import (
    UNDAMAGED,
    CurveRow,
    align,
    damage_curve,
    outcomes_of,
    render,
    structure_text,
)
from structurer.synthesis.damage import OPERATORS, STRENGTHS
from structurer.synthesis.families import Family
from structurer.synthesis.filing import Damage, invent_filing

if TYPE_CHECKING:
    from structurer.synthesis.labels import Label


def _record(label: Label) -> dict[str, Any]:
    data = label.as_dict()
    return {"data": {key: data[key] for key in Declaration.model_fields}, "flags": []}


def _flag(path: str, kind: str = "extraction") -> dict[str, str]:
    return {"path": path, "kind": kind}


FILING = invent_filing(Family.ZONE, 1, count=2)


def _silent(records: list[dict[str, Any]]) -> list[str]:
    return [outcome.path for outcome in outcomes_of(FILING.labels, records, "zone", 1) if outcome.silent]


@pytest.mark.parametrize("family", Family)
@pytest.mark.parametrize("operator", OPERATORS)
def test_a_fair_reader_is_right_about_every_damaged_value(family: Family, operator: str) -> None:
    filing = invent_filing(family, 5, [Damage(OPERATORS[operator], 0.3)])
    outcomes = list(outcomes_of(filing.labels, [_record(label) for label in filing.labels], family, 5))
    assert all(outcome.right and not outcome.silent for outcome in outcomes)
    assert len(outcomes) == sum(len(label.readings) for label in filing.labels)


def test_a_wrong_value_is_silent_until_an_extraction_flag_covers_it() -> None:
    records = [_record(label) for label in FILING.labels]
    records[0]["data"]["funding"]["annual"]["total"] = "1"
    assert _silent(records) == ["funding.annual.total"]
    records[0]["flags"] = [_flag("funding.annual.total", "source"), _flag("overview")]
    assert _silent(records) == ["funding.annual.total"]
    records[0]["flags"] = [_flag("funding")]
    assert _silent(records) == []


def test_a_row_too_many_is_told_by_a_flag_on_it() -> None:
    records = [_record(label) for label in FILING.labels]
    rows = records[1]["data"]["indicators"]
    rows.insert(1, {**rows[0], "name": "AAAA", "target": "BBBB"})
    assert _silent(records) == ["indicators.1"]
    records[1]["flags"] = [_flag("indicators.1.name")]
    assert _silent(records) == []


def test_a_missing_row_is_told_by_a_flag_on_its_neighbour_or_the_table() -> None:
    records = [_record(label) for label in FILING.labels]
    del records[0]["data"]["indicators"][1]
    assert _silent(records) == [f"indicators.1.{field}" for field in ("level2", "name", "target")]
    for path in ("indicators", "indicators.0", "indicators.1.target"):
        records[0]["flags"] = [_flag(path)]
        assert _silent(records) == []
    records[0]["flags"] = [_flag("indicators.5")]
    assert len(_silent(records)) == 3


def test_missing_and_invented_declarations_are_silent() -> None:
    records = [_record(label) for label in FILING.labels]
    missing = list(outcomes_of(FILING.labels, records[:1], "zone", 1))
    wanted = [value for value in FILING.labels[1].readings.values() if None not in value.accept]
    assert sum(outcome.silent for outcome in missing) == len(wanted)
    extra = {"data": {**records[0]["data"], "project_name": "XYZ"}, "flags": []}
    assert _silent([*records, extra]) == [""]


def test_a_record_that_could_not_be_structured_is_wrong_and_told() -> None:
    records = [_record(FILING.labels[0]), {"data": None, "flags": [_flag("")]}]
    outcomes = list(outcomes_of(FILING.labels, records, "zone", 1))
    assert not all(outcome.right for outcome in outcomes)
    assert not any(outcome.silent for outcome in outcomes)


def test_an_uncertain_value_may_be_left_out_or_flagged() -> None:
    filing = invent_filing(Family.ZONE, 1, [Damage(OPERATORS["lost label"], 0.03)], count=1)
    label = filing.labels[0]
    path = next(path for path, reading in label.readings.items() if reading.uncertain)
    record = _record(label)
    row = record["data"]["indicators"][int(path.split(".")[1])]

    def outcome() -> tuple[bool, bool]:
        by_path = {o.path: o for o in outcomes_of([label], [record], "zone", 1)}
        return by_path[path].right, by_path[path].silent

    row["level2"] = None
    assert outcome() == (True, False)
    row["level2"] = "成本指标" if row["level2"] == "数量指标" else "数量指标"
    assert outcome() == (label.readings[path].accept[0] == row["level2"], True) or outcome()[0]
    record["flags"] = [_flag(path)]
    assert outcome() == (True, False)


def _oracle(text: str) -> list[dict[str, Any]]:
    return [_record(label) for label in FILINGS[text]]


FILINGS = {
    filing.text: filing.labels
    for share in (0.0, *STRENGTHS.values())
    for filing in [invent_filing(Family.PDF, 2, [Damage(OPERATORS["cut cells"], share)])]
}


def test_the_curve_has_a_row_without_damage_and_one_per_kind_and_strength() -> None:
    curve = damage_curve(_oracle, [Family.PDF], ["cut cells"], list(STRENGTHS), [2])
    assert [(row.operator, row.strength) for row in curve] == [
        (UNDAMAGED, ""),
        *(("cut cells", strength) for strength in STRENGTHS),
    ]
    assert all(row.accuracy == 1 and not row.silent and row.values > 100 for row in curve)
    nothing = damage_curve(lambda text: [], [Family.PDF], [], [], [2])[0]
    assert nothing.silent > 0.5
    assert len(nothing.silent_errors) == round(nothing.silent * nothing.values)


def test_the_program_itself_can_be_measured() -> None:
    records = structure_text(FILING.text)
    outcomes = list(outcomes_of(FILING.labels, records, "zone", 1))
    assert len(records) == len(FILING.labels)
    assert sum(outcome.right for outcome in outcomes) > 0.9 * len(outcomes)


def test_the_curve_is_rendered_for_people() -> None:
    console = Console(file=io.StringIO(), width=120)
    console.print(render([CurveRow("cut cells", "mild", 200, 0.5, 0.25, 0.0, ())]))
    line = next(line for line in console.file.getvalue().split("\n") if "mild" in line)  # type: ignore[attr-defined]
    assert [text in line for text in ("cut cells", "200", "50.00%", "25.00%", "0.000%")] == [True] * 5


@given(st.text("ab", max_size=7), st.text("ab", max_size=7))
def test_an_alignment_keeps_order_and_loses_nothing(left: str, right: str) -> None:
    pairs = align(len(left), len(right), lambda n, m: float(left[n] == right[m]))
    assert [pair.left for pair in pairs if pair.left is not None] == list(range(len(left)))
    assert [pair.right for pair in pairs if pair.right is not None] == list(range(len(right)))
    matched = [(p.left, p.right) for p in pairs if p.left is not None and p.right is not None]
    assert all(left[n] == right[m] for n, m in matched)
    assert len(matched) == _longest_common(left, right)


def _longest_common(left: str, right: str) -> int:
    if not left or not right:
        return 0
    if left[0] == right[0]:
        return 1 + _longest_common(left[1:], right[1:])
    return max(_longest_common(left[1:], right), _longest_common(left, right[1:]))
