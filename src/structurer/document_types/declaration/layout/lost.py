"""Fields that the form prints and this reading has not found: lost labels leave silent gaps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from structurer.document_types.declaration.layout.sections import LONG_FIELDS
from structurer.document_types.declaration.vocabulary import Group, Label
from structurer.models import Severity

if TYPE_CHECKING:
    from structurer.document_types.declaration.layout.draft import Draft
    from structurer.document_types.declaration.layout.sections import Sections

_PEOPLE = ("responsible_person", "handler", "phone", "submitted_at")
_GOALS = ("implementation_period", "annual")
_MOST_TEXTS = 3
"""A form that prints this many of the long texts prints all five."""

_NAME_COLUMN = Label(Group.COLUMN, "name")


def doubt_lost_fields(draft: Draft, sections: Sections) -> None:
    """Flag null fields whose label was not found, in a form that is laid out to have them.

    An empty cell beside its label is empty; only a label that is nowhere makes a doubt.
    """
    if not sections.fields:
        message = "the form's layout is not understood: none of its labels was found; read it by hand"
        draft.doubt("", "layout_unknown", message, Severity.ERROR)
        return
    found = LONG_FIELDS.intersection(sections.fields)
    if len(found) >= _MOST_TEXTS:
        for key in sorted(LONG_FIELDS - found):
            draft.doubt(
                key, "label_lost", "the field's label was not found; its text may stand in another field"
            )
    if draft.data["goals"] == dict.fromkeys(_GOALS):
        for half in _GOALS:
            draft.doubt(f"goals.{half}", "label_lost", "no goal was found")
    if _is_usual_form(sections):
        printed = {atom.label.key for atom in sections.people if atom.label and atom.group is Group.PEOPLE}
        for key in _PEOPLE:
            if key not in printed and draft.data[key] is None:
                draft.doubt(key, "label_lost", "the field's label was not found at the form's foot")


def _is_usual_form(sections: Sections) -> bool:
    """Say whether the form prints both halves side by side, as the form with a foot of people does."""
    return any(sum(atom.label == _NAME_COLUMN for atom in head.line.atoms) > 1 for head in sections.heads)
