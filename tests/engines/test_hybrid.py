"""The layout first, a model for what is doubtful."""

from __future__ import annotations

from typing import Any

import pytest
from interviewing import (
    ANNUAL,
    QUESTIONS,
    TABLE,
    USAGE,
    Answer,
    Form,
    Model,
    copy_of,
    drive,
    form_of,
    invented,
    labelled,
    put,
)

from structurer.asking import Ask, Invalid, Problem, Truncated, Unanswered, unasked
from structurer.checks import extraction as doubt
from structurer.checks import source, status
from structurer.document_types.declaration import DECLARATION
from structurer.engines import HybridEngine, LayoutEngine
from structurer.engines.hybrid import doubtful_keys
from structurer.examination import Examined, examine
from structurer.models import Extraction, Flag, FlagKind, ModelUse, Severity, Status, Usage
from structurer.paths import value_at
from structurer.schemas import validate
from structurer.synthesis.families import Family

ENGINE = HybridEngine("m")


def read(form: Form, model: Model, answers: str = "point") -> Extraction:
    extraction = drive(HybridEngine("m", answers).read(form.passage, DECLARATION), model)
    validate(DECLARATION.name, dict(extraction.data))
    return extraction


def doubtful(form: Form, extraction: Extraction) -> set[tuple[str, str]]:
    flags = examine(form.passage, extraction, DECLARATION).flags
    return {(flag.path, flag.code) for flag in flags if flag.kind is FlagKind.EXTRACTION}


def last_target_cut() -> Form:
    """A form of which the last target, in the year's half, lost its number."""
    clean = invented(1)
    last = clean.layout().data["indicators"][-1]
    assert last["scope"] == "annual"
    (span,) = clean.layout().spans[f"indicators.{len(clean.layout().data['indicators']) - 1}.target"]
    text = clean.passage.document.text
    return form_of(text[: span.start] + "≥" + text[span.end :], clean.label.data)


def without_layout() -> Form:
    """A form of which no label of the table is legible, nor its head."""
    text = "项目名称\t桥梁\n主管部门\t某局\n实施单位\t某所\n资金总额\t5\n"
    return form_of(text, invented(1).label.data)


@pytest.mark.parametrize("family", list(Family))
def test_without_doubt_nothing_is_asked_and_the_layouts_reading_stands(family: Family) -> None:
    form = invented(0, family)
    layout = unasked(LayoutEngine().read(form.passage, DECLARATION))
    assert doubtful(form, layout) == set()
    assert unasked(ENGINE.read(form.passage, DECLARATION)) == layout


def test_doubt_in_one_half_asks_about_that_half_and_shows_the_table_alone() -> None:
    form = last_target_cut()
    asked = {path for path, _ in doubtful(form, form.layout())}
    assert asked
    model = Model(form.point)
    read(form, model)
    assert model.keys == [(ANNUAL,)]
    table = {segment.number for segment in QUESTIONS.region(form.passage, TABLE)}
    assert set(put(model.asked[0]).shown) == table < {segment.number for segment in form.passage.segments}


def examined(form: Form, *flags: Flag) -> Examined:
    return Examined(form.layout(), {}, flags, {})


@pytest.mark.parametrize(
    ("path", "keys"),
    [
        ("", QUESTIONS.keys),
        ("indicators", TABLE),
        ("indicators.0.name", TABLE[:1]),
        ("indicators.0", TABLE[:1]),
        ("funding.annual.total", ("funding",)),
        ("competent_department.code", ("competent_department",)),
        ("phone", ("phone",)),
    ],
)
def test_what_is_asked_about_is_what_is_doubtful(path: str, keys: tuple[str, ...]) -> None:
    form = invented(1)
    assert doubtful_keys(examined(form, doubt(path, "x", "words")), QUESTIONS) == keys
    assert doubtful_keys(examined(form, doubt(path, "x", "words", Severity.INFO)), QUESTIONS) == keys
    assert doubtful_keys(examined(form, source(path, "x", "words")), QUESTIONS) == ()


def test_keys_are_asked_in_the_forms_order() -> None:
    flags = [doubt(path, "x", "words") for path in ("phone", "indicators.0", "project_name")]
    expected = ("project_name", TABLE[0], "phone")
    assert doubtful_keys(examined(invented(1), *flags), QUESTIONS) == expected


def test_a_model_that_agrees_settles_what_agreement_settles_and_raises_confidence() -> None:
    settled = 0
    for form in labelled():
        layout = examine(form.passage, form.layout(), DECLARATION)
        model = Model(form.point)
        extraction = read(form, model)
        if not model.asked:
            assert extraction == layout.extraction
            continue
        result = examine(form.passage, extraction, DECLARATION)
        assert extraction.model_use is not None
        assert extraction.model_use.usage.input_tokens == 100 * len(model.asked)
        kept = {flag for flag in layout.flags if flag.code not in QUESTIONS.settled_by_agreement}
        if extraction.data != layout.extraction.data or any(
            f.code == "readings_differ" for f in result.flags
        ):
            continue
        assert kept <= set(result.flags)
        gone = {flag.path for flag in set(layout.flags) - set(result.flags)}
        assert gone <= extraction.agreed
        assert all(result.confidence[path] > layout.confidence[path] for path in gone)
        settled += len(gone)
    assert settled > 5


def test_a_model_that_differs_is_told_and_accepted_nowhere() -> None:
    form = last_target_cut()
    answer = copy_of(form.point)
    groups = answer["indicators"]["annual"]
    first = next(iter(groups.values()))[0]
    other = list(groups.values())[-1][0]
    first[1] = other[0]
    extraction = read(form, Model(answer))
    flags = [flag for flag in extraction.doubts if flag.code == "readings_differ"]
    wrong = value_at(extraction.data, flags[0].path)
    assert "the layout reads “" in flags[0].message
    assert "the model “" in flags[0].message
    assert wrong == value_at(form.layout().data, flags[0].path)
    assert status(examine(form.passage, extraction, DECLARATION).flags) is Status.FLAGGED


@pytest.mark.parametrize(
    ("reply", "reason", "used"),
    [
        (Unanswered("the server is down"), "the server is down", 0),
        (Invalid(USAGE, (Problem("", "no JSON at all"),)), "no JSON at all", 3),
        (Truncated(USAGE), "too long for the model", None),
    ],
)
def test_where_the_model_is_no_help_the_layouts_reading_stands_with_its_doubts(
    reply: Any, reason: str, used: int | None
) -> None:
    form = last_target_cut()
    model = Model(form.point, lambda *_: reply)
    extraction = read(form, model)
    layout = form.layout()
    assert extraction.data == layout.data
    *doubts, last = extraction.doubts
    assert tuple(doubts) == layout.doubts
    assert (last.path, last.code, last.severity) == ("", "model_unanswered", Severity.INFO)
    assert reason in last.message
    replies = len(model.asked) if used is None else used
    assert extraction.model_use == ModelUse(
        "m", ", ".join(dict.fromkeys(ask.prompt for ask in model.asked)), sum([USAGE] * replies, Usage())
    )


def test_a_form_of_unknown_layout_is_asked_about_as_a_whole() -> None:
    form = without_layout()
    assert ("", "layout_unknown") in doubtful(form, form.layout()) or (
        "indicators",
        "required_field_missing",
    ) in doubtful(form, form.layout())
    model = Model({})
    read(form, model)
    assert set(TABLE) < set(model.keys[0])


def test_a_model_that_says_that_all_amounts_are_nothing_is_not_believed() -> None:
    clean = invented(1)
    total = clean.layout().spans["funding.annual.total"][0]
    text = clean.passage.document.text
    damaged = f"{text[: total.start + 1]},{text[total.start + 1 :]}"
    form = form_of(damaged, clean.label.data)
    model = Model(form.transcribe, all_nothing)
    extraction = read(form, model, "transcribe")
    assert ("funding",) in model.keys
    assert extraction.data["funding"] == form.layout().data["funding"]
    assert doubtful(form, extraction) >= doubtful(form, form.layout())


def all_nothing(turn: int, ask: Ask, answer: Answer) -> Answer:
    for half in answer["funding"].values():
        for key in half:
            half[key] = "0"
    return answer
