from typing import Any

import pytest
from pydantic import ValidationError
from worked_examples import passage_of

from structurer.document_types.declaration import DECLARATION
from structurer.document_types.declaration.questions import QUESTIONS
from structurer.examination import examine
from structurer.models import Extraction
from structurer.passage import Passage

TRANSCRIBE = QUESTIONS.formats["transcribe"]
PERIOD, ANNUAL = "implementation_period", "annual"
TABLE = ("indicators.implementation_period", "indicators.annual")
HEAD = "项目名称\t桥梁\n主管部门\t某局\t实施单位\t某所\n资金总额\t5\n"


def extract(passage: Passage, answer: dict[str, Any], *keys: str) -> Extraction:
    ask = TRANSCRIBE.ask(passage, keys, passage.segments)
    return TRANSCRIBE.read(passage, keys, ask.answer.model_validate(answer, context=dict(ask.context)))


def printed(passage: Passage, extraction: Extraction, path: str) -> list[str]:
    return [passage.document.text[span.start : span.end] for span in extraction.spans.get(path, ())]


def test_values_are_normalised_and_placed_beside_their_labels(cells: Passage) -> None:
    answer = {
        "fiscal_year": "2024年度",
        "competent_department": "云川市园林绿化局",
        "project_attribute": "经常性项目（长期开展）",
        "duration_years": "3年",
        "funding": {PERIOD: {"total": "2,700,000", "central": 0}, ANNUAL: {"central": "0"}},
        "handler": "",
        "submitted_at": "20240118093015",
    }

    extraction = extract(cells, answer, *answer)

    data = extraction.data
    assert data["fiscal_year"] == 2024
    assert data["competent_department"] == {"code": None, "name": "云川市园林绿化局"}
    assert data["project_attribute"] == "经常性项目"
    assert data["duration_years"] == 3
    assert data["funding"][PERIOD]["total"] == "2700000"
    assert data["handler"] is None
    assert data["submitted_at"] == "2024-01-18T09:30:15"
    assert printed(cells, extraction, f"funding.{PERIOD}.total") == ["2,700,000"]
    period, annual = (extraction.spans[f"funding.{half}.central"] for half in (PERIOD, ANNUAL))
    assert period < annual


def test_equal_rows_of_the_halves_are_told_apart_by_their_place(cells: Passage) -> None:
    group = {"质量指标": [["补植成活率", "≥95%"]]}
    answer = {"indicators": {ANNUAL: group, PERIOD: group}}

    extraction = extract(cells, answer, *TABLE)

    for key in ("name", "target"):
        left, right = extraction.spans[f"indicators.0.{key}"], extraction.spans[f"indicators.1.{key}"]
        assert left < right
    assert not any(flag.code in ("halves_swapped", "place_ambiguous") for flag in extraction.doubts)


def test_a_wrapped_name_has_a_place_for_each_piece(running_text: Passage) -> None:
    group = {"时效指标": [["乡镇分馆图书流转配送完成时间", "每季度末"]]}

    extraction = extract(running_text, {"indicators": {PERIOD: group, ANNUAL: group}}, *TABLE)

    assert printed(running_text, extraction, "indicators.0.name") == ["乡镇分馆图书流转配送完成", "时间"]
    assert printed(running_text, extraction, "indicators.1.name") == ["乡镇分馆图书流转配送完成", "时间"]
    assert extraction.spans["indicators.0.name"] < extraction.spans["indicators.1.name"]
    assert extraction.spans["indicators.0.target"] < extraction.spans["indicators.1.target"]


def test_a_name_in_one_half_that_is_given_twice_is_ambiguous(cells: Passage) -> None:
    group = {"数量指标": [["修剪道路条数", "86条"], ["修剪道路条数", "86条"]]}

    extraction = extract(cells, {"indicators": {PERIOD: group}}, TABLE[0])

    assert {flag.path for flag in extraction.doubts if flag.code == "place_ambiguous"} == {
        "indicators.0.name",
        "indicators.1.name",
    }


def test_rows_packed_into_one_cell_have_pieces_of_it() -> None:
    table = "二级指标\t三级指标\t指标值\n数量指标\t修桥数量 护栏长度\t8座 640米\n"
    passage = passage_of(HEAD + table)
    answer = {"indicators": {ANNUAL: {"数量指标": [["修桥数量", "8座"], ["护栏长度", "640米"]]}}}

    extraction = extract(passage, answer, TABLE[1])

    assert printed(passage, extraction, "indicators.1.name") == ["护栏长度"]
    assert printed(passage, extraction, "indicators.1.target") == ["640米"]
    assert not any(flag.path.startswith("indicators") for flag in extraction.doubts)


def test_what_stands_nowhere_has_no_place_and_is_flagged(cells: Passage) -> None:
    answer = {
        "handler": "温雪柏",
        "phone": "3356018",
        "indicators": {ANNUAL: {"数量指标": [["栽种灌木数量", "≥77丛"]]}, PERIOD: {}},
    }

    extraction = extract(cells, answer, "handler", "phone", *TABLE)
    flags = examine(cells, extraction, DECLARATION).flags

    for path in ("handler", "indicators.0.name", "indicators.0.target"):
        assert path not in extraction.spans
        assert any(flag.code == "not_grounded" and flag.path == path for flag in flags)


def test_an_amount_that_stands_elsewhere_is_doubted(cells: Passage) -> None:
    extraction = extract(cells, {"funding": {PERIOD: {"total": "600000"}, ANNUAL: {}}}, "funding")

    assert any(
        flag.path == f"funding.{PERIOD}.total" and flag.code == "label_differs" for flag in extraction.doubts
    )


@pytest.mark.parametrize("given", ["76.2", "762000"])
def test_amounts_of_a_form_in_ten_thousands_may_be_printed_ones_or_yuan(given: str) -> None:
    passage = passage_of(HEAD.replace("资金总额\t5", "项目资金（万元）\t年度资金总额\t76.2"))

    extraction = extract(passage, {"funding": {ANNUAL: {"total": given}, PERIOD: {}}}, "funding")

    assert extraction.data["funding"][ANNUAL]["total"] == "762000"
    assert extraction.converted == {"funding.annual.total"}
    assert extraction.doubts == ()


@pytest.mark.parametrize(
    ("answer", "path"),
    [
        ({"funding": {ANNUAL: {"total": "很多"}}}, "funding.annual.total"),
        ({"duration_years": "长期"}, "duration_years"),
        ({"fiscal_year": "今年"}, "fiscal_year"),
        ({"project_attribute": "好项目"}, "project_attribute"),
        ({"submitted_at": "2024-02-31T00:00:00"}, "submitted_at"),
        ({"indicators": {ANNUAL: {"合理指标": [["甲", "乙"]]}}}, "indicators.annual.合理指标"),
    ],
)
def test_a_value_of_another_kind_is_a_fault_at_its_path(cells: Passage, answer: Any, path: str) -> None:
    key = "indicators.annual" if "indicators" in answer else next(iter(answer))

    with pytest.raises(ValidationError) as caught:
        extract(cells, answer, key)

    assert [".".join(map(str, error["loc"])) for error in caught.value.errors()] == [path]


def test_the_token_limit_grows_with_the_text(cells: Passage) -> None:
    ask = TRANSCRIBE.ask(cells, ("handler",), cells.segments[105:])

    shown = ask.user.partition("<<<FILING\n")[2].rpartition("\nFILING>>>")[0]
    assert ask.max_tokens == 500 + 2 * len(shown)
