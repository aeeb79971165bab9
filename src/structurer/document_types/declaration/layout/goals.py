"""总体目标: the two halves' texts, side by side in cells or one after the other in lines."""

from __future__ import annotations

from itertools import chain, groupby
from typing import TYPE_CHECKING, NamedTuple

from rapidfuzz import fuzz

from structurer.document_types.declaration.layout.atoms import spans_of
from structurer.document_types.declaration.layout.values import Value, compose
from structurer.document_types.declaration.vocabulary import Group, squeeze
from structurer.text import printed_width

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from structurer.document_types.declaration.layout.atoms import Atom
    from structurer.models import Span

_CLOSING = "。.！!；;”"
_HALVES = ("implementation_period", "annual")
_MOST_LINES = 120
"""More lines than any form's goals have; where to cut them is not worth asking."""

_SURE = 1.0
_THIN = 0.15


class GoalTexts(NamedTuple):
    """The two halves' goals; ``margin`` in [0, 1] says how clear the cut between them was."""

    implementation_period: Value | None
    annual: Value | None
    margin: float


def read_goals(text: str, atoms: Sequence[Atom], cell_lines: frozenset[int]) -> GoalTexts:
    """Read the goals of both halves.

    Cells are told apart by their column. In text without cells the two texts follow each other, or
    their lines are mixed; every cut is tried, and the one whose halves look most alike, close like
    sentences and keep the width of their column is taken.
    """
    body = [atom for atom in atoms if atom.group not in {Group.GOAL, Group.GOAL_HEAD}]
    heads = [atom for atom in atoms if atom.group is Group.GOAL_HEAD]
    body = _without_label_rest(atoms, body)
    if not body:
        return GoalTexts(None, None, _SURE)
    stacked = _stacked(text, atoms)
    if stacked is not None:
        return stacked
    scopes = {atom.label.key for atom in heads if atom.label}
    if len(scopes) == 1 and not _has_two_texts(body, cell_lines):
        value = compose(text, spans_of(body))
        only_annual = "annual" in scopes
        return GoalTexts(None if only_annual else value, value if only_annual else None, _SURE)
    if any(atom.line in cell_lines for atom in body):
        return _from_cells(text, body, heads, cell_lines)
    return _from_lines(text, body)


def _stacked(text: str, atoms: Sequence[Atom]) -> GoalTexts | None:
    """Read goals whose heads stand one below the other, each with its text behind it."""
    places = [index for index, atom in enumerate(atoms) if atom.group is Group.GOAL_HEAD]
    lines = [atoms[index].line for index in places]
    if len(places) != len(_HALVES) or lines[0] == lines[1]:
        return None
    texts: dict[str, Value] = {}
    for place, end in zip(places, [places[1], len(atoms)], strict=True):
        label, behind = atoms[place].label, [a for a in atoms[place + 1 : end] if a.group is not Group.GOAL]
        if label is None or not behind or behind[0].line != atoms[place].line:
            return None
        texts[label.key] = compose(text, spans_of(behind))
    if len(texts) != len(_HALVES):
        return None
    return GoalTexts(texts["implementation_period"], texts["annual"], _SURE)


def _without_label_rest(atoms: Sequence[Atom], body: list[Atom]) -> list[Atom]:
    """Drop the end of a cut-off label that stands on its own below it."""
    missing = {atom.match.missing for atom in atoms if atom.match and atom.match.missing}
    return [atom for atom in body if squeeze(atom.text) not in missing] if missing else body


def _has_two_texts(body: Sequence[Atom], cell_lines: frozenset[int]) -> bool:
    return any(
        len(list(group)) > 1 for line, group in groupby(body, key=lambda a: a.line) if line in cell_lines
    )


def _from_cells(
    text: str, body: Sequence[Atom], heads: Sequence[Atom], cell_lines: frozenset[int]
) -> GoalTexts:
    """Tell the halves apart by column; text without cells continues the cell before it."""
    columns = sorted({atom.column for atom in body if atom.line in cell_lines})
    left, right = columns[0], columns[-1]
    if left == right:
        return _one_cell(text, body, heads, left)
    halves: tuple[list[Span], list[Span]] = ([], [])
    side = 0
    for atom in body:
        if atom.line in cell_lines:
            side = 0 if abs(atom.column - left) <= abs(atom.column - right) else 1
        halves[side].extend(atom.spans)
    crowded = len(columns) > 2
    return GoalTexts(compose(text, halves[0]), compose(text, halves[1]), _THIN if crowded else _SURE)


def _one_cell(text: str, body: Sequence[Atom], heads: Sequence[Atom], column: int) -> GoalTexts:
    """Place a single text by the column of its head."""
    value = compose(text, spans_of(body))
    columns = {atom.label.key: atom.column for atom in heads if atom.label}
    annual = columns.get("annual")
    is_annual = annual is not None and column >= annual
    return GoalTexts(None if is_annual else value, value if is_annual else None, _THIN)


def _from_lines(text: str, body: Sequence[Atom]) -> GoalTexts:
    lines = [list(group) for _, group in groupby(body, key=lambda atom: atom.line)]
    if len(lines) > _MOST_LINES:
        return GoalTexts(compose(text, spans_of(body)), None, 0.0)
    ranked = sorted(
        ((_likeness(text, left, right), left, right) for left, right in _cuts(lines)),
        key=lambda entry: entry[0],
        reverse=True,
    )
    if not ranked:
        return GoalTexts(compose(text, spans_of(body)), None, _THIN)
    score, left, right = ranked[0]
    margin = min(_SURE, score - ranked[1][0]) if len(ranked) > 1 else max(0.0, min(_SURE, score))
    return GoalTexts(
        compose(text, spans_of(chain.from_iterable(left))),
        compose(text, spans_of(chain.from_iterable(right))),
        margin,
    )


_Lines = list[list["Atom"]]


def _cuts(lines: _Lines) -> Iterator[tuple[_Lines, _Lines]]:
    """Yield every way to share the lines out to two columns."""
    for place in range(1, len(lines)):
        yield lines[:place], lines[place:]
    if len(lines) == 1:
        for place in range(1, len(lines[0])):
            yield [lines[0][:place]], [lines[0][place:]]
    elif sum(len(line) == 2 for line in lines) * 2 > len(lines):
        left = [line[:1] for line in lines]
        right = [line[1:] for line in lines if len(line) > 1]
        yield left, right


def _likeness(text: str, left: _Lines, right: _Lines) -> float:
    """Score a cut: halves usually say nearly the same, each a whole text set to its column's width."""
    first = compose(text, spans_of(chain.from_iterable(left))).text
    second = compose(text, spans_of(chain.from_iterable(right))).text
    alike = max(fuzz.ratio(first, second), fuzz.partial_ratio(first, second) - 5) / 100
    start = fuzz.ratio(first[:8], second[:8]) / 100
    closed = (first[-1] in _CLOSING) * 0.25
    return alike + 0.5 * start + closed - _ragged(left) - _ragged(right)


def _ragged(lines: _Lines) -> float:
    """Return a penalty for lines, but the last, that do not fill their column; nearly full is fine."""
    widths = [sum(printed_width(atom.text) for atom in line) for line in lines]
    if len(widths) < 2:
        return 0.0
    widest = max(widths)
    short = sum(1 for width in widths[:-1] if width < 0.85 * widest)
    return 0.3 * short / (len(widths) - 1)
