"""The random sample of a lot.

Every value gets a number that looks random but depends on the seed, its filing and its place only (a
*permanent random number*); of each stratum those with the smallest numbers are drawn (sequential simple
random sampling: Ohlsson, "Coordination of samples using permanent random numbers", 1995, in: Business
Survey Methods, ch. 9). So the sample does not depend on the order of the records, anybody can draw it
again, and a larger sample with the same seed holds the smaller one: no verdict is lost.

The strata are the groups of fields. Each gets its share of the sample, rounded up, and at least a floor, so
that the overall bound needs no more values than a simple random sample (``bounds``).
"""

from __future__ import annotations

import hashlib
import heapq
from collections import Counter
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from structurer.evaluation.audit import bounds
from structurer.evaluation.audit.bounds import Sample, declarations_needed
from structurer.evaluation.audit.lot import left_empty, share_of
from structurer.evaluation.audit.plan import (
    AuditError,
    AuditPlan,
    Item,
    LotSize,
    Promise,
    Stratum,
    Unit,
)
from structurer.evaluation.statistics import CORRELATION, trials_needed
from structurer.groups import Group
from structurer.models import Status
from structurer.paths import value_at

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from structurer.evaluation.audit.lot import BulkRun, LotValue

FLOOR = 30
"""Least number of values of a group: 30 right ones show that under a tenth of the group is wrong."""


def draw(
    run: BulkRun,
    promise: Promise,
    *,
    size: int | None = None,
    by: Unit = Unit.VALUE,
    seed: int = 1,
    floor: int = FLOOR,
    correlation: float = CORRELATION,
) -> AuditPlan:
    """Draw a sample of the values of a run that nobody flagged, by single values or whole declarations.

    ``size`` counts values or declarations; without it the sample is as large as the promise needs if no
    error is found. Groups below their floor add to it. Whole declarations are drawn without strata, and more
    values are needed, since errors of one declaration are alike: by the design effect for ``correlation``.
    Raises ``AuditError`` when the lot is empty.
    """
    if size is not None and size < 1:
        raise AuditError(f"size {size}: give at least 1")
    needed = trials_needed(promise.target_error, 0, promise.confidence)
    most = (needed + len(Group) if size is None else size) + floor
    lot = _walk(run, seed, most if by is Unit.VALUE else 0, most if by is Unit.DECLARATION else 0)
    if not lot.size.values:
        raise AuditError(f"{run.facts.name}: no value that nobody flagged, so nothing to audit")
    if by is Unit.VALUE:
        sizes = _allocation(lot.counts, _size(lot.counts, promise, floor) if size is None else size, floor)
        drawn = {group: lot.values[group].smallest(sizes[group]) for group in sizes}
        items = [item for chosen in drawn.values() for item in chosen]
    else:
        mean = lot.size.values / lot.size.declarations
        count = declarations_needed(mean, promise, correlation) if size is None else size
        items = [item for chosen in lot.declarations.smallest(count) for item in chosen]
    counts = Counter(item.group for item in items)
    return AuditPlan(
        unit=by,
        promise=promise,
        seed=seed,
        floor=floor if by is Unit.VALUE else 0,
        correlation=correlation,
        run=run.facts,
        lot=lot.size,
        strata=tuple(
            Stratum(group, lot.counts[group], counts[group]) for group in Group if lot.counts[group]
        ),
        drawn_declarations=len({(item.filing, item.ordinal) for item in items}),
        items=tuple(sorted(items, key=_in_reading_order)),
    )


_T = TypeVar("_T")


class _Drawn(Generic[_T]):
    """Keeps what has the smallest numbers, in little memory."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: list[tuple[bytes, _T]] = []
        self._limit: bytes | None = None

    def wants(self, number: bytes) -> bool:
        """Say whether something of this number can still be among the smallest."""
        return self._limit is None or number < self._limit

    def add(self, number: bytes, thing: _T) -> None:
        self._kept.append((number, thing))
        if len(self._kept) >= 2 * self._most:
            self._kept = heapq.nsmallest(self._most, self._kept, key=itemgetter(0))
            self._limit = self._kept[-1][0]

    def smallest(self, count: int) -> list[_T]:
        return [thing for _, thing in heapq.nsmallest(count, self._kept, key=itemgetter(0))]


class _Walked(NamedTuple):
    size: LotSize
    counts: Counter[Group]
    values: Mapping[Group, _Drawn[Item]]
    declarations: _Drawn[list[Item]]


def _walk(run: BulkRun, seed: int, most_values: int, most_declarations: int) -> _Walked:
    """Go through all records once; count the lot, and keep what may be drawn."""
    counts: Counter[Group] = Counter()
    values = {group: _Drawn[Item](max(most_values, 1)) for group in Group}
    declarations = _Drawn[list[Item]](max(most_declarations, 1))
    failed = rejected = structured = flagged = 0
    for record in run.records:
        if record["data"] is None:
            failed += 1
            continue
        if record["status"] == Status.REJECTED:
            rejected += 1
            continue
        structured += 1
        share = share_of(record)
        flagged += share.flagged
        counts.update(value.group for value in share.values)
        if most_declarations:
            number = _number(seed, record, "")
            if declarations.wants(number):
                items = [_item(seed, record, value) for value in share.values]
                declarations.add(number, [*items, _completeness(seed, record)])
            continue
        for value in share.values:
            number = _number(seed, record, value.path)
            if values[value.group].wants(number):
                values[value.group].add(number, _item(seed, record, value))
    size = LotSize(structured, failed, rejected, counts.total(), flagged)
    return _Walked(size, counts, values, declarations)


def _size(counts: Counter[Group], promise: Promise, floor: int) -> int:
    """Return the size of which the shares, rounded up, show the promise if no error is found."""
    size = trials_needed(promise.target_error, 0, promise.confidence)
    while size < counts.total():
        drawn = _allocation(counts, size, floor)
        sample = Sample(tuple(bounds.Stratum(counts[group], drawn[group]) for group in drawn))
        if sample.bound(0, promise.confidence) <= promise.target_error:
            break
        size += 1
    return size


def _allocation(counts: Counter[Group], size: int, floor: int) -> dict[Group, int]:
    """Return how many to draw of each group: its share rounded up, at least the floor, at most all."""
    total = counts.total()
    return {
        group: min(count, max(-(-size * count // total), floor)) for group, count in counts.items() if count
    }


def _number(seed: int, record: Mapping[str, Any], path: str) -> bytes:
    document = record["document"]
    place = "\n".join(
        (str(seed), document["sha256"], str(record["chunk"]["ordinal"]), path, document["name"])
    )
    return hashlib.sha256(place.encode()).digest()


def _item(seed: int, record: Mapping[str, Any], value: LotValue) -> Item:
    path = value.path
    return _line(
        seed,
        record,
        path,
        value.group,
        _row_in_words(record, path),
        value.value,
        _spans(record, path),
    )


def _spans(record: Mapping[str, Any], path: str) -> Sequence[Any]:
    """Return where a value stands. The half is printed nowhere, a lost label neither: then the row's name."""
    evidence = record["evidence"]
    row, _, _ = path.rpartition(".")
    places = (path, f"{row}.name", f"{row}.target") if path.startswith("indicators.") else (path,)
    return next((evidence[place] for place in places if evidence.get(place)), ())


def _completeness(seed: int, record: Mapping[str, Any]) -> Item:
    """Return the question whether a declaration holds all that its form prints."""
    rows = Counter(row["scope"] for row in record["data"]["indicators"])
    halves = ", ".join(f"{rows[scope]} {scope}" for scope in ("implementation_period", "annual"))
    empty = ", ".join(left_empty(record)) or "nothing"
    chunk = record["chunk"]
    about = "is anything missing that the form prints?"
    words = f"indicator rows: {halves}; left empty: {empty}"
    return _line(seed, record, "", None, about, words, ((chunk["start"], chunk["start"]),))


def _line(
    seed: int, record: Mapping[str, Any], path: str, group: Group | None, about: str, value: str, spans: Any
) -> Item:
    document = record["document"]
    return Item(
        # A letter in front, so that no spreadsheet takes an id for a number.
        id=f"v{_number(seed, record, path).hex()[-11:]}",
        record=record["id"],
        filing=document["name"],
        sha256=document["sha256"],
        encoding=document["encoding"],
        ordinal=record["chunk"]["ordinal"],
        group=group,
        path=path,
        about=about,
        value=value,
        spans=tuple((start, end) for start, end in spans),
    )


def _row_in_words(record: Mapping[str, Any], path: str) -> str:
    """Return which indicator a path is about; nothing where it is about none."""
    if not path.startswith("indicators."):
        return ""
    row = value_at(record["data"], path.rsplit(".", 1)[0])
    return " · ".join(str(row[key]) for key in ("scope", "level2", "name") if row[key] is not None)


def _in_reading_order(item: Item) -> tuple[Any, ...]:
    """By filing and declaration, then by place in the filing: a reviewer looks each filing up once."""
    first = min((start for start, _ in item.spans), default=0)
    return (item.filing, item.ordinal, item.group is None, first, item.path)
