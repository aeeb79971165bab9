from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace

import pytest

from structurer.evaluation.audit.drawing import draw
from structurer.evaluation.audit.lot import BulkRun, read_run
from structurer.evaluation.audit.plan import AuditError, Promise, Unit, plan_of
from structurer.evaluation.written import RecordsError
from structurer.groups import Group

# 198 declarations with data; in each name, half, level, row name and target; an amount in 178 of them,
# the others being flagged.
IN_LOT = {
    Group.HEAD: 198,
    Group.MONEY: 178,
    Group.HALF: 198,
    Group.LEVEL: 198,
    Group.NAME: 198,
    Group.TARGET: 198,
}


def drawn(plan):
    return {item.id for item in plan.items}


def test_the_lot_is_what_nobody_flagged(plan):
    made = plan()
    assert {stratum.group: stratum.values for stratum in made.strata} == IN_LOT
    assert (made.lot.values, made.lot.flagged) == (1168, 20)
    assert (made.lot.declarations, made.lot.failed, made.lot.rejected) == (198, 1, 1)


def test_as_many_are_drawn_as_the_promise_needs_each_group_by_its_share(plan):
    made = plan(target=0.01)
    counts = {stratum.group: stratum.drawn for stratum in made.strata}
    assert counts == {group: -(-299 * count // 1168) for group, count in IN_LOT.items()}
    assert Counter(item.group for item in made.items) == counts


def test_a_small_group_gets_its_floor_and_a_smaller_one_all(plan):
    assert {stratum.drawn for stratum in plan(size=12, floor=30).strata} == {30}
    assert {stratum.group: stratum.drawn for stratum in plan(size=2, floor=190).strata}[Group.MONEY] == 178


def test_the_same_seed_draws_the_same_whatever_the_order_of_the_records(run, plan):
    shuffled = list(run.records)
    random.Random(3).shuffle(shuffled)
    again = draw(BulkRun(shuffled, run.facts), Promise(0.01))
    assert again == plan()
    assert plan(seed=2).items != plan().items


def test_a_larger_sample_holds_the_smaller_one(plan):
    assert drawn(plan(size=100)) < drawn(plan(size=400))


def test_every_value_has_the_same_chance(plan):
    """Over 60 seeds a quarter of each value's declarations is drawn, first and last alike."""
    counts = Counter(item.ordinal for seed in range(60) for item in plan(size=292, seed=seed).items)
    halves = [sum(counts[n] for n in some) for some in (range(1, 101), range(101, 201))]
    assert len(counts) == 198
    assert abs(halves[0] / sum(halves) - 0.495) < 0.02


def test_whole_declarations_hold_all_their_values_and_ask_what_is_missing(plan):
    made = plan(by=Unit.DECLARATION, size=7)
    assert made.drawn_declarations == 7
    by_declaration = Counter(item.ordinal for item in made.items)
    asked = [item for item in made.items if item.group is None]
    assert len(asked) == 7
    assert all("left empty: funding.annual.other, phone" in item.value for item in asked)
    assert set(by_declaration.values()) <= {6, 7}
    assert drawn(plan(by=Unit.DECLARATION, size=3)) < drawn(made)


def test_whole_declarations_are_more_values_than_single_ones(plan):
    """Six values of a declaration at ρ = 0.08 are worth 1 / 1.39 each, and few declarations a little less."""
    values = sum(stratum.drawn for stratum in plan(by=Unit.DECLARATION, target=0.01).strata)
    assert 299 * 1.39 < values < 299 * 1.6


def test_a_plan_survives_being_written(plan):
    for made in (plan(), plan(by=Unit.DECLARATION, size=2)):
        assert plan_of(made.as_dict()) == made
    with pytest.raises(AuditError, match="no audit plan"):
        plan_of({"unit": "value"})


def test_the_half_and_a_lost_label_are_looked_up_where_the_row_stands(plan):
    made = plan(size=2000)
    spans = {item.path: item.spans for item in made.items if item.ordinal == 5}
    assert spans["indicators.0.scope"] == spans["indicators.0.level2"] == spans["indicators.0.name"] != ()


@pytest.mark.parametrize(
    "wrong",
    [{"target": 0}, {"target": 1}, {"confidence": 1}, {"confidence": 0.5}, {"size": 0}],
)
def test_what_has_no_meaning_is_refused(plan, wrong):
    with pytest.raises(AuditError):
        plan(**wrong)


def test_a_lot_without_values_is_refused(run):
    with pytest.raises(AuditError, match="nothing to audit"):
        draw(replace(run, records=[]), Promise())


def test_a_folder_without_a_run_is_refused(tmp_path):
    with pytest.raises(AuditError, match="cannot be read"):
        read_run(tmp_path)
    (tmp_path / "records.jsonl").write_text('{"id": 1}\n', encoding="utf-8")
    (tmp_path / "run.json").write_text("[]", encoding="utf-8")
    with pytest.raises(AuditError, match="no report of a run"):
        read_run(tmp_path)


def test_a_line_that_is_no_record_is_named(run, tmp_path):
    (tmp_path / "records.jsonl").write_text('{"id": 1}\n', encoding="utf-8")
    (tmp_path / "run.json").write_text(
        '{"structurer": "0", "config": "0", "settings": {"engine": "layout"}}', encoding="utf-8"
    )
    with pytest.raises(RecordsError, match="line 1"):
        draw(read_run(tmp_path), Promise())
