"""Rows of the indicator table, as the grid reader and the flow reader hand them on."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from structurer.document_types.declaration.model import Level2
from structurer.document_types.declaration.vocabulary import Group, Match, squeeze

if TYPE_CHECKING:
    from structurer.document_types.declaration.layout.atoms import Atom
    from structurer.document_types.declaration.layout.values import Value
    from structurer.models import Span

_ALL_LABELS = "".join(f"{level}|" for level in Level2)
_LONGEST_FRAGMENT = 4


class PrintedLevel(NamedTuple):
    """A printed second-level label: the levels it may be (none: only a fragment is legible)."""

    levels: tuple[Level2, ...]
    spans: tuple[Span, ...]


class HalfRow(NamedTuple):
    """One half of a row: its second-level label where one is printed, name and target."""

    label: PrintedLevel | None = None
    name: Value | None = None
    target: Value | None = None

    @property
    def empty(self) -> bool:
        """Whether the half holds no indicator."""
        return self.name is None and self.target is None


class Row(NamedTuple):
    """One row of the table. ``margin`` is by how much its reading beat the next best one.

    ``cut_names`` says that the table's cells may cut names off; running text wraps them.

    ``level1`` is the first-level label that opens the line, if one does. ``signs`` name what was odd
    about the row: ``packed``, ``split_cell``, ``slid``, ``leftover``.
    """

    left: HalfRow
    right: HalfRow
    margin: float
    line: int
    signs: tuple[str, ...] = ()
    level1: str | None = None
    cut_names: bool = True


class Kind(NamedTuple):
    """What an atom of the table can be; ``code`` is one of ``1 2 w f t``.

    ``1`` first-level label, ``2`` second-level label, ``w`` maybe one (misread, or without 指标),
    ``f`` the end of one, ``t`` text.
    """

    code: str
    levels: tuple[Level2, ...] = ()


def kind_of(atom: Atom) -> Kind:
    """Say what an atom of the indicator table can be."""
    return _kind_of_text(atom.text) if atom.match is None else _kind_of_label(squeeze(atom.text), atom.match)


@lru_cache(maxsize=4_000)
def _kind_of_text(text: str) -> Kind:
    words = squeeze(text)
    is_fragment = 0 < len(words) <= _LONGEST_FRAGMENT and f"{words}|" in _ALL_LABELS
    return Kind("f") if is_fragment else Kind("t")


@lru_cache(maxsize=1_000)
def _kind_of_label(words: str, match: Match) -> Kind:
    group = match.label.group
    if group is Group.LEVEL1 or group is Group.TABLE:
        return Kind("1")
    if group is not Group.LEVEL2:
        return Kind("t")
    levels = tuple(Level2(label.key) for label in match.labels)
    whole = bool(match.missing) or words.endswith("指标") or levels[0] is Level2.SATISFACTION
    return Kind("2" if whole and not match.edits else "w", levels)


def printed(atom: Atom | None) -> PrintedLevel | None:
    """Return the second-level label that an atom prints."""
    return None if atom is None else PrintedLevel(kind_of(atom).levels, atom.spans)
