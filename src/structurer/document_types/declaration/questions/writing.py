"""The values and rows of an answer, whatever its format, held against what the form prints."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from structurer.document_types.declaration.questions.claims import understood
from structurer.document_types.declaration.questions.fields import put_heading
from structurer.document_types.declaration.questions.form import printed_amounts, read_form
from structurer.document_types.declaration.questions.keys import halves_of
from structurer.document_types.declaration.questions.printed_table import read_table
from structurer.document_types.declaration.questions.rows import put_rows
from structurer.document_types.declaration.questions.table_witness import doubt_rows
from structurer.document_types.declaration.questions.witness import beside_labels, doubt_fields

if TYPE_CHECKING:
    from collections.abc import Sequence

    from structurer.document_types.declaration.layout.amounts import FundingTable
    from structurer.document_types.declaration.layout.draft import Draft
    from structurer.document_types.declaration.questions.form import PrintedForm
    from structurer.document_types.declaration.questions.printed_table import PrintedTable
    from structurer.document_types.declaration.questions.rows import ReadRow
    from structurer.models import Extraction
    from structurer.passage import Passage


class Print(NamedTuple):
    """What a form prints, read from its labels alone: its parts, its amounts, its table, its fields."""

    form: PrintedForm
    amounts: FundingTable
    table: PrintedTable
    fields: Extraction


def read_print(passage: Passage) -> Print:
    """Return what a passage prints, as its labels tell it."""
    form = read_form(passage)
    amounts = printed_amounts(form)
    return Print(form, amounts, read_table(form), beside_labels(form, amounts, passage))


def finish(
    passage: Passage, printed: Print, keys: Sequence[str], draft: Draft, rows: Sequence[ReadRow]
) -> Extraction:
    """Return a draft that holds an answer's values, with its rows, as an extraction with its doubts."""
    put_heading(draft, passage, keys)
    draft.claim(understood(printed.form, printed.amounts, printed.table))
    doubt_fields(draft, printed.form, printed.fields, keys)
    halves = halves_of(keys)
    if halves:
        doubt_rows(draft, printed.table, put_rows(draft, rows, printed.table), halves)
    return draft.finish()
