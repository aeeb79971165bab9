"""The indicator table as the checks see it: rows by half and group, paired across the halves."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from structurer.document_types.declaration.checks._shapes import Shape, shape
from structurer.document_types.declaration.model import Level2, Scope
from structurer.document_types.declaration.vocabulary import squeeze
from structurer.text import bare

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

_GROUPS: dict[str | None, str] = {
    Level2.QUANTITY: "数量",
    Level2.QUALITY: "质量",
    Level2.TIMELINESS: "时效",
    Level2.COST: "成本",
    Level2.ECONOMIC_COST: "成本",
    Level2.SOCIAL_COST: "成本",
    Level2.ENVIRONMENTAL_COST: "成本",
    Level2.ECONOMIC: "经济效益",
    Level2.SOCIAL: "社会效益",
    Level2.ECOLOGICAL: "生态效益",
    Level2.SUSTAINABLE: "可持续影响",
    Level2.SATISFACTION: "满意度",
}
"""Second-level names by group. The cost names are one group: 财预〔2021〕101号 moved it, and split it."""

ORDER = tuple(dict.fromkeys(_GROUPS.values()))
"""The groups in the order the form prints them."""

CORE = ("数量", "质量", "时效", "成本", "满意度")
"""Groups that nearly every declaration fills; the benefit groups are filled as they fit."""

_SHORTEST_CUT_NAME = 4
_ALIKE = 0.6


class Row(NamedTuple):
    """One indicator row, with what the checks compare.

    ``path`` is its path in the data; ``key`` its name without white space, width and punctuation;
    ``plain`` its target without white space and width; ``kind`` the target's shape, None without one.
    """

    number: int
    path: str
    scope: str
    level2: str | None
    group: str | None
    name: str
    key: str
    target: str | None
    plain: str
    kind: Shape | None


class Table(NamedTuple):
    """The rows in the data's order, by half, and the pairs that are the same indicator in both."""

    rows: tuple[Row, ...]
    left: tuple[Row, ...]
    right: tuple[Row, ...]
    pairs: tuple[tuple[Row, Row], ...]

    @property
    def alike(self) -> bool:
        """Whether the halves hold mostly the same indicators, so that a difference means something."""
        fewer = min(len(self.left), len(self.right))
        return fewer > 0 and len(self.pairs) >= _ALIKE * fewer


def read_table(indicators: Iterable[Mapping[str, Any]]) -> Table:
    """Return the indicators as a table, rows of the halves paired by name.

    Names are paired within a level first, then across levels. The narrower half cuts names off, so
    the beginning of a name counts as the name.
    """
    rows = tuple(_row(number, indicator) for number, indicator in enumerate(indicators))
    left = tuple(row for row in rows if row.scope == Scope.IMPLEMENTATION_PERIOD)
    right = tuple(row for row in rows if row.scope == Scope.ANNUAL)
    pairs: dict[int, int] = {}
    for same_level in (True, False):
        for exact in (True, False):
            _pair(left, right, pairs, same_level, exact)
    return Table(rows, left, right, tuple((rows[one], rows[other]) for one, other in sorted(pairs.items())))


def _row(number: int, indicator: Mapping[str, Any]) -> Row:
    level2, name, target = indicator["level2"], indicator["name"] or "", indicator["target"]
    plain = bare(target or "")
    return Row(
        number=number,
        path=f"indicators.{number}",
        scope=indicator["scope"],
        level2=level2,
        group=_GROUPS.get(level2),
        name=name,
        key=squeeze(name),
        target=target,
        plain=plain,
        kind=None if target is None else shape(plain),
    )


def _pair(
    left: tuple[Row, ...], right: tuple[Row, ...], pairs: dict[int, int], same_level: bool, exact: bool
) -> None:
    """Add pairs of rows, as yet unpaired, of the same name and, if asked, the same level."""
    paired = set(pairs.values())
    free: defaultdict[tuple[str | None, str | None], list[Row]] = defaultdict(list)
    for row in right:
        if row.key and row.number not in paired:
            free[_place(row, same_level, exact)].append(row)
    for row in left:
        if not row.key or row.number in pairs:
            continue
        candidates = free[_place(row, same_level, exact)]
        partner = next((other for other in candidates if exact or _same_beginning(row.key, other.key)), None)
        if partner is not None:
            candidates.remove(partner)
            pairs[row.number] = partner.number


def _place(row: Row, same_level: bool, exact: bool) -> tuple[str | None, str | None]:
    return (row.level2 if same_level else None, row.key if exact else None)


def _same_beginning(key: str, other: str) -> bool:
    shorter, longer = (key, other) if len(key) < len(other) else (other, key)
    return len(shorter) >= _SHORTEST_CUT_NAME and longer.startswith(shorter)
