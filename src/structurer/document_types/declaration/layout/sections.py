"""A chunk's lines sorted into the parts of the form, in the order in which they are printed."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from structurer.document_types.declaration.vocabulary import Group, squeeze

if TYPE_CHECKING:
    from collections.abc import Iterable

    from structurer.document_types.declaration.layout.atoms import Atom, AtomLine

LONG_FIELDS = frozenset({"overview", "basis", "necessity", "safeguards", "implementation_plan"})
_COLUMN_HEADS = frozenset({"level1", "level2", "name", "target"})
_LEAST_HEADS = 2


class Part(StrEnum):
    """The part of the form that is being read."""

    START = "start"
    HEAD = "head"
    FUNDING = "funding"
    TEXTS = "texts"
    GOALS = "goals"
    TABLE = "table"
    PEOPLE = "people"


class Field(NamedTuple):
    """A label with the text atoms that belong to it."""

    label: Atom
    atoms: tuple[Atom, ...]


class ColumnHead(NamedTuple):
    """The line that names the table's columns; ``scope`` is the goal's half printed last above it."""

    line: AtomLine
    scope: str | None


class TableLine(NamedTuple):
    """A line of the indicator table; ``head`` is the index of the column head above it, or -1."""

    head: int
    line: AtomLine


@dataclass(slots=True)
class Sections:
    """The parts of one form. ``repeats`` are fields that a later page prints again."""

    fields: dict[str, Field] = field(default_factory=dict)
    repeats: list[tuple[str, Field]] = field(default_factory=list)
    mixed: set[str] = field(default_factory=set)
    funding: list[Atom] = field(default_factory=list)
    goals: list[Atom] = field(default_factory=list)
    heads: list[ColumnHead] = field(default_factory=list)
    table: list[TableLine] = field(default_factory=list)
    people: list[Atom] = field(default_factory=list)
    loose: list[Atom] = field(default_factory=list)


def sort_lines(lines: Iterable[AtomLine]) -> Sections:
    """Sort a chunk's lines into the parts of the form.

    Text above the first label, and text that no open field can take, is ``loose``.
    """
    sorter = _Sorter()
    for line in lines:
        if line.atoms:
            sorter.take(line)
    sorter.close_fields()
    return sorter.sections


class _Sorter:
    """Walks the lines once; remembers the part it is in and the fields still open."""

    def __init__(self) -> None:
        self.sections = Sections()
        self.part = Part.START
        self.open: list[tuple[str, Atom, list[Atom]]] = []
        self.cut_label = ""
        self.scope: str | None = None

    def take(self, line: AtomLine) -> None:
        """Put one line where it belongs."""
        self.part = part = self._part_of(line)
        if part is Part.TABLE:
            self.close_fields()
            if _is_column_head(line):
                self.sections.heads.append(ColumnHead(line, self.scope))
            else:
                self.sections.table.append(TableLine(len(self.sections.heads) - 1, line))
        elif part is Part.PEOPLE:
            self.close_fields()
            self.sections.people.extend(line.atoms)
        elif part is Part.FUNDING:
            self.close_fields()
            self.sections.funding.extend(line.atoms)
        elif part is Part.GOALS:
            self.close_fields()
            self.sections.goals.extend(line.atoms)
            scopes = [atom.label.key for atom in line.atoms if atom.label and atom.group is Group.GOAL_HEAD]
            self.scope = scopes[0] if len(scopes) == 1 else self.scope
        else:
            self._take_fields(line)

    def close_fields(self) -> None:
        """End the open fields; one that was there before is a repeat."""
        for key, label, atoms in self.open:
            found = Field(label, tuple(atoms))
            if key in self.sections.fields:
                self.sections.repeats.append((key, found))
            else:
                self.sections.fields[key] = found
        self.open = []

    def _part_of(self, line: AtomLine) -> Part:
        if _is_column_head(line):
            return Part.TABLE
        if self.part in {Part.TABLE, Part.PEOPLE} or (self.sections.table and self.part is Part.FUNDING):
            return self._part_below_table(line)
        first = line.atoms[0]
        groups = [atom.group for atom in line.atoms]
        if Group.LEVEL2 in groups and line.cells and not _is_sure(first, Group.FIELD):
            return Part.TABLE
        if _is_sure(first, Group.TABLE) and len(groups) == 1 and self.part is Part.GOALS:
            return Part.TABLE
        if first.group in {Group.FUNDING_TITLE, Group.FUNDING} and (self.part is not Part.TEXTS):
            return Part.FUNDING
        if Group.GOAL_HEAD in groups[:2] or first.group is Group.GOAL:
            return Part.GOALS
        if first.group is Group.FIELD:
            assert first.label is not None
            return Part.TEXTS if first.label.key in LONG_FIELDS else Part.HEAD
        if groups[0] is Group.PEOPLE and groups.count(Group.PEOPLE) > 1 and self.part is Part.GOALS:
            return Part.PEOPLE
        if self.part is Part.HEAD and line.cells and Group.FUNDING in groups[:2]:
            return Part.FUNDING
        return self.part

    def _part_below_table(self, line: AtomLine) -> Part:
        """Once the table has begun there are only its rows, the people, and heads that a page repeats."""
        first = line.atoms[0]
        groups = [atom.group for atom in line.atoms]
        if groups.count(Group.PEOPLE) >= min(2, len(groups)) or _is_sure(first, Group.PEOPLE):
            return Part.PEOPLE
        if _is_sure(first, Group.FIELD):
            return Part.HEAD
        if _is_sure(first, Group.GOAL) or _is_sure(first, Group.GOAL_HEAD):
            return Part.GOALS
        if self.part is Part.FUNDING:
            return Part.TABLE if _goes_on_with_table(line) else Part.FUNDING
        return self.part

    def _take_fields(self, line: AtomLine) -> None:
        """Give a head's or a text's line to the fields that it names, or to the one still open."""
        first = line.atoms[0]
        if first.group is not Group.FIELD:
            self._continue(line.atoms)
            return
        self.close_fields()
        self.cut_label = first.match.missing if first.match else ""
        long = first.label is not None and first.label.key in LONG_FIELDS
        for atom in line.atoms:
            if atom.label is not None and atom.group is Group.FIELD and (atom is first or not long):
                self.open.append((atom.label.key, atom, []))
            else:
                self.open[-1][2].append(atom)

    def _continue(self, atoms: tuple[Atom, ...]) -> None:
        """Give an unlabelled line to the open fields: a wrapped cell, or two side by side."""
        if self.cut_label and not (self.open and self.open[-1][2]):
            self.cut_label, atoms = "", without_start(atoms, self.cut_label)
        if not atoms:
            return
        if not self.open:
            self.sections.loose.extend(atoms)
        elif len(self.open) == len(atoms) > 1:
            for (_, _, texts), atom in zip(self.open, atoms, strict=True):
                texts.append(atom)
        elif len(self.open) == 1:
            self.open[0][2].extend(atoms)
        else:
            longest = max(self.open, key=lambda entry: sum(len(a.text) for a in entry[2]))
            longest[2].extend(atoms)
            self.sections.mixed.update(key for key, _, _ in self.open)


def without_start(atoms: tuple[Atom, ...], start: str) -> tuple[Atom, ...]:
    """Drop the end of a cut-off label from where a line begins with it."""
    first = atoms[0]
    if squeeze(first.text) == start:
        return atoms[1:]
    if not first.text.startswith(start):
        return atoms
    span = first.spans[0]
    spans = (span._replace(start=span.start + len(start)), *first.spans[1:])
    return (first._replace(text=first.text[len(start) :], spans=spans), *atoms[1:])


def _is_column_head(line: AtomLine) -> bool:
    keys = [atom.label.key for atom in line.atoms if atom.label and atom.group is Group.COLUMN]
    return len(_COLUMN_HEADS.intersection(keys)) >= _LEAST_HEADS


def _goes_on_with_table(line: AtomLine) -> bool:
    """Say whether a line below a repeated head's amounts is the table again."""
    groups = {atom.group for atom in line.atoms}
    if groups & {Group.FUNDING, Group.FUNDING_TITLE}:
        return False
    if groups & {Group.LEVEL1, Group.LEVEL2, Group.TABLE}:
        return True
    return any(len(squeeze(atom.text)) > 2 and not atom.text[0].isdigit() for atom in line.atoms)


def _is_sure(atom: Atom, group: Group) -> bool:
    return atom.group is group and atom.match is not None and not atom.match.edits and not atom.match.missing
