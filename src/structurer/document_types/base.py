"""What a document type brings: its layout reader, its checks, its values' kinds, what to ask of a model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pydantic import BaseModel

    from structurer.asking import Ask, Problem
    from structurer.checks import Check
    from structurer.grounding import ValueKind
    from structurer.models import Chunk, Document, Extraction, Segment
    from structurer.passage import Passage


class AnswerFormat(Protocol):
    """One way in which a model answers about this form: by pointing at segments, or by transcribing.

    ``keys`` are what can be asked for apart from the rest, in the form's order: a field, or one half of
    a table (``project_name``, ``funding``, ``indicators.annual``).
    """

    def ask(
        self,
        passage: Passage,
        keys: Sequence[str],
        segments: Sequence[Segment],
        problems: Sequence[Problem] = (),
    ) -> Ask:
        """Return the question for these keys, showing these segments of the passage.

        ``problems`` make it a repair: what was wrong with an earlier answer, in exact words.
        """
        ...

    def read(self, passage: Passage, keys: Sequence[str], answer: BaseModel) -> Extraction:
        """Return what a validated answer says of these keys; all else in the data is as in an empty form."""
        ...


@dataclass(frozen=True, slots=True)
class Questions:
    """What can be asked of a model about this form.

    ``formats`` are the ways to answer, by name. ``keys`` are what can be asked for separately, in the form's
    order; ``key_of`` gives the key that a data path belongs to. ``region`` returns the segments that a model
    must see to answer for some keys. ``parts`` are the keys in groups: where an answer about all is too
    long, each group is asked about apart. ``settled_by_agreement`` are the codes of flags that doubt which
    of two readings is right, and not whether the print is whole: they fall away where two independent
    readings agree. ``repairable`` are the codes of flags that a model can mend when it is asked again.
    """

    formats: Mapping[str, AnswerFormat]
    keys: tuple[str, ...]
    parts: tuple[tuple[str, ...], ...]
    key_of: Callable[[Extraction, str], str]
    region: Callable[[Passage, Sequence[str]], tuple[Segment, ...]]
    settled_by_agreement: frozenset[str]
    repairable: frozenset[str]


@dataclass(frozen=True, slots=True)
class Field:
    """One field of the form: its path, what is printed beside it, and whether it holds long text."""

    path: str
    label: str
    long: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the form, as it is printed."""

    title: str
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """How people put values into the form.

    ``parts`` are its fields in order, ``halves`` what is printed over the two halves of its table, by scope.
    ``typed`` makes a value of what somebody typed for a path, ``choices`` gives the only values that a path
    may have. ``empty`` makes the data of an empty form, ``completed`` adds what is derived; both that and
    ``typed`` raise ``ValueError`` in words for people.
    """

    parts: tuple[Part, ...]
    halves: Mapping[str, str]
    typed: Callable[[str, str], Any]
    choices: Callable[[str], tuple[str, ...]]
    empty: Callable[[], dict[str, Any]]
    completed: Callable[[Mapping[str, Any]], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class DocumentType:
    """One kind of form. ``name`` is also the name of its JSON Schema.

    ``read_layout`` reads one chunk by its layout; ``value_kind`` says, for a path of the data, how its
    value must stand in the text; ``checks`` run in their order.
    """

    name: str
    schema_version: str
    read_layout: Callable[[Document, Chunk, Sequence[Segment]], Extraction]
    value_kind: Callable[[str], ValueKind]
    checks: tuple[Check, ...]
    questions: Questions
    entry: Entry
