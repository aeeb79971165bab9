import json
from typing import Any

import pytest
from worked_examples import EXAMPLES, Example, answers, passage_of, printed

from structurer.document_types.declaration import DECLARATION
from structurer.document_types.declaration.measure import measure
from structurer.document_types.declaration.questions import QUESTIONS
from structurer.document_types.declaration.questions.asks import load_example, system_message
from structurer.document_types.declaration.questions.keys import KEYS
from structurer.examination import examine
from structurer.models import FlagKind

NUMBERED = list(enumerate(EXAMPLES, 1))


@pytest.mark.parametrize(("number", "example"), NUMBERED)
def test_the_files_are_what_the_renderer_prints(number: int, example: Example) -> None:
    document, kept = load_example(number)

    assert document.text == printed(example)
    assert kept == json.loads(json.dumps(answers(example)))


@pytest.mark.parametrize(("number", "example"), NUMBERED)
def test_the_record_is_the_declaration_that_was_printed(number: int, example: Example) -> None:
    record = load_example(number)[1]["record"]

    assert record == _measured(example.declaration.model_dump(mode="json"))


@pytest.mark.parametrize("style", ["point", "transcribe"])
@pytest.mark.parametrize(("number", "example"), NUMBERED)
def test_an_answer_resolves_to_exactly_its_record(number: int, example: Example, style: str) -> None:
    document, kept = load_example(number)
    passage = passage_of(document.text)
    form = QUESTIONS.formats[style]
    ask = form.ask(passage, KEYS, passage.segments)

    answer = ask.answer.model_validate(kept[style], context=dict(ask.context))
    extraction = form.read(passage, KEYS, answer)

    assert extraction.data == kept["record"]
    flags = examine(passage, extraction, DECLARATION).flags
    assert [flag for flag in flags if flag.kind is FlagKind.EXTRACTION] == []


@pytest.mark.parametrize("style", ["point", "transcribe"])
def test_the_system_message_shows_the_examples_as_a_question_would(style: str) -> None:
    _, system = system_message(style)

    for example in EXAMPLES:
        passage = passage_of(printed(example))
        user = QUESTIONS.formats[style].ask(passage, KEYS, passage.segments).user
        assert user.partition("\n")[2] in system


def _measured(data: dict[str, Any]) -> dict[str, Any]:
    rows = [row | {"measure": measure(row["target"])} for row in data["indicators"]]
    return data | {"indicators": rows}
