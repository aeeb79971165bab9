"""Which second-level indicator each row belongs to: printed labels, the form's order, both halves.

The labels are a sequence in a fixed order, printed where a group begins. Scanners lose them, move
them by a row or two, or put them into another column. The most plausible sequence is found by
dynamic programming over both halves at once (Viterbi, with max-marginals for the margins, after
Rabiner 1989, "A tutorial on hidden Markov models").
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from structurer.document_types.declaration.layout.shapes import alike, level_fit
from structurer.document_types.declaration.model import Level2

if TYPE_CHECKING:
    from collections.abc import Sequence

    from structurer.document_types.declaration.layout.rows import HalfRow, Row

ORDER = tuple(Level2)
_START = -1
_RARE = frozenset(
    ORDER.index(level) for level in (Level2.ECONOMIC_COST, Level2.SOCIAL_COST, Level2.ENVIRONMENTAL_COST)
)
"""Levels that only newer forms have: never supplied where no label prints them."""

_IGNORED_LABEL = 2.6
_REPEATED_LABEL = 0.7
_BACKWARDS = 2.2
_UNPRINTED = 1.7
_UNPRINTED_LOST = 0.6
_BELOW_EMPTY = 0.8
_ABOVE_LABEL = 0.8
"""For each row read into a group whose label is printed further down."""

_BEFORE_EMPTY = 0.9
"""What beginning a group early gains where the row of its printed label is empty."""

_MISREAD_LABEL = 0.2
_HALVES_DIFFER = 1.6
_SAME_NAME = 0.8
_HOPELESS = -1e9
_CLEAR = 6.0


class Level(NamedTuple):
    """The level of one half of one row; ``margin`` is its lead over the best reading with another one."""

    level: Level2 | None
    margin: float


class _Step(NamedTuple):
    """What one row of one half says about its level."""

    labels: tuple[int, ...] | None
    fragment: bool
    has_row: bool
    below_empty: bool
    fit: dict[Level2, float]


class _Ahead(NamedTuple):
    """The next printed label below a row: its level, and whether its own row is empty."""

    level: int
    empty: bool


State = tuple[int, int]


def assign_levels(rows: Sequence[Row]) -> list[tuple[Level, Level]]:
    """Return each row's level in the left and the right half."""
    if not rows:
        return []
    left = _steps([row.left for row in rows])
    right = _steps([row.right for row in rows])
    missing = (_never_printed(left), _never_printed(right))
    paired = [_same_indicator(row) for row in rows]
    path, margins = _trace(_forward(left, right, missing, paired))
    return [
        (Level(_level(state[0]), margin[0]), Level(_level(state[1]), margin[1]))
        for state, margin in zip(path, margins, strict=True)
    ]


def _level(state: int) -> Level2 | None:
    return ORDER[state] if state >= 0 else None


def _steps(halves: Sequence[HalfRow]) -> list[_Step]:
    steps: list[_Step] = []
    empty_label = False
    for half in halves:
        labels = None if half.label is None else tuple(ORDER.index(level) for level in half.label.levels)
        fragment = half.label is not None and not half.label.levels
        has_row = not half.empty
        below_empty = has_row and empty_label and half.label is None
        name = half.name.text if half.name else ""
        target = half.target.text if half.target else ""
        steps.append(
            _Step(labels or None, fragment, has_row, below_empty, level_fit(name, target) if has_row else {})
        )
        if half.label is not None:
            empty_label = not has_row
        elif has_row:
            empty_label = False
    return steps


def _never_printed(steps: Sequence[_Step]) -> frozenset[int]:
    seen = {index for step in steps if step.labels for index in step.labels}
    return frozenset(range(len(ORDER))) - seen


def _same_indicator(row: Row) -> bool:
    if row.left.name is None or row.right.name is None:
        return False
    return alike(row.left.name.text, row.right.name.text) >= _SAME_NAME


class _Stage(NamedTuple):
    """One row in the lattice: the gains of the moves to it, and the best score of each state on it."""

    moves: dict[State, dict[State, float]]
    scores: dict[State, float]


def _forward(
    left: list[_Step], right: list[_Step], missing: tuple[frozenset[int], frozenset[int]], paired: list[bool]
) -> list[_Stage]:
    """Walk the rows down; states too far behind the best to matter for a margin are dropped."""
    stages: list[_Stage] = []
    scores: dict[State, float] = {(_START, _START): 0.0}
    aheads = (_printed_ahead(left), _printed_ahead(right))
    for index in range(len(left)):
        options: tuple[dict[int, dict[int, float]], ...] = tuple(
            {
                level: _options(level, steps[index], missing[half], aheads[half][index])
                for level in {state[half] for state in scores}
            }
            for half, steps in enumerate((left, right))
        )
        differ = _HALVES_DIFFER if paired[index] else 0.0
        moves: dict[State, dict[State, float]] = {}
        reached: dict[State, float] = {}
        for state, score in scores.items():
            gains = moves[state] = {
                (a, b): gain_a + gain_b - (differ if a != b else 0.0)
                for a, gain_a in options[0][state[0]].items()
                for b, gain_b in options[1][state[1]].items()
            }
            for target, gain in gains.items():
                if score + gain > reached.get(target, _HOPELESS):
                    reached[target] = score + gain
        hopeless = max(reached.values()) - _CLEAR
        scores = {state: score for state, score in reached.items() if score >= hopeless}
        stages.append(_Stage(moves, scores))
    return stages


def _printed_ahead(steps: Sequence[_Step]) -> list[_Ahead]:
    """Return for each row the next label printed below it; past the last there is the end of the order."""
    aheads: list[_Ahead] = []
    ahead = _Ahead(len(ORDER), False)
    for step in reversed(steps):
        aheads.append(ahead)
        if step.labels:
            ahead = _Ahead(step.labels[0], not step.has_row)
    return aheads[::-1]


def _options(current: int, step: _Step, missing: frozenset[int], ahead: _Ahead) -> dict[int, float]:
    """Return the levels that a half may have on this row, with the gain of each."""
    options: dict[int, float] = {}
    for label in step.labels or ():
        cost = _MISREAD_LABEL * (len(step.labels or ()) - 1)
        if label == current:
            cost += _REPEATED_LABEL
        elif label < current:
            cost += _BACKWARDS
        options[label] = -cost
    ignored = _IGNORED_LABEL if step.labels else 0.0
    if current >= 0 and (step.has_row or not step.labels):
        early = _ABOVE_LABEL if step.has_row and current == ahead.level else 0.0
        _keep_best(options, current, -ignored - early - (_BELOW_EMPTY if step.below_empty else 0.0))
    if step.has_row or step.fragment:
        limit = max(step.labels) if step.labels else min(ahead.level, len(ORDER) - 1)
        for later in range(current + 1, limit + 1):
            if later not in _RARE or later not in missing:
                cost = _unprinted_cost(current, later, step, missing)
                cost -= _BEFORE_EMPTY if ahead.empty and later == ahead.level else 0.0
                _keep_best(options, later, -ignored - cost)
    if not options:
        options[current] = 0.0
    return {level: gain + _fit(step, level) for level, gain in options.items()}


def _unprinted_cost(current: int, later: int, step: _Step, missing: frozenset[int]) -> float:
    """Return what it costs to begin a group without its label."""
    if step.fragment:
        return 0.3 + 0.1 * (later - current)
    cost = _UNPRINTED_LOST if later in missing else _UNPRINTED
    if current == _START and later == 0:
        cost = 0.1
    between = sum(1 for level in range(current + 1, later) if level not in missing)
    return cost + 0.4 * between + (0.0 if step.below_empty else 0.3)


def _keep_best(options: dict[int, float], level: int, gain: float) -> None:
    if gain > options.get(level, _HOPELESS):
        options[level] = gain


def _fit(step: _Step, level: int) -> float:
    return step.fit.get(ORDER[level], 0.0) if step.has_row and level >= 0 else 0.0


def _trace(stages: list[_Stage]) -> tuple[list[State], list[tuple[float, float]]]:
    """Return the best path, and for each row and half its lead over paths with another level there."""
    behind: dict[State, float] = dict.fromkeys(stages[-1].scores, 0.0)
    path: list[State] = []
    margins: list[tuple[float, float]] = []
    for stage in reversed(stages):
        totals = {state: score + behind[state] for state, score in stage.scores.items()}
        best = min(totals, key=lambda state: (-totals[state], state))
        path.append(best)
        margins.append((_lead(totals, best, 0), _lead(totals, best, 1)))
        behind = {
            state: max((gain + behind[t] for t, gain in gains.items() if t in behind), default=_HOPELESS)
            for state, gains in stage.moves.items()
        }
    return path[::-1], margins[::-1]


def _lead(totals: dict[State, float], best: State, half: int) -> float:
    others = [total for state, total in totals.items() if state[half] != best[half]]
    return min(_CLEAR, totals[best] - max(others)) if others else _CLEAR
