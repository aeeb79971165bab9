"""Rows: which indicator that was read is which indicator of the label.

Rows have no number to know each other by, so they are paired by content, one to one:

1. certain rows that are equal in half, second level, name and target. These are the strictly right
   rows. Their number is the size of a multiset intersection, the most that any pairing can reach,
   so precision, recall and F1 do not depend on what follows; that only names the errors.
2. rows that the label marks uncertain, each with the row of its name in its half.
3. the other certain rows, by the best assignment there is (Kuhn 1955; Crouse 2016, as in SciPy).
   ``Merit`` says what is best: most pairs inside a block (half and second level), then inside a half,
   then at all, and of those the ones most alike.

Two rows may be paired at all when their names are equal or, in one block, when their targets are equal
and their names alike: a made-up row cannot stand in for a missing one. Rows are taken in an order of
their content, so no count of errors depends on the order in which they were read.

Assignment of line items follows KIEval (ICDAR 2025) and ExtractBench (arXiv 2607.29677), by block
because the form's blocks are part of being right.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from typing import TYPE_CHECKING, Any, NamedTuple

from rapidfuzz.distance import Indel

from structurer.evaluation.cells import normal_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from collections.abc import Set as AbstractSet

_ALIKE = 0.5
"""Names are alike when at least this share of both names together is common to them, in order."""

_STEPS = 16
"""Steps in which the likeness of one text is told when pairs are compared."""


class Pair(NamedTuple):
    """Positions of one indicator in the label and in what was read."""

    gold: int
    read: int


class RowMatch(NamedTuple):
    """Which row is which. All positions are in reading order of the label, ``extra`` of what was read.

    ``pairs`` and ``missing`` are about rows that the label is sure of, ``absorbed`` and ``unread``
    about its uncertain rows; what is absorbed is neither right nor wrong. ``extra`` belong to no row.
    """

    pairs: tuple[Pair, ...]
    missing: tuple[int, ...]
    absorbed: tuple[Pair, ...]
    unread: tuple[int, ...]
    extra: tuple[int, ...]


class Row(NamedTuple):
    """What rows are compared by, white space and width dropped."""

    scope: object
    level2: object
    name: object
    target: object


class Merit(NamedTuple):
    """What a pair adds to a pairing; pairings are compared by their sums, the first figure first.

    ``block``, ``half`` and ``pair`` are 1 or 0; ``cells`` counts equal values among second level, name
    and target; ``likeness`` is that of names and targets, in steps of a sixteenth of a text.
    """

    block: int
    half: int
    pair: int
    cells: int
    likeness: int


def match_rows(
    gold: Sequence[Mapping[str, Any]], uncertain: AbstractSet[int], read: Sequence[Mapping[str, Any]]
) -> RowMatch:
    """Pair a label's indicators with those that were read; see the module for how, and why so.

    ``uncertain`` are the positions in ``gold`` that the label marks uncertain. A row without a name
    is paired with its equal, or with nothing.
    """
    certain = {n: row_of(row) for n, row in enumerate(gold) if n not in uncertain}
    doubtful = {n: row_of(row) for n, row in enumerate(gold) if n in uncertain}
    left = {n: row_of(row) for n, row in enumerate(read)}

    pairs = _take_equal(certain, left)
    absorbed = _take_equal(doubtful, left)
    absorbed += _take_best(doubtful, left, _absorbs)
    pairs += _take_best(certain, left, merit)
    return RowMatch(
        pairs=tuple(sorted(pairs)),
        missing=tuple(certain),
        absorbed=tuple(sorted(absorbed)),
        unread=tuple(doubtful),
        extra=tuple(left),
    )


def merit(gold: Row, read: Row) -> Merit | None:
    """Return what pairing two rows that are not equal is worth, or ``None`` when they may not be paired."""
    half = gold.scope == read.scope
    block = half and gold.level2 == read.level2
    named = gold.name is not None and gold.name == read.name
    if not named and not (block and gold.target == read.target and likeness(gold.name, read.name) >= _ALIKE):
        return None
    cells = (gold.level2 == read.level2) + named + (gold.target == read.target)
    near = sum(round(_STEPS * likeness(*texts)) for texts in zip(gold[2:], read[2:], strict=True))
    return Merit(int(block), int(half), 1, cells, near)


def likeness(one: object, other: object) -> float:
    """Return the share of two texts that is common to them, in order; 0 where one is no text."""
    if not isinstance(one, str) or not isinstance(other, str):
        return 0.0
    return Indel.normalized_similarity(one, other)


def row_of(row: Mapping[str, Any]) -> Row:
    """Return what an indicator is compared by."""
    return Row(*(normal_text(row.get(field)) for field in Row._fields))


def neighbours(match: RowMatch, gold: Sequence[Mapping[str, Any]], missing: int) -> tuple[int, ...]:
    """Return the read positions of the rows just before and after a missing one, in its block.

    They are the nearest rows of the same half and second level that were read: where a reviewer who
    is sent to them sees that a row is missing. None when nothing of the block was read.
    """
    block = row_of(gold[missing])[:2]
    read = sorted(pair for pair in match.pairs + match.absorbed if row_of(gold[pair.gold])[:2] == block)
    before = [pair.read for pair in read if pair.gold < missing]
    after = [pair.read for pair in read if pair.gold > missing]
    return tuple(before[-1:] + after[:1])


def moves(positions: Sequence[int]) -> int:
    """Count the rows to move so that they stand in order, given where each was read.

    That is their number less the longest run of them already in order (patience sorting).
    """
    tails: list[int] = []
    for position in positions:
        at = bisect_left(tails, position)
        tails[at : at + 1] = [position]
    return len(positions) - len(tails)


def _absorbs(gold: Row, read: Row) -> Merit | None:
    return merit(gold, read) if gold.scope == read.scope and gold.name == read.name else None


def _take_equal(gold: dict[int, Row], left: dict[int, Row]) -> list[Pair]:
    """Pair rows that are equal throughout, k-th with k-th, and take them out of both."""
    found: defaultdict[Row, list[int]] = defaultdict(list)
    for m, row in reversed(left.items()):
        found[row].append(m)
    pairs = [Pair(n, found[row].pop()) for n, row in gold.items() if found[row]]
    return _taken(pairs, gold, left)


def _take_best(
    gold: dict[int, Row], left: dict[int, Row], merit: Callable[[Row, Row], Merit | None]
) -> list[Pair]:
    """Pair rows so that the sum of merits is the highest there is, and take them out of both."""
    merits = {
        Pair(n, m): found
        for n, row in gold.items()
        for m, other in left.items()
        if (found := merit(row, other)) is not None
    }
    if not merits:
        return []
    # Rows that nothing can be paired with stay outside, so that adding one leaves the problem as it was.
    rows = sorted({pair.gold for pair in merits}, key=lambda n: (_content(gold[n]), n))
    columns = sorted({pair.read for pair in merits}, key=lambda m: (_content(left[m]), m))
    worth = _worths(merits, min(len(rows), len(columns)))
    table = [[worth.get(Pair(n, m), 0) for m in columns] for n in rows]
    chosen = [Pair(rows[row], columns[column]) for row, column in _assignment(table)]
    return _taken([pair for pair in chosen if pair in worth], gold, left)


def _worths(merits: Mapping[Pair, Merit], most: int) -> dict[Pair, int]:
    """Return each merit as one number, so that sums of up to ``most`` of them compare as merits do.

    The numbers are digits of a mixed base. The sums stay below 2^53, where SciPy's arithmetic is exact, for
    up to 600 rows on the shorter side.
    """
    units = [1]
    for highest in (2 * _STEPS, 3, 1, 1):
        units.insert(0, units[0] * (highest * most + 1))
    return {pair: sum(a * b for a, b in zip(found, units, strict=True)) for pair, found in merits.items()}


def _assignment(table: Sequence[Sequence[int]]) -> list[tuple[int, int]]:
    # SciPy takes long to load, and a reading without errors does not need it.
    from scipy.optimize import linear_sum_assignment

    rows, columns = linear_sum_assignment(table, maximize=True)
    return [(int(row), int(column)) for row, column in zip(rows, columns, strict=True)]


def _content(row: Row) -> tuple[str, ...]:
    return tuple("" if value is None else str(value) for value in row)


def _taken(pairs: list[Pair], gold: dict[int, Row], left: dict[int, Row]) -> list[Pair]:
    for pair in pairs:
        del gold[pair.gold], left[pair.read]
    return pairs
