"""Who answers: the labels, or whatever a test says.

An answer about a form holds every key of it; the server leaves out what was not asked.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Protocol

from model_server.places import Places, Pointers, places
from model_server.prompt import folded
from structurer import structure
from structurer.chunking import cut
from structurer.documents import read_document
from structurer.evaluation.cells import FIELDS
from structurer.evaluation.gold import load_gold
from structurer.paths import value_at
from structurer.segments import segments as cut_segments

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from model_server.prompt import Question
    from structurer.evaluation.gold import GoldLabel
    from structurer.models import Record, Segment

_BEGINNING = 20
"""Letters of a segment by which it is known: long segments are shown cut in the middle."""
_RARE = 4
"""Text that no more projects than this print tells projects apart."""
_HALVES = ("implementation_period", "annual")
_DEPARTMENT = "competent_department"
_POINTED = tuple(dict.fromkeys(_DEPARTMENT if field.startswith(_DEPARTMENT) else field for field in FIELDS))
"""What is pointed at, in the form's order: the department's code and name together."""


class UnknownFilingError(Exception):
    """The request shows a filing that nobody labelled."""


class Answers(Protocol):
    """Answers a question with a JSON value: usually an object with every key, or with verbatim text."""

    def __call__(self, question: Question | None, body: Mapping[str, Any]) -> Any:
        """Return the answer; ``question`` is ``None`` where the request shows no filing."""
        ...


@dataclass(frozen=True)
class FixedAnswers:
    """Whatever ``answer`` returns for a request's body; text is sent as it is."""

    answer: Callable[[Mapping[str, Any]], Any]

    def __call__(self, question: Question | None, body: Mapping[str, Any]) -> Any:
        return self.answer(body)


def answer_for(
    label: GoldLabel,
    record: Record,
    segments: Sequence[Segment],
    keys: Sequence[str] = (),
    kind: str = "point",
) -> dict[str, Any]:
    """Return the right answer for a label, pointing at the chunk's segments or transcribing.

    ``keys`` are the asked keys (none: all), ``record`` what the layout reader made of the same chunk.
    """
    found = places(label, record, segments, _POINTED)
    answer = _pointing(found) if kind == "point" else _transcription(label, found)
    return select(answer, keys)


def select(answer: Mapping[str, Any], keys: Sequence[str]) -> dict[str, Any]:
    """Return the part of an answer that some dotted keys ask for; no keys ask for everything."""
    if not keys:
        return dict(answer)
    chosen: dict[str, Any] = {}
    for key in keys:
        *parents, last = key.split(".")
        source: Any = answer
        target = chosen
        for parent in parents:
            source = source.get(parent, {})
            target = target.setdefault(parent, {})
        if last in source:
            target[last] = source[last]
    return chosen


def _pointing(found: Places) -> dict[str, Any]:
    answer: dict[str, Any] = {}
    for field in _POINTED:
        _put(answer, field, found.fields[field])
    answer["indicators"] = _groups((row.scope, row.level2, row.name_at, row.target_at) for row in found.rows)
    return answer


def _transcription(label: GoldLabel, found: Places) -> dict[str, Any]:
    answer: dict[str, Any] = {}
    for field in FIELDS:
        # What stands above the chunk was not shown, so it cannot be copied.
        shown = not field.startswith(("form_title", "fiscal_year")) or found.fields[field]
        _put(answer, field, value_at(label.data, field) if shown else None)
    answer["indicators"] = _groups((row.scope, row.level2, row.name, row.target) for row in found.rows)
    return answer


def _put(answer: dict[str, Any], field: str, value: Any) -> None:
    *parents, last = field.split(".")
    for parent in parents:
        answer = answer.setdefault(parent, {})
    answer[last] = value


def _groups(rows: Iterable[tuple[str, str, Any, Any]]) -> dict[str, dict[str, list[list[Any]]]]:
    halves: dict[str, dict[str, list[list[Any]]]] = {half: {} for half in _HALVES}
    for scope, level2, name, target in rows:
        halves[scope].setdefault(level2, []).append([name, target])
    return halves


@dataclass(frozen=True)
class _Known:
    """A labelled project: its segments' beginnings by number, and its right answers by format."""

    beginnings: Mapping[int, str]
    answers: Mapping[str, Mapping[str, Any]]
    texts: frozenset[str]

    def likeness(self, shown: Mapping[int, str]) -> int:
        """Return two for each segment shown that the project has, and one more for the same number."""
        same_place = sum(self.beginnings.get(number) == text for number, text in shown.items())
        return same_place + 2 * sum(text in self.texts for text in shown.values())


class GoldAnswers:
    """Answers each request with the label of the project that it shows.

    ``labels`` is a folder of labels, ``filings`` the folder of the filings that they name. The project
    is the one whose segments are most like those shown. Where the numbers differ (a line more or less in
    the filing), the answer's pointers follow the text. Raises ``UnknownFilingError`` where less than half
    of the text is known.
    """

    def __init__(self, labels: Path, filings: Path) -> None:
        self._known = [_known(segments, answers) for segments, answers in _load(labels, filings)]
        self._holders: dict[str, set[int]] = {}
        for n, known in enumerate(self._known):
            for beginning in known.beginnings.values():
                self._holders.setdefault(beginning, set()).add(n)

    def __call__(self, question: Question | None, body: Mapping[str, Any]) -> Any:
        if question is None:
            raise UnknownFilingError("the request shows no filing")
        shown = {number: _beginning(text) for number, text in question.shown.items()}
        known = self._find(shown)
        answer = known.answers[question.format]
        if question.format == "point" and any(known.beginnings.get(n) != text for n, text in shown.items()):
            return _renumbered(answer, _alignment(known.beginnings, shown))
        return answer

    def _find(self, shown: Mapping[int, str]) -> _Known:
        """Return the project of which most is shown; text that few projects print says which could be it."""
        votes: Counter[int] = Counter()
        for beginning in shown.values():
            holders = self._holders.get(beginning, ())
            if len(holders) <= _RARE:
                votes.update(holders)
        candidates = [n for n, _ in votes.most_common(_RARE)] or range(len(self._known))
        best = max((self._known[n] for n in sorted(candidates)), key=lambda known: known.likeness(shown))
        if best.likeness(shown) < len(shown):
            raise UnknownFilingError("nobody labelled the filing that this request shows")
        return best


def _load(labels: Path, filings: Path) -> Iterable[tuple[tuple[Segment, ...], dict[str, dict[str, Any]]]]:
    gold = load_gold(labels)
    for name in dict.fromkeys(label.filing for label in gold):
        document = read_document(filings / name)
        records = structure(document)
        chunks, _ = cut(document)
        for label in gold:
            if label.filing == name:
                segments = cut_segments(document, chunks[label.ordinal - 1])
                record = records[label.ordinal - 1]
                yield (
                    segments,
                    {
                        kind: answer_for(label, record, segments, kind=kind)
                        for kind in ("point", "transcribe")
                    },
                )


def _known(segments: Sequence[Segment], answers: Mapping[str, Mapping[str, Any]]) -> _Known:
    beginnings = {segment.number: _beginning(segment.text) for segment in segments}
    return _Known(beginnings, answers, frozenset(beginnings.values()))


def _beginning(text: str) -> str:
    return _folded_beginning(text[: 3 * _BEGINNING])


@lru_cache(maxsize=20_000)
def _folded_beginning(text: str) -> str:
    return folded(text)[:_BEGINNING]


def _alignment(known: Mapping[int, str], shown: Mapping[int, str]) -> dict[int, int]:
    """Return the shown number of each known segment that is shown."""
    known_numbers, shown_numbers = list(known), list(shown)
    matcher = SequenceMatcher(None, list(known.values()), list(shown.values()), autojunk=False)
    return {
        known_numbers[block.a + n]: shown_numbers[block.b + n]
        for block in matcher.get_matching_blocks()
        for n in range(block.size)
    }


def _renumbered(answer: Any, numbers: Mapping[int, int]) -> Any:
    if isinstance(answer, dict):
        return {key: _renumbered(value, numbers) for key, value in answer.items()}
    if isinstance(answer, list) and any(isinstance(item, list) for item in answer):
        return [_renumbered(item, numbers) for item in answer]
    return [moved for pointer in answer for moved in _moved(pointer, numbers)]


def _moved(pointer: int | str, numbers: Mapping[int, int]) -> Pointers:
    if isinstance(pointer, int):
        return [numbers[pointer]] if pointer in numbers else []
    number, colon, piece = pointer.partition(":")
    if colon:
        return [f"{numbers[int(number)]}:{piece}"] if int(number) in numbers else []
    first, last = map(int, pointer.split("-"))
    return [numbers[n] for n in range(first, last + 1) if n in numbers]
