"""Text from a filing, made harmless for a spreadsheet cell."""

from __future__ import annotations

import re

_ILLEGAL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_NUMBER = re.compile(r"-?\d+(\.\d+)?")

# The usual signs, their full-width forms (which a Chinese Excel takes for the same), and white space
# that a program may drop before it looks at the first character.
_FORMULA = re.compile("\\s*[=+\\-@＝＋－＠]|[\t\r\n]")

Cell = str | int | None
"""What a table holds: text, a count, or nothing."""


def printable(text: str) -> str:
    """Return text without the characters that XML 1.0 and Excel forbid; line ends and tabs stay."""
    return _ILLEGAL.sub("", text)


def is_number(text: str) -> bool:
    """Say whether text is a plain decimal number, as amounts are."""
    return _NUMBER.fullmatch(text) is not None


def csv_cell(value: Cell) -> str:
    """Return a cell as CSV holds it: no spreadsheet takes it for a formula.

    Text that a formula could start with gets an apostrophe before it; plain numbers stay as they are.
    Source: OWASP, "CSV Injection".
    """
    if value is None:
        return ""
    text = printable(str(value))
    return f"'{text}" if _FORMULA.match(text) and not is_number(text) else text
