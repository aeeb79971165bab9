"""Rows: which indicator that was read is which indicator of the label.

Rows have no number to know each other by, so they are paired by content, one to one, in passes
from the surest to the loosest; what one pass pairs, no later pass sees:

1. certain rows that are equal in half, second level, name and target. These are the strictly right
   rows. Their number is the size of a multiset intersection, the most that any pairing can reach,
   so precision, recall and F1 do not depend on the passes below; those only name the errors.
2. rows that the label marks uncertain, each with the row of its name in its half.
3. within a block (half and second level): equal names; then equal targets and names alike.
4. across second levels of a half, then across halves: equal names, the most alike rows first.

Passes by equal keys pair the k-th with the k-th in reading order; in the pass of alike names every
pair counts the same, so it has to find as many pairs as there can be, and does; content says which
rows are left over. Hence no count of errors depends on the order of the rows that were read. Rows
that share neither a name nor anything like it are never paired: a made-up row cannot stand in for a
missing one.

The passes follow the matching of line items in KIEval (ICDAR 2025) and ExtractBench
(arXiv 2607.29677), staged by block because the form's blocks are part of being right.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from typing import TYPE_CHECKING, Any, NamedTuple

from rapidfuzz.distance import Indel

from structurer.evaluation.cells import normal_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from collections.abc import Set as AbstractSet

_ALIKE = 0.5
"""Names are alike when at least this share of both names together is common to them, in order."""


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


class _Row(NamedTuple):
    scope: object
    level2: object
    name: object
    target: object


_Fields = tuple[str, ...]

_ALL: _Fields = ("scope", "level2", "name", "target")
_BLOCK: _Fields = ("scope", "level2", "name")
_UNNAMED: _Fields = ("scope", "level2", "target")
_SAME_HALF: tuple[_Fields, ...] = (
    ("scope", "level2", "name"),
    ("scope", "name", "target"),
    ("scope", "name"),
)
_ELSEWHERE: tuple[_Fields, ...] = (
    ("scope", "name", "target"),
    ("scope", "name"),
    ("level2", "name", "target"),
    ("level2", "name"),
    ("name", "target"),
    ("name",),
)


def match_rows(
    gold: Sequence[Mapping[str, Any]], uncertain: AbstractSet[int], read: Sequence[Mapping[str, Any]]
) -> RowMatch:
    """Pair a label's indicators with those that were read; see the module for how, and why so.

    ``uncertain`` are the positions in ``gold`` that the label marks uncertain. A row without a name
    is paired only with its equal.
    """
    certain = {n: _row(row) for n, row in enumerate(gold) if n not in uncertain}
    doubtful = {n: _row(row) for n, row in enumerate(gold) if n in uncertain}
    left = {n: _row(row) for n, row in enumerate(read)}

    pairs = _take_equal(certain, left, _ALL)
    absorbed = _take_equal(doubtful, left, _ALL)
    for fields in _SAME_HALF:
        absorbed += _take_equal(doubtful, left, fields)
    pairs += _take_equal(certain, left, _BLOCK)
    pairs += _take_alike(certain, left)
    for fields in _ELSEWHERE:
        pairs += _take_equal(certain, left, fields)
    return RowMatch(
        pairs=tuple(sorted(pairs)),
        missing=tuple(certain),
        absorbed=tuple(sorted(absorbed)),
        unread=tuple(doubtful),
        extra=tuple(left),
    )


def same_row(gold: Mapping[str, Any], read: Mapping[str, Any]) -> bool:
    """Tell whether two rows are equal in half, second level, name and target: strictly right."""
    return _row(gold) == _row(read)


def neighbours(match: RowMatch, gold: Sequence[Mapping[str, Any]], missing: int) -> tuple[int, ...]:
    """Return the read positions of the rows just before and after a missing one, in its block.

    They are the nearest rows of the same half and second level that were read: where a reviewer who
    is sent to them sees that a row is missing. None when nothing of the block was read.
    """
    block = _row(gold[missing])[:2]
    read = sorted(pair for pair in match.pairs + match.absorbed if _row(gold[pair.gold])[:2] == block)
    before = [pair.read for pair in read if pair.gold < missing]
    after = [pair.read for pair in read if pair.gold > missing]
    return tuple(before[-1:] + after[:1])


def order_errors(
    match: RowMatch, gold: Sequence[Mapping[str, Any]], read: Sequence[Mapping[str, Any]]
) -> int:
    """Count the rows to move so that the rows of each half stand in the label's order.

    That is the number of rows paired within a half, less the longest run of them already in order.
    """
    count = 0
    for scope in sorted({str(row["scope"]) for row in gold}):
        tails: list[int] = []
        inside = [
            pair.read
            for pair in match.pairs
            if gold[pair.gold]["scope"] == scope and read[pair.read]["scope"] == scope
        ]
        for position in inside:
            at = bisect_left(tails, position)
            tails[at : at + 1] = [position]
        count += len(inside) - len(tails)
    return count


def _row(row: Mapping[str, Any]) -> _Row:
    return _Row(*(normal_text(row.get(field)) for field in _ALL))


def _take_equal(gold: dict[int, _Row], left: dict[int, _Row], fields: _Fields) -> list[Pair]:
    """Pair rows that are equal in these fields, k-th with k-th, and take them out of both.

    Where more were read than the label has, their content says which are left over, not their order.
    """
    sought = _places(gold, fields)
    found = _places(left, fields)
    pairs = []
    for key, rows in sought.items():
        chosen = sorted(found.get(key, ()), key=lambda n: _content(left[n]))[: len(rows)]
        pairs += [Pair(n, m) for n, m in zip(rows, sorted(chosen), strict=False)]
    _take(pairs, gold, left)
    return pairs


def _places(rows: dict[int, _Row], fields: _Fields) -> dict[tuple[object, ...], list[int]]:
    places: defaultdict[tuple[object, ...], list[int]] = defaultdict(list)
    for n, row in rows.items():
        if row.name is not None or fields == _ALL:
            places[_key(row, fields)].append(n)
    return dict(places)


def _take_alike(gold: dict[int, _Row], left: dict[int, _Row]) -> list[Pair]:
    """Pair as many rows as can be that are equal in block and target and whose names are alike.

    Augmenting paths (Kuhn 1955): a row that finds its best place taken moves the other on, if it can.
    """
    options = {n: _alike(row, left) for n, row in gold.items()}
    holder: dict[int, int] = {}

    def place(n: int, tried: set[int]) -> bool:
        for m in options[n]:
            if m not in tried:
                tried.add(m)
                if m not in holder or place(holder[m], tried):
                    holder[m] = n
                    return True
        return False

    for n in gold:
        place(n, set())
    pairs = [Pair(n, m) for m, n in holder.items()]
    _take(pairs, gold, left)
    return pairs


def _alike(row: _Row, left: dict[int, _Row]) -> list[int]:
    """Return the rows that could be this one under a wrong name, the most alike first."""
    place = _key(row, _UNNAMED)
    near = [
        n for n, other in left.items() if _key(other, _UNNAMED) == place and _likeness(row, other) >= _ALIKE
    ]
    return sorted(near, key=lambda n: (-_likeness(row, left[n]), _content(left[n])))


def _key(row: _Row, fields: _Fields) -> tuple[object, ...]:
    return tuple(getattr(row, field) for field in fields)


def _content(row: _Row) -> tuple[str, ...]:
    return tuple("" if value is None else str(value) for value in row)


def _likeness(one: _Row, other: _Row) -> float:
    if not isinstance(one.name, str) or not isinstance(other.name, str):
        return 0.0
    return Indel.normalized_similarity(one.name, other.name)


def _take(pairs: list[Pair], gold: dict[int, _Row], left: dict[int, _Row]) -> None:
    for pair in pairs:
        del gold[pair.gold], left[pair.read]
