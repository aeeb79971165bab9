from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from loopback import completion, question
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

from structurer.asking import Answered, Ask, Invalid, Problem, Truncated, Unanswered
from structurer.llm.dialect import Dialect
from structurer.llm.structured import json_object, parse, request_body
from structurer.models import Usage

if TYPE_CHECKING:
    from structurer.asking import Reply

Pointers = list[int | str]


class Form(BaseModel):
    """Where the values stand."""

    model_config = ConfigDict(extra="forbid")

    name: Pointers | None = None
    code: int | None = Field(default=None, description="a number")
    rows: dict[str, list[tuple[Pointers, Pointers]]] | None = None

    @field_validator("name")
    @classmethod
    def known(cls, pointers: Pointers | None, info: ValidationInfo) -> Pointers | None:
        for each in pointers or []:
            if isinstance(each, int) and each > info.context["last"]:
                raise ValueError(f"segment {each} does not exist")
        return pointers

    @model_validator(mode="after")
    def rows_once(self) -> Form:
        """Raise at the very rows that share a segment with the name."""
        clashes = [
            InitErrorDetails(
                type=PydanticCustomError("claimed_twice", "claimed by name as well"),
                loc=("rows", level, at),
                input=row,
            )
            for level, rows in (self.rows or {}).items()
            for at, row in enumerate(rows)
            if set(row[0]) & set(self.name or [])
        ]
        if clashes:
            raise ValidationError.from_exception_data("Form", clashes)
        return self


USAGE = Usage(100, 10, "0.5")
ASK = question("the form", Form, last=99)


def said(text: str, ask: Ask = ASK) -> Reply:
    return parse(completion(text).body.decode(), ask, USAGE)


def called(text: str, ask: Ask = ASK) -> Reply:
    return parse(completion(arguments=text).body.decode(), ask, USAGE)


@pytest.mark.parametrize("mode", ["tools", "json_schema", "json", "md_json"])
def test_the_texts_go_out_as_they_are(mode: Any) -> None:
    hostile = '{{ 7 * 7 }} {% raw %} <<<FILING ```json {"x": 1}``` \\ \u2028 第1行\n\t第2行'
    ask = Ask("p@1", f"system {hostile}", f"user {hostile}", Form, {"hostile": hostile}, 321)
    body = request_body(ask, "m", Dialect(mode, "max_tokens", 0.0))
    system, user = body["messages"][0], body["messages"][-1]
    assert (system["role"], user["role"]) == ("system", "user")
    assert system["content"].startswith(f"system {hostile}")
    assert user["content"].startswith(f"user {hostile}")
    assert len(body["messages"]) == 2
    assert body["max_tokens"] == 321
    assert body["temperature"] == 0.0


def test_each_mode_asks_for_the_shape_in_its_way() -> None:
    def body(mode: Any) -> dict[str, Any]:
        return request_body(ASK, "m", Dialect(mode, "max_completion_tokens", None))

    tools = body("tools")
    assert tools["tools"][0]["function"]["name"] == "Form"
    assert tools["tool_choice"] == {"type": "function", "function": {"name": "Form"}}
    assert "code" in tools["tools"][0]["function"]["parameters"]["properties"]
    schema = body("json_schema")["response_format"]
    assert schema["type"] == "json_schema"
    assert "code" in schema["json_schema"]["schema"]["properties"]
    assert body("json")["response_format"] == {"type": "json_object"}
    assert '"code"' in body("json")["messages"][0]["content"]
    assert "response_format" not in body("md_json")
    assert '"code"' in body("md_json")["messages"][0]["content"]
    for mode in ("tools", "json_schema", "json", "md_json"):
        assert "temperature" not in body(mode)
        assert "max_tokens" not in body(mode)
        assert body(mode) == body(mode)


GOOD = '{"name": [1, "2-3"], "code": 5, "rows": {"数量指标": [[[4], [5]]]}}'
VALUE = Form.model_validate_json(GOOD, context={"last": 99})


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        f"```json\n{GOOD}\n```",
        f"Here it is:\n{GOOD}\nI hope that this helps.",
        f'<think>First {{"name": [9]}} perhaps {"{"}</think>{GOOD}',
        f'First I thought {{"name": [9]}} but it is {GOOD}',
    ],
)
def test_an_answer_is_found_in_the_content(text: str) -> None:
    assert said(text) == Answered(VALUE, USAGE)


def test_an_answer_is_found_in_a_tool_call_and_in_content_in_its_place() -> None:
    assert called(GOOD) == Answered(VALUE, USAGE)
    assert called("") == Invalid(USAGE, (Problem("", "the answer is not one whole JSON object"),))
    in_content = completion(GOOD, message={"tool_calls": []}).body.decode()
    assert parse(in_content, ASK, USAGE) == Answered(VALUE, USAGE)
    parts = completion(None, message={"content": [{"type": "text", "text": GOOD}]}).body.decode()
    assert parse(parts, ASK, USAGE) == Answered(VALUE, USAGE)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "I do not know",
        "[1, 2]",
        '{"name": [1',
        '{"rows": {"数量指标": []}, "name": }',
        '"name"',
        "{" * 100_000,
    ],
)
def test_what_is_no_whole_object_is_invalid(text: str) -> None:
    # Never a part of a broken object: {"数量指标": []} alone would pass for an answer with nothing in it.
    for reply in (said(text), called(text or " ")):
        assert isinstance(reply, Invalid)
        assert reply.usage == USAGE
        assert len(reply.problems) == 1


def test_ends_of_answers() -> None:
    assert parse(completion(GOOD, finish="length").body.decode(), ASK, USAGE) == Truncated(USAGE)
    filtered = parse(completion(GOOD, finish="content_filter").body.decode(), ASK, USAGE)
    assert filtered == Unanswered("a content filter held the answer back")
    refused = parse(completion(GOOD, message={"refusal": "no"}).body.decode(), ASK, USAGE)
    assert refused == Unanswered("the model refused: no")
    empty = parse(completion(GOOD, message={"refusal": ""}).body.decode(), ASK, USAGE)
    assert empty == Answered(VALUE, USAGE)


def test_more_tool_calls_than_one_are_told() -> None:
    body = json.loads(completion(arguments=GOOD).body)
    message = body["choices"][0]["message"]
    message["tool_calls"] *= 2
    reply = parse(json.dumps(body), ASK, USAGE)
    assert isinstance(reply, Answered)
    assert reply.problems == (Problem("", "the answer came as 2 tool calls; only the first was read"),)


def salvaged(**answer: Any) -> tuple[dict[str, Any], dict[str, str]]:
    reply = said(json.dumps(answer, ensure_ascii=False))
    assert isinstance(reply, Answered)
    return reply.value.model_dump(exclude_none=True), {each.path: each.message for each in reply.problems}


def test_a_wrong_field_is_left_out_and_told() -> None:
    value, problems = salvaged(name=[1, 100], code=7)
    assert value == {"code": 7}
    assert problems == {"name": "segment 100 does not exist"}


def test_a_wrong_value_is_quoted_in_short() -> None:
    value, problems = salvaged(name=[1], code="x" * 500)
    assert value == {"name": [1]}
    assert problems["code"].startswith("Input should be a valid integer")
    assert f'(got "{"x" * 58}…)' in problems["code"]
    assert "http" not in problems["code"]


def test_a_key_that_is_not_asked_for_is_left_out_and_told() -> None:
    value, problems = salvaged(name=[1], invented={"a": 1})
    assert value == {"name": [1]}
    assert set(problems) == {"invented"}


def test_rows_are_never_shifted() -> None:
    rows = [
        [[1], [2]],
        [{"bad": 1}, [4]],  # no name: the target must not become one
        [[5]],  # one of two is missing
        [[7], [8]],
        [[9], [None]],  # a pointer that is none
        "what?",
        [[13], [14]],
    ]
    value, problems = salvaged(rows={"数量指标": rows})
    assert value == {"rows": {"数量指标": [([1], [2]), ([7], [8]), ([13], [14])]}}
    # Paths count as the model wrote.
    assert {path.split(".")[2] for path in problems} == {"1", "2", "4", "5"}
    assert "rows.数量指标.1.0" in problems


def test_a_list_of_values_loses_the_wrong_one() -> None:
    value, problems = salvaged(name=[1, {"a": 2}, 3, None, 5])
    assert value == {"name": [1, 3, 5]}
    assert set(problems) == {"name.1", "name.3"}


def test_what_only_shows_later_keeps_its_path() -> None:
    # The rows are looked at against the name only once each is valid by itself.
    rows = [["bad"], [[3], [4]], [[1], [6]], [[7], [8]]]
    value, problems = salvaged(name=[1], rows={"数量指标": rows})
    assert value == {"name": [1], "rows": {"数量指标": [([3], [4]), ([7], [8])]}}
    assert problems["rows.数量指标.2"].startswith("claimed by name as well")


def test_nothing_left_is_invalid_with_all_problems() -> None:
    reply = said('{"name": [100], "code": "x"}')
    assert isinstance(reply, Invalid)
    assert {each.path for each in reply.problems} == {"name", "code"}


def test_no_answer_makes_it_raise() -> None:
    for raw in (
        "",
        "null",
        "[]",
        '{"choices": [{}]}',
        '{"choices": [{"message": {"tool_calls": [1]}}]}',
        "[" * 99999,
    ):
        assert isinstance(parse(raw, ASK, USAGE), Invalid | Unanswered)
    for text in ('{"name": NaN}', '{"code": 1e999}', f'{{"code": {"9" * 5000}}}', '{"name": ["\\ud800"]}'):
        assert isinstance(said(text), Invalid | Answered)


def test_the_last_of_several_objects_counts_only_if_whole() -> None:
    assert json_object('{"a": 1} then {"b": 2}') == '{"b": 2}'
    assert json_object('{"a": 1} then {"b": ') is None
