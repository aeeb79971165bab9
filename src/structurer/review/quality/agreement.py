"""Second looks: which records two people review without knowing of each other, and how far they agree."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, NamedTuple

from structurer.evaluation.alpha import alpha
from structurer.evaluation.cells import AMOUNTS, normal_amount, normal_text, same
from structurer.groups import Group, group_of
from structurer.paths import covers
from structurer.review.editing.addresses import field_of, row_of
from structurer.review.editing.comparing import differences
from structurer.review.editing.doubts import doubts_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from structurer.review.editing.state import State
    from structurer.review.policy import Policy

NO_ROW = "(no such row)"
"""What somebody said, in effect, of a value in a row that they took away."""


class Reading(NamedTuple):
    """One value as two people left it, by the address of the first."""

    at: str
    group: Group
    one: Any
    two: Any

    @property
    def equal(self) -> bool:
        """Whether both left the same."""
        return same(field_of(self.at), self.one, self.two)


class GroupAgreement(NamedTuple):
    """How far two people agree on a group of fields.

    ``alpha`` is Krippendorff's for nominal data (``evaluation.alpha``); ``None`` where all values are one.
    """

    group: Group
    values: int
    equal: int
    alpha: float | None

    @property
    def share(self) -> float:
        """The share of values that both left the same."""
        return self.equal / self.values


def wants_second_look(key: str, policy: Policy) -> bool:
    """Say whether a second person reviews a record; the same for the same record and seed, always."""
    return chance(f"second:{policy.seed}:{key}") < policy.second_look


def chance(of: str) -> float:
    """Return a number in [0, 1) that looks random and depends on the words alone."""
    return int.from_bytes(hashlib.sha256(of.encode()).digest()[:8]) / 2**64


def readings(
    record: Mapping[str, Any], read: State, one: State, two: State, planted: Collection[str]
) -> Iterator[Reading]:
    """Yield what two people made of a record: the values that both were asked about, or one of them changed.

    What nobody doubted and nobody touched says nothing of people, and would make any two agree. ``planted``
    are addresses at which one of them was shown something else.
    """
    asked = [doubt.at for doubt in doubts_of(record)]
    for at, cell in read.cells.items():
        left = [_left(state, at) for state in (one, two)]
        touched = any(value != cell.value for value in left)
        if at not in planted and (touched or any(covers(each, at) for each in asked)):
            yield Reading(at, group_of(field_of(at)), *left)
    for at, mine, other, _row in differences(one, two):
        if row_of(at) is not None and row_of(at) not in read.rows:
            yield Reading(at, group_of(field_of(at)), mine or NO_ROW, other or NO_ROW)


def _left(state: State, at: str) -> Any:
    return state.value(at) if at in state.cells else NO_ROW


def agreed(pairs: Iterable[Reading]) -> tuple[GroupAgreement, ...]:
    """Return how far two people agree, by group of fields, in the form's order."""
    by_group: dict[Group, list[Reading]] = {}
    for pair in pairs:
        by_group.setdefault(pair.group, []).append(pair)
    return tuple(
        GroupAgreement(
            group,
            len(some),
            sum(pair.equal for pair in some),
            alpha((_normal(pair.at, pair.one), _normal(pair.at, pair.two)) for pair in some),
        )
        for group in Group
        if (some := by_group.get(group))
    )


def _normal(at: str, value: Any) -> object:
    return normal_amount(value) if field_of(at) in AMOUNTS else normal_text(value)
