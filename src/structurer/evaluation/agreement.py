"""How far two people who labelled the same declarations agree: the ceiling to hold a program against.

Krippendorff's α for nominal data and two labellers ("Computing Krippendorff's Alpha-Reliability", 2011,
University of Pennsylvania): 1 - observed / expected disagreement, where what is expected is that the values
both wrote were dealt out by chance. 1 is perfect, 0 is chance. Values are compared as everywhere in the
evaluation, an empty cell is a value like another, and within a group of fields the values are pooled. Where
everybody wrote one and the same value there is nothing to tell apart, and no α.

The interval is by percentiles of a bootstrap over declarations, since values of one declaration stand and
fall together. Where nobody differs it has no width, which only says that there was no difference to draw.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from structurer.errors import StructurerError
from structurer.evaluation.alpha import alpha
from structurer.evaluation.cells import AMOUNTS, FIELDS, ROW_FIELDS, normal_amount, normal_text
from structurer.evaluation.rows import match_rows
from structurer.groups import Group, group_of
from structurer.paths import value_at

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from structurer.evaluation.gold import GoldLabel

NO_ROW = "(no such row)"
"""What the labeller wrote, in effect, who has no row where the other has one."""

UNCERTAIN = "uncertain"
"""Besides the groups of fields: whether both marked the same rows and fields uncertain."""

_ROW = ("scope", *ROW_FIELDS)
_CELLS_AT_ONCE = 4_000_000


class AgreementError(StructurerError):
    """Two sets of labels have nothing in common."""


class Difference(NamedTuple):
    """One value that two labellers wrote differently; paths are empty where one of them has no such row."""

    filing: str
    ordinal: int
    group: str
    path_a: str
    path_b: str
    a: str | None
    b: str | None


@dataclass(frozen=True, slots=True)
class GroupAgreement:
    """Agreement on one group of fields. ``low`` and ``high`` enclose α; ``None`` where there is no α."""

    group: str
    values: int
    equal: int
    alpha: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Agreement:
    """Agreement by group, and every difference; ``only_a`` and ``only_b``: declarations that one labelled."""

    declarations: int
    groups: tuple[GroupAgreement, ...]
    differences: tuple[Difference, ...]
    only_a: tuple[tuple[str, int], ...]
    only_b: tuple[tuple[str, int], ...]

    def as_dict(self) -> dict[str, Any]:
        """Return the figures as plain JSON values."""
        return {
            "declarations": self.declarations,
            "groups": [asdict(group) for group in self.groups],
            "differences": [difference._asdict() for difference in self.differences],
            "only_a": [list(place) for place in self.only_a],
            "only_b": [list(place) for place in self.only_b],
        }


class _Pair(NamedTuple):
    """One value as both wrote it, and in the form in which it is compared."""

    group: str
    path_a: str
    path_b: str
    a: object
    b: object
    same: bool


def agreement(
    labels_a: Iterable[GoldLabel],
    labels_b: Iterable[GoldLabel],
    *,
    confidence: float = 0.95,
    resamples: int = 2000,
    seed: int = 20150101,
) -> Agreement:
    """Compare two labellings of the same declarations, paired by filing and ordinal.

    Raises ``AgreementError`` when no declaration is in both.
    """
    a = {(label.filing, label.ordinal): label for label in labels_a}
    b = {(label.filing, label.ordinal): label for label in labels_b}
    both = sorted(a.keys() & b.keys())
    if not both:
        raise AgreementError(
            "no declaration is labelled in both; name two folders of labels of the same filings"
        )
    pairs = {place: list(_pairs(a[place], b[place])) for place in both}
    groups = [
        _measure(
            group,
            [[pair for pair in pairs[place] if pair.group == group] for place in both],
            confidence,
            resamples,
            seed,
        )
        for group in (*Group, UNCERTAIN)
    ]
    return Agreement(
        declarations=len(both),
        groups=tuple(group for group in groups if group.values),
        differences=tuple(
            Difference(*place, pair.group, pair.path_a, pair.path_b, _text(pair.a), _text(pair.b))
            for place in both
            for pair in pairs[place]
            if not pair.same
        ),
        only_a=tuple(sorted(a.keys() - b.keys())),
        only_b=tuple(sorted(b.keys() - a.keys())),
    )


def _pairs(a: GoldLabel, b: GoldLabel) -> Iterator[_Pair]:
    """Yield every value of one declaration as both wrote it, rows paired as the evaluation pairs them."""
    for field in FIELDS:
        yield _pair(group_of(field), field, field, value_at(a.data, field), value_at(b.data, field))
        yield _pair(UNCERTAIN, field, field, a.is_uncertain(field), b.is_uncertain(field))
    rows_a, rows_b = a.data["indicators"], b.data["indicators"]
    match = match_rows(rows_a, frozenset(), rows_b)
    for n, m in match.pairs:
        yield from _row_pairs(n, m, rows_a[n], rows_b[m])
        marked = n in a.uncertain_rows, m in b.uncertain_rows
        yield _pair(UNCERTAIN, f"indicators.{n}", f"indicators.{m}", *marked)
    for n in match.missing:
        yield from _row_pairs(n, None, rows_a[n], None)
    for m in match.extra:
        yield from _row_pairs(None, m, None, rows_b[m])


def _row_pairs(
    n: int | None, m: int | None, a: Mapping[str, Any] | None, b: Mapping[str, Any] | None
) -> Iterator[_Pair]:
    for key in _ROW:
        path_a = "" if n is None else f"indicators.{n}.{key}"
        path_b = "" if m is None else f"indicators.{m}.{key}"
        values = (NO_ROW if row is None else row[key] for row in (a, b))
        yield _pair(group_of(f"indicators.{key}"), path_a, path_b, *values)


def _pair(group: str, path_a: str, path_b: str, a: object, b: object) -> _Pair:
    normal = _normal(path_a)
    return _Pair(str(group), path_a, path_b, a, b, normal(a) == normal(b))


def _normal(path: str) -> Callable[[object], object]:
    return normal_amount if path in AMOUNTS else normal_text


def _measure(
    group: str, declarations: Sequence[Sequence[_Pair]], confidence: float, resamples: int, seed: int
) -> GroupAgreement:
    units = [
        [(_normal(pair.path_a)(pair.a), _normal(pair.path_a)(pair.b)) for pair in pairs]
        for pairs in declarations
    ]
    flat = [unit for some in units for unit in some]
    value = alpha(flat)
    low, high = (None, None) if value is None else _interval(units, confidence, resamples, seed)
    equal = sum(one == other for one, other in flat)
    return GroupAgreement(str(group), len(flat), equal, value, low, high)


def _interval(
    declarations: Sequence[Sequence[tuple[object, object]]], confidence: float, resamples: int, seed: int
) -> tuple[float, float]:
    """Return percentiles of α over resampled declarations; draws without an α agree in everything: 1."""
    values = {
        value: n for n, value in enumerate(dict.fromkeys(v for some in declarations for u in some for v in u))
    }
    counts = np.zeros((len(declarations), len(values)))
    differing = np.zeros(len(declarations))
    for number, units in enumerate(declarations):
        differing[number] = sum(one != other for one, other in units)
        for unit in units:
            for value in unit:
                counts[number, values[value]] += 1
    drawn = np.random.default_rng(seed).multinomial(
        len(declarations), [1 / len(declarations)] * len(declarations), size=resamples
    )
    batch = max(1, _CELLS_AT_ONCE // max(len(values), 1))
    alphas = np.concatenate(
        [_alphas(drawn[first : first + batch], counts, differing) for first in range(0, resamples, batch)]
    )
    low, high = np.quantile(alphas, ((1 - confidence) / 2, (1 + confidence) / 2))
    return float(low), float(high)


def _alphas(
    drawn: NDArray[np.int64], counts: NDArray[np.float64], differing: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return α of each draw: how often each declaration was drawn, by its values and its differences."""
    times = drawn @ counts
    total = times.sum(axis=1)
    chance = 1 - (times * (times - 1)).sum(axis=1) / np.maximum(total * (total - 1), 1)
    observed = 2 * (drawn @ differing) / np.maximum(total, 1)
    return np.where(chance > 0, 1 - observed / np.where(chance > 0, chance, 1), 1.0)


def _text(value: object) -> str | None:
    return None if value is None else str(value)
