"""One conversation with a model, driven without a network: replies are sent in by hand."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import pytest
from interviewing import (
    ANNUAL,
    PERIOD,
    QUESTIONS,
    TABLE,
    USAGE,
    Answer,
    Form,
    Model,
    answered,
    drive,
    form_of,
    invented,
    labelled,
    put,
    said,
)

from structurer.asking import Answered, Ask, Invalid, Problem, Reply, Truncated, Unanswered
from structurer.document_types.declaration import DECLARATION
from structurer.document_types.declaration.model import Declaration, Indicator, Scope
from structurer.engines import ModelEngine, NoAnswerError
from structurer.engines.interview import interview
from structurer.examination import examine
from structurer.models import Extraction, FlagKind, ModelUse, Usage
from structurer.paths import value_at
from structurer.schemas import validate
from structurer.synthesis.content import invent
from structurer.synthesis.families import Family
from structurer.synthesis.filing import render_filing

if TYPE_CHECKING:
    from collections.abc import Callable

POINT = QUESTIONS.formats["point"]
PROMPT = "performance_target_declaration.point@1"
HEAD = tuple(key for key in QUESTIONS.keys if key not in TABLE)
NO_SEGMENT = 99_999


def read(form: Form, model: Model, *keys: str, style: str = "point") -> Extraction:
    engine = ModelEngine("m", style)
    if not keys:
        return drive(engine.read(form.passage, DECLARATION), model)
    return drive(interview(form.passage, DECLARATION, QUESTIONS.formats[style], "m", keys), model)


def codes(form: Form, extraction: Extraction) -> list[tuple[str, str]]:
    flags = examine(form.passage, extraction, DECLARATION).flags
    return [(flag.code, flag.path) for flag in flags if flag.kind is FlagKind.EXTRACTION]


def usage(replies: int) -> Usage:
    return sum((USAGE for _ in range(replies)), Usage())


def on_turns(*turns: int) -> Callable[[Callable[[Answer], Any]], Callable[[int, Ask, Answer], Any]]:
    """Err in some turns only."""

    def decorate(change: Callable[[Answer], Any]) -> Callable[[int, Ask, Answer], Any]:
        def errs(turn: int, ask: Ask, answer: Answer) -> Any:
            if turn in turns:
                change(answer)
            return answer

        return errs

    return decorate


def replies(*given: Reply | None) -> Callable[[int, Ask, Answer], Any]:
    """Send these replies, one a turn; ``None``, and after the last, the right answer."""

    def errs(turn: int, ask: Ask, answer: Answer) -> Any:
        return (given[turn - 1] if turn <= len(given) else None) or answer

    return errs


@pytest.mark.parametrize("style", ["point", "transcribe"])
@pytest.mark.parametrize("family", list(Family))
def test_a_right_answer_is_the_right_reading_at_the_cost_of_one_question(family: Family, style: str) -> None:
    form = invented(3, family)
    model = Model(form.point if style == "point" else form.transcribe)
    extraction = read(form, model, style=style)
    assert said(extraction.data) == said(form.label.data)
    assert model.keys == [QUESTIONS.keys]
    assert extraction.model_use == ModelUse("m", PROMPT.replace("point", style), USAGE)
    validate(DECLARATION.name, dict(extraction.data))


def test_labelled_forms_read_by_right_answers_are_asked_about_once_or_twice() -> None:
    for form in labelled():
        model = Model(form.point)
        validate(DECLARATION.name, dict(read(form, model).data))
        assert len(model.asked) <= 2


def test_a_problem_is_asked_about_again_alone_with_the_exact_message_and_without_history() -> None:
    form = invented(1)

    @on_turns(1)
    def errs(answer: Answer) -> None:
        answer["project_name"] = [NO_SEGMENT]

    model = Model(form.point, errs)
    extraction = read(form, model)
    assert said(extraction.data) == said(form.label.data)
    assert codes(form, extraction) == []
    first, repair = model.asked
    assert put(repair).keys == ("project_name",)
    message = f"project_name: there is no segment [{NO_SEGMENT}] in the text shown"
    assert any(problem.startswith(message) for problem in put(repair).problems)
    assert all(problem.startswith("project_name: ") for problem in put(repair).problems)
    table = {segment.number for segment in QUESTIONS.region(form.passage, TABLE)}
    assert set(put(first).shown) == {segment.number for segment in form.passage.segments}
    assert set(put(repair).shown) == set(put(first).shown) - table
    assert repair.system == first.system
    assert len(repair.user) < len(first.user)
    assert extraction.model_use == ModelUse("m", f"{PROMPT}, {PROMPT}+repair@1", usage(2))


def test_repairs_end_after_two_and_what_is_left_is_flagged_where_it_is() -> None:
    form = invented(1)

    def errs(turn: int, ask: Ask, answer: Answer) -> Answer:
        for key in ("project_name", "handler", "phone")[turn - 1 :]:
            answer[key] = [NO_SEGMENT]
        answer["funding"]["annual"]["total"] = [NO_SEGMENT]
        return answer

    model = Model(form.point, errs)
    extraction = read(form, model)
    assert model.keys[1:] == [
        ("project_name", "funding", "handler", "phone"),
        ("funding", "handler", "phone"),
    ]
    assert value_at(extraction.data, "handler") == form.label.data["handler"]
    assert {flag.path for flag in extraction.doubts if flag.code == "answer_invalid"} == {
        "phone",
        "funding.annual.total",
    }
    assert all(value_at(extraction.data, path) is None for path in ("phone", "funding.annual.total"))


def test_a_repair_that_is_as_bad_is_dropped_and_not_asked_for_again() -> None:
    form = invented(1)

    @on_turns(1, 2)
    def errs(answer: Answer) -> None:
        answer["handler"] = [NO_SEGMENT]

    model = Model(form.point, errs)
    extraction = read(form, model)
    assert model.keys[1:] == [("handler",)]
    assert ("answer_invalid", "handler") in codes(form, extraction)
    assert extraction.model_use is not None
    assert extraction.model_use.usage == usage(2)


def test_a_repair_that_mends_one_thing_by_leaving_out_more_is_dropped() -> None:
    form = invented(1)

    def errs(turn: int, ask: Ask, answer: Answer) -> Answer:
        groups = answer["indicators"]["annual"]
        if turn == 1:
            groups[next(iter(groups))][0][1] = [NO_SEGMENT]
        else:
            answer["indicators"]["annual"] = {}
        return answer

    model = Model(form.point, errs)
    extraction = read(form, model)
    assert model.keys[1][-1] == ANNUAL
    rows = [row for row in extraction.data["indicators"] if row["scope"] == "annual"]
    expected = [row for row in form.label.data["indicators"] if row["scope"] == "annual"]
    assert [row["name"] for row in rows] == [row["name"] for row in expected]
    assert rows[0]["target"] is None
    assert "answer_invalid" in {code for code, _ in codes(form, extraction)}


def test_rows_that_were_left_out_are_asked_for_again_in_both_halves_of_the_table() -> None:
    form = invented(1)

    @on_turns(1)
    def errs(answer: Answer) -> None:
        for half in ("implementation_period", "annual"):
            answer["indicators"][half].popitem()

    model = Model(form.point, errs)
    extraction = read(form, model)
    assert said(extraction.data) == said(form.label.data)
    assert model.keys == [QUESTIONS.keys, TABLE]
    assert set(put(model.asked[1]).shown) < set(put(model.asked[0]).shown)
    assert any("prints more than the rows" in problem for problem in put(model.asked[1]).problems)


def test_a_key_that_an_answer_leaves_out_is_a_problem_and_an_empty_value_is_none() -> None:
    form = invented(1)

    @on_turns(1)
    def errs(answer: Answer) -> None:
        del answer["handler"]
        del answer["indicators"]["annual"]

    model = Model(form.point, errs)
    assert said(read(form, model).data) == said(form.label.data)
    assert model.keys[1:] == [(ANNUAL, "handler")] or model.keys[1:] == [(*TABLE, "handler")]
    assert "handler: no answer was given for this key" in put(model.asked[1]).problems
    assert f"{ANNUAL}: no answer was given for this key" in put(model.asked[1]).problems
    empty = Model(form.point | {"responsible_person": []})
    assert "responsible_person" not in [path for _, path in codes(form, read(form, empty))]
    assert len(empty.asked) == 1


def test_the_table_given_in_another_shape_is_a_problem_of_both_its_halves() -> None:
    form = invented(1)

    def errs(turn: int, ask: Ask, answer: Answer) -> Reply:
        if turn == 1:
            value = answered(ask, {key: answer[key] for key in answer if key != "indicators"})
            assert isinstance(value, Answered)
            return Answered(value.value, USAGE, (Problem("indicators", "Input should be an object"),))
        return answered(ask, answer)

    model = Model(form.point, errs)
    assert said(read(form, model).data) == said(form.label.data)
    assert model.keys[1:] == [TABLE]
    assert put(model.asked[1]).problems[0] == "indicators: Input should be an object"
    assert not any("no answer was given" in problem for problem in put(model.asked[1]).problems)


def test_what_is_said_of_keys_that_nobody_asked_about_is_no_fault() -> None:
    form = invented(1)

    def errs(turn: int, ask: Ask, answer: Answer) -> Reply:
        reply = answered(ask, answer)
        assert isinstance(reply, Answered)
        return Answered(reply.value, USAGE, (Problem("notes", "Extra inputs are not permitted"),))

    model = Model(form.point, errs)
    assert codes(form, read(form, model)) == []
    assert len(model.asked) == 1


def test_problems_that_a_repair_was_not_about_or_did_not_answer_are_not_forgotten() -> None:
    form = invented(1)

    def errs(turn: int, ask: Ask, answer: Answer) -> Answer:
        if turn == 1:
            answer["handler"] = answer["phone"] = [NO_SEGMENT]
        elif turn == 2:
            del answer["phone"]
        else:
            answer["phone"] = [NO_SEGMENT]
        return answer

    model = Model(form.point, errs)
    extraction = read(form, model)
    assert model.keys[1:] == [("handler", "phone"), ("phone",)]
    assert [path for code, path in codes(form, extraction) if code == "answer_invalid"] == ["phone"]


def test_at_most_twenty_problems_are_told_at_once() -> None:
    form = invented(1)

    @on_turns(1)
    def errs(answer: Answer) -> None:
        for half in answer["indicators"].values():
            for rows in half.values():
                rows[:] = [[[NO_SEGMENT], [NO_SEGMENT]] for _ in range(9)]

    model = Model(form.point, errs)
    assert said(read(form, model).data) == said(form.label.data)
    assert len(put(model.asked[1]).problems) == 20


NO_JSON = Invalid(USAGE, (Problem("", "the answer is no JSON"),))


def test_an_answer_without_use_is_asked_for_again_twice() -> None:
    form = invented(1)
    model = Model(form.point, replies(NO_JSON, NO_JSON))
    extraction = read(form, model)
    assert said(extraction.data) == said(form.label.data)
    assert extraction.model_use is not None
    assert extraction.model_use.usage == usage(3)
    assert put(model.asked[1]).problems == put(model.asked[2]).problems != ()
    assert model.keys == [QUESTIONS.keys] * 3

    stubborn = Model(form.point, replies(*[NO_JSON] * 9))
    with pytest.raises(NoAnswerError, match="the answer is no JSON") as caught:
        read(form, stubborn)
    assert len(stubborn.asked) == 3
    assert caught.value.model_use.usage == usage(3)


def test_no_answer_is_no_reading_and_says_why() -> None:
    form = invented(1)
    with pytest.raises(NoAnswerError, match="the server is down") as caught:
        read(form, Model(form.point, replies(Unanswered("the server is down"))))
    assert caught.value.model_use == ModelUse("m", PROMPT, Usage())
    parts = Model(form.point, replies(Truncated(USAGE), None, Unanswered("the server is down"), None))
    with pytest.raises(NoAnswerError, match="the server is down") as caught:
        read(form, parts)
    assert caught.value.model_use.usage == usage(3)


@pytest.mark.parametrize("reply", [Unanswered("gone"), Truncated(USAGE), NO_JSON])
def test_a_repair_that_gives_no_answer_leaves_the_best_reading(reply: Reply) -> None:
    form = invented(1)

    def errs(turn: int, ask: Ask, answer: Answer) -> Any:
        answer["handler"] = [NO_SEGMENT]
        return answer if turn == 1 else reply

    model = Model(form.point, errs)
    extraction = read(form, model)
    assert len(model.asked) == 2
    assert extraction.data["project_name"] == form.label.data["project_name"]
    assert ("answer_invalid", "handler") in codes(form, extraction)


@pytest.mark.parametrize("family", list(Family))
def test_an_answer_that_is_cut_off_is_asked_for_in_the_parts_of_the_form_at_once(family: Family) -> None:
    form = invented(2, family)
    model = Model(form.point, replies(Truncated(USAGE)))
    extraction = read(form, model)
    assert said(extraction.data) == said(form.label.data)
    assert codes(form, extraction) == codes(form, read(form, Model(form.point)))
    assert model.keys == [QUESTIONS.keys, HEAD, (PERIOD,), (ANNUAL,)]
    assert model.together == [1, 3]
    assert set(put(model.asked[2]).shown) == set(put(model.asked[3]).shown)
    assert not set(put(model.asked[1]).shown) & set(put(model.asked[2]).shown)
    assert extraction.model_use is not None
    assert extraction.model_use.usage == usage(4)


def long_answers_cut(most: int) -> Callable[[int, Ask, Answer], Any]:
    """Cut off answers about the table that see more than so many segments of it."""

    def errs(turn: int, ask: Ask, answer: Answer) -> Any:
        question = put(ask)
        whole = len(question.keys) > 2
        too_long = set(question.keys) & set(TABLE) and len(question.shown) > most
        return Truncated(USAGE) if whole or too_long else answer

    return errs


@pytest.mark.parametrize("family", list(Family))
def test_a_half_that_is_cut_off_again_is_read_in_pieces_of_its_text_without_a_seam(family: Family) -> None:
    form = invented(4, family)
    shown = len(QUESTIONS.region(form.passage, TABLE))
    model = Model(form.point, long_answers_cut(shown // 2 + 3))
    keys = ("project_name", *TABLE)
    extraction = read(form, model, *keys)
    whole = read(form, Model(form.point), *keys)
    assert extraction.data == whole.data
    assert extraction.data["indicators"] == form.label.data["indicators"]
    assert sorted(extraction.doubts) == sorted(whole.doubts)
    pieces = [set(put(ask).shown) for ask in model.asked if put(ask).keys == (ANNUAL,)]
    assert len(pieces) > 2
    assert pieces[0] == set().union(*pieces[1:])


def test_labelled_tables_read_in_pieces_lose_and_double_nothing() -> None:
    """The layout is in doubt about many of these, so some rows are cut in two: told, and never lost."""
    for form in labelled():
        shown = len(QUESTIONS.region(form.passage, TABLE))
        whole = read(form, Model(form.point), *TABLE)
        extraction = read(form, Model(form.point, long_answers_cut(shown // 2 + shown // 8)), *TABLE)
        if extraction.data == whole.data:
            continue
        assert extraction.doubts
        assert printed(extraction) == printed(whole)


def printed(extraction: Extraction) -> set[tuple[int, int]]:
    return {
        tuple(span)
        for path, spans in extraction.spans.items()
        if path.endswith((".name", ".target"))
        for span in spans
    }


def test_a_head_that_is_cut_off_again_is_asked_for_in_fewer_keys() -> None:
    form = invented(2)

    def errs(turn: int, ask: Ask, answer: Answer) -> Any:
        return Truncated(USAGE) if len(put(ask).keys) > 9 else answer

    model = Model(form.point, errs)
    assert said(read(form, model).data) == said(form.label.data)
    assert all(set(put(ask).keys) <= set(HEAD) for ask in model.asked[4:])
    assert tuple(key for ask in model.asked[4:] for key in put(ask).keys) == HEAD


def test_a_model_that_never_comes_to_an_end_is_given_up_soon() -> None:
    form = invented(2)
    model = Model(form.point, lambda *_: Truncated(USAGE))
    with pytest.raises(NoAnswerError, match="too long for the model") as caught:
        read(form, model)
    assert len(model.asked) <= 12
    assert caught.value.model_use.usage == usage(len(model.asked))


@lru_cache(maxsize=1)
def longest() -> Form:
    """A form with more indicators than one question may show."""
    truth = invent(7, year=2024)
    rows = [
        Indicator(
            scope=scope,
            level1=row.level1,
            level2=row.level2,
            name=f"{number}号{row.name}所涉及的各个具体建设项目及其配套附属设施工程完成情况",
            target=f"≥{number}处",
        )
        for scope in Scope
        for row in truth.indicators
        if row.scope == scope
        for number in range(100, 140)
    ]
    truth = Declaration.model_validate(truth.model_dump() | {"indicators": [r.model_dump() for r in rows]})
    filing = render_filing(Family.BUREAU, [truth], 7)
    return form_of(filing.text, truth.model_dump(mode="json"))


def test_a_text_too_long_for_one_question_is_asked_about_in_parts_at_once() -> None:
    form = longest()
    model = Model(form.point)
    extraction = read(form, model)
    assert extraction.data["indicators"] == form.label.data["indicators"]
    assert model.together[0] == len(model.keys) > 3
    assert set(model.keys) == {HEAD, (PERIOD,), (ANNUAL,)}
    assert max(len(ask.user) for ask in model.asked) < 70_000
    assert not extraction.doubts


def test_a_text_longer_than_can_be_asked_about_is_not_asked_about() -> None:
    text = "项目名称\t桥梁\n主管部门\t某局\n实施单位\t某所\n资金总额\t5\n" + f"{'甲' * 1_000} " * 1_000
    form = form_of(text, invented(1).label.data)
    model = Model({})
    with pytest.raises(NoAnswerError, match="too long for the model"):
        read(form, model)
    assert model.asked == []
