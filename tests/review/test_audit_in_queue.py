"""The sample of an audit, judged on the review page."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from desks import Reviewer, take_all_in

from commands import FILINGS, structurer
from structurer.evaluation.audit.result import EMPTY, Verdict
from structurer.evaluation.audit.sheets import read_plan
from structurer.review.editing import commands as do
from structurer.review.editing.addresses import address_of
from structurer.review.quality.auditing import put_into_queue, verdicts_of_queue
from structurer.store import Store
from structurer.store.review import Items, Round, Tasks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from structurer.evaluation.audit.plan import AuditPlan, Item
    from structurer.review.sitting import Sitting


@dataclass(frozen=True)
class Drawn:
    """A run in a store and in a folder, and a sample of it that waits in the queue."""

    store: Store
    url: str
    sheet: Path
    plan: AuditPlan

    def task(self, item: Item) -> int:
        record = Items(self.store).by_key(item.record)
        assert record is not None
        return next(each.id for each in Tasks(self.store).of_item(record.id) if each.round is Round.AUDIT)


@pytest.fixture
def drawn(new_url: Callable[[], str], tmp_path: Path) -> Iterator[Drawn]:
    url, out, sheet = new_url(), tmp_path / "out", tmp_path / "audit.csv"
    assert structurer("run", FILINGS, "--store", url, "--out", out).exit_code == 0
    said = _draw(out, sheet, url, "--size", 40)
    with Store.open(url) as store:
        plan = read_plan(sheet)
        declarations = {item.record for item in plan.items}
        assert f"{len(declarations)} declarations wait on the review page" in said
        yield Drawn(store, url, sheet, plan)


def _draw(out: Path, sheet: Path, url: str, *more: object) -> str:
    drawing = ("eval", "audit", "draw", out, "--filings", FILINGS, "-o", sheet, "--queue", "--store", url)
    result = structurer(*drawing, *more)
    assert result.exit_code == 0, result.output
    return result.output


def _judge(drawn: Drawn, ann: Reviewer, item: Item, *commands: do.Command) -> Sitting:
    """Carry out commands in the audit of a value's declaration, accept the rest and end it."""
    task = drawn.task(item)
    assert ann.claim(task)
    sitting = ann.desk.look(task)
    for command in commands:
        sitting = ann.do(sitting, command)
    sitting = ann.accept_all(sitting)
    ann.finish(sitting)
    return sitting


def test_each_drawn_value_is_asked_about_like_a_doubt(drawn: Drawn) -> None:
    ann = Reviewer(drawn.store, "ann")
    for item in drawn.plan.items:
        asked = {doubt.at: doubt.reasons for doubt in ann.desk.look(drawn.task(item)).doubts}
        assert {reason.code for reason in asked[address_of(item.path)]} == {"low_confidence"}
    first = drawn.plan.items[0]
    expected = {address_of(item.path) for item in drawn.plan.items if item.record == first.record}
    assert {doubt.at for doubt in ann.desk.look(drawn.task(first)).doubts} == expected


def test_what_people_say_becomes_verdicts(drawn: Drawn) -> None:
    ann = Reviewer(drawn.store, "ann")
    plain = [
        item for item in drawn.plan.items if item.path in ("phone", "handler", "project_name", "overview")
    ]
    plain += [item for item in drawn.plan.items if item.path.endswith((".name", ".target"))]
    several = list({item.record: item for item in plain}.values())
    wrong, empty, unread, left, right = several[:5]
    at = {item: address_of(item.path) for item in several}
    _judge(drawn, ann, wrong, do.Correct(at=at[wrong], value="something else"))
    _judge(drawn, ann, empty, do.Correct(at=at[empty], value=""))
    _judge(drawn, ann, unread, do.Illegible(at=at[unread], reason="a stain"))
    _judge(drawn, ann, left, do.Skip(at=at[left], reason="who knows"))
    _judge(drawn, ann, right)
    result = verdicts_of_queue(drawn.store, drawn.plan)
    said = {judgement.item: judgement for judgement in result.judgements}
    assert (said[wrong.id].verdict, said[wrong.id].correct) == (Verdict.WRONG, "something else")
    assert (said[empty.id].verdict, said[empty.id].correct) == (Verdict.WRONG, EMPTY)
    assert (said[unread.id].verdict, said[unread.id].comment) == (Verdict.DAMAGED, "a stain")
    assert (said[right.id].verdict, said[right.id].correct) == (Verdict.RIGHT, "")
    problems = {problem.item: problem.message for problem in result.problems}
    assert problems[left.id] == "was left to a curator: who knows"
    judged = {item.id for item in drawn.plan.items if item.record in {each.record for each in several[:5]}}
    assert set(said) | {left.id} == judged
    others = [message for item, message in problems.items() if item not in judged]
    assert set(others) == {"nobody judged it on the review page yet"}


def test_the_command_records_and_reports_verdicts_of_the_queue(drawn: Drawn) -> None:
    record = ("eval", "audit", "record", drawn.sheet, "--queue", "--store", drawn.url)
    unfinished = structurer(*record)
    assert unfinished.exit_code == 1
    ann = Reviewer(drawn.store, "ann")
    by_record = {item.record: item for item in drawn.plan.items}
    for item in by_record.values():
        _judge(drawn, ann, item)
    finished = structurer(*record)
    assert finished.exit_code == 0, finished.output
    assert f"{len(drawn.plan.items)} verdicts kept" in finished.output
    kept = json.loads(drawn.sheet.with_suffix(".result.json").read_text("utf-8"))
    assert {judgement["verdict"] for judgement in kept["judgements"]} == {"right"}
    report = structurer("eval", "audit", "report", drawn.sheet)
    assert "0" in report.output


def test_drawing_again_asks_nothing_twice_and_a_larger_sample_only_what_is_new(drawn: Drawn) -> None:
    ann = Reviewer(drawn.store, "ann")
    item = drawn.plan.items[0]
    judged = _judge(drawn, ann, item)
    assert put_into_queue(drawn.store, drawn.plan) == len({each.record for each in drawn.plan.items})
    audits = [each for each in Tasks(drawn.store).of_item(judged.task.item) if each.round is Round.AUDIT]
    assert [each.state for each in audits] == ["done"]
    _draw(drawn.sheet.parent / "out", drawn.sheet.with_name("more.csv"), drawn.url, "--size", 3000)
    more = read_plan(drawn.sheet.with_name("more.csv"))
    audits = [each for each in Tasks(drawn.store).of_item(judged.task.item) if each.round is Round.AUDIT]
    assert [each.state for each in audits] == ["done", "open"]
    again = {doubt.at for doubt in ann.desk.look(audits[1].id).doubts}
    assert again
    assert not again & {doubt.at for doubt in judged.doubts}
    kept = {judgement.item for judgement in verdicts_of_queue(drawn.store, more).judgements}
    assert item.id in kept


def test_whole_declarations_are_asked_for_what_is_missing(drawn: Drawn) -> None:
    sheet = drawn.sheet.with_name("whole.csv")
    _draw(drawn.sheet.parent / "out", sheet, drawn.url, "--by", "declaration", "--size", 3)
    plan = read_plan(sheet)
    whole = Drawn(drawn.store, drawn.url, sheet, plan)
    one, other, _ = (item for item in plan.items if item.group is None)
    ann = Reviewer(drawn.store, "ann")
    _judge(whole, ann, one)
    sitting_of = ann.desk.look(whole.task(other))
    row = sitting_of.state.rows[-1]
    name = f"indicators.n{sitting_of.task.id}-1.name"
    _judge(whole, ann, other, do.AddRow(after=row), do.Correct(at=name, value="left out"))
    said = {judgement.item: judgement for judgement in verdicts_of_queue(drawn.store, plan).judgements}
    assert said[one.id].verdict is Verdict.RIGHT
    assert (said[other.id].verdict, said[other.id].correct) == (Verdict.WRONG, "left out")


def test_a_store_of_another_run_is_refused_in_one_line(drawn: Drawn, tmp_path: Path) -> None:
    other = f"sqlite:///{tmp_path / 'other.db'}"
    arguments = ("eval", "audit", "draw", tmp_path / "out", "--filings", FILINGS, "--queue", "--store", other)
    result = structurer(*arguments, "-o", tmp_path / "again.csv")
    assert result.exit_code == 2
    assert not (tmp_path / "again.csv").exists()
    assert "name the store that this run was kept in" in " ".join(result.output.split())


def test_an_audit_is_no_planting_ground(drawn: Drawn) -> None:
    take_all_in(drawn.store)
    ann = Reviewer(drawn.store, "ann")
    sitting = _judge(drawn, ann, drawn.plan.items[0])
    assert {probe.kind for probe in sitting.probes} == {"audit"}
