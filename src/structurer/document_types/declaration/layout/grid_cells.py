"""A half's cells as rows: one, none, or several where the scanner packed them into one cell."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from structurer.document_types.declaration.layout.rows import HalfRow, printed
from structurer.document_types.declaration.layout.shapes import targetness
from structurer.document_types.declaration.layout.values import Value, compose
from structurer.models import Span

if TYPE_CHECKING:
    from structurer.document_types.declaration.layout.atoms import Atom

_WORD = re.compile(r"\$[^$]*\$|[^\s$]+")


def half_rows(text: str, cells: list[Atom | None]) -> list[HalfRow]:
    """Return a half's rows: one, none, or several where the scanner packed them into one cell."""
    level, name, target = cells
    label = printed(level)
    if name is None:
        value = None if target is None else compose(text, target.spans)
        return [HalfRow(label, None, value)]
    if target is None:
        pieces = _split_cell(text, name)
        if pieces is not None:
            return [HalfRow(label, *pieces)]
        return [HalfRow(label, compose(text, name.spans), None)]
    names, targets = _words(text, name), _words(text, target)
    if _are_packed(names, targets):
        rows = [HalfRow(None, n, t) for n, t in zip(names, targets, strict=True)]
        return [rows[0]._replace(label=label), *rows[1:]]
    return [HalfRow(label, compose(text, name.spans), compose(text, target.spans))]


def _words(text: str, atom: Atom) -> list[Value]:
    """Cut a cell at its white space."""
    if len(atom.spans) > 1 or not any(character.isspace() for character in atom.text):
        return [compose(text, atom.spans)]
    start = atom.spans[0].start
    return [
        compose(text, [Span(start + word.start(), start + word.end())]) for word in _WORD.finditer(atom.text)
    ]


def _are_packed(names: list[Value], targets: list[Value]) -> bool:
    """Say whether a name cell and a target cell hold the same number of whole names and targets."""
    if not 1 < len(names) == len(targets):
        return False
    whole_names = all(len(name.text) >= 4 and targetness(name.text) < 1 for name in names)
    return whole_names and all(targetness(target.text) > 1 for target in targets)


def may_be_packed(text: str, name: Atom | None, target: Atom | None) -> bool:
    """Say whether both cells of a row fall into the same number of words, more than one."""
    if name is None or target is None or not any(character.isspace() for character in target.text):
        return False
    return 1 < len(_words(text, name)) == len(_words(text, target))


def _split_cell(text: str, name: Atom) -> tuple[Value, Value] | None:
    """Cut a cell that holds a name and its target at the last white space between them."""
    words = _words(text, name)
    if len(words) < 2 or targetness(words[-1].text) <= 1 or targetness(words[0].text) > 1:
        return None
    cut = words[-1].spans[0].start if words[-1].spans else name.spans[0].end
    return compose(text, [Span(name.spans[0].start, cut)]), words[-1]


def is_split(text: str, name: Atom | None) -> bool:
    """Say whether a cell holds a name and its target."""
    return name is not None and _split_cell(text, name) is not None
