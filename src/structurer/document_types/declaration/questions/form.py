"""What a form prints, told from its labels alone: the text beside each label, and the table's lines.

It is read without any answer, so an answer can be held against it.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from structurer.document_types.declaration.layout.amounts import FundingTable, read_funding
from structurer.document_types.declaration.layout.atoms import Atom, AtomLine, atom_lines, spans_of
from structurer.document_types.declaration.layout.rejoin import rejoin
from structurer.document_types.declaration.layout.sections import Sections, sort_lines
from structurer.document_types.declaration.marks import is_title, is_year
from structurer.document_types.declaration.vocabulary import Group, match_label, squeeze
from structurer.segments import line_span

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from structurer.models import Segment, Span
    from structurer.passage import Passage

_SAME_FIELD = {"project_kind": "project_attribute", "period_dates": "duration_years"}
_PERSON_AND_PHONE = "person_and_phone"


class PrintedForm(NamedTuple):
    """A form's lines, with its labels recognised, sorted into its parts.

    ``headings`` are the spans of lines that print a title or a year; they are in no part.
    """

    text: str
    lines: Sequence[AtomLine]
    sections: Sections
    headings: tuple[Span, ...]


def read_form(passage: Passage) -> PrintedForm:
    """Recognise a passage's labels and sort its lines into the parts of the form."""
    text = passage.document.text
    own = {span.start for span in passage.chunk.title}
    kept: list[AtomLine] = []
    headings: list[Span] = []
    for line in atom_lines(passage.document, passage.segments):
        start, end = line_span(passage.document, line.number)
        words = text[start:end]
        if any(start <= place < end for place in own) or is_title(words) or is_year(words):
            headings.extend(spans_of(line.atoms))
        else:
            kept.append(line)
    lines = rejoin(kept)
    return PrintedForm(text, lines, sort_lines(lines), tuple(headings))


def printed_fields(form: PrintedForm) -> dict[str, tuple[Atom, ...]]:
    """Return the text beside each label of a field, by key; a cell that says two things stands under both."""
    fields: dict[str, tuple[Atom, ...]] = {}
    for key, field in form.sections.fields.items():
        place = _SAME_FIELD.get(key, key)
        if place not in fields or key == place:
            fields[place] = field.atoms
    fields.update(_people(form.sections.people))
    return fields


def _people(atoms: Sequence[Atom]) -> dict[str, tuple[Atom, ...]]:
    """Return the text behind each label of the form's foot."""
    found: dict[str, list[Atom]] = {}
    sure = {a.label.key for a in atoms if a.match and a.label and len(a.match.labels) == 1}
    key: str | None = None
    for atom in atoms:
        if atom.match is not None and atom.group is Group.PEOPLE:
            keys = [label.key for label in atom.match.labels]
            free = [k for k in keys if k not in sure and k not in found]
            key = keys[0] if len(keys) == 1 or not free else free[0]
            found.setdefault(key, [])
        elif key is not None:
            found[key].append(atom)
    both = found.pop(_PERSON_AND_PHONE, None)
    if both is not None:
        found.setdefault("responsible_person", both)
        found.setdefault("phone", both)
    return {key: tuple(texts) for key, texts in found.items()}


def is_in_wan(form: PrintedForm) -> bool:
    """Say whether the form's amounts are in 万元."""
    titles = (a for a in form.sections.funding if a.group is Group.FUNDING_TITLE)
    return any("万元" in squeeze(atom.text) for atom in titles) or any(
        "单位万元" in squeeze(atom.text) for atom in form.sections.loose
    )


def printed_amounts(form: PrintedForm) -> FundingTable:
    """Return the amounts beside the funding labels, by their path below ``funding``."""
    return read_funding(form.text, form.sections.funding, is_in_wan(form))


def labels_by_segment(form: PrintedForm) -> Mapping[int, tuple[Atom, ...]]:
    """Return the atoms of each segment that prints a label together with text."""
    atoms: dict[int, list[Atom]] = {}
    for line in form.lines:
        for atom in line.atoms:
            atoms.setdefault(atom.segment, []).append(atom)
    return {
        number: tuple(found)
        for number, found in atoms.items()
        if len(found) > 1 and any(atom.match is not None for atom in found)
    }


def has_shared_names(segments: Iterable[Segment]) -> bool:
    """Say whether the table's head has one column of names and a column of targets for each half."""
    for _, line in groupby(segments, key=lambda segment: segment.line):
        matches = [match_label(segment.text) for segment in line]
        keys = [match.label.key for match in matches if match and match.label.group is Group.COLUMN]
        if keys.count("name") == 1 and keys.count("target") > 1:
            return True
    return False
