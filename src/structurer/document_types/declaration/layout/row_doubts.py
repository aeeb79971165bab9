"""What in a row's own cells gives reason to doubt how it was read, in words for a reviewer."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from structurer.document_types.declaration.layout.shapes import alike, is_two_verdicts, targetness
from structurer.text import bare

if TYPE_CHECKING:
    from collections.abc import Iterator

    from structurer.document_types.declaration.layout.rows import HalfRow

_LIKE_A_TARGET = 1.6
_SURELY_A_TARGET = 2.4
_LIKE_A_NAME = -1.6
_SHORTEST_NAME = 3
_SAME_INDICATOR = 0.6
_NEARLY_SAME = 0.75
_A_PIECE = 2
_LABEL_END = "指标"
_SIGN_INSIDE = re.compile(r"[^≥≤><=\s(（至到为约][≥≤]")
_TWICE = re.compile(r"(.{3,}).*?\1$|(.{2,})\2$")
_EACH = re.compile(r"每[年月季]?|\d{4}年")
_OPEN_NUMBER = re.compile(r"(?:^|[^\d])[≥≤><=.,]$|\d[.,]$")


class RowDoubt(NamedTuple):
    """A doubt about one cell of a row: ``name`` or ``target``."""

    cell: str
    code: str
    message: str


def row_doubts(cells: HalfRow, other: HalfRow, cut_names: bool) -> Iterator[RowDoubt]:
    """Yield what is doubtful about one half's name and target, seen beside the other half's.

    ``cut_names`` says that the table's cells may cut off names, as a printed grid does.
    """
    name = bare(cells.name.text) if cells.name else ""
    target = bare(cells.target.text) if cells.target else ""
    if name:
        yield from _name_doubts(name, target)
    if target:
        yield from _target_doubts(target)
    if name and other.name is not None:
        yield from _pair_doubts(name, target, other, cut_names)


def _name_doubts(name: str, target: str) -> Iterator[RowDoubt]:
    if _LABEL_END in name:
        yield RowDoubt("name", "label_in_cell", f"{name!r} may hold a piece of a label")
    shape = targetness(name)
    if shape > _SURELY_A_TARGET or (shape > _LIKE_A_TARGET and targetness(target) < shape):
        yield RowDoubt("name", "name_like_target", f"{name!r} looks like a target")
    elif len(name) < _SHORTEST_NAME:
        yield RowDoubt("name", "name_too_short", f"{name!r} is short for a name; a part may be elsewhere")


def _target_doubts(target: str) -> Iterator[RowDoubt]:
    if targetness(target) < _LIKE_A_NAME:
        yield RowDoubt("target", "target_like_name", f"{target!r} looks like a name")
    elif _LABEL_END in target:
        yield RowDoubt("target", "label_in_cell", f"{target!r} may hold a piece of a label")
    elif _SIGN_INSIDE.search(target) or is_two_verdicts(target):
        yield RowDoubt("target", "two_targets", f"{target!r} may be two targets")
    elif _TWICE.search(target):
        yield RowDoubt("target", "printed_twice", f"{target!r} says the same twice")
    elif _OPEN_NUMBER.search(target):
        yield RowDoubt("target", "number_cut", f"{target!r} ends inside a number")


def _pair_doubts(name: str, target: str, other: HalfRow, cut_names: bool) -> Iterator[RowDoubt]:
    """Halves print the same name, maybe cut off at its end; names that differ otherwise were torn."""
    assert other.name is not None
    theirs = bare(other.name.text)
    if name == theirs:
        their_target = bare(other.target.text) if other.target else ""
        if _is_torn(target, their_target):
            message = f"the halves say {target!r} and {their_target!r}; a piece may belong to another cell"
            yield RowDoubt("target", "torn_target", message)
        return
    if cut_names and (theirs.startswith(name) or name.startswith(theirs)):
        return
    torn = theirs.endswith(name) or name.endswith(theirs)
    if alike(name, theirs) >= (_SAME_INDICATOR if torn else _NEARLY_SAME):
        message = f"the halves print {name!r} and {theirs!r}; a piece may belong to another cell"
        yield RowDoubt("name", "torn_name", message)


def _is_torn(target: str, other: str) -> bool:
    """Say whether one target is the other without its beginning, or with a character or two too many."""
    if not target or not other or target == other:
        return False
    shorter, longer = sorted((target, other), key=len)
    if longer.startswith(shorter):
        return len(longer) - len(shorter) <= _A_PIECE and longer[len(shorter)] not in "/／(（"
    if not longer.endswith(shorter):
        return False
    lost = longer[: -len(shorter)]
    inside_number = shorter[0].isdigit() and (lost[-1].isdigit() or lost[-1] == ".")
    return inside_number or (shorter[0] not in "≥≤><=0123456789" and not _EACH.fullmatch(lost))
