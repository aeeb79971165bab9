from __future__ import annotations

import re
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from structurer.document_types.declaration.model import Declaration
from structurer.synthesis.content import invent
from structurer.synthesis.damage import OPERATORS, STRENGTHS
from structurer.synthesis.families import Family, lay_out
from structurer.synthesis.filing import Damage, RenderedFiling, invent_filing
from structurer.synthesis.labels import Reading, label_of
from structurer.synthesis.sheet import Cell, Piece, Row, Sheet

families = st.sampled_from(list(Family))
seeds = st.integers(0, 10**5)
operators = st.sampled_from(list(OPERATORS))
TRUTH_STAYS = ("spaces", "line breaks", "split digits", "packed cells", "page break", "lost label")


def _damaged(family: Family, seed: int, operator: str, share: float) -> RenderedFiling:
    return invent_filing(family, seed, [Damage(OPERATORS[operator], share)], count=2)


@settings(max_examples=30, deadline=None)
@given(families, seeds, operators)
def test_no_damage_at_a_share_of_zero(family: Family, seed: int, operator: str) -> None:
    assert _damaged(family, seed, operator, 0) == invent_filing(family, seed, count=2)


@settings(max_examples=8, deadline=None)
@given(families, seeds)
@pytest.mark.parametrize("operator", OPERATORS)
def test_any_share_above_zero_changes_the_text(operator: str, family: Family, seed: int) -> None:
    clean = invent_filing(family, seed, count=8)
    damage = [Damage(OPERATORS[operator], STRENGTHS["mild"])]
    assert invent_filing(family, seed, damage, count=8).text != clean.text


@settings(max_examples=30, deadline=None)
@given(families, seeds, st.lists(operators, max_size=4), st.sampled_from(list(STRENGTHS.values())))
def test_damage_is_deterministic_and_leaves_a_reading(
    family: Family, seed: int, names: list[str], share: float
) -> None:
    damages = [Damage(OPERATORS[name], share) for name in names]
    filing = invent_filing(family, seed, damages, count=1)
    assert filing == invent_filing(family, seed, damages, count=1)
    clean = invent_filing(family, seed, count=1).labels[0]
    for path, reading in filing.labels[0].readings.items():
        assert reading.accept
        assert len(set(reading.accept)) == len(reading.accept)
        assert names or reading == clean.readings[path]
        assert (
            reading.accept[0] is not None
            or path == "submitted_at"
            or reading.uncertain
            or (clean.readings[path].accept == (None,))
        )


@settings(max_examples=40, deadline=None)
@given(families, seeds, st.sampled_from(TRUTH_STAYS), st.sampled_from(list(STRENGTHS.values())))
def test_damage_that_a_reader_can_undo_leaves_the_truth(
    family: Family, seed: int, operator: str, share: float
) -> None:
    clean, damaged = invent_filing(family, seed, count=2), _damaged(family, seed, operator, share)
    for before, after in zip(clean.labels, damaged.labels, strict=True):
        assert {p: r.accept for p, r in before.readings.items()} == {
            p: r.accept for p, r in after.readings.items()
        }
        assert (
            operator == "lost label"
            or not family.columns_kept
            or not any(reading.uncertain for reading in after.readings.values())
        )


@settings(max_examples=40, deadline=None)
@given(seeds, st.sampled_from(["misread characters", "dropped characters", "cut cells"]))
def test_a_damaged_text_is_transcribed_as_printed(seed: int, operator: str) -> None:
    filing = _damaged(Family.BUREAU, seed, operator, 0.3)
    text = "".join(re.sub(r"</?(p|sup)>", "", filing.text).split())
    clean = invent_filing(Family.BUREAU, seed, count=2)
    changed = 0
    for before, after in zip(clean.labels, filing.labels, strict=True):
        for path, reading in after.readings.items():
            if path.endswith((".name", ".target")) and reading.accept[0] is not None:
                assert str(reading.accept[0]) in text
                changed += reading != before.readings[path]
    assert changed


def test_a_lost_value_is_in_doubt() -> None:
    filing = _damaged(Family.PDF, 2, "lost cell", 0.3)
    lost = [
        r
        for label in filing.labels
        for r in label.readings.values()
        if r.accept[0] is None and len(r.accept) > 1
    ]
    assert lost
    assert all(reading.uncertain for reading in lost)


def test_a_lost_column_of_targets_leaves_no_target() -> None:
    losses = [
        [
            label.readings[path].accept[0]
            for label in filing.labels
            for path in label.readings
            if path.endswith("target")
        ]
        for filing in (_damaged(Family.ZONE, seed, "lost column", 0.3) for seed in range(8))
    ]
    assert any(targets.count(None) >= 8 for targets in losses)


def test_packed_rows_stand_in_one_line() -> None:
    truth = invent(11)
    form = lay_out(Family.ZONE, truth, "x")
    packed = OPERATORS["packed cells"](form.sheet, 1.0, Random(1))
    assert len(packed.rows) < len(form.sheet.rows)
    names = [row.name for row in truth.indicators]
    line = next(line for line in form.print(packed).split("\n") if re.search(r"\t\S+ \S+\t\S+ \S+\t", line))
    assert sum(str(name) in line for name in set(names)) >= 2


def test_a_page_break_prints_the_head_again() -> None:
    filing = _damaged(Family.ZONE, 1, "page break", STRENGTHS["mild"])
    clean = invent_filing(Family.ZONE, 1, count=2)
    assert filing.text.count("项目名称") == clean.text.count("项目名称") + 2
    assert filing.labels == clean.labels


def _label(path: str, *prints: str, **values: object) -> Reading:
    truth = Declaration.model_validate(values)
    rows = tuple(Row("head", (Cell((Piece(text, path),)),)) for text in prints)
    return label_of(Sheet(truth, rows, True, frozenset([path])), "x", 1).readings[path]


@pytest.mark.parametrize(
    ("prints", "reading"),
    [
        (["20230113162 321"], Reading(("2023-01-13T16:23:21",))),
        (["2023011316232"], Reading((None, "2023-01-13T16:23:21"))),
        (["20230113162327"], Reading(("2023-01-13T16:23:27", "2023-01-13T16:23:21"))),
        (["2023O113162321"], Reading((None, "2023-01-13T16:23:21"))),
        ([], Reading((None, "2023-01-13T16:23:21"), uncertain=True)),
    ],
)
def test_dates_are_read_as_the_guide_says(prints: list[str], reading: Reading) -> None:
    assert _label("submitted_at", *prints, submitted_at="2023-01-13T16:23:21") == reading


@pytest.mark.parametrize(
    ("text", "reading"),
    [
        ("1,500,00 0", Reading(("1500000",))),
        ("1,800,000", Reading(("1800000", "1500000"))),
        ("1,50,000", Reading(("1500000", "150000"), uncertain=True)),
        ("1,5OO,000", Reading(("1500000",), uncertain=True)),
    ],
)
def test_amounts_are_joined_and_never_guessed(text: str, reading: Reading) -> None:
    assert _label("funding.annual.total", text, funding={"annual": {"total": "1500000"}}) == reading


def test_a_value_printed_on_two_pages_may_be_read_on_either() -> None:
    assert _label("project_name", "河 道", "何道", project_name="河道") == Reading(("河道", "何道"))


def test_an_attribute_is_its_canonical_name_as_long_as_it_can_be_made_out() -> None:
    truth = {"project_attribute": "经常性项目"}
    assert _label("project_attribute", "经常姓项目", **truth) == Reading(("经常性项目",))
    assert _label("project_attribute", "经", **truth) == Reading(("经常性项目",), uncertain=True)
