"""Which part of a form a model must see to answer for some keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from structurer.document_types.declaration.questions.form import read_form
from structurer.document_types.declaration.questions.keys import TABLE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from structurer.models import Segment
    from structurer.passage import Passage


def region(passage: Passage, keys: Sequence[str]) -> tuple[Segment, ...]:
    """Return the segments of the indicator table, of all but the table, or, for keys of both, of the passage.

    The table's lines are those from its first head or label to the people at the form's foot, on all
    pages; a head that a page repeats in between is no part of it. Where no table is found, all is shown.
    """
    asked = {key in TABLE for key in keys}
    if len(asked) != 1:
        return passage.segments
    lines = _table_lines(passage)
    if not lines:
        return passage.segments
    wanted = asked.pop()
    return tuple(segment for segment in passage.segments if (segment.line in lines) is wanted)


def _table_lines(passage: Passage) -> frozenset[int]:
    form = read_form(passage)
    parts = form.sections
    inside = {entry.line.number for entry in parts.table} | {head.line.number for head in parts.heads}
    if not inside:
        return frozenset()
    first = min(inside)
    outside = [*parts.funding, *parts.goals, *parts.people, *parts.loose]
    for _, field in [*parts.fields.items(), *parts.repeats]:
        outside += [field.label, *field.atoms]
    others = {atom.line for atom in outside} - inside
    after = [atom.line for atom in parts.people if atom.line > first]
    end = min(after, default=max(segment.line for segment in passage.segments) + 1)
    end = max(end, max(inside) + 1)
    return frozenset(
        segment.line
        for segment in passage.segments
        if first <= segment.line < end and segment.line not in others
    )
