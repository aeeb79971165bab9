"""What of a form's print is understood without being a value: labels, headings, heads that a page repeats."""

from __future__ import annotations

from typing import TYPE_CHECKING

from structurer.document_types.declaration.layout.atoms import spans_of
from structurer.document_types.declaration.layout.values import compose
from structurer.document_types.declaration.vocabulary import Group, squeeze

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from structurer.document_types.declaration.layout.amounts import FundingTable
    from structurer.document_types.declaration.layout.atoms import Atom
    from structurer.document_types.declaration.questions.form import PrintedForm
    from structurer.document_types.declaration.questions.printed_table import PrintedTable
    from structurer.models import Span

_UNITS = {"", "元", "万元"}
_NO_FIELD_OF_OURS = ("financial_officer",)


def understood(form: PrintedForm, amounts: FundingTable, table: PrintedTable) -> Iterator[Span]:
    """Yield the spans of a form that print its own words, or print a value a second time."""
    yield from form.headings
    for line in form.lines:
        for atom in line.atoms:
            if atom.match is not None:
                yield from atom.spans
    yield from _ends_of_labels(form.sections.funding)
    yield from _ends_of_labels(form.sections.goals)
    for label in table.labels:
        yield from label.spans
    yield from table.other
    yield from _repeats(form, amounts)


def _ends_of_labels(atoms: Sequence[Atom]) -> Iterator[Span]:
    """Yield the ends of labels that wrapped to a line of their own, and units."""
    ends = {atom.match.missing for atom in atoms if atom.match} | _UNITS
    for atom in atoms:
        if atom.match is None and squeeze(atom.text) in ends:
            yield from atom.spans


def _repeats(form: PrintedForm, amounts: FundingTable) -> Iterator[Span]:
    """Yield what a later page of the form prints again, in the same words."""
    for key, field in form.sections.repeats:
        first = form.sections.fields[key].atoms
        if _words(form, field.atoms) == _words(form, first):
            yield from spans_of(field.atoms)
    for path, amount in amounts.repeats:
        if amount.yuan == amounts.amounts[path].yuan:
            yield from amount.printed.spans
    yield from (
        span
        for atom in form.sections.people
        for span in atom.spans
        if atom.match is not None and atom.group is Group.PEOPLE
    )


def _words(form: PrintedForm, atoms: Sequence[Atom]) -> str:
    return squeeze(compose(form.text, spans_of(atoms)).text)
