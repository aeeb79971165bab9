from typing import Any

import pytest
from answering import pointing_answer
from pydantic import ValidationError
from worked_examples import passage_of

from structurer.document_types.declaration.layout.reader import read
from structurer.document_types.declaration.questions import QUESTIONS
from structurer.document_types.declaration.questions.keys import KEYS
from structurer.document_types.declaration.questions.pointing import answer_model
from structurer.models import Extraction
from structurer.passage import Passage

POINT = QUESTIONS.formats["point"]

HEAD = "项目名称\t桥梁\n主管部门\t某局\t实施单位\t某所\n资金总额\t5\n"
"""Enough of a form for it to be one."""


def extract(passage: Passage, answer: dict[str, Any], *keys: str) -> Extraction:
    asked = keys or KEYS
    ask = POINT.ask(passage, asked, passage.segments)
    return POINT.read(passage, asked, ask.answer.model_validate(answer, context=dict(ask.context)))


def faults(passage: Passage, answer: dict[str, Any], *keys: str) -> dict[str, str]:
    with pytest.raises(ValidationError) as caught:
        extract(passage, answer, *keys)
    return {".".join(map(str, error["loc"])): error["msg"] for error in caught.value.errors()}


def number(passage: Passage, text: str, occurrence: int = 0) -> int:
    return [segment.number for segment in passage.segments if segment.text == text][occurrence]


def test_pointers_may_be_numbers_ranges_pieces_or_one_of_them_alone(running_text: Passage) -> None:
    goal = number(running_text, "两年购置新书6000册，满足群众阅读需求。")
    handler = number(running_text, "祁小满")

    extraction = extract(
        running_text,
        {"handler": handler, "goals": {"annual": f"{goal}-{goal + 1}"}, "phone": [f"{handler + 2}:5520"]},
        "handler",
        "goals",
        "phone",
    )

    assert extraction.data["handler"] == "祁小满"
    assert extraction.data["goals"]["annual"] == (
        "两年购置新书6000册，满足群众阅读需求。2025年购置新书3000册，满足群众阅读需求。"
    )
    assert extraction.data["phone"] == "5520"
    (span,) = extraction.spans["phone"]
    assert running_text.document.text[span.start : span.end] == "5520"


def test_only_the_asked_keys_are_read(cells: Passage) -> None:
    extraction = extract(cells, {"handler": [number(cells, "温雪松")]}, "handler")

    assert extraction.data["form_title"] is None
    assert extraction.data["fiscal_year"] is None
    assert extraction.doubts == ()


def test_title_and_year_are_inherited_where_nothing_is_pointed_at(cells: Passage) -> None:
    extraction = extract(cells, {}, "form_title", "fiscal_year")

    assert extraction.data["form_title"] == "云川市市级预算部门（单位）项目支出绩效目标申报表"
    assert extraction.data["fiscal_year"] == 2024
    assert extraction.doubts == ()


def test_values_are_brought_into_the_records_types(cells: Passage) -> None:
    answer = {
        "fiscal_year": [1],
        "competent_department": [number(cells, "317-云川市园林绿化局")],
        "project_attribute": [number(cells, "经常性项目(长期开展)")],
        "duration_years": [number(cells, "3年")],
        "submitted_at": [number(cells, "20240118093015")],
        "funding": {"implementation_period": {"total": [number(cells, "2,700,000")]}},
    }

    data = extract(cells, answer, *answer).data

    assert data["fiscal_year"] == 2024
    assert data["competent_department"] == {"code": "317", "name": "云川市园林绿化局"}
    assert data["project_attribute"] == "经常性项目"
    assert data["duration_years"] == 3
    assert data["submitted_at"] == "2024-01-18T09:30:15"
    assert data["funding"]["implementation_period"]["total"] == "2700000"


def test_a_label_glued_to_the_value_is_no_part_of_it() -> None:
    passage = passage_of(HEAD + "负责人：王某 经办人：李某\t联系电话：2233445\n")
    glued = number(passage, "负责人：王某 经办人：李某")

    data = extract(passage, {"handler": [glued], "phone": [glued + 1]}, "handler", "phone").data

    assert (data["handler"], data["phone"]) == ("李某", "2233445")


def test_amounts_in_ten_thousands_are_brought_to_yuan() -> None:
    passage = passage_of(HEAD + "项目资金（万元）\t年度资金总额\t76.2\n")

    answer = {"funding": {"annual": {"total": [number(passage, "76.2")]}}}
    extraction = extract(passage, answer, "funding")

    assert extraction.data["funding"]["annual"]["total"] == "762000"
    assert extraction.converted == {"funding.annual.total"}


def test_rows_come_in_the_forms_order_with_the_place_of_their_level(cells: Passage) -> None:
    quality = [[number(cells, "补植成活率")], [number(cells, "≥95%")]]
    quantity = [[number(cells, "修剪道路条数")], [number(cells, "86条")]]
    annual = [[number(cells, "补植成活率", 1)], [number(cells, "≥95%", 1)]]
    answer = {
        "indicators": {
            "annual": {"质量指标": [annual]},
            "implementation_period": {"质量指标": [quality], "数量": [quantity]},
        }
    }

    extraction = extract(cells, answer, "indicators.implementation_period", "indicators.annual")

    rows = extraction.data["indicators"]
    assert [(row["scope"], row["level1"], row["level2"], row["name"], row["target"]) for row in rows] == [
        ("implementation_period", "产出指标", "数量指标", "修剪道路条数", "86条"),
        ("implementation_period", "产出指标", "质量指标", "补植成活率", "≥95%"),
        ("annual", "产出指标", "质量指标", "补植成活率", "≥95%"),
    ]
    assert rows[0]["measure"] == {"operator": "=", "value": "86", "unit": "条", "per": None}
    (label,) = extraction.spans["indicators.1.level2"]
    assert label.start == cells.segments[number(cells, "质量指标")].start


@pytest.mark.parametrize(
    ("pointer", "message"),
    [
        (999, "no segment ⟦999⟧"),
        ("5-4", "runs backwards"),
        ("5-999", "no segment ⟦999⟧"),
        ("107:温雪柏", "is not in segment ⟦107⟧"),
        ("温雪松", "is no pointer"),
    ],
)
def test_a_pointer_to_nothing_is_a_fault_at_its_path(cells: Passage, pointer: str, message: str) -> None:
    answer = {"funding": {"annual": {"total": [pointer]}}, "handler": [107]}

    found = faults(cells, answer, "funding", "handler")

    assert list(found) == ["funding.annual.total"]
    assert message in found["funding.annual.total"]


def test_only_what_was_shown_can_be_pointed_at(cells: Passage) -> None:
    ask = POINT.ask(cells, ("handler",), cells.segments[:50])

    with pytest.raises(ValidationError, match="no segment ⟦107⟧"):
        ask.answer.model_validate({"handler": [107]}, context=dict(ask.context))


def test_text_given_twice_is_a_fault_where_it_is_given_again(cells: Passage) -> None:
    rows = {"数量指标": [[[60], [61]], [[65], [61]]]}
    answer = {"handler": [107], "phone": ["107:雪松"], "indicators": {"annual": rows}}

    found = faults(cells, answer, "handler", "phone", "indicators.annual")

    assert "already given for indicators.annual.数量指标.0.1" in found["indicators.annual.数量指标.1.1"]
    assert "overlaps what is given for handler" in found["phone"]
    assert len(found) == 2


def test_one_segment_can_be_shared_out_in_pieces() -> None:
    passage = passage_of(HEAD + "绩效指标\t三级指标\t指标值\n数量指标\t数一数二 数三\t95% 5%\n")
    names, targets = number(passage, "数一数二 数三"), number(passage, "95% 5%")
    rows = [[[f"{names}:数一数二"], [f"{targets}:95%"]], [[f"{names}:数三"], [f"{targets}:5%"]]]

    extraction = extract(passage, {"indicators": {"annual": {"数量指标": rows}}}, "indicators.annual")

    assert [row["target"] for row in extraction.data["indicators"]] == ["95%", "5%"]
    (span,) = extraction.spans["indicators.1.target"]
    assert passage.document.text[span.start - 1 : span.end] == " 5%"


def test_a_title_may_hold_the_year() -> None:
    passage = passage_of("2031年度项目支出绩效目标申报表\n" + HEAD)

    data = extract(passage, {"form_title": [0], "fiscal_year": ["0:2031"]}, "form_title", "fiscal_year").data

    assert (data["form_title"], data["fiscal_year"]) == ("2031年度项目支出绩效目标申报表", 2031)


def test_unknown_keys_levels_and_half_rows_are_faults(cells: Passage) -> None:
    answer: dict[str, Any] = {"indicators": {"annual": {"合理指标": [[[60], [61]]]}}}
    assert list(faults(cells, answer, "indicators.annual")) == ["indicators.annual.合理指标"]

    answer = {"indicators": {"annual": {"数量指标": [[[60], [61]], [[65]]]}}}
    assert list(faults(cells, answer, "indicators.annual")) == ["indicators.annual.数量指标.1.1"]

    assert list(faults(cells, {"handler": [107], "phone": [109]}, "handler")) == ["phone"]


def test_braces_in_a_filing_are_no_template_of_the_message(cells: Passage) -> None:
    found = faults(cells, {"handler": ["107:{fault} {0}"]}, "handler")

    assert "“{fault} {0}” is not in segment" in found["handler"]


def test_a_name_that_both_halves_share_may_be_given_to_both() -> None:
    passage = passage_of(
        HEAD + "二级指标\t三级指标\t实施期指标值\t年度指标值\n数量指标\t修桥数量\t8座\t2座\n"
    )
    reading = read(passage.document, passage.chunk, passage.segments)

    extraction = extract(passage, pointing_answer(passage, reading))

    assert extraction.data == reading.data
    assert [row["target"] for row in extraction.data["indicators"]] == ["8座", "2座"]


def test_an_answer_is_the_same_after_a_round_trip(running_text: Passage) -> None:
    reading = read(running_text.document, running_text.chunk, running_text.segments)
    ask = POINT.ask(running_text, KEYS, running_text.segments)
    given = pointing_answer(running_text, reading)

    value = ask.answer.model_validate(given, context=dict(ask.context))

    assert value.model_dump(mode="json", by_alias=True, exclude_unset=True) == given


def test_the_schema_is_small_and_closed() -> None:
    schema = answer_model(("handler", "indicators.annual")).model_json_schema()

    assert schema["required"] == ["handler", "indicators"]
    assert schema["additionalProperties"] is False
    assert list(schema["properties"]["indicators"]["properties"]) == ["annual"]
    assert answer_model(("handler",)) is answer_model(("handler",))


def test_the_token_limit_grows_with_the_text(cells: Passage) -> None:
    few, all_ = (POINT.ask(cells, KEYS, shown).max_tokens for shown in (cells.segments[:10], cells.segments))

    assert few == 500 + 16 * 10
    assert all_ == 500 + 16 * len(cells.segments)
