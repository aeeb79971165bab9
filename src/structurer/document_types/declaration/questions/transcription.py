"""Answers that transcribe: values as text, which are then looked for in the passage.

A field's value is looked for beside the field's label first, then in the whole passage.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, cast

from pydantic import BaseModel, BeforeValidator, ConfigDict

from structurer.document_types.declaration.layout.amounts import parse_amount
from structurer.document_types.declaration.layout.draft import Draft
from structurer.document_types.declaration.layout.scalars import (
    ATTRIBUTES,
    read_attribute,
    read_timestamp,
    read_years,
)
from structurer.document_types.declaration.layout.values import Value, tidy
from structurer.document_types.declaration.questions.answers import Answer, Shape, answer_models
from structurer.document_types.declaration.questions.asks import build_ask
from structurer.document_types.declaration.questions.placing import TextRow, place_rows
from structurer.document_types.declaration.questions.pointers import Fault
from structurer.document_types.declaration.questions.writing import finish, read_print
from structurer.grounding import ValueKind, ground
from structurer.models import Grounding, Span
from structurer.paths import value_at

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from structurer.asking import Ask, Problem
    from structurer.models import Extraction, Segment
    from structurer.passage import Passage

_TOKENS, _TOKENS_A_CHARACTER = 500, 2
_KINDS = {
    "fiscal_year": ValueKind.INTEGER,
    "duration_years": ValueKind.INTEGER,
    "competent_department.code": ValueKind.CODE,
    "phone": ValueKind.CODE,
    "submitted_at": ValueKind.DATE,
    "project_attribute": ValueKind.LABEL,
}
_ISO = "YYYY-MM-DDThh:mm:ss"


def _as_text(given: Any) -> Any:
    """Return a number as text; an empty text is no value."""
    if isinstance(given, int | float) and not isinstance(given, bool):
        return json.dumps(given)
    return None if given == "" else given


_Text = Annotated[str | None, BeforeValidator(_as_text)]
_TEXT_SCHEMA = {"anyOf": [{"type": "string"}, {"type": "null"}]}
_NUMBER_SCHEMA = {"anyOf": [{"type": "integer"}, {"type": "null"}]}


class TranscribedDepartment(BaseModel):
    """A department's code and name."""

    model_config = ConfigDict(extra="forbid")

    code: _Text = None
    name: _Text = None


def _department(given: Any) -> Any:
    return {"name": given} if isinstance(given, str) else given


class TranscribedAnswer(Answer):
    """The values as printed; null where empty."""

    def faults(self, context: Mapping[str, Any]) -> Iterator[Fault]:
        """Yield values that are not of their field's kind."""
        del context
        for loc, given in self.values():
            path = ".".join(map(str, loc))
            if _normal(path, given) is None:
                yield Fault(loc, f"{given[:40]!r} is not {_expected(path)}")


_SHAPE = Shape(
    value=_Text,
    schema=_TEXT_SCHEMA,
    fields={
        "fiscal_year": (_Text, _NUMBER_SCHEMA),
        "duration_years": (_Text, _NUMBER_SCHEMA),
        "competent_department": (
            Annotated[TranscribedDepartment, BeforeValidator(_department)],
            {
                "type": "object",
                "properties": {"code": _TEXT_SCHEMA, "name": _TEXT_SCHEMA},
                "required": ["code", "name"],
                "additionalProperties": False,
            },
        ),
    },
)
answer_model = answer_models(TranscribedAnswer, _SHAPE)


class Transcription(NamedTuple):
    """The answer format ``transcribe``: for models that point badly."""

    def ask(
        self,
        passage: Passage,
        keys: Sequence[str],
        segments: Sequence[Segment],
        problems: Sequence[Problem] = (),
    ) -> Ask:
        """Return the question for these keys, showing these segments."""
        model = answer_model(tuple(keys))
        return build_ask(passage, "transcribe", keys, segments, problems, model, {}, _most_tokens)

    def read(self, passage: Passage, keys: Sequence[str], answer: BaseModel) -> Extraction:
        """Return the answer's values with the places where they stand, and with doubts of its own."""
        transcribed = cast("TranscribedAnswer", answer)
        printed = read_print(passage)
        draft = Draft()
        writer = _Writer(passage, printed.fields, draft)
        for loc, given in transcribed.values():
            writer.put(".".join(map(str, loc)), given)
        texts = [
            TextRow(row.half, row.level, tidy((row.name or "").strip()), tidy((row.target or "").strip()))
            for row in transcribed.rows()
        ]
        return finish(passage, printed, keys, draft, place_rows(printed.table, passage.index, texts))


def _most_tokens(shown: str) -> int:
    return _TOKENS + _TOKENS_A_CHARACTER * len(shown)


class _Writer:
    """Writes values into a draft, each with its place."""

    def __init__(self, passage: Passage, printed: Extraction, draft: Draft) -> None:
        self._index = passage.index
        self._chunk = Span(passage.chunk.start, passage.chunk.end)
        self._printed = printed
        self._draft = draft

    def put(self, path: str, given: str) -> None:
        """Write one value in the record's type."""
        value = _normal(path, given)
        if value is None:
            return
        beside = self._printed.spans.get(path, ())
        if path in self._printed.converted and self._is_printed_amount(path, given, value):
            # The form prints 万元: the text is an amount of these, or was brought to yuan already.
            self._draft.put(path, value_at(self._printed.data, path), Value(given, beside))
            self._draft.converted.add(path)
            return
        kind = ValueKind.AMOUNT if path.startswith("funding.") else _KINDS.get(path, ValueKind.TEXT)
        regions = [Span(beside[0].start, beside[-1].end)] if beside else []
        evidence = ground(self._index, str(value), kind, within=[*regions, self._chunk])
        self._draft.put(path, value, Value(str(value), evidence.spans))
        if not evidence.spans:
            del self._draft.spans[path]
        if evidence.status is Grounding.AMBIGUOUS:
            message = "this stands in several places, and not beside its label"
            self._draft.doubt(path, "place_ambiguous", message)

    def _is_printed_amount(self, path: str, given: str, value: str | int) -> bool:
        in_yuan = parse_amount(Value(given, ()), in_wan=True).yuan
        return value_at(self._printed.data, path) in (value, in_yuan)


def _normal(path: str, given: str) -> str | int | None:
    """Return a value in the record's type; None where it is not of the field's kind."""
    text = tidy(given.strip())
    printed = Value(text, ())
    if path.startswith("funding."):
        return parse_amount(printed).yuan
    match path:
        case "fiscal_year":
            digits = text.removesuffix("年度").removesuffix("年").strip("()（）")
            return int(digits) if len(digits) == len("2024") and digits.isdecimal() else None
        case "duration_years":
            return read_years(printed)
        case "project_attribute":
            return read_attribute(printed)
        case "submitted_at":
            return read_timestamp(Value("".join(c for c in text if c not in "-:T "), ()))
        case "phone":
            return "".join(text.split())
        case _:
            return text


def _expected(path: str) -> str:
    if path.startswith("funding."):
        return "an amount"
    return {
        "fiscal_year": "a year",
        "duration_years": "a number of years",
        "project_attribute": f"one of {', '.join(ATTRIBUTES)}",
        "submitted_at": f"a real time {_ISO}",
    }[path]
