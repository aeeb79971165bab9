"""One chunk per project, found by the form's own marks; what belongs to no project is residue.

A head (项目名称 with other labels of the form close below) opens a project. The same head again,
before the project's foot, is the next page of the same project. Titles and years directly above a
head belong to it; a form without its own inherits the nearest above it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import TYPE_CHECKING, NamedTuple

from rapidfuzz.distance import Levenshtein

from structurer.document_types.declaration.marks import (
    Line,
    Mark,
    find_year,
    is_title,
    lacks_beginning,
    read_mark,
)
from structurer.models import Chunk, Residue, Span
from structurer.segments import is_blank, line_span

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from structurer.models import Document

_REACH = 14
"""How many non-blank lines below a head must hold the labels that confirm it."""

_CONFIRMING = 2
"""How many different labels of the form confirm a head."""

_LIKE_NAME, _LIKE_NAME_WITHOUT_TABLE = 0.8, 0.6
"""How alike two heads' names are when both name one project; a form that has had no table goes on."""

_LEAST_NAME = 4
_NUMBERS = re.compile(r"\d+|[一二三四五六七八九十]+")
"""Names that differ in a number name different projects, however alike they are."""


_FIRST_HALF = "first half"
"""The word of a title's mark whose rest stands on the line below."""

_LONGEST_FOOT = 60
_TORN_LABEL = 4
_FOOT_REACH = 2
"""How many lines after a foot may still belong to it (a date on a line of its own)."""


class Cut(NamedTuple):
    """A document cut into projects: every non-blank line is in one chunk or in the residue."""

    chunks: tuple[Chunk, ...]
    residue: tuple[Residue, ...]


@dataclass(slots=True)
class _Form:
    """A project being collected: indices into the list of non-blank lines."""

    name: str
    lines: list[int] = field(default_factory=list)
    table: bool = False
    foot: int | None = None


class _Source(NamedTuple):
    """The document's non-blank lines: numbers, texts and marks."""

    numbers: list[int]
    texts: list[str]
    marks: list[Line]


def cut(document: Document) -> Cut:
    """Cut a document into one chunk per project, and residue."""
    source = _read_lines(document)
    forms = _collect(source)
    taken = {index for form in forms for index in form.lines}
    chunks = tuple(_chunk(document, source, form, ordinal) for ordinal, form in enumerate(forms, start=1))
    free = [index for index in range(len(source.numbers)) if index not in taken]
    return Cut(chunks, tuple(_residue(document, source, free)))


def _read_lines(document: Document) -> _Source:
    numbers: list[int] = []
    texts: list[str] = []
    for number in range(len(document.line_starts)):
        start, end = line_span(document, number)
        text = document.text[start:end]
        if not is_blank(text):
            numbers.append(number)
            texts.append(text)
    marks = [read_mark(text, below) for text, below in zip_longest(texts, texts[1:], fillvalue="")]
    for index, text in enumerate(texts[1:]):
        if (
            marks[index + 1].mark is Mark.TITLE
            and marks[index].mark is Mark.PLAIN
            and lacks_beginning(texts[index], text)
        ):
            marks[index] = Line(Mark.TITLE, _FIRST_HALF)
    return _Source(numbers, texts, marks)


def _collect(source: _Source) -> list[_Form]:
    """Walk the lines once, opening a form at each confirmed head and closing it after its foot."""
    forms: list[_Form] = []
    current: _Form | None = None
    above: list[int] = []
    for index, (mark, word) in enumerate(source.marks):
        if _opens(source.marks, index, current):
            if current is None or not _continues(current, mark, word):
                current = _Form(word)
                forms.append(current)
            current.lines += [*above, index]
            above = []
        elif mark in {Mark.TITLE, Mark.YEAR, Mark.UNIT} and _precedes_head(source.marks, index):
            above.append(index)
        elif current is None or _ended(current, index, source):
            current, above = None, []
        else:
            current.lines += [*above, index]
            above = []
            current.table = current.table or mark is Mark.TABLE
            if mark is Mark.FOOT and current.table:
                current.foot = index
    return forms


def _opens(marks: Sequence[Line], index: int, current: _Form | None) -> bool:
    """Say whether a form's head stands here; below a finished form, one that lost its name counts."""
    mark, word = marks[index]
    if mark is Mark.FORM:
        return True
    nameless = mark is Mark.BODY and word in {
        "competent_department",
        "implementing_unit",
        "project_attribute",
    }
    if mark is not Mark.HEAD and not (nameless and (current is None or current.foot is not None)):
        return False
    labels: set[str] = set()
    for other, key in marks[index + 1 : index + 1 + _REACH]:
        if other is Mark.HEAD:
            break
        if other is Mark.BODY:
            labels.add(key)
    return len(labels) >= _CONFIRMING


def _precedes_head(marks: Sequence[Line], index: int) -> bool:
    """Say whether only titles, years and rules stand between this line and the next head."""
    for offset, (mark, _) in enumerate(marks[index + 1 : index + 6], start=index + 1):
        if mark in {Mark.HEAD, Mark.BODY, Mark.FORM}:
            return _opens(marks, offset, None)
        if mark not in {Mark.TITLE, Mark.YEAR, Mark.UNIT, Mark.RULE}:
            return False
    return False


def _continues(form: _Form, mark: Mark, name: str) -> bool:
    """Say whether a head repeats on the next page of the same project."""
    if form.foot is not None or mark is not Mark.HEAD or not name or not form.name:
        return False
    if name.startswith(form.name[:_LEAST_NAME]) and (
        form.name.startswith(name) or name.startswith(form.name)
    ):
        return True
    if _NUMBERS.findall(form.name) != _NUMBERS.findall(name):
        return False
    likeness = _LIKE_NAME if form.table else _LIKE_NAME_WITHOUT_TABLE
    return Levenshtein.normalized_similarity(form.name, name) >= likeness


def _ended(form: _Form, index: int, source: _Source) -> bool:
    """Say whether the form stopped before this line: after its foot, or at a heading of the text."""
    mark = source.marks[index].mark
    if mark in {Mark.FOOT, Mark.RULE}:
        return False
    if form.foot is not None:
        return (
            mark is Mark.SECTION
            or index - form.foot > _FOOT_REACH
            or not _continues_foot(source.texts[index])
        )
    return mark is Mark.SECTION and form.table


def _continues_foot(text: str) -> bool:
    """Say whether a line can be the rest of a foot: digits, a name with its label, a torn label."""
    words = "".join(text.split())
    digits = sum(character.isdigit() for character in words)
    labelled = (":" in words or "：" in words) and len(words) <= _LONGEST_FOOT
    return digits * 2 >= len(words) or len(words) <= _TORN_LABEL or labelled


def _chunk(document: Document, source: _Source, form: _Form, ordinal: int) -> Chunk:
    numbers = tuple(source.numbers[index] for index in form.lines)
    first, last = form.lines[0], form.lines[-1]
    return Chunk(
        ordinal=ordinal,
        start=line_span(document, source.numbers[first])[0],
        end=line_span(document, source.numbers[last])[1],
        lines=numbers,
        title=_title(document, source, form),
        year=_year(document, source, form),
    )


def _title(document: Document, source: _Source, form: _Form) -> tuple[Span, ...]:
    """Find the form's own title, or the nearest above it; a title may be broken over two lines."""
    for index in _own_then_above(form):
        mark, half = source.marks[index]
        if mark is Mark.TITLE:
            parts = (index, index + 1) if half else (index,)
            if index and source.marks[index - 1] == Line(Mark.TITLE, _FIRST_HALF):
                parts = (index - 1, index)
            return tuple(_text_span(document, source.numbers[i], source.texts[i]) for i in parts)
        if index and is_title(source.texts[index - 1].rstrip() + source.texts[index].strip()):
            pair = (index - 1, index)
            return tuple(_text_span(document, source.numbers[i], source.texts[i]) for i in pair)
    return ()


def _year(document: Document, source: _Source, form: _Form) -> Span | None:
    for index in _own_then_above(form):
        found = find_year(source.texts[index])
        if found is not None:
            start = line_span(document, source.numbers[index])[0]
            return Span(start + found.start, start + found.end)
    return None


def _own_then_above(form: _Form) -> Iterator[int]:
    """Yield the form's lines down to the table's, then the lines above it, nearest first."""
    yield from form.lines[:6]
    yield from range(form.lines[0] - 1, -1, -1)


def _text_span(document: Document, number: int, text: str) -> Span:
    start = line_span(document, number)[0]
    words = text.strip().lstrip("#").strip()
    left = start + text.index(words)
    return Span(left, left + len(words))


def _residue(document: Document, source: _Source, free: Sequence[int]) -> Iterator[Residue]:
    """Yield stretches of free lines that follow each other."""
    run: list[int] = []
    for index in [*free, None]:
        if run and (index is None or index != run[-1] + 1):
            numbers = tuple(source.numbers[i] for i in run)
            yield Residue(line_span(document, numbers[0])[0], line_span(document, numbers[-1])[1], numbers)
            run = []
        if index is not None:
            run.append(index)
