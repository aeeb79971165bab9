"""Comparing one label with its record: every cell of one project.

- **Cells.** Every scalar and funding field, and half, second level, name and target of every indicator
  row. A cell is right or wrong (``cells``). Cells that the label marks uncertain are neither; they are
  flagged or not.
- **Rows.** Rows are paired first (``rows``). All cells of a row that was not read are wrong, and all that
  a row has which the form does not have are cells too many.
- **Flags.** The extraction flags that would have sent a reviewer there: for a value those at its path or a
  prefix; for a half, a row too many or an uncertain row also those anywhere in the row; for a row that was
  not read those on ``indicators``, or on the nearest rows before and after it in its half and second
  level, or below them. An error without a flag is silent, the failure that users do not forgive, so the
  rule gives nothing away: a flag on a row's target does not excuse its wrong name.
- A record without data (its chunk could not be structured) has every cell wrong and flagged. A label
  without a record has every cell wrong, and nobody was told.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from structurer.evaluation.cells import FIELDS, ROW_FIELDS, flags_around, flags_over, normal_text, same
from structurer.evaluation.rows import RowMatch, match_rows, neighbours
from structurer.paths import value_at

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from structurer.evaluation.gold import GoldLabel
    from structurer.models import Flag, Record

HALF = "indicators.scope"
"""The field that every row has exactly one cell of, whatever else is empty."""


class ErrorKind(StrEnum):
    """What is wrong with a cell."""

    VALUE = "wrong value"
    """A scalar or funding field has another value, or one where the form is empty."""
    NOT_READ = "not read"
    """A scalar or funding field is empty, or there is no data at all."""
    HALF = "wrong half"
    """An indicator stands in the other half."""
    LEVEL = "wrong level"
    """An indicator's second level."""
    NAME = "wrong name"
    """An indicator's name."""
    TARGET = "wrong target"
    """An indicator's target."""
    SLID_TARGET = "target of another row"
    """An indicator has the target of the row before or after it."""
    MISSING = "missing row"
    """An indicator was not read."""
    EXTRA = "extra row"
    """The form has no such indicator."""
    EXTRA_RECORD = "extra record"
    """The filing has no such project."""


_KIND_OF = {
    "scope": ErrorKind.HALF,
    "level2": ErrorKind.LEVEL,
    "name": ErrorKind.NAME,
    "target": ErrorKind.TARGET,
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One cell: its place in the label and in the record (empty: none there), both values, the verdict.

    ``flags`` are those that would send a reviewer there. ``error`` is ``None`` where the cell is right or
    uncertain.
    """

    gold_path: str
    path: str
    field: str
    gold: Any
    read: Any
    right: bool
    uncertain: bool
    flags: tuple[Flag, ...]
    error: ErrorKind | None


def compare(label: GoldLabel, record: Record | None) -> Iterator[Finding]:
    """Yield the cells of a label, fields first, then rows in its order, then what the record has too many.

    ``record`` is ``None`` when there is none for the label.
    """
    yield from _fields(label, record)
    yield from _rows(label, record)


def surplus(record: Record) -> Iterator[Finding]:
    """Yield the cells of a record of a project that the filing does not have: it and its rows are too many.

    A record has at least one cell, its name, so that it counts even when it is empty.
    """
    flags = flags_around(record.flags, "")
    for field in FIELDS:
        read = value_at(record.data, field)
        if read is not None or field == "project_name":
            yield _extra(field, field, read, flags, ErrorKind.EXTRA_RECORD)
    for n, row in enumerate(_indicators(record)):
        yield from _extra_row(n, row, record)


def _fields(label: GoldLabel, record: Record | None) -> Iterator[Finding]:
    data = record.data if record else None
    for field in FIELDS:
        gold, read = value_at(label.data, field), value_at(data, field)
        uncertain = label.is_uncertain(field)
        right = data is not None and same(field, gold, read)
        error = ErrorKind.NOT_READ if data is None or read is None else ErrorKind.VALUE
        yield Finding(
            gold_path=field,
            path="" if data is None else field,
            field=field,
            gold=gold,
            read=read,
            right=right,
            uncertain=uncertain,
            flags=flags_over(record.flags, field) if record else (),
            error=None if right or uncertain else error,
        )


def _rows(label: GoldLabel, record: Record | None) -> Iterator[Finding]:
    rows = _indicators(record)
    match = match_rows(label.data["indicators"], label.uncertain_rows, rows)
    read_as = dict(match.pairs + match.absorbed)
    for n in range(len(label.data["indicators"])):
        if record is not None and n in read_as:
            yield from _pair(label, n, record, read_as[n])
        else:
            yield from _missing(label, n, record, match)
    if record is not None:
        for m in match.extra:
            yield from _extra_row(m, rows[m], record)


def _pair(label: GoldLabel, g: int, record: Record, r: int) -> Iterator[Finding]:
    gold, read = label.data["indicators"][g], _indicators(record)[r]
    uncertain = g in label.uncertain_rows
    for name in ("scope", *ROW_FIELDS):
        path = f"indicators.{r}.{name}"
        right = same(name, gold[name], read[name])
        of_row = uncertain or name == "scope"
        error = _KIND_OF[name]
        if name == "target" and _is_neighbours_target(label, g, read[name]):
            error = ErrorKind.SLID_TARGET
        yield Finding(
            gold_path=f"indicators.{g}.{name}",
            path=path,
            field=f"indicators.{name}",
            gold=gold[name],
            read=read[name],
            right=right,
            uncertain=uncertain,
            flags=flags_around(record.flags, f"indicators.{r}") if of_row else flags_over(record.flags, path),
            error=None if right or uncertain else error,
        )


def _missing(label: GoldLabel, g: int, record: Record | None, match: RowMatch) -> Iterator[Finding]:
    flags = _flags_at_gap(label, g, record, match) if record else ()
    uncertain = g in label.uncertain_rows
    for name in ("scope", *ROW_FIELDS):
        yield Finding(
            gold_path=f"indicators.{g}.{name}",
            path="",
            field=f"indicators.{name}",
            gold=label.data["indicators"][g][name],
            read=None,
            right=False,
            uncertain=uncertain,
            flags=flags,
            error=None if uncertain else ErrorKind.MISSING,
        )


def _flags_at_gap(label: GoldLabel, g: int, record: Record, match: RowMatch) -> tuple[Flag, ...]:
    """Return the flags that tell a reviewer of a row that was not read."""
    beside = neighbours(match, label.data["indicators"], g)
    found = {flag for row in beside for flag in flags_around(record.flags, f"indicators.{row}")}
    return tuple(sorted(found.union(flags_over(record.flags, "indicators"))))


def _is_neighbours_target(label: GoldLabel, g: int, read: object) -> bool:
    """Whether a target is that of the label's row just before or after, in the same half."""
    rows = label.data["indicators"]
    half = [n for n, row in enumerate(rows) if row["scope"] == rows[g]["scope"]]
    at = half.index(g)
    beside = half[max(0, at - 1) : at] + half[at + 1 : at + 2]
    return read is not None and any(normal_text(rows[n]["target"]) == normal_text(read) for n in beside)


def _extra_row(r: int, row: Mapping[str, Any], record: Record) -> Iterator[Finding]:
    flags = flags_around(record.flags, f"indicators.{r}")
    for name in ("scope", *ROW_FIELDS):
        if row[name] is not None:
            yield _extra(f"indicators.{r}.{name}", f"indicators.{name}", row[name], flags, ErrorKind.EXTRA)


def _extra(path: str, field: str, read: object, flags: tuple[Flag, ...], error: ErrorKind) -> Finding:
    return Finding("", path, field, None, read, right=False, uncertain=False, flags=flags, error=error)


def _indicators(record: Record | None) -> Sequence[Mapping[str, Any]]:
    return record.data["indicators"] if record and record.data else ()
