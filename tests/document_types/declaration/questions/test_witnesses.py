"""Wrong answers that are grounded in the text are doubted from the print alone."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

import pytest
from answering import pointing_answer

from structurer.document_types.declaration.layout.reader import read
from structurer.document_types.declaration.questions import QUESTIONS
from structurer.document_types.declaration.questions.keys import KEYS
from structurer.models import Severity
from structurer.paths import covers

if TYPE_CHECKING:
    from collections.abc import Callable

    from structurer.models import Extraction, Flag
    from structurer.passage import Passage

Answer = dict[str, Any]

POINT = QUESTIONS.formats["point"]
PERIOD, ANNUAL = "implementation_period", "annual"


@pytest.fixture(params=["cells", "running_text"])
def passage(request: pytest.FixtureRequest) -> Passage:
    found: Passage = request.getfixturevalue(request.param)
    return found


def right_answer(passage: Passage) -> Answer:
    return pointing_answer(passage, read(passage.document, passage.chunk, passage.segments))


def extract(passage: Passage, answer: Answer, *keys: str) -> Extraction:
    asked = keys or KEYS
    ask = POINT.ask(passage, asked, passage.segments)
    return POINT.read(passage, asked, ask.answer.model_validate(answer, context=dict(ask.context)))


def doubts(passage: Passage, change: Callable[[Answer], object]) -> tuple[Flag, ...]:
    answer = deepcopy(right_answer(passage))
    change(answer)
    return extract(passage, answer).doubts


def told(found: tuple[Flag, ...], path: str, code: str) -> bool:
    return any(flag.code == code and covers(flag.path, path) for flag in found)


def exchange(answer: Answer, one: str, other: str) -> None:
    answer[one], answer[other] = answer[other], answer[one]


def test_a_right_answer_is_not_doubted(passage: Passage) -> None:
    assert doubts(passage, lambda answer: None) == ()


@pytest.mark.parametrize("half", [PERIOD, ANNUAL])
def test_a_right_answer_about_one_half_is_not_doubted(passage: Passage, half: str) -> None:
    answer = {"indicators": {half: right_answer(passage)["indicators"][half]}}

    assert extract(passage, answer, f"indicators.{half}").doubts == ()


def test_fields_exchanged(passage: Passage) -> None:
    found = doubts(passage, lambda answer: exchange(answer, "project_name", "implementing_unit"))

    assert told(found, "project_name", "label_differs")
    assert told(found, "implementing_unit", "label_differs")
    assert {flag.path for flag in found} == {"project_name", "implementing_unit"}


def test_a_field_left_out(passage: Passage) -> None:
    found = doubts(passage, lambda answer: answer.pop("overview"))

    assert [(flag.path, flag.code) for flag in found] == [("overview", "value_missing")]


def test_a_value_where_the_form_prints_none(passage: Passage) -> None:
    found = doubts(passage, lambda answer: answer.update(responsible_person=answer.pop("handler")))

    assert told(found, "responsible_person", "label_differs")
    assert told(found, "handler", "value_missing")


@pytest.mark.parametrize("key", ["funding", "goals"])
def test_halves_of_funding_and_goals_exchanged(passage: Passage, key: str) -> None:
    found = doubts(passage, lambda answer: exchange(answer[key], PERIOD, ANNUAL))

    for half in (PERIOD, ANNUAL):
        assert told(found, f"{key}.{half}" if key == "goals" else f"{key}.{half}.total", "label_differs")


def test_an_amount_of_another_row(passage: Passage) -> None:
    found = doubts(passage, lambda answer: exchange(answer["funding"][PERIOD], "total", "central"))

    assert told(found, f"funding.{PERIOD}.total", "label_differs")
    assert told(found, f"funding.{PERIOD}.central", "label_differs")


def test_halves_of_the_table_exchanged(passage: Passage) -> None:
    found = doubts(passage, lambda answer: exchange(answer["indicators"], PERIOD, ANNUAL))

    assert told(found, "indicators", "halves_swapped")


def test_one_row_in_the_wrong_half(passage: Passage) -> None:
    def exchange_costs(answer: Answer) -> None:
        halves = answer["indicators"]
        halves[PERIOD]["成本指标"], halves[ANNUAL]["成本指标"] = (
            halves[ANNUAL]["成本指标"],
            halves[PERIOD]["成本指标"],
        )

    answer = deepcopy(right_answer(passage))
    exchange_costs(answer)
    extraction = extract(passage, answer)

    swapped = {flag.path for flag in extraction.doubts if flag.code == "halves_swapped"}
    costs = {
        f"indicators.{n}"
        for n, row in enumerate(extraction.data["indicators"])
        if row["level2"] == "成本指标"
    }
    assert swapped == costs
    assert len(costs) == 2


@pytest.mark.parametrize("half", [PERIOD, ANNUAL])
@pytest.mark.parametrize("level", ["数量指标", "时效指标", "服务对象满意度指标"])
def test_a_row_left_out(passage: Passage, half: str, level: str) -> None:
    found = doubts(passage, lambda answer: answer["indicators"][half][level].pop())

    assert told(found, "indicators", "rows_missing")


def test_a_row_left_out_of_the_half_that_was_asked_alone(passage: Passage) -> None:
    rows = deepcopy(right_answer(passage)["indicators"][ANNUAL])
    del rows["质量指标"]

    found = extract(passage, {"indicators": {ANNUAL: rows}}, f"indicators.{ANNUAL}").doubts

    assert told(found, "indicators", "rows_missing")


def test_no_rows_of_a_printed_table_is_an_error(passage: Passage) -> None:
    found = doubts(passage, lambda answer: answer.pop("indicators"))

    (flag,) = [flag for flag in found if flag.code == "rows_missing"]
    assert flag.severity is Severity.ERROR
    rows = len(read(passage.document, passage.chunk, passage.segments).data["indicators"])
    assert f"period: 0 read, up to {(rows + 1) // 2} printed, year: 0 read" in flag.message


def test_a_piece_of_a_wrapped_name_left_out(running_text: Passage) -> None:
    found = doubts(running_text, lambda answer: answer["indicators"][PERIOD]["时效指标"][0][0].pop())

    assert told(found, "indicators", "rows_missing")


@pytest.mark.parametrize("half", [PERIOD, ANNUAL])
def test_targets_of_the_row_below(passage: Passage, half: str) -> None:
    def shift(answer: Answer) -> None:
        rows = [row for group in answer["indicators"][half].values() for row in group]
        targets = [row[1] for row in rows]
        for row, target in zip(rows, targets[1:] + targets[:1], strict=True):
            row[1] = target

    answer = deepcopy(right_answer(passage))
    shift(answer)
    extraction = extract(passage, answer)

    shifted = [n for n, row in enumerate(extraction.data["indicators"]) if row["scope"] == half]
    for n in shifted:
        assert told(extraction.doubts, f"indicators.{n}.target", "target_elsewhere")


def test_a_level_of_the_group_below(passage: Passage) -> None:
    def shift(answer: Answer) -> None:
        groups = answer["indicators"][PERIOD]
        groups["时效指标"] += groups.pop("质量指标")

    answer = deepcopy(right_answer(passage))
    shift(answer)
    extraction = extract(passage, answer)

    (wrong,) = [flag.path for flag in extraction.doubts if flag.code == "level_differs"]
    row = extraction.data["indicators"][int(wrong.split(".")[1])]
    assert row["name"] in ("补植成活率", "图书加工上架合格率")


def test_a_name_that_is_no_cell_of_the_table(passage: Passage) -> None:
    def point_at_plan(answer: Answer) -> None:
        answer["indicators"][PERIOD]["成本指标"][0][0] = answer.pop("implementation_plan")

    assert any(flag.code == "cell_elsewhere" for flag in doubts(passage, point_at_plan))


def test_text_left_over_beside_a_row(cells: Passage) -> None:
    found = doubts(cells, lambda answer: answer["indicators"][PERIOD]["成本指标"][0].__setitem__(1, []))

    (flag,) = [flag for flag in found if flag.code == "text_left_over"]
    assert "≤600元" in flag.message
