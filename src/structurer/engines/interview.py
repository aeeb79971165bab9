"""Asking a model about one passage until its answer is as good as it gets.

The question is put whole. What is too long for one question, or for one answer, is put in parts, down to
pieces of the text. What is wrong with an answer is told to the model with the exact error, for the failing
keys only and without any history; a repaired answer is taken only if it is strictly better.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from structurer.answers import accept
from structurer.asking import Answered, Ask, Invalid, Problem, Reading, Reply, Truncated, Unanswered
from structurer.checks import extraction as doubt
from structurer.engines.answer_parts import Json, holds, merged, plain, replaced
from structurer.engines.base import NoAnswerError
from structurer.engines.cutting import cut_in_two
from structurer.examination import examine
from structurer.models import Extraction, Flag, FlagKind, ModelUse, Usage
from structurer.paths import covers, value_at

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydantic import BaseModel

    from structurer.document_types.base import AnswerFormat, DocumentType
    from structurer.models import Segment
    from structurer.passage import Passage

_MOST_REPAIRS = 2
_MOST_SPLITS = 4
_MOST_TOLD = 20
"""Problems told to a model at once: more would say no more."""

_MOST_SHOWN = 60_000
"""Characters of a filing in one question; a longer passage is asked about in parts."""

_LONGEST_SEGMENT_SHOWN = 1_500
_AROUND_SEGMENT = 8
"""Characters that a segment's number and the border of its cell take."""

_TOO_LONG = "the text is too long for the model, however little of it is asked about"


def interview(
    passage: Passage, document_type: DocumentType, style: AnswerFormat, model: str, keys: Sequence[str]
) -> Reading[Extraction]:
    """Return what the model says of these keys; the rest of the data is as in an empty form.

    Raises ``NoAnswerError`` where it gives no answer that can be used.
    """
    return (yield from _Interview(passage, document_type, style, model, keys).run())


class _Piece(NamedTuple):
    """What one question asks: some keys, of some text; ``depth`` says how often it was split off."""

    keys: tuple[str, ...]
    segments: tuple[Segment, ...]
    depth: int = 0

    @property
    def length(self) -> int:
        """How many characters its text takes in a question."""
        shown = (min(len(segment.text), _LONGEST_SEGMENT_SHOWN) for segment in self.segments)
        return sum(shown) + _AROUND_SEGMENT * len(self.segments)

    @property
    def fits(self) -> bool:
        """Whether its text is short enough for one question."""
        return self.length <= _MOST_SHOWN


class _Heard(NamedTuple):
    """An answer as plain JSON, and what was wrong with it; ``value`` is it validated, where it came whole."""

    answer: Json
    problems: tuple[Problem, ...]
    value: BaseModel | None = None


@dataclass(frozen=True, slots=True)
class _Candidate:
    """An answer, what it reads as, and what is wrong with it."""

    answer: Json
    extraction: Extraction
    problems: tuple[Problem, ...]
    flags: tuple[Flag, ...]

    def is_better_than(self, other: _Candidate) -> bool:
        """Say whether faults were mended, and not by leaving out more values than there were faults."""
        mended = len(other.problems) + len(other.flags) - len(self.problems) - len(self.flags)
        lost = len(other.extraction.spans) - len(self.extraction.spans)
        return mended > 0 and lost <= mended


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
        heard = yield from self._answered(self._fitting(self._whole))
        best = yield from self._repaired(self._candidate(heard))
        doubts = tuple(_unusable(best.extraction.data, problem) for problem in best.problems)
        return replace(
            best.extraction, doubts=(*best.extraction.doubts, *doubts), model_use=self._model_use()
        )

    @cached_property
    def _whole(self) -> _Piece:
        return self._piece(self._keys)

    def _piece(self, keys: tuple[str, ...], depth: int = 0) -> _Piece:
        return _Piece(keys, self._questions.region(self._passage, keys), depth)

    def _put(self, *asks: Ask) -> Reading[tuple[Reply, ...]]:
        replies = yield asks
        for ask, reply in zip(asks, replies, strict=True):
            self._prompts[ask.prompt] = None
            if not isinstance(reply, Unanswered):
                self._usage += reply.usage
        return replies

    def _ask(self, piece: _Piece, problems: Sequence[Problem] = ()) -> Ask:
        return self._style.ask(self._passage, piece.keys, piece.segments, problems[:_MOST_TOLD])

    def _answered(self, pieces: Sequence[_Piece]) -> Reading[_Heard]:
        """Ask about all pieces at once, and put the answers together."""
        replies = yield from self._put(*(self._ask(piece) for piece in pieces))
        if len(pieces) == 1:
            return (yield from self._heard(pieces[0], replies[0]))
        answer: Json = {}
        problems: tuple[Problem, ...] = ()
        for piece, reply in zip(pieces, replies, strict=True):
            heard = yield from self._heard(piece, reply)
            answer, problems = merged(answer, heard.answer), (*problems, *heard.problems)
        return _Heard(answer, problems)

    def _heard(self, piece: _Piece, reply: Reply) -> Reading[_Heard]:
        """Return what a reply says, asking on where it says nothing yet."""
        for _ in range(_MOST_REPAIRS):
            if isinstance(reply, Invalid):
                (reply,) = yield from self._put(self._ask(piece, reply.problems))
        match reply:
            case Answered():
                return _Heard(plain(reply), reply.problems, reply.value)
            case Truncated():
                return (yield from self._answered(self._split(piece)))
            case Invalid():
                raise self._no_answer(f"the model's answer cannot be used: {reply.problems[0].message}")
            case Unanswered():
                raise self._no_answer(reply.reason)

    def _fitting(self, piece: _Piece) -> list[_Piece]:
        """Return a piece, in parts where it is too long for one question."""
        if piece.fits:
            return [piece]
        if piece.length > _MOST_SHOWN << (_MOST_SPLITS - piece.depth):
            raise self._no_answer(_TOO_LONG)
        return [fitting for part in self._split(piece) for fitting in self._fitting(part)]

    def _split(self, piece: _Piece) -> list[_Piece]:
        """Return the parts of the form apart; of one part first fewer keys, then less text."""
        depth = piece.depth + 1
        if depth > _MOST_SPLITS:
            raise self._no_answer(_TOO_LONG)
        parts = [tuple(key for key in part if key in piece.keys) for part in self._questions.parts]
        parts = [part for part in parts if part]
        if len(parts) > 1:
            return [self._piece(part, depth) for part in parts]
        if len(piece.keys) > 1 and piece.fits:
            half = len(piece.keys) // 2
            return [piece._replace(keys=keys, depth=depth) for keys in (piece.keys[:half], piece.keys[half:])]
        halves = cut_in_two(piece.segments, self._layout.spans)
        if halves is None:
            raise self._no_answer(_TOO_LONG)
        return [_Piece(piece.keys, half, depth) for half in halves]

    @cached_property
    def _layout(self) -> Extraction:
        passage = self._passage
        return self._type.read_layout(passage.document, passage.chunk, passage.segments)

    def _candidate(self, heard: _Heard) -> _Candidate:
        """Validate a whole answer, and examine what it reads as.

        What is said of keys that nobody asked about is no fault of the record.
        """
        value, wrong = self._validated(heard)
        problems = {problem: self._keys_at(problem.path) for problem in (*heard.problems, *wrong)}
        told = {key for keys in problems.values() for key in keys}
        missing = (
            Problem(key, "no answer was given for this key")
            for key in self._keys
            if key not in told and not holds(heard.answer, key)
        )
        extraction = self._style.read(self._passage, self._keys, value)
        faults = (*(problem for problem, keys in problems.items() if keys), *missing)
        return _Candidate(heard.answer, extraction, faults, self._flags(extraction))

    def _validated(self, heard: _Heard) -> tuple[BaseModel, tuple[Problem, ...]]:
        """Return what is valid of an answer, and what is not; one that was put together may clash."""
        if heard.value is not None:
            return heard.value, ()
        ask = self._ask(self._whole)
        value, wrong = accept(ask.answer, heard.answer, ask.context)
        if value is None:
            raise self._no_answer(f"the model's answers do not fit together: {wrong[0].message}")
        return value, wrong

    def _flags(self, extraction: Extraction) -> tuple[Flag, ...]:
        """Return what is doubtful; of a partial answer only what its own reading doubts."""
        if self._keys != self._questions.keys:
            return extraction.doubts
        flags = examine(self._passage, extraction, self._type).flags
        return tuple(flag for flag in flags if flag.kind is FlagKind.EXTRACTION)

    def _repaired(self, best: _Candidate) -> Reading[_Candidate]:
        """Ask anew for the keys at fault, as long as that helps."""
        for _ in range(_MOST_REPAIRS):
            faults = self._repairable(best)
            keys = tuple(key for key in self._keys if any(key in own for own in faults.values()))
            if not keys or not (piece := self._piece(keys)).fits:
                return best
            (reply,) = yield from self._put(self._ask(piece, tuple(faults)))
            if not isinstance(reply, Answered):
                return best
            answer = plain(reply)
            given = tuple(key for key in keys if holds(answer, key))
            left = (p for p in best.problems if not set(given).intersection(self._keys_at(p.path)))
            whole = _Heard(replaced(best.answer, answer, given), (*left, *reply.problems))
            again = self._candidate(whole)
            if not again.is_better_than(best):
                return best
            best = again
        return best

    def _repairable(self, candidate: _Candidate) -> dict[Problem, tuple[str, ...]]:
        """Return the faults that asking again may mend, each with the keys that it touches."""
        faults = {problem: self._keys_at(problem.path) for problem in candidate.problems}
        for flag in candidate.flags:
            if flag.code in self._questions.repairable:
                key = self._questions.key_of(candidate.extraction, flag.path)
                faults[Problem(key, flag.message)] = self._keys_at(key)
        return faults

    def _keys_at(self, path: str) -> tuple[str, ...]:
        """Return the asked keys that a path of an answer belongs to, or that are below it."""
        return tuple(key for key in self._keys if covers(key, path) or covers(path, key))

    def _model_use(self) -> ModelUse:
        return ModelUse(self._model, ", ".join(self._prompts), self._usage)

    def _no_answer(self, reason: str) -> NoAnswerError:
        return NoAnswerError(reason, self._model_use())


def _unusable(data: Mapping[str, Any], problem: Problem) -> Flag:
    """Return the flag for a problem that is left, at the nearest place that the data has."""
    path = problem.path
    while path and not _has(data, path):
        path = path.rpartition(".")[0]
    return doubt(path, "answer_invalid", f"the model's answer cannot be used here: {problem.message}")


def _has(data: Mapping[str, Any], path: str) -> bool:
    parent, _, last = path.rpartition(".")
    place = value_at(data, parent) if parent else data
    return isinstance(place, Mapping) and last in place
