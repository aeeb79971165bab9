"""What a form's labels say against an answer: doubts from evidence that the model had no part in.

A wrong answer is grounded as well as a right one: its text stands where it says, only not where it
should. So each value is held against the text beside the field's own label.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from structurer.checks import quoted
from structurer.document_types.declaration.layout.atoms import spans_of
from structurer.document_types.declaration.layout.draft import Draft
from structurer.document_types.declaration.layout.goals import read_goals
from structurer.document_types.declaration.layout.lost import doubt_lost_fields
from structurer.document_types.declaration.layout.values import compose
from structurer.document_types.declaration.questions.fields import put_amount, put_field, put_heading
from structurer.document_types.declaration.questions.form import is_in_wan, printed_fields
from structurer.document_types.declaration.questions.keys import HALVES, SCALARS
from structurer.paths import leaves, value_at
from structurer.text import bare

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from structurer.document_types.declaration.layout.amounts import FundingTable
    from structurer.document_types.declaration.questions.form import PrintedForm
    from structurer.models import Extraction, Flag
    from structurer.passage import Passage


def beside_labels(form: PrintedForm, amounts: FundingTable, passage: Passage) -> Extraction:
    """Return the form as the text beside its labels gives it, the table left out."""
    draft = Draft()
    text = form.text
    put_heading(draft, passage)
    for key, atoms in printed_fields(form).items():
        if key in SCALARS:
            put_field(draft, text, key, compose(text, spans_of(atoms)))
    in_wan = is_in_wan(form)
    for path, amount in amounts.amounts.items():
        if "." in path:
            put_amount(draft, f"funding.{path}", amount.printed, in_wan=in_wan)
    cell_lines = frozenset(line.number for line in form.lines if line.cells)
    goals = read_goals(text, form.sections.goals, cell_lines)
    for half, value in zip(HALVES, (goals.implementation_period, goals.annual), strict=True):
        draft.put_text(f"goals.{half}", value)
    return draft.finish()


def doubt_fields(draft: Draft, form: PrintedForm, printed: Extraction, keys: Collection[str]) -> None:
    """Doubt each value of the asked keys that is not what the text beside its label says.

    What the form prints beside a label, and both give no value, is understood.
    """
    labelled = {"form_title", "fiscal_year", "funding", "goals", *printed_fields(form)}
    for path, expected in leaves(printed.data):
        key = path.partition(".")[0]
        if key not in keys:
            continue
        given = value_at(draft.data, path)
        if _same(given, expected):
            draft.claim(printed.spans.get(path, ()))
        elif given is None:
            draft.doubt(path, "value_missing", f"beside its label the form prints {quoted(str(expected))}")
        elif expected is not None:
            draft.doubt(path, "label_differs", f"beside its label the form prints {quoted(str(expected))}")
        elif key in labelled:
            draft.doubt(path, "label_differs", "beside its label the form prints nothing that says this")
        else:
            draft.doubt(path, "label_not_found", "no label of this field was recognised to confirm the value")
    for flag in _lost(draft, form):
        if flag.path.partition(".")[0] in keys:
            draft.doubt(flag.path, flag.code, flag.message, flag.severity)
    values = {span for spans in printed.spans.values() for span in spans}
    draft.claim(span for span in printed.claimed if span not in values)


def _same(given: Any, expected: Any) -> bool:
    if isinstance(given, str) and isinstance(expected, str):
        return given == expected or bare(given) == bare(expected)
    return bool(given == expected)


def _lost(draft: Draft, form: PrintedForm) -> Iterator[Flag]:
    """Yield doubts about fields that are empty in the answer, and whose labels are nowhere."""
    scratch = Draft()
    scratch.data = draft.data
    doubt_lost_fields(scratch, form.sections)
    yield from scratch.finish().doubts
