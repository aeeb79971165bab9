"""Comparing one label with its record: every value, row and flag of one project.

- **Values.** Every scalar and funding field, and half, second level, name and target of every
  indicator row that the label is sure of. A value is right or wrong (``cells``).
- **Rows.** A row is right when half, second level, name and target all are (``rows``).
- **Errors.** One for each wrong value, each row missing, one too many or in the wrong half, each
  record without a label. An error is *silent* when no extraction flag would have sent a reviewer
  there: for a wrong value at its path or a prefix; for a row that is one too many or in the wrong
  half also anywhere below it; for a missing row at ``indicators``, or at one of the nearest rows
  before and after it in its half and second level, or below them. The silent error is the failure
  that users do not forgive, so the rule gives nothing away: a flag on a row's target does not
  excuse its wrong name.
- **Doubts.** What the label marks uncertain is not right or wrong; it is flagged or not.
- A record without data (its chunk could not be structured) has every value wrong and flagged. A
  label without a record has every value wrong, and nobody was told.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from structurer.evaluation.cells import FIELDS, ROW_FIELDS, flags_around, flags_over, same
from structurer.evaluation.rows import RowMatch, match_rows, neighbours, order_errors, same_row
from structurer.paths import value_at

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from structurer.evaluation.gold import GoldLabel
    from structurer.models import Flag, Record


class ErrorKind(StrEnum):
    """What is wrong at one place."""

    FIELD = "field"
    """A scalar or funding field."""
    HALF = "half"
    """An indicator stands in the other half."""
    LEVEL = "level"
    """An indicator's second level."""
    NAME = "name"
    """An indicator's name."""
    TARGET = "target"
    """An indicator's target."""
    MISSING = "missing row"
    """An indicator was not read."""
    EXTRA = "extra row"
    """The form has no such indicator."""
    EXTRA_RECORD = "extra record"
    """The filing has no such project."""


_KIND_OF = {"level2": ErrorKind.LEVEL, "name": ErrorKind.NAME, "target": ErrorKind.TARGET}


@dataclass(frozen=True, slots=True)
class Value:
    """The outcome of one certain value of a label. ``path`` is its place in the label.

    ``field`` is the path itself, or ``indicators.name`` and the like for the values of rows.
    """

    path: str
    field: str
    empty: bool
    right: bool
    flagged: bool


@dataclass(frozen=True, slots=True)
class Error:
    """One error: its place in the label and in the record, both sides, and the flags that cover it.

    ``gold_path`` is ``None`` for what the label does not have, ``path`` for what was not read.
    """

    filing: str
    ordinal: int
    kind: ErrorKind
    gold_path: str | None
    path: str | None
    gold: Any
    read: Any
    flags: tuple[Flag, ...]
    silent: bool


@dataclass(frozen=True, slots=True)
class Doubt:
    """A row or field that the label marks uncertain, and whether the record flags it."""

    filing: str
    ordinal: int
    gold_path: str
    gold: Any
    flagged: bool


@dataclass(frozen=True, slots=True)
class RowCounts:
    """Rows the label is sure of, rows read (absorbed ones left out), rows strictly right, rows to move."""

    gold: int
    read: int
    right: int
    misplaced: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """One label against its record, or a record without a label: then it has only errors and rows."""

    filing: str
    ordinal: int
    labelled: bool
    values: tuple[Value, ...]
    errors: tuple[Error, ...]
    doubts: tuple[Doubt, ...]
    rows: RowCounts


def compare(label: GoldLabel, record: Record | None) -> Comparison:
    """Compare one label with its record; ``None`` when there is no record for it."""
    flags = record.flags if record else ()
    failed = record is not None and record.data is None
    reading = _Reading(label.filing, label.ordinal, record.data if record else None, flags, failed)
    gold: Sequence[Mapping[str, Any]] = label.data["indicators"]
    match = match_rows(gold, label.uncertain_rows, reading.rows)
    findings = [*_fields(label, reading), *_rows(gold, reading, match)]
    return _comparison(reading, gold, match, findings, labelled=True)


def unlabelled(record: Record) -> Comparison:
    """Judge a record of a project that the filing does not have: it and all its rows are too many."""
    failed = record.data is None
    reading = _Reading(record.document.name, record.chunk.ordinal, record.data, record.flags, failed)
    match = match_rows((), frozenset(), reading.rows)
    name = value_at(record.data, "project_name")
    extra = reading.error(ErrorKind.EXTRA_RECORD, None, "", None, name, flags_around(record.flags, ""))
    return _comparison(reading, (), match, [extra, *_rows((), reading, match)], labelled=False)


@dataclass(frozen=True, slots=True)
class _Reading:
    """What is known of one project from its record, or from there being none."""

    filing: str
    ordinal: int
    data: Mapping[str, Any] | None
    flags: tuple[Flag, ...]
    failed: bool

    @property
    def rows(self) -> Sequence[Mapping[str, Any]]:
        return self.data["indicators"] if self.data else ()

    def over(self, path: str) -> tuple[Flag, ...]:
        return flags_over(self.flags, path)

    def around(self, row: int) -> tuple[Flag, ...]:
        return flags_around(self.flags, f"indicators.{row}")

    def at_gap(self, match: RowMatch, gold: Sequence[Mapping[str, Any]], missing: int) -> tuple[Flag, ...]:
        """Return the flags that tell a reviewer of a row that was not read."""
        found = {flag for row in neighbours(match, gold, missing) for flag in self.around(row)}
        return tuple(sorted(found.union(self.over("indicators"))))

    def told(self, flags: tuple[Flag, ...]) -> bool:
        return self.failed or bool(flags)

    def error(
        self,
        kind: ErrorKind,
        gold_path: str | None,
        path: str | None,
        gold: Any,
        read: Any,
        flags: tuple[Flag, ...],
    ) -> Error:
        silent = not self.told(flags)
        return Error(self.filing, self.ordinal, kind, gold_path, path, gold, read, flags, silent)

    def doubt(self, gold_path: str, gold: Any, flags: tuple[Flag, ...]) -> Doubt:
        return Doubt(self.filing, self.ordinal, gold_path, gold, self.told(flags))


_Finding = Value | Error | Doubt


def _fields(label: GoldLabel, reading: _Reading) -> Iterator[_Finding]:
    for field in FIELDS:
        gold, read, flags = value_at(label.data, field), value_at(reading.data, field), reading.over(field)
        if label.is_uncertain(field):
            yield reading.doubt(field, gold, flags)
            continue
        right = reading.data is not None and same(field, gold, read)
        yield Value(field, field, gold is None, right, reading.told(flags))
        if not right:
            yield reading.error(ErrorKind.FIELD, field, field, gold, read, flags)


def _rows(gold: Sequence[Mapping[str, Any]], reading: _Reading, match: RowMatch) -> Iterator[_Finding]:
    for pair in match.pairs:
        yield from _pair(pair.gold, gold[pair.gold], pair.read, reading)
    for g in match.missing:
        flags = reading.at_gap(match, gold, g)
        for name in ("scope", *ROW_FIELDS):
            empty = gold[g][name] is None
            yield Value(f"indicators.{g}.{name}", f"indicators.{name}", empty, False, reading.told(flags))
        yield reading.error(ErrorKind.MISSING, f"indicators.{g}", None, gold[g], None, flags)
    for g, r in match.absorbed:
        yield reading.doubt(f"indicators.{g}", gold[g], reading.around(r))
    for g in match.unread:
        yield reading.doubt(f"indicators.{g}", gold[g], reading.at_gap(match, gold, g))
    for r in match.extra:
        yield reading.error(
            ErrorKind.EXTRA, None, f"indicators.{r}", None, reading.rows[r], reading.around(r)
        )


def _pair(g: int, gold: Mapping[str, Any], r: int, reading: _Reading) -> Iterator[_Finding]:
    read, around = reading.rows[r], reading.around(r)
    right = same("scope", gold["scope"], read["scope"])
    yield Value(f"indicators.{g}.scope", "indicators.scope", False, right, reading.told(around))
    if not right:
        yield reading.error(ErrorKind.HALF, f"indicators.{g}", f"indicators.{r}", gold, read, around)
    for name in ROW_FIELDS:
        gold_path, path = f"indicators.{g}.{name}", f"indicators.{r}.{name}"
        right, flags = same(name, gold[name], read[name]), reading.over(path)
        yield Value(gold_path, f"indicators.{name}", gold[name] is None, right, reading.told(flags))
        if not right:
            yield reading.error(_KIND_OF[name], gold_path, path, gold[name], read[name], flags)


def _comparison(
    reading: _Reading,
    gold: Sequence[Mapping[str, Any]],
    match: RowMatch,
    findings: Iterable[_Finding],
    *,
    labelled: bool,
) -> Comparison:
    found = tuple(findings)
    return Comparison(
        filing=reading.filing,
        ordinal=reading.ordinal,
        labelled=labelled,
        values=tuple(finding for finding in found if isinstance(finding, Value)),
        errors=tuple(finding for finding in found if isinstance(finding, Error)),
        doubts=tuple(finding for finding in found if isinstance(finding, Doubt)),
        rows=RowCounts(
            gold=len(match.pairs) + len(match.missing),
            read=len(match.pairs) + len(match.extra),
            right=sum(same_row(gold[g], reading.rows[r]) for g, r in match.pairs),
            misplaced=order_errors(match, gold, reading.rows),
        ),
    )
