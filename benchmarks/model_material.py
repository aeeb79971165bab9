"""What benchmarks/model.py works on: invented filings, and a server that knows the right answers.

    PYTHONPATH=tests python benchmarks/model_material.py FOLDER --latency SECONDS

serves what ``make_material`` wrote into a folder, in a process of its own: prints its base URL, and ends with
its standard input.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from model_contestants import ENGINE, MEASURED, WARM
from model_server import FixedAnswers, ModelServer, answer_for
from structurer.answers import accept
from structurer.asking import Answered
from structurer.document_types.declaration.measure import measure
from structurer.documents import read_document
from structurer.evaluation.gold import GoldLabel
from structurer.models import Usage
from structurer.pipeline import begin, passages, structure_document
from structurer.settings import Settings
from structurer.synthesis.families import Family
from structurer.synthesis.filing import invent_filing

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from structurer.asking import Ask
    from structurer.models import Document
    from structurer.synthesis.labels import Label

IN_A_FILING = 3

_WARM = 30
_ANSWERS = "answers.json"
_WITHOUT_FILING = json.dumps({"extractions": [{"project": "项目名称"}, {"year": "年度"}]}, ensure_ascii=False)
"""The answer to a request that is not Structurer's: in the form that langextract reads."""


class Question(NamedTuple):
    """One declaration's text, the question about it, and the right answer."""

    text: str
    ask: Ask
    answer: Mapping[str, Any]


def make_material(folder: Path, declarations: int) -> int:
    """Write filings to warm up with, filings to measure, and all answers; return how many declarations count.

    The filings are of all layout families, in turn. One is left out where a declaration of it takes more than
    one question, so that all contestants put the same requests: one for each declaration.
    """
    answers: dict[str, Mapping[str, Any]] = {}
    seeds = count()
    for part, wanted in ((WARM, _WARM), (MEASURED, declarations)):
        (folder / part).mkdir(parents=True)
        questions: list[Question] = []
        while len(questions) < wanted:
            questions += _write_filing(folder / part, next(seeds))
        answers |= {_identity(question.ask.user): question.answer for question in questions}
        _write_json(folder / f"{part}.json", [question.text for question in questions])
    _write_json(folder / _ANSWERS, answers)
    return len(questions)


def _write_filing(folder: Path, seed: int) -> list[Question]:
    """Print an invented filing, and return its questions; none, and no file, where one is not enough."""
    families = tuple(Family)
    filing = invent_filing(families[seed % len(families)], seed, count=IN_A_FILING)
    path = folder / f"{seed:05}.txt"
    path.write_text(filing.text, encoding="utf-8")
    questions = list(_questions(read_document(path), filing.labels))
    if len(questions) < IN_A_FILING:
        path.unlink()
        return []
    return questions


def _questions(document: Document, labels: tuple[Label, ...]) -> Iterator[Question]:
    """Yield the question about each declaration that is done with one."""
    readings = begin(document, ENGINE, Settings()).records
    found, records = passages(document), structure_document(document).records
    for passage, record, label, reading in zip(found, records, labels, readings, strict=True):
        truth = label.truth.model_dump(mode="json")
        rows = [row | {"measure": measure(row["target"])} for row in truth["indicators"]]
        gold = GoldLabel(document.name, label.ordinal, {**truth, "indicators": rows})
        answer = answer_for(gold, record, passage.segments)
        (ask,) = next(reading)
        value, problems = accept(ask.answer, answer, ask.context)
        assert value is not None
        try:
            reading.send((Answered(value, Usage(0, 0, "0"), problems),))
        except StopIteration:
            yield Question(document.text[passage.chunk.start : passage.chunk.end], ask, answer)


def _identity(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _write_json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")


def serve(folder: Path, latency: float) -> None:
    """Answer from a folder's answers until standard input ends."""
    answers = json.loads((folder / _ANSWERS).read_text(encoding="utf-8"))

    def answer(body: Mapping[str, Any]) -> Any:
        return answers.get(_identity(body["messages"][-1]["content"]), _WITHOUT_FILING)

    with ModelServer(FixedAnswers(answer), latency=latency, remember=False) as server:
        print(server.base_url, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--latency", type=float, required=True, help="seconds that an answer takes")
    options = parser.parse_args()
    serve(options.folder, options.latency)
