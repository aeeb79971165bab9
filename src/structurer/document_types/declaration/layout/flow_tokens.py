"""The stretches of a table in running text, with what each looks like."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from structurer.document_types.declaration.layout.rows import Kind, kind_of
from structurer.document_types.declaration.layout.shapes import targetness
from structurer.document_types.declaration.vocabulary import squeeze
from structurer.text import printed_width

if TYPE_CHECKING:
    from collections.abc import Sequence

    from structurer.document_types.declaration.layout.atoms import Atom, AtomLine

WHOLE_ROWS = ("tttt", "2tt2tt")
"""The kinds of a line that prints a whole row of both halves, without and with its labels."""

_RAGGED = 4
"""A full line may end this much before its column does (a quotation mark, a number kept whole)."""

_LEAST_COLUMN = 14
"""No column of names is narrower (both in half widths)."""

_VERTICAL_LABEL = frozenset("绩效指标")


class Token(NamedTuple):
    """A stretch of text, what it can be, and how much it looks like a target (see ``targetness``).

    ``full`` says that it fills its column, so that a wrapped cell may go on; ``plain`` that its line
    prints a whole row.
    """

    line: int
    text: str
    atom: Atom
    kind: Kind
    shape: float
    full: bool = False
    plain: bool = False


def read_tokens(table: Sequence[AtomLine]) -> list[Token]:
    """Return the table's stretches; first-level labels, vertical ones too, say nothing about rows."""
    tokens: list[Token] = []
    missing = ""
    for line in table:
        for atom in line.atoms:
            kind = kind_of(atom)
            words = squeeze(atom.text)
            if kind.code == "1" or (len(words) == 1 and words in _VERTICAL_LABEL):
                continue
            if missing and words == missing:
                missing = ""
                continue
            if kind.code in "2w" and atom.match:
                missing = atom.match.missing
            tokens.append(Token(atom.line, atom.text, atom, kind, targetness(atom.text)))
    return _with_plain_lines(_with_full_lines(tokens))


def _with_plain_lines(tokens: list[Token]) -> list[Token]:
    """Mark the lines that print a whole row: name, target, name, target."""
    marked: list[Token] = []
    for _, group in groupby(tokens, key=lambda token: token.line):
        line = list(group)
        texts = [token for token in line if token.kind.code == "t"]
        plain_row = "".join(token.kind.code for token in line) in WHOLE_ROWS and all(
            name.shape < 0 < target.shape and not name.full
            for name, target in zip(texts[::2], texts[1::2], strict=True)
        )
        marked += [token._replace(plain=True) for token in line] if plain_row else line
    return marked


def _with_full_lines(tokens: list[Token]) -> list[Token]:
    """Mark the stretches that are about as wide as the widest name of the table."""
    widths = [printed_width(token.text) for token in tokens]
    names = [
        wide for wide, token in zip(widths, tokens, strict=True) if token.kind.code == "t" and token.shape < 1
    ]
    least = max(max(names, default=0) - _RAGGED, _LEAST_COLUMN)
    return [token._replace(full=wide >= least) for wide, token in zip(widths, tokens, strict=True)]
