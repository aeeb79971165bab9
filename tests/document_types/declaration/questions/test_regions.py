import pytest
from answering import pointing_answer
from worked_examples import passage_of

from structurer.document_types.declaration.layout.reader import read
from structurer.document_types.declaration.questions import QUESTIONS
from structurer.document_types.declaration.questions.keys import KEYS, PARTS
from structurer.passage import Passage


@pytest.fixture(params=["cells", "running_text"])
def passage(request: pytest.FixtureRequest) -> Passage:
    found: Passage = request.getfixturevalue(request.param)
    return found


def numbers(passage: Passage, *keys: str) -> list[int]:
    return [segment.number for segment in QUESTIONS.region(passage, keys)]


def test_the_table_and_the_rest_part_the_form(passage: Passage) -> None:
    table, rest = numbers(passage, "indicators.annual"), numbers(passage, "handler", "funding")

    assert sorted(table + rest) == [segment.number for segment in passage.segments]
    texts = [segment.text for segment in passage.segments]
    assert texts[table[0]] in ("绩效指标", "绩")
    assert "产出指标" in {texts[number] for number in table}
    assert texts[table[-1]] in ("≥90%", "≥92%")


def test_mixed_keys_need_the_whole_form(passage: Passage) -> None:
    assert QUESTIONS.region(passage, ("handler", "indicators.annual")) == passage.segments


def test_a_form_without_a_table_is_shown_whole() -> None:
    passage = passage_of("项目名称\t桥梁\n主管部门\t某局\t实施单位\t某所\n资金总额\t5\n")

    assert QUESTIONS.region(passage, ("indicators.annual",)) == passage.segments


def test_a_head_that_a_page_repeats_is_no_part_of_the_table() -> None:
    head = "项目名称\t桥梁\n主管部门\t某局\t实施单位\t某所\n"
    table = "一级指标\t二级指标\t三级指标\t指标值\n产出指标\t数量指标\t修桥数量\t8座\n"
    more = "一级指标\t二级指标\t三级指标\t指标值\n产出指标\t质量指标\t合格率\t100%\n"
    passage = passage_of(f"{head}资金总额\t5\n{table}{head}{more}负责人：\t王某\t经办人：\t李某\n")

    texts = [segment.text for segment in QUESTIONS.region(passage, ("indicators.annual",))]

    assert texts.count("项目名称") == texts.count("某局") == texts.count("李某") == 0
    assert {"修桥数量", "8座", "合格率", "100%"} <= set(texts)


def test_the_parts_are_all_keys(cells: Passage) -> None:
    assert sorted(key for part in PARTS for key in part) == sorted(KEYS)


def test_every_path_has_its_key(cells: Passage) -> None:
    reading = read(cells.document, cells.chunk, cells.segments)
    last = len(reading.data["indicators"]) - 1

    assert {
        path: QUESTIONS.key_of(reading, path)
        for path in (
            "",
            "indicators",
            "indicators.0.name",
            f"indicators.{last}",
            "funding.annual.total",
            "competent_department.code",
            "handler",
        )
    } == {
        "": "",
        "indicators": "indicators",
        "indicators.0.name": "indicators.implementation_period",
        f"indicators.{last}": "indicators.annual",
        "funding.annual.total": "funding",
        "competent_department.code": "competent_department",
        "handler": "handler",
    }


def test_an_answer_to_a_part_needs_only_its_region(passage: Passage) -> None:
    reading = read(passage.document, passage.chunk, passage.segments)
    answer = pointing_answer(passage, reading)
    point = QUESTIONS.formats["point"]

    for keys in PARTS:
        ask = point.ask(passage, keys, QUESTIONS.region(passage, keys))
        part = {key: value for key, value in answer.items() if key in keys}
        halves = {key.partition(".")[2] for key in keys if key.startswith("indicators.")}
        if halves:
            part["indicators"] = {half: answer["indicators"][half] for half in halves}
        ask.answer.model_validate(part, context=dict(ask.context))
