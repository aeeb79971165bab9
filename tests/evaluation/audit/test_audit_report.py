from __future__ import annotations

from decimal import Decimal

import pytest

from structurer.evaluation.audit.acceptance import as_html, as_markdown
from structurer.evaluation.audit.figures import Promised
from structurer.evaluation.audit.plan import Unit
from structurer.evaluation.audit.report import report
from structurer.evaluation.audit.result import Problem, Verdict
from structurer.groups import Group


def of(plan, group, count=1):
    return [item for item in plan.items if item.group is group][:count]


def test_no_error_shows_the_promise(plan, judged):
    made = plan()
    figures = report(judged(made))
    assert figures.promised is Promised.SHOWN
    assert figures.overall.bound <= 0.01
    assert (figures.overall.more, figures.accepted) == (0, 0)
    assert figures.risk == pytest.approx(0.99**299, abs=1e-3)
    assert figures.overall.right == figures.overall.drawn == len(made.items)


def test_one_error_does_not_and_says_how_many_more_would(plan, judged):
    made = plan()
    (item,) = of(made, Group.TARGET)
    figures = report(judged(made, {item.id: Verdict.WRONG}))
    assert figures.promised is Promised.NOT_SHOWN
    assert 170 <= figures.overall.more <= 180
    groups = {group.group: group for group in figures.groups}
    assert (groups[Group.TARGET].wrong, groups[Group.NAME].wrong) == (1, 0)
    assert groups[Group.TARGET].bound > groups[Group.NAME].bound > figures.overall.bound
    larger = plan(size=figures.size)
    assert len(larger.items) <= len(made.items) + figures.overall.more + 6
    assert report(judged(larger, {item.id: Verdict.WRONG})).promised is Promised.SHOWN


def test_a_damaged_source_is_no_error_but_is_told_apart(plan, judged):
    made = plan()
    (item,) = of(made, Group.NAME)
    figures = report(judged(made, {item.id: Verdict.DAMAGED}))
    assert figures.promised is Promised.SHOWN
    assert figures.overall.bound <= 0.01 < figures.overall.bound_with_damage
    assert [finding.item for finding in figures.damaged] == [item]
    assert figures.errors == ()


def test_a_value_without_a_verdict_leaves_the_promise_open(plan, judged):
    made = plan()
    figures = report(judged(made, without={made.items[0].id}))
    assert figures.promised is Promised.OPEN
    assert "1 of" in as_markdown(figures)


@pytest.mark.parametrize(
    ("group", "correct", "expected"),
    [
        (Group.MONEY, lambda value: f"{value}0", "amount out by a power of ten"),
        (Group.MONEY, lambda value: f"{value}.0 0", "wrong value"),
        (Group.MONEY, lambda value: "12,345", "wrong value"),
        (Group.MONEY, lambda value: "(empty)", "read where the form is empty"),
        (Group.HEAD, lambda value: "", "wrong value"),
        (Group.HALF, lambda value: "implementation_period", "wrong half"),
        (Group.LEVEL, lambda value: "质量指标", "wrong level"),
        (Group.NAME, lambda value: "护栏", "wrong name"),
        (Group.TARGET, lambda value: "13处", "wrong target"),
    ],
)
def test_errors_have_classes(plan, judged, group, correct, expected):
    made = plan()
    (item,) = of(made, group)
    figures = report(judged(made, {item.id: (Verdict.WRONG, correct(item.value))}))
    assert figures.classes == ((expected, 1),)


def test_whole_declarations_have_their_own_figures(plan, judged):
    made = plan(by=Unit.DECLARATION, size=40)
    target, missing = of(made, Group.TARGET)[0], of(made, None, 2)[1]
    others = {target.id: Verdict.WRONG, missing.id: Verdict.WRONG}
    figures = report(judged(made, others))
    declarations = figures.declarations
    assert (declarations.judged, declarations.right, declarations.incomplete) == (40, 38, 1)
    assert 0.05 < declarations.bound < 0.16
    assert declarations.effect == pytest.approx(1.39, abs=0.02)
    assert figures.overall.wrong == 1
    assert dict(figures.classes) == {"something missing": 1, "wrong target": 1}
    single = report(judged(plan(size=figures.overall.drawn, floor=1)))
    assert report(judged(made)).overall.bound > single.overall.bound


def test_cost_is_shared_out_to_what_is_correct(plan, judged):
    made = plan(size=2000)
    assert report(judged(made)).cost.record == Decimal("0.01")
    (item,) = of(made, Group.TARGET)
    cost = report(judged(made, {item.id: Verdict.WRONG})).cost
    assert cost.record_is_most
    assert cost.record == pytest.approx(Decimal("1.98") / 197)
    assert cost.value == pytest.approx(Decimal("1.98") / 1167)


def test_the_sheet_to_sign_tells_all_and_runs_nothing(plan, judged):
    made = plan()
    money, name = of(made, Group.MONEY)[0], of(made, Group.NAME)[0]
    result = judged(made, {money.id: (Verdict.WRONG, "<script>|\u202e"), name.id: Verdict.DAMAGED})
    figures = report(result)
    html, markdown = as_html(figures), as_markdown(figures)
    for text in (html, markdown):
        assert f"Not yet shown: 1 wrong of {len(made.items)}" in text
        assert "Consumer" in text
        assert "amount" not in text.split("Errors by class")[0]
        assert "Signature" in text
        assert "Accepted by" in text
        assert "\u202e" not in text
        assert f"project {money.ordinal}" in text
        assert f"project {name.ordinal}" in text
        assert "$1.98" in text
    assert "<script" not in html
    assert "&lt;script&gt;" in html
    assert "http" not in html.replace("http-equiv", "")
    assert "size: A4" in html
    assert r"\<script\>\|" in markdown


def test_lines_that_could_not_be_used_are_on_the_sheet(plan, judged):
    made = plan()
    result = judged(made, without={made.items[0].id})
    result = type(result)(made, result.judgements, (Problem(2, made.items[0].id, "no verdict"),))
    assert "no verdict" in as_markdown(report(result))
    assert report(result).as_dict()["promise"]["state"] == "open"
