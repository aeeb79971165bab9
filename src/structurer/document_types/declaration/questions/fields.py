"""What was printed for a key, brought into the record's types and written down."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from structurer.document_types.declaration.layout.amounts import parse_amount
from structurer.document_types.declaration.layout.scalars import (
    cut_value,
    read_attribute,
    read_timestamp,
    read_years,
    split_department,
)
from structurer.document_types.declaration.layout.values import compose
from structurer.models import Severity

if TYPE_CHECKING:
    from collections.abc import Collection

    from structurer.document_types.declaration.layout.draft import Draft
    from structurer.document_types.declaration.layout.values import Value
    from structurer.passage import Passage

_YEAR = re.compile(r"[12](?:[ \u3000]?\d){3}")


def put_value(draft: Draft, text: str, path: str, printed: Value, *, in_wan: bool) -> None:
    """Write what is printed for any path but the table's; a department is its code and name together."""
    key = path.partition(".")[0]
    if not printed.text:
        return
    if key == "funding":
        put_amount(draft, path, printed, in_wan=in_wan)
    elif key == "goals":
        draft.put_text(path, printed)
    else:
        put_field(draft, text, key, printed)


def put_field(draft: Draft, text: str, key: str, printed: Value) -> None:
    """Write what is printed for a field; what cannot be the field's value stays null and is doubted."""
    if not printed.text:
        return
    match key:
        case "competent_department":
            _put_department(draft, text, printed)
        case "project_attribute":
            _put(draft, key, read_attribute(printed), printed, "attribute_unknown", "no known attribute")
        case "duration_years":
            _put(draft, key, read_years(printed), printed, "period_not_in_years", "not a number of years")
        case "submitted_at":
            message = "not 14 digits that form a real time"
            _put(draft, key, read_timestamp(printed), printed, "date_impossible", message)
        case "fiscal_year":
            put_year(draft, text, printed)
        case "phone":
            draft.put(key, "".join(printed.text.split()), printed)
        case _:
            draft.put_text(key, printed)


def _put(draft: Draft, key: str, value: str | int | None, printed: Value, code: str, what: str) -> None:
    if value is not None:
        draft.put(key, value, printed)
        return
    draft.claim(printed.spans)
    draft.doubt(key, code, f"the form says {printed.text[:60]!r}, {what}")


def _put_department(draft: Draft, text: str, printed: Value) -> None:
    code, name = split_department(text, printed)
    draft.put_text("competent_department.code", code)
    draft.put_text("competent_department.name", name)
    draft.claim(printed.spans)
    if code is None and printed.text[:1].isascii():
        message = f"{printed.text[:30]!r} does not begin with a code of digits"
        draft.doubt("competent_department.code", "code_not_a_number", message)


def put_year(draft: Draft, text: str, printed: Value) -> None:
    """Write the year that a heading prints."""
    found = _YEAR.search(printed.text)
    if found is None:
        draft.doubt("fiscal_year", "year_not_found", f"{printed.text[:60]!r} prints no year")
        return
    year = cut_value(text, printed, *found.span())
    draft.put("fiscal_year", int("".join(year.text.split())), year)


def put_heading(
    draft: Draft, passage: Passage, keys: Collection[str] = ("form_title", "fiscal_year")
) -> None:
    """Write the title and the year that stand above the form, of those asked for and not yet given."""
    chunk, text = passage.chunk, passage.document.text
    if "form_title" in keys and draft.data["form_title"] is None and chunk.title:
        draft.put_text("form_title", compose(text, chunk.title))
    if "fiscal_year" in keys and draft.data["fiscal_year"] is None and chunk.year is not None:
        put_year(draft, text, compose(text, [chunk.year]))


def put_amount(draft: Draft, path: str, printed: Value, *, in_wan: bool) -> None:
    """Write an amount, in yuan; ``in_wan`` says that the form prints 万元."""
    amount = parse_amount(printed, in_wan)
    if amount.yuan is None:
        draft.claim(printed.spans)
        message = f"{printed.text[:60]!r} is not an amount"
        draft.doubt(path, "amount_not_a_number", message, Severity.ERROR)
        return
    draft.put(path, amount.yuan, printed)
    if amount.converted:
        draft.converted.add(path)
    if not amount.sound:
        message = f"{printed.text[:60]!r}: the thousands do not fit; a digit may be lost"
        draft.doubt(path, "amount_groups", message)
