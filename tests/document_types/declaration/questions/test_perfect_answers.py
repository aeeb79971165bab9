"""Answers that are right, and answers that are wrong in a known way, over all labelled filings."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from answering import pointing_answer, transcribed_answer

from structurer.document_types.declaration import DECLARATION
from structurer.document_types.declaration.layout.reader import read
from structurer.document_types.declaration.questions import QUESTIONS
from structurer.document_types.declaration.questions.keys import HALVES, KEYS, SCALARS
from structurer.documents import read_document
from structurer.evaluation import GoldLabel, Score, load_gold, score
from structurer.examination import examine
from structurer.models import Provenance, Record, Status
from structurer.pipeline import passages

if TYPE_CHECKING:
    from collections.abc import Callable

    from structurer.models import Extraction
    from structurer.passage import Passage

Answer = dict[str, Any]

EVAL = Path(__file__).parents[4] / "eval"
PERIOD, ANNUAL = HALVES
MOST_FLAGGED = 0.06


class Labelled(NamedTuple):
    """A project of a labelled filing, its label, and the right answer by pointing."""

    passage: Passage
    label: GoldLabel
    pointing: Answer


@pytest.fixture(scope="module")
def projects() -> tuple[Labelled, ...]:
    labels = {(label.filing, label.ordinal): label for label in load_gold(EVAL / "gold")}
    found = []
    for filing in sorted({filing for filing, _ in labels}):
        document = replace(read_document(EVAL / "filings" / filing), name=filing)
        for passage in passages(document):
            reading = read(document, passage.chunk, passage.segments)
            label = labels[filing, passage.chunk.ordinal]
            found.append(Labelled(passage, label, pointing_answer(passage, reading)))
    return tuple(found)


def extract(passage: Passage, answer: Answer, style: str) -> Extraction:
    form = QUESTIONS.formats[style]
    ask = form.ask(passage, KEYS, passage.segments)
    return form.read(passage, KEYS, ask.answer.model_validate(answer, context=dict(ask.context)))


def record(passage: Passage, extraction: Extraction) -> Record:
    examined = examine(passage, extraction, DECLARATION)
    return Record(
        id=f"{passage.document.name}:{passage.chunk.ordinal}",
        document_type=DECLARATION.name,
        schema_version=DECLARATION.schema_version,
        document=passage.document,
        chunk=passage.chunk,
        data=extraction.data,
        evidence=examined.evidence,
        confidence=examined.confidence,
        flags=examined.flags,
        status=Status.FLAGGED,
        provenance=Provenance("model", "0", ""),
    )


def scored(projects: tuple[Labelled, ...], answer: Callable[[Labelled], Answer], style: str) -> Score:
    records = [
        record(project.passage, extract(project.passage, answer(project), style)) for project in projects
    ]
    return score([project.label for project in projects], records)


def test_right_pointers_resolve_to_the_labels_and_are_rarely_doubted(projects: tuple[Labelled, ...]) -> None:
    result = scored(projects, lambda project: project.pointing, "point")

    assert result.errors == ()
    assert (result.headline.flagged.value or 1) < MOST_FLAGGED


def test_right_transcriptions_resolve_to_the_labels_and_are_rarely_doubted(
    projects: tuple[Labelled, ...],
) -> None:
    result = scored(projects, lambda project: transcribed_answer(project.label.data), "transcribe")

    assert result.errors == ()
    assert (result.headline.flagged.value or 1) < MOST_FLAGGED


def drop_a_row(answer: Answer, random: Random) -> None:
    rows = _rows(answer)
    half, level, number = random.choice(rows)
    del answer["indicators"][half][level][number]


def drop_half_of_the_rows(answer: Answer, random: Random) -> None:
    rows = _rows(answer)
    for half, level, number in sorted(random.sample(rows, len(rows) // 2), key=lambda row: -row[2]):
        del answer["indicators"][half][level][number]


def swap_the_halves(answer: Answer, random: Random) -> None:
    del random
    for key in ("indicators", "goals", "funding"):
        answer[key] = {PERIOD: answer[key][ANNUAL], ANNUAL: answer[key][PERIOD]}


def shift_targets(answer: Answer, random: Random) -> None:
    del random
    for half in HALVES:
        rows = [row for group in answer["indicators"][half].values() for row in group]
        targets = [row[1] for row in rows]
        for row, target in zip(rows, targets[1:] + targets[:1], strict=True):
            row[1] = target


def misplace_a_row(answer: Answer, random: Random) -> None:
    half, level, number = random.choice(_rows(answer))
    groups = answer["indicators"][half]
    other = random.choice([name for name in groups if name != level])
    groups[other].append(groups[level].pop(number))


def exchange_fields(answer: Answer, random: Random) -> None:
    one, other = random.sample([key for key in SCALARS if answer[key]], 2)
    answer[one], answer[other] = answer[other], answer[one]


def drop_a_field(answer: Answer, random: Random) -> None:
    answer[random.choice([key for key in SCALARS if answer[key]])] = []


def exchange_amounts(answer: Answer, random: Random) -> None:
    funding = answer["funding"]
    places = [(half, name) for half in HALVES for name in funding[half] if funding[half][name]]
    (half, name), (other, theirs) = random.sample(places, 2)
    funding[half][name], funding[other][theirs] = funding[other][theirs], funding[half][name]


def _rows(answer: Answer) -> list[tuple[str, str, int]]:
    table = answer["indicators"]
    return [
        (half, level, n) for half in HALVES for level in table[half] for n in range(len(table[half][level]))
    ]


@pytest.mark.parametrize(
    "spoil",
    [
        drop_a_row,
        drop_half_of_the_rows,
        swap_the_halves,
        shift_targets,
        misplace_a_row,
        exchange_fields,
        drop_a_field,
        exchange_amounts,
    ],
)
def test_no_error_of_a_spoilt_answer_is_silent(
    projects: tuple[Labelled, ...], spoil: Callable[[Answer, Random], None]
) -> None:
    def answer(project: Labelled) -> Answer:
        spoilt = deepcopy(project.pointing)
        spoil(spoilt, Random(f"{spoil.__name__}:{project.label.filing}:{project.label.ordinal}"))
        return spoilt

    result = scored(projects, answer, "point")

    assert len(result.errors) >= len(projects) // 2
    assert [error for error in result.errors if error.silent] == []
