"""The indicator table cut into stretches that are laid out alike, and its columns' meanings.

The usual form prints both halves side by side. Other places print one half only, or both one below
the other; some give a target in three columns (性质, 指标值, 度量单位) and add columns of their own.
"""

from __future__ import annotations

import re
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from structurer.document_types.declaration.layout.atoms import Atom, AtomLine
from structurer.document_types.declaration.model import Scope
from structurer.document_types.declaration.vocabulary import Group, squeeze

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from structurer.document_types.declaration.layout.sections import ColumnHead, Sections
    from structurer.models import Span

_BOTH = (Scope.IMPLEMENTATION_PERIOD, Scope.ANNUAL)
_TARGET_PARTS = ("operator", "target", "unit")
_NUMBERED = re.compile(r"^指标\s*\d+\s*[:：]\s*")
_IN_WORDS = "定性"
"""What the column of signs says where the target is given in words."""

_FILLER = re.compile(r"^[.…·。]{2,}$")


class Stretch(NamedTuple):
    """Lines under heads of one kind. ``scopes`` are the halves that a row holds, left to right.

    ``ignored`` are cells of columns that the record has no place for (权重, 备注).
    """

    scopes: tuple[Scope, ...]
    heads: tuple[tuple[Atom, ...], ...]
    lines: tuple[AtomLine, ...]
    ignored: tuple[Span, ...]


class _View(NamedTuple):
    """How to look at lines under a head: the halves that a row then holds, and columns to leave out."""

    scopes: tuple[Scope, ...]
    left_out: frozenset[int] = frozenset()


def stretches(sections: Sections) -> Iterator[Stretch]:
    """Cut the table where its head changes the halves that are printed.

    A head with one column of names and a target for each half is looked at twice. One of running text
    cannot be; its stretch has no scopes.
    """
    views = [_views(head) for head in sections.heads] or [(_View(_BOTH),)]
    for key, group in groupby(sections.table, key=lambda entry: views[max(0, entry.head)]):
        entries = list(group)
        used = sorted({entry.head for entry in entries if entry.head >= 0})
        for view in key:
            ignored: list[Span] = []
            lines = [
                _plain_line(
                    entry.line, sections.heads[entry.head] if entry.head >= 0 else None, view, ignored
                )
                for entry in entries
            ]
            heads = tuple(_head_cells(sections.heads[index], view) for index in used)
            yield Stretch(view.scopes, heads, tuple(lines), tuple(ignored))


def _views(head: ColumnHead) -> tuple[_View, ...]:
    columns = [atom for atom in head.line.atoms if atom.label and atom.group is Group.COLUMN]
    keys = [atom.label.key for atom in columns if atom.label]
    targets = [atom for atom in columns if atom.label and atom.label.key == "target"]
    if keys[-3:] == ["name", "target", "target"] and keys.count("name") == 1:
        return _views_of_shared_names(targets) if head.line.cells else (_View(()),)
    if keys.count("name") != 1 or len(targets) > 1:
        return (_View(_BOTH),)
    texts = "".join(squeeze(atom.text) for atom in head.line.atoms)
    of_period = "实施期" in texts or "中期" in texts
    if of_period or (head.scope == Scope.IMPLEMENTATION_PERIOD and "年度" not in texts):
        return (_View((Scope.IMPLEMENTATION_PERIOD,)),)
    return (_View((Scope.ANNUAL,)),)


def _views_of_shared_names(targets: Sequence[Atom]) -> tuple[_View, ...]:
    """Return the halves of a table with one column of names; unsaid, the period's target stands first."""
    first, second = targets
    if "年度" in squeeze(first.text) and "年度" not in squeeze(second.text):
        first, second = second, first
    return (
        _View((Scope.IMPLEMENTATION_PERIOD,), frozenset({second.column})),
        _View((Scope.ANNUAL,), frozenset({first.column})),
    )


def _head_cells(head: ColumnHead, view: _View) -> tuple[Atom, ...]:
    """Return the cells that name level, name and target: the slots of a row."""
    slots = {"level2", "name", "target"}
    return tuple(
        atom
        for atom in head.line.atoms
        if atom.label
        and atom.group is Group.COLUMN
        and atom.label.key in slots
        and atom.column not in view.left_out
    )


def _plain_line(line: AtomLine, head: ColumnHead | None, view: _View, ignored: list[Span]) -> AtomLine:
    """Bring a line of a wider table to level, name, target: join split targets, leave out the rest."""
    atoms = [_without_number(atom) for atom in line.atoms if not _FILLER.match(atom.text.strip())]
    if head is None or not line.cells or not head.line.cells:
        return line._replace(atoms=tuple(atoms))
    atoms = [atom for atom in atoms if atom.column not in view.left_out]
    roles = {a.column: a.label.key for a in head.line.atoms if a.label and a.group is Group.COLUMN}
    if not set(roles.values()) & {"operator", "unit", "ignored"}:
        return line._replace(atoms=tuple(atoms))
    kept: list[Atom] = []
    target: list[Atom] = []
    for atom in atoms:
        role = roles.get(atom.column)
        if role == "ignored":
            ignored.extend(atom.spans)
        elif role in _TARGET_PARTS:
            target.append(atom)
        else:
            kept.append(atom)
    if len(target) > 1:
        ignored.extend(span for atom in target if squeeze(atom.text) == _IN_WORDS for span in atom.spans)
        target = [atom for atom in target if squeeze(atom.text) != _IN_WORDS]
    return line._replace(atoms=(*kept, *_joined(target, roles)))


def _joined(parts: Sequence[Atom], roles: dict[int, str]) -> list[Atom]:
    """Join a target's sign, value and unit, in this order whatever the columns'."""
    if not parts:
        return []
    ordered = sorted(parts, key=lambda atom: _TARGET_PARTS.index(roles[atom.column]))
    first = ordered[0]
    text = "".join(atom.text for atom in ordered)
    spans = tuple(span for atom in ordered for span in atom.spans)
    column = next((c for c, role in roles.items() if role == "target"), first.column)
    return [Atom(first.segment, first.line, column, spans, text, None)]


def _without_number(atom: Atom) -> Atom:
    """Drop a name's 指标1：."""
    found = _NUMBERED.match(atom.text)
    if found is None or atom.match is not None or found.end() == len(atom.text):
        return atom
    first = atom.spans[0]
    spans = (first._replace(start=first.start + found.end()), *atom.spans[1:])
    return atom._replace(text=atom.text[found.end() :], spans=spans)
