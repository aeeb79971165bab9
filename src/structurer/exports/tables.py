"""Records as two flat tables: a row a project, and a row an indicator.

Columns are fixed and never depend on the data. A column of the form is called by its dotted path in
the record (``funding.annual.total``); the others are

- ``record``, ``document``, ``ordinal``: which record it is, which filing, the how-manieth project there;
- ``status``: accepted, flagged, reviewed or rejected;
- ``row``: the indicator's path in the record (``indicators.4``);
- ``extraction_flags``, ``source_flags``: how many flags say that we may have misread, and that the
  filing itself is odd;
- ``extraction_messages``, ``source_messages``: what they say, one a line;
- ``reviewed_by``, ``reviewed_at``: the people who decided on it, one a line, and when they last did.

The table of indicators has the messages only; an indicator's flags are those on it, below it, and on
all indicators together.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from structurer.exports.values import is_below, messages
from structurer.paths import value_at

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from structurer.exports.cells import Cell

_RECORD_COLUMNS = ("record", "document", "ordinal")
_COUNT_COLUMNS = ("extraction_flags", "source_flags")
_MESSAGE_COLUMNS = ("extraction_messages", "source_messages")
_REVIEW_COLUMNS = ("reviewed_by", "reviewed_at")
_KINDS = ("extraction", "source")
_FUNDING = ("total", "central", "provincial", "municipal_county", "self_raised", "other")

_DECLARATION_PATHS = (
    "form_title",
    "fiscal_year",
    "project_name",
    "competent_department.code",
    "competent_department.name",
    "implementing_unit",
    "project_attribute",
    "duration_years",
    *(f"funding.implementation_period.{part}" for part in _FUNDING),
    *(f"funding.annual.{part}" for part in _FUNDING),
    "overview",
    "basis",
    "necessity",
    "safeguards",
    "implementation_plan",
    "goals.implementation_period",
    "goals.annual",
    "responsible_person",
    "handler",
    "phone",
    "submitted_at",
)
_INDICATOR_PATHS = ("scope", "level1", "level2", "name", "target")
_MEASURE_COLUMNS = ("measure.operator", "measure.value", "measure.upper", "measure.unit", "measure.per")

DECLARATION_COLUMNS = (
    *_RECORD_COLUMNS,
    "status",
    *_DECLARATION_PATHS,
    "indicators",
    *_COUNT_COLUMNS,
    *_MESSAGE_COLUMNS,
    *_REVIEW_COLUMNS,
)
"""Columns of the table of projects; ``indicators`` is the number of indicator rows."""

INDICATOR_COLUMNS = (
    *_RECORD_COLUMNS,
    "project_name",
    "row",
    *_INDICATOR_PATHS,
    *_MEASURE_COLUMNS,
    *_MESSAGE_COLUMNS,
)
"""Columns of the table of indicators; ``measure.upper`` is the upper end of a range."""

AMOUNT_COLUMNS = frozenset(path for path in _DECLARATION_PATHS if path.startswith("funding."))
"""Columns that hold amounts, in yuan."""


@dataclass(frozen=True)
class Tabled:
    """A written record with its rows in both tables, made when first asked for."""

    record: Mapping[str, Any]

    @cached_property
    def declaration(self) -> tuple[Cell, ...]:
        """Its row in the table of projects."""
        return declaration_row(self.record)

    @cached_property
    def indicators(self) -> list[tuple[Cell, ...]]:
        """Its rows in the table of indicators."""
        return indicator_rows(self.record)


def declaration_row(record: Mapping[str, Any]) -> tuple[Cell, ...]:
    """Return a written record's row in the table of projects, in the order of its columns."""
    data = record["data"] or {}
    return (
        *_record_cells(record),
        record["status"],
        *(_at(data, path) for path in _DECLARATION_PATHS),
        len(data.get("indicators", ())),
        *(sum(flag["kind"] == kind for flag in record["flags"]) for kind in _KINDS),
        *_message_cells(record["flags"]),
        *_review_cells(record.get("review")),
    )


def indicator_rows(record: Mapping[str, Any]) -> list[tuple[Cell, ...]]:
    """Return a written record's rows in the table of indicators; none where nothing was structured."""
    data = record["data"] or {}
    project = (*_record_cells(record), data.get("project_name"))
    return [
        (
            *project,
            row,
            *(indicator[key] for key in _INDICATOR_PATHS),
            *_measure_cells(indicator.get("measure")),
            *_message_cells([flag for flag in record["flags"] if _concerns(flag["path"], row)]),
        )
        for number, indicator in enumerate(data.get("indicators", ()))
        if (row := f"indicators.{number}")
    ]


def _record_cells(record: Mapping[str, Any]) -> tuple[Cell, ...]:
    return (record["id"], record["document"]["name"], record["chunk"]["ordinal"])


def _measure_cells(measure: Mapping[str, Any] | None) -> tuple[Cell, ...]:
    if measure is None:
        return (None,) * len(_MEASURE_COLUMNS)
    value = measure["value"]
    lower, upper = value if isinstance(value, list | tuple) else (value, None)
    return (measure["operator"], lower, upper, measure["unit"], measure["per"])


def _message_cells(flags: Sequence[Mapping[str, Any]]) -> tuple[Cell, ...]:
    return tuple("\n".join(messages(flags, kind)) or None for kind in _KINDS)


def _review_cells(review: Mapping[str, Any] | None) -> tuple[Cell, ...]:
    return (None, None) if review is None else ("\n".join(review["by"]), review["at"])


def _concerns(flagged: str, row: str) -> bool:
    return is_below(row, flagged) or is_below(flagged, row)


def _at(data: Mapping[str, Any], path: str) -> Cell:
    value = value_at(data, path)
    return value if isinstance(value, str | int) else None
