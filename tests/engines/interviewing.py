"""Forms to ask about, and a model that knows the right answers and errs as a test says."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from model_server import Question, answer_for, question_of
from model_server.answers import select
from structurer.answers import accept
from structurer.asking import Answered, Ask, Invalid, Reading, Reply
from structurer.document_types.declaration import DECLARATION
from structurer.document_types.declaration.measure import measure
from structurer.documents import read_document
from structurer.evaluation.gold import GoldLabel, load_gold
from structurer.models import Document, Page, Usage
from structurer.pipeline import passages, structure_document
from structurer.synthesis.families import Family
from structurer.synthesis.filing import invent_filing
from structurer.text import bare

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from structurer.models import Extraction, Record
    from structurer.passage import Passage

Answer = dict[str, Any]

EVAL = Path(__file__).parents[2] / "eval"
USAGE = Usage(100, 10, "0.001")
QUESTIONS = DECLARATION.questions
PERIOD, ANNUAL = TABLE = ("indicators.implementation_period", "indicators.annual")

_Read = TypeVar("_Read")
_SEGMENT_OF = re.compile(r"(\d+)(?:-(\d+))?")


@dataclass(frozen=True)
class Form:
    """One printed form: its passage, its layout's record and what it really says."""

    passage: Passage
    record: Record
    label: GoldLabel

    @cached_property
    def point(self) -> Answer:
        """The right answer, pointing."""
        return answer_for(self.label, self.record, self.passage.segments)

    @cached_property
    def transcribe(self) -> Answer:
        """The right answer, transcribing."""
        return answer_for(self.label, self.record, self.passage.segments, kind="transcribe")

    def layout(self) -> Extraction:
        """Return what the layout reader says."""
        return DECLARATION.read_layout(self.passage.document, self.passage.chunk, self.passage.segments)

    def number(self, text: str, occurrence: int = 0) -> int:
        """Return the number of a segment that prints just this."""
        return [segment.number for segment in self.passage.segments if segment.text == text][occurrence]


def document(text: str, name: str = "invented.txt") -> Document:
    """Return a text as a document."""
    return Document(name, "0" * 64, text, "utf-8", (Page(1, 0, len(text)),))


def form_of(text: str, truth: Mapping[str, Any]) -> Form:
    """Return a text that holds one form, which says this."""
    rows = [row | {"measure": measure(row["target"])} for row in truth["indicators"]]
    label = GoldLabel("invented.txt", 1, {**truth, "indicators": rows})
    whole = document(text)
    (passage,) = passages(whole)
    (record,) = structure_document(whole).records
    return Form(passage, record, label)


@lru_cache(maxsize=64)
def invented(seed: int, family: Family = Family.BUREAU) -> Form:
    """Return an invented form."""
    filing = invent_filing(family, seed, count=1)
    (label,) = filing.labels
    return form_of(filing.text, label.truth.model_dump(mode="json"))


@lru_cache(maxsize=1)
def labelled() -> tuple[Form, ...]:
    """Return the forms that were labelled by hand."""
    labels = load_gold(EVAL / "gold")
    forms: list[Form] = []
    for name in dict.fromkeys(label.filing for label in labels):
        filing = read_document(EVAL / "filings" / name)
        found, records = passages(filing), structure_document(filing).records
        forms += [
            Form(found[label.ordinal - 1], records[label.ordinal - 1], label)
            for label in labels
            if label.filing == name
        ]
    return tuple(forms)


def said(data: Mapping[str, Any]) -> Any:
    """Return data without its white space: where lines are wrapped, it may be lost."""
    return json.loads(bare(json.dumps(data, ensure_ascii=False)))


def put(ask: Ask) -> Question:
    """Return what a question asks, as a model sees it."""
    question = question_of({"messages": [{"role": "user", "content": ask.user}]})
    assert question is not None
    return question


def answered(ask: Ask, answer: Any, usage: Usage = USAGE) -> Reply:
    """Return what becomes of an answer: the part of it that was asked for, validated."""
    value, problems = accept(ask.answer, select(answer, put(ask).keys), ask.context)
    return Invalid(usage, problems) if value is None else Answered(value, usage, problems)


@dataclass
class Model:
    """Gives a right answer, of the text that it is shown; ``errs`` may change it, or the reply, by turn.

    ``asked`` are the questions that came, in order.
    """

    answer: Answer
    errs: Callable[[int, Ask, Answer], Answer | Reply] = lambda turn, ask, answer: answer
    asked: list[Ask] = field(default_factory=list)
    together: list[int] = field(default_factory=list)

    def __call__(self, asks: Sequence[Ask]) -> tuple[Reply, ...]:
        self.together.append(len(asks))
        return tuple(self._reply(ask) for ask in asks)

    def _reply(self, ask: Ask) -> Reply:
        self.asked.append(ask)
        question = put(ask)
        answer = copy_of(self.answer)
        if question.format == "point":
            answer = of_shown(answer, set(question.shown))
        reply = self.errs(len(self.asked), ask, answer)
        return answered(ask, reply) if isinstance(reply, dict) else reply

    @property
    def keys(self) -> list[tuple[str, ...]]:
        """What was asked for, question by question."""
        return [put(ask).keys for ask in self.asked]


def drive(reading: Reading[_Read], model: Model) -> _Read:
    """Return what a reading comes to when this model answers it."""
    try:
        asks = next(reading)
        while True:
            asks = reading.send(model(asks))
    except StopIteration as done:
        result: _Read = done.value
        return result


def copy_of(answer: Any) -> Any:
    """Return a deep copy of plain JSON."""
    return json.loads(json.dumps(answer))


def of_shown(answer: Any, shown: set[int]) -> Any:
    """Return a pointing answer without what was not shown: a model can only point at what it sees."""
    if isinstance(answer, dict):
        return {key: of_shown(value, shown) for key, value in answer.items()}
    if not isinstance(answer, list):
        return answer
    if answer and isinstance(answer[0], list):
        if answer[0] and isinstance(answer[0][0], list):  # rows
            rows = [of_shown(row, shown) for row in answer]
            return [row for row in rows if row[0] or row[1]]
        return [of_shown(cell, shown) for cell in answer]
    return [pointer for pointer in answer if set(_pointed(pointer)) <= shown]


def _pointed(pointer: Any) -> Iterator[int]:
    match = _SEGMENT_OF.match(str(pointer))
    assert match is not None
    yield from range(int(match[1]), int(match[2] or match[1]) + 1)
