"""What the figures of review say, as people read them: rates with bounds, times, needless flags."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from structurer.groups import Group
from structurer.review.quality.agreement import GroupAgreement, Reading, agreed
from structurer.review.quality.checks import Verdict
from structurer.review.quality.findings import Said
from structurer.review.quality.shares import at_least, at_most
from structurer.store.packing import from_json
from structurer.store.review.probes import ProbeKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from structurer.store.review.figures import SecondReading, Tally, Time

ALL = ""
"""The name of everybody together."""


class CatchRate(NamedTuple):
    """How many planted values a person caught; ``name`` is ``ALL`` of everybody.

    ``undecided`` were skipped, or cannot be told. Of the ``controls``, which are shown as they were read,
    ``changed`` were not left so: slips of the hand, unless the program had misread them.
    """

    name: str
    caught: int
    missed: int
    undecided: int
    controls: int
    changed: int

    @property
    def share(self) -> float | None:
        """The share that was caught; ``None`` where nothing was decided."""
        decided = self.caught + self.missed
        return self.caught / decided if decided else None

    @property
    def at_least(self) -> float:
        """The one-sided 95% lower bound of the share, by Clopper and Pearson."""
        return at_least(self.caught, self.caught + self.missed)


class Needless(NamedTuple):
    """What people made of the doubts of one code, in one group of fields or (``ALL``) in all."""

    code: str
    group: str
    accepted: int
    corrected: int
    illegible: int
    skipped: int

    @property
    def doubts(self) -> int:
        """How many there were."""
        return self.accepted + self.corrected + self.illegible + self.skipped

    @property
    def decided(self) -> int:
        """How many were accepted or corrected: of these it is known whether they were needless."""
        return self.accepted + self.corrected

    @property
    def share(self) -> float | None:
        """The share of the decided that were needless; ``None`` where none was decided."""
        return self.accepted / self.decided if self.decided else None

    @property
    def needed_at_most(self) -> float:
        """The one-sided 95% upper bound of the share that was not needless, by Clopper and Pearson."""
        return at_most(self.corrected, self.decided)


class Pace(NamedTuple):
    """How long doubts took, in seconds: half of them at most ``median``, nine in ten at most ``ninety``."""

    who: str
    doubts: int
    median: float
    ninety: float


def catch_rates(tallies: Iterable[Tally]) -> tuple[CatchRate, ...]:
    """Return everybody's rate by name, and first that of all together where there are several."""
    counts: dict[str, Counter[tuple[str, str]]] = {}
    for tally in tallies:
        name, kind = tally.who
        counts.setdefault(name, Counter())[kind, tally.said] += tally.number
    if len(counts) > 1:
        counts = {ALL: sum(counts.values(), Counter()), **counts}
    return tuple(_catch_rate(name, counts[name]) for name in sorted(counts))


def _catch_rate(name: str, counts: Counter[tuple[str, str]]) -> CatchRate:
    caught, missed, undecided = (counts[ProbeKind.PLANTED, verdict] for verdict in Verdict)
    controls = sum(number for (kind, _said), number in counts.items() if kind == ProbeKind.CONTROL)
    return CatchRate(name, caught, missed, undecided, controls, counts[ProbeKind.CONTROL, Said.CORRECTED])


def needless(tallies: Iterable[Tally]) -> tuple[Needless, ...]:
    """Return what people made of each code, the most frequent first: in all fields, then by group."""
    counts: dict[str, dict[str, Counter[str]]] = {}
    for tally in tallies:
        code, group = tally.who
        for each in (ALL, group):
            counts.setdefault(code, {}).setdefault(each, Counter())[tally.said] += tally.number
    codes = sorted(counts, key=lambda code: (-counts[code][ALL].total(), code))
    return tuple(
        Needless(code, group, *(counts[code][group][said] for said in Said))
        for code in codes
        for group in sorted(counts[code], key=_place)
    )


def paces(times: Iterable[Time], who: Callable[[Time], str]) -> tuple[Pace, ...]:
    """Return how long doubts took, by what ``who`` says of each; times come from short to long."""
    counts: dict[str, Counter[int]] = {}
    for time in times:
        counts.setdefault(who(time), Counter())[time.tenths] += time.number
    return tuple(
        Pace(name, some.total(), _quantile(some, 0.5), _quantile(some, 0.9))
        for name, some in sorted(counts.items(), key=lambda each: (_place(each[0]), each[0]))
    )


def _quantile(counts: Counter[int], share: float) -> float:
    """Return the least time, to a tenth of a second, within which so large a share was done."""
    seen = 0
    for tenths in sorted(counts):
        seen += counts[tenths]
        if seen >= share * counts.total():
            return tenths / 10
    return 0.0


def agreement(kept: Iterable[SecondReading]) -> tuple[GroupAgreement, ...]:
    """Return how far first and second looks agree, by group of fields."""
    return agreed(
        Reading(each.at, Group(each.group), from_json(each.one), from_json(each.two)) for each in kept
    )


def _place(name: str) -> int:
    order = [ALL, *Group]
    return order.index(name) if name in order else len(order)
