"""Answers that point: each place of the answer names the segments that its value is copied from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, cast

from pydantic import BeforeValidator

from structurer.document_types.declaration.layout.draft import Draft
from structurer.document_types.declaration.layout.values import compose
from structurer.document_types.declaration.questions.answers import Answer, Shape, answer_models
from structurer.document_types.declaration.questions.asks import build_ask
from structurer.document_types.declaration.questions.fields import put_value
from structurer.document_types.declaration.questions.form import (
    has_shared_names,
    is_in_wan,
    labels_by_segment,
)
from structurer.document_types.declaration.questions.keys import AMOUNTS, LONG_TEXTS, SCALARS
from structurer.document_types.declaration.questions.pointers import Pointer, resolve
from structurer.document_types.declaration.questions.rows import ReadRow, without_number
from structurer.document_types.declaration.questions.writing import finish, read_print

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pydantic import BaseModel

    from structurer.asking import Ask, Problem
    from structurer.document_types.declaration.layout.atoms import Atom
    from structurer.document_types.declaration.layout.values import Value
    from structurer.document_types.declaration.questions.pointers import Fault, Loc, Place
    from structurer.models import Extraction, Segment, Span
    from structurer.passage import Passage

_LABELLED = frozenset({*SCALARS, *AMOUNTS}.difference(LONG_TEXTS))
"""Keys whose label may stand in one segment with the value; a long text may hold the words of any label."""

_SHOWN = "segments"
_TOKENS, _TOKENS_A_SEGMENT = 500, 16


def _listed(given: Any) -> Any:
    if given is None:
        return []
    return given if isinstance(given, list) else [given]


_Pointers = Annotated[list[Pointer], BeforeValidator(_listed)]


class PointingAnswer(Answer):
    """Where each value stands: segment numbers, ranges "3-5", pieces "3:verbatim text"; [] where empty."""

    def faults(self, context: Mapping[str, Any]) -> Iterator[Fault]:
        """Yield pointers to nothing, and text that is given twice."""
        segments = context[_SHOWN]
        shared = has_shared_names(segments.values())
        yield from resolve(self.pointers(), segments, shared_names=shared).faults

    def pointers(self) -> Iterator[tuple[Loc, Sequence[Pointer]]]:
        """Yield every place of the answer with its pointers, always in the same order."""
        yield from self.values()
        for row in self.rows():
            yield (*row.loc, 0), row.name or ()
            yield (*row.loc, 1), row.target or ()


_SHAPE = Shape(
    value=_Pointers,
    schema={"type": "array", "items": {"anyOf": [{"type": "integer"}, {"type": "string"}]}},
    fields={},
)
answer_model = answer_models(PointingAnswer, _SHAPE)


class Pointing(NamedTuple):
    """The answer format ``point``: nothing is retyped, so nothing can be paraphrased."""

    def ask(
        self,
        passage: Passage,
        keys: Sequence[str],
        segments: Sequence[Segment],
        problems: Sequence[Problem] = (),
    ) -> Ask:
        """Return the question for these keys, showing these segments."""
        context = {_SHOWN: {segment.number: segment for segment in segments}}
        most = _TOKENS + _TOKENS_A_SEGMENT * len(segments)
        return build_ask(passage, "point", keys, segments, problems, answer_model(tuple(keys)), context, most)

    def read(self, passage: Passage, keys: Sequence[str], answer: BaseModel) -> Extraction:
        """Return what the segments say that the answer points at, with doubts of its own."""
        pointed = cast("PointingAnswer", answer)
        printed = read_print(passage)
        numbered = {segment.number: segment for segment in passage.segments}
        shared = has_shared_names(passage.segments)
        places = resolve(pointed.pointers(), numbered, shared_names=shared).places
        labels = labels_by_segment(printed.form)
        text = passage.document.text

        def value_at(loc: Loc, key: str = "") -> Value:
            return compose(text, _spans(places.get(loc, ()), labels, key))

        draft = Draft()
        in_wan = is_in_wan(printed.form)
        for loc, _ in pointed.values():
            put_value(draft, text, ".".join(map(str, loc)), value_at(loc, str(loc[-1])), in_wan=in_wan)
        rows = [
            ReadRow(
                row.half, row.level, without_number(text, value_at((*row.loc, 0))), value_at((*row.loc, 1))
            )
            for row in pointed.rows()
        ]
        return finish(passage, printed, keys, draft, rows)


def _spans(places: Iterable[Place], labels: Mapping[int, Sequence[Atom]], key: str) -> Iterator[Span]:
    """Yield the spans of places; where a whole segment prints a label, too, of the text behind it."""
    for place in places:
        atoms = labels.get(place.segment, ()) if place.whole and key in _LABELLED else ()
        yield from _behind_label(atoms, key) if atoms else (place.span,)


def _behind_label(atoms: Sequence[Atom], key: str) -> Iterator[Span]:
    """Yield the text behind the key's own label; where that is not printed, the text behind any."""
    names = ["" if atom.label is None else atom.label.key.rpartition(".")[2] for atom in atoms]
    wanted = key not in names
    for atom, name in zip(atoms, names, strict=True):
        if atom.label is not None:
            wanted = name == key or key not in names
        elif wanted:
            yield from atom.spans
