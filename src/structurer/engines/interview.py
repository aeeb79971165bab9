"""Asking a model about one passage until its answer is as good as it gets.

The question is put whole. An answer that the token limit cut off is put again in parts, down to pieces of the
text. What is wrong with an answer is told to the model with the exact error, for the failing keys only
and without any history; a repaired answer is taken only if it is strictly better.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from structurer.answers import accept
from structurer.asking import Answered, Ask, Invalid, Problem, Reading, Reply, Truncated, Unanswered
from structurer.checks import extraction as doubt
from structurer.engines.base import NoAnswerError
from structurer.examination import examine
from structurer.models import Extraction, Flag, FlagKind, ModelUse, Usage
from structurer.paths import value_at

if TYPE_CHECKING:
    from collections.abc import Sequence

    from structurer.document_types.base import AnswerFormat, DocumentType
    from structurer.models import Segment
    from structurer.passage import Passage

_MOST_REPAIRS = 2
_MOST_SPLITS = 3
_OVERLAP = 3
"""Lines that two pieces of a text share, so that a row at the seam is whole in one of them."""

_MOST_SHOWN = 60_000
"""Characters of a filing in one question; a longer passage is asked about in parts."""

_LONGEST_SEGMENT_SHOWN = 1_500

_Json = dict[str, Any]


def interview(
    passage: Passage, document_type: DocumentType, style: AnswerFormat, model: str, keys: Sequence[str]
) -> Reading[Extraction]:
    """Return what the model says of these keys; the rest of the data is as in an empty form.

    Raises ``NoAnswerError`` where it gives no answer that can be used.
    """
    return (yield from _Interview(passage, document_type, style, model, keys).run())


@dataclass(frozen=True, slots=True)
class _Candidate:
    """An answer, what it reads as, and what is wrong with it; the fewer faults the better."""

    answer: _Json
    extraction: Extraction
    problems: tuple[Problem, ...]
    flags: tuple[Flag, ...]

    @property
    def faults(self) -> int:
        return len(self.problems) + len(self.flags)


class _Interview:
    """One conversation about one passage; it adds up what it took."""

    def __init__(
        self,
        passage: Passage,
        document_type: DocumentType,
        style: AnswerFormat,
        model: str,
        keys: Sequence[str],
    ) -> None:
        self._passage = passage
        self._type = document_type
        self._questions = document_type.questions
        self._style = style
        self._model = model
        self._keys = tuple(keys)
        self._prompts: dict[str, None] = {}
        self._usage = Usage()

    def run(self) -> Reading[Extraction]:
        """Ask, then repair; return the best reading, with a doubt for each fault that is left."""
        segments = self._questions.region(self._passage, self._keys)
        if _shown(segments) > _MOST_SHOWN:
            answer, problems = yield from self._in_pieces(self._keys, segments, 0)
        else:
            (reply,) = yield from self._put(self._style.ask(self._passage, self._keys, segments))
            answer, problems = yield from self._heard(reply, self._keys, segments, 0)
        best = self._candidate(answer, problems)
        best = yield from self._repaired(best)
        doubts = tuple(_unusable(best.extraction.data, problem) for problem in best.problems)
        return replace(
            best.extraction, doubts=(*best.extraction.doubts, *doubts), model_use=self._model_use()
        )

    def _put(self, *asks: Ask) -> Reading[tuple[Reply, ...]]:
        replies = yield asks
        for ask, reply in zip(asks, replies, strict=True):
            self._prompts[ask.prompt] = None
            if not isinstance(reply, Unanswered):
                self._usage += reply.usage
        return replies

    def _heard(
        self, reply: Reply, keys: tuple[str, ...], segments: tuple[Segment, ...], depth: int
    ) -> Reading[tuple[_Json, tuple[Problem, ...]]]:
        """Return an answer as plain JSON with its problems, asking on where there is none yet."""
        repairs = 0
        while isinstance(reply, Invalid) and repairs < _MOST_REPAIRS:
            (reply,) = yield from self._put(
                self._style.ask(self._passage, keys, segments, reply.problems[:_MOST_REPAIRS])
            )
            repairs += 1
        match reply:
            case Answered():
                return reply.value.model_dump(mode="json", by_alias=True, exclude_unset=True), reply.problems
            case Truncated():
                return (yield from self._in_pieces(keys, segments, depth))
            case Invalid():
                raise self._no_answer(f"the model's answer cannot be used: {reply.problems[0].message}")
            case Unanswered():
                raise self._no_answer(reply.reason)

    def _in_pieces(
        self, keys: tuple[str, ...], segments: tuple[Segment, ...], depth: int
    ) -> Reading[tuple[_Json, tuple[Problem, ...]]]:
        """Ask about each part of the form apart, or each half of the text, and put the answers together."""
        pieces = self._pieces(keys, segments)
        if depth >= _MOST_SPLITS or len(pieces) < 2:
            raise self._no_answer("the model's answer is cut off by its token limit, however little is asked")
        asks = (self._style.ask(self._passage, some, shown) for some, shown in pieces)
        replies = yield from self._put(*asks)
        answer: _Json = {}
        problems: tuple[Problem, ...] = ()
        for (some, shown), reply in zip(pieces, replies, strict=True):
            part, wrong = yield from self._heard(reply, some, shown, depth + 1)
            answer, problems = _merged(answer, part), (*problems, *wrong)
        return answer, problems

    def _pieces(
        self, keys: tuple[str, ...], segments: tuple[Segment, ...]
    ) -> list[tuple[tuple[str, ...], tuple[Segment, ...]]]:
        parts = [tuple(key for key in part if key in keys) for part in self._questions.parts]
        parts = [part for part in parts if part]
        if len(parts) > 1:
            shown = {segment.number for segment in segments}
            regions = (self._questions.region(self._passage, part) for part in parts)
            kept = (tuple(segment for segment in region if segment.number in shown) for region in regions)
            return list(zip(parts, kept, strict=True))
        lines = sorted({segment.line for segment in segments})
        if len(lines) <= 2 * _OVERLAP:
            return []
        middle = len(lines) // 2
        end, start = lines[middle + _OVERLAP - 1], lines[middle]
        return [
            (keys, tuple(segment for segment in segments if segment.line <= end)),
            (keys, tuple(segment for segment in segments if segment.line >= start)),
        ]

    def _candidate(self, answer: _Json, problems: tuple[Problem, ...]) -> _Candidate:
        """Validate a whole answer, and examine what it reads as."""
        ask = self._style.ask(self._passage, self._keys, self._questions.region(self._passage, self._keys))
        value, wrong = accept(ask.answer, answer, ask.context)
        if value is None:
            raise self._no_answer(f"the model's answers do not fit together: {wrong[0].message}")
        unanswered = (key for key in self._keys if not _holds(answer, key))
        missing = (Problem(key, "no answer was given for this key") for key in unanswered)
        extraction = self._style.read(self._passage, self._keys, value)
        return _Candidate(
            answer, extraction, tuple(dict.fromkeys((*problems, *wrong, *missing))), self._flags(extraction)
        )

    def _flags(self, extraction: Extraction) -> tuple[Flag, ...]:
        """Return what is doubtful; of a partial answer only what its own reading doubts."""
        if self._keys != self._questions.keys:
            return extraction.doubts
        flags = examine(self._passage, extraction, self._type).flags
        return tuple(flag for flag in flags if flag.kind is FlagKind.EXTRACTION)

    def _repaired(self, best: _Candidate) -> Reading[_Candidate]:
        for _ in range(_MOST_REPAIRS):
            faults = self._repairable(best)
            keys = tuple(key for key in self._keys if key in {fault_key for fault_key, _ in faults})
            if not keys:
                return best
            region = self._questions.region(self._passage, keys)
            told = tuple(problem for key, problem in faults if key in keys)
            (reply,) = yield from self._put(self._style.ask(self._passage, keys, region, told))
            if not isinstance(reply, Answered):
                return best
            repaired = reply.value.model_dump(mode="json", by_alias=True, exclude_unset=True)
            again = self._candidate(_replaced(best.answer, repaired, keys), reply.problems)
            if again.faults >= best.faults:
                return best
            best = again
        return best

    def _repairable(self, candidate: _Candidate) -> list[tuple[str, Problem]]:
        """Return the faults that asking again may mend, each with the key that it belongs to."""
        faults = [(self._key_of_answer(problem.path), problem) for problem in candidate.problems]
        for flag in candidate.flags:
            if flag.code in self._questions.repairable:
                key = self._questions.key_of(candidate.extraction, flag.path)
                faults.append((key, Problem(key, flag.message)))
        return faults

    def _key_of_answer(self, path: str) -> str:
        return next((key for key in self._keys if path == key or path.startswith(f"{key}.")), "")

    def _model_use(self) -> ModelUse:
        return ModelUse(self._model, ", ".join(self._prompts), self._usage)

    def _no_answer(self, reason: str) -> NoAnswerError:
        return NoAnswerError(reason, self._model_use())


def _shown(segments: Sequence[Segment]) -> int:
    return sum(min(len(segment.text), _LONGEST_SEGMENT_SHOWN) + 6 for segment in segments)


def _merged(one: _Json, other: _Json) -> _Json:
    """Return both answers in one: objects by key, lists one after the other, each item once."""
    merged = dict(one)
    for key, value in other.items():
        known = merged.get(key)
        if isinstance(known, Mapping) and isinstance(value, Mapping):
            merged[key] = _merged(dict(known), dict(value))
        elif isinstance(known, list) and isinstance(value, list):
            merged[key] = known + [item for item in value if item not in known]
        elif known is None or known == []:
            merged[key] = value
    return merged


def _replaced(answer: _Json, repaired: _Json, keys: Sequence[str]) -> _Json:
    """Return the answer with what was given anew for some keys; what was not given stays as it was."""
    whole = dict(answer)
    for key in keys:
        first, _, rest = key.partition(".")
        if not _holds(repaired, key):
            continue
        whole[first] = {**whole.get(first, {}), rest: repaired[first][rest]} if rest else repaired[first]
    return whole


def _holds(answer: _Json, key: str) -> bool:
    first, _, rest = key.partition(".")
    return first in answer and (not rest or rest in (answer[first] or {}))


def _unusable(data: Mapping[str, Any], problem: Problem) -> Flag:
    """Return the flag for a problem that is left, at the nearest place that the data has."""
    path = problem.path
    while path and value_at(data, path) is None and path not in data:
        path = path.rpartition(".")[0]
    return doubt(path, "answer_invalid", f"the model's answer cannot be used here: {problem.message}")
