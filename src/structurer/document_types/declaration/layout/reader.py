"""Reading one declaration from its printed layout: no network, no model, the same answer every time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from structurer.document_types.declaration.layout.amounts import read_funding
from structurer.document_types.declaration.layout.atoms import Atom, AtomLine, atom_lines, spans_of
from structurer.document_types.declaration.layout.draft import Draft
from structurer.document_types.declaration.layout.goals import read_goals
from structurer.document_types.declaration.layout.lost import doubt_lost_fields
from structurer.document_types.declaration.layout.rejoin import rejoin
from structurer.document_types.declaration.layout.scalars import (
    read_attribute,
    read_timestamp,
    read_years,
    split_department,
    split_person,
)
from structurer.document_types.declaration.layout.sections import LONG_FIELDS, Field, Sections, sort_lines
from structurer.document_types.declaration.layout.table import read_table
from structurer.document_types.declaration.layout.values import Value, compose
from structurer.document_types.declaration.marks import is_title, is_year
from structurer.document_types.declaration.vocabulary import Group, squeeze
from structurer.models import Severity
from structurer.segments import line_span

if TYPE_CHECKING:
    from collections.abc import Sequence

    from structurer.models import Chunk, Document, Extraction, Segment

_PEOPLE = ("responsible_person", "handler", "phone", "submitted_at")
_UNITS = {"", "元", "万元"}
_LONGEST_TITLE_HALF = 40
_ENDS = "。；;：:)）】-—=_0123456789"
_THIN_CUT = 0.2
"""Below this margin the cut between the two halves' goals is doubtful."""


def read(document: Document, chunk: Chunk, segments: Sequence[Segment]) -> Extraction:
    """Read one chunk as a declaration.

    What the reader could not tell is null; what it could tell only with doubt carries a flag.
    """
    draft = Draft()
    lines = rejoin(_without_headings(document, chunk, atom_lines(document, segments), draft))
    sections = sort_lines(lines)
    cell_lines = frozenset(line.number for line in lines if line.cells)
    _claim_labels(draft, lines)
    _read_heading(draft, document, chunk)
    _read_fields(draft, document.text, sections)
    _read_funding(draft, document.text, sections)
    _read_goals(draft, document.text, sections, cell_lines)
    read_table(draft, document.text, sections, cell_lines)
    _read_people(draft, document.text, sections)
    doubt_lost_fields(draft, sections)
    return draft.finish()


def _without_headings(
    document: Document, chunk: Chunk, lines: Sequence[AtomLine], draft: Draft
) -> list[AtomLine]:
    """Drop the lines that print the form's title and year, on every page."""
    own = {span.start for span in chunk.title}
    kept: list[AtomLine] = []
    for line in lines:
        start, end = line_span(document, line.number)
        words = document.text[start:end]
        is_own = any(start <= place < end for place in own)
        if is_own or is_title(words) or is_year(words):
            draft.claim(spans_of(line.atoms))
        else:
            kept.append(line)
    return kept


def _claim_labels(draft: Draft, lines: Sequence[AtomLine]) -> None:
    for line in lines:
        for atom in line.atoms:
            if atom.match is not None:
                draft.claim(atom.spans)


def _read_heading(draft: Draft, document: Document, chunk: Chunk) -> None:
    if chunk.title:
        draft.put_text("form_title", compose(document.text, chunk.title))
        if _is_text_above(document, chunk):
            message = "the line above the title may be its first half"
            draft.doubt("form_title", "title_maybe_broken", message)
    if chunk.year is not None:
        printed = compose(document.text, [chunk.year])
        draft.put("fiscal_year", int("".join(printed.text.split())), printed)


def _is_text_above(document: Document, chunk: Chunk) -> bool:
    """Say whether the line above the title is a short one without an end: maybe the title's first half."""
    above = document.text[: chunk.title[0].start].rstrip("# \t\u3000").rstrip()
    line = above[above.rfind("\n") + 1 :].strip()
    is_cells = "\t" in line or ":" in line or "：" in line
    return 0 < len(line) <= _LONGEST_TITLE_HALF and not is_cells and line[-1] not in _ENDS


def _read_fields(draft: Draft, text: str, sections: Sections) -> None:
    for key, field in sections.fields.items():
        printed = compose(text, spans_of(field.atoms))
        if printed.text:
            _put_field(draft, text, key, printed)
        if key in sections.mixed:
            draft.doubt(
                key,
                "wrapped_side_by_side",
                "two cells side by side are wrapped; a line may belong to the other",
            )
    for key, field in sections.repeats:
        _compare_repeat(draft, text, key, field, sections)


def _put_field(draft: Draft, text: str, key: str, printed: Value) -> None:
    if key == "competent_department":
        code, name = split_department(text, printed)
        draft.put_text("competent_department.code", code)
        draft.put_text("competent_department.name", name)
        if code is None and printed.text[:1].isascii():
            message = f"{printed.text[:30]!r} does not begin with a code of digits"
            draft.doubt("competent_department.code", "code_not_a_number", message)
            draft.claim(printed.spans)
    elif key in {"project_attribute", "project_kind"}:
        _put_attribute(draft, key, printed)
    elif key in {"duration_years", "period_dates"}:
        _put_duration(draft, key, printed)
    else:
        draft.put_text(key, printed)


def _put_attribute(draft: Draft, key: str, printed: Value) -> None:
    attribute = read_attribute(printed)
    if attribute is not None:
        draft.put("project_attribute", attribute, printed)
        return
    draft.claim(printed.spans)
    if key == "project_attribute":
        draft.doubt(
            key, "attribute_unknown", f"the form says {printed.text!r}, which is none of the known attributes"
        )


def _put_duration(draft: Draft, key: str, printed: Value) -> None:
    years = read_years(printed) if key == "duration_years" else None
    if years is not None:
        draft.put("duration_years", years, printed)
        return
    draft.claim(printed.spans)
    draft.doubt(
        "duration_years", "period_not_in_years", f"the form says {printed.text!r}, not a number of years"
    )


def _compare_repeat(draft: Draft, text: str, key: str, field: Field, sections: Sections) -> None:
    """A later page prints the head again: the first print counts, another wording is a doubt."""
    again = compose(text, spans_of(field.atoms))
    draft.claim(again.spans)
    first = compose(text, spans_of(sections.fields[key].atoms))
    if not again.text or squeeze(first.text) == squeeze(again.text):
        return
    if not first.text:
        _put_field(draft, text, key, again)
    elif not (key in LONG_FIELDS and squeeze(again.text).startswith(squeeze(first.text))):
        path = "competent_department.name" if key == "competent_department" else key
        draft.doubt(path, "pages_differ", f"another page of the form prints {again.text[:60]!r}")


def _read_funding(draft: Draft, text: str, sections: Sections) -> None:
    in_wan = any("万元" in squeeze(a.text) for a in sections.funding if a.group is Group.FUNDING_TITLE)
    in_wan = in_wan or any("单位万元" in squeeze(atom.text) for atom in sections.loose)
    table = read_funding(text, sections.funding, in_wan)
    for path, amount in table.amounts.items():
        where = f"funding.{path}"
        if path == "total":
            continue
        draft.put(where, amount.yuan, amount.printed)
        if amount.converted:
            draft.converted.add(where)
        if amount.yuan is None:
            draft.doubt(
                where, "amount_not_a_number", f"{amount.printed.text!r} is not an amount", Severity.ERROR
            )
        elif not amount.sound:
            draft.doubt(
                where,
                "amount_groups",
                f"{amount.printed.text!r}: the thousands do not fit; a digit may be lost",
            )
    for path, amount in table.repeats:
        draft.claim(amount.printed.spans)
        if path != "total" and amount.yuan != table.amounts[path].yuan:
            message = f"another page of the form prints {amount.printed.text!r}"
            draft.doubt(f"funding.{path}", "pages_differ", message)
    _claim_label_ends(draft, sections.funding)


def _claim_label_ends(draft: Draft, atoms: Sequence[Atom]) -> None:
    """Claim the ends of labels that wrapped to a line of their own, and the unit below the title."""
    ends = {atom.match.missing for atom in atoms if atom.match} | _UNITS
    for atom in atoms:
        if atom.match is None and squeeze(atom.text) in ends:
            draft.claim(atom.spans)


def _read_goals(draft: Draft, text: str, sections: Sections, cell_lines: frozenset[int]) -> None:
    goals = read_goals(text, sections.goals, cell_lines)
    draft.put_text("goals.implementation_period", goals.implementation_period)
    draft.put_text("goals.annual", goals.annual)
    if goals.margin < _THIN_CUT:
        for half in ("implementation_period", "annual"):
            draft.doubt(
                f"goals.{half}",
                "halves_cut",
                "it is not clear where one half's goal ends and the other's begins",
            )


def _read_people(draft: Draft, text: str, sections: Sections) -> None:
    texts: dict[str, list[Atom]] = {}
    sure = {a.label.key for a in sections.people if a.match and a.label and len(a.match.labels) == 1}
    key: str | None = None
    for atom in sections.people:
        if atom.match is not None and atom.group is Group.PEOPLE:
            keys = [label.key for label in atom.match.labels]
            free = [k for k in keys if k not in sure and k not in texts]
            key = keys[0] if len(keys) == 1 or not free else free[0]
            texts.setdefault(key, [])
        elif key is not None:
            texts[key].append(atom)
    for key, atoms in texts.items():
        printed = compose(text, spans_of(atoms))
        if not printed.text:
            continue
        if ":" in printed.text or "：" in printed.text:
            for person in _PEOPLE:
                draft.doubt(person, "label_in_value", f"{printed.text!r} may hold another field's label")
        if key == "submitted_at":
            _put_timestamp(draft, printed)
        elif key == "phone":
            draft.put("phone", "".join(printed.text.split()), printed)
        elif key == "person_and_phone":
            name, number = split_person(text, printed)
            draft.put_text("responsible_person", name)
            draft.put_text("phone", number)
        elif key in {"responsible_person", "handler"}:
            draft.put_text(key, printed)
        else:
            draft.claim(printed.spans)


def _put_timestamp(draft: Draft, printed: Value) -> None:
    moment = read_timestamp(printed)
    if moment is None:
        draft.claim(printed.spans)
        message = f"{printed.text!r} is not 14 digits that form a real time"
        draft.doubt("submitted_at", "date_impossible", message)
    else:
        draft.put("submitted_at", moment, printed)
