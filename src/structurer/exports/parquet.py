"""Records as a Parquet file: one row a record, every value in the type that it has.

The declaration's fields are columns by the names that the record's paths use (``funding.annual.total``);
what stands beside them in a record is a column of its own name, and ``as_text`` holds what no typed column
has room for. In a row of a project that could not be structured the declaration's columns are null,
``indicators`` too.

Needs pyarrow, which takes a quarter of a second to load: import this module only where Parquet is asked
for. Without pyarrow the import raises ``OutputError``.
"""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Context, Decimal, Inexact, InvalidOperation
from typing import TYPE_CHECKING, Any

from structurer.errors import OutputError
from structurer.exports.cells import is_number

try:
    import pyarrow as pa
    from pyarrow import parquet
except ModuleNotFoundError:
    raise OutputError("Parquet needs pyarrow; install it with: pip install 'structurer[parquet]'") from None

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path
    from types import TracebackType

    from structurer.exports.tables import Tabled

    _Misfits = dict[str, str]
    _Fit = Callable[[Any, str, _Misfits], Any]

ROWS = 1_000
"""Records in a row group; the last has fewer."""

CHARACTERS = 32_000_000
"""A row group also ends where its projects' texts have grown to this, so that it stays small in memory."""

# In Arrow a row takes a tenth of what it takes in Python; so many wait to be packed.
_LOOSE_ROWS = 50

# Nine decimals hold 万元 as a spreadsheet prints it (15 digits) down to the last, and nano-dollars; 38 digits
# are the most that Parquet's readers share. Together they are also what BigQuery calls NUMERIC.
_DIGITS, _DECIMALS = 38, 9

_TEXT = pa.string()
_NUMBER = pa.decimal128(_DIGITS, _DECIMALS)
_SMALL = pa.int32()
_LARGE = pa.int64()
_PROBABILITY = pa.float64()
# Parquet has no coarser unit. No time zone: the form prints the time of its place.
_TIME = pa.timestamp("ms")
_MOMENT = pa.timestamp("ms", tz="UTC")


def _texts(*names: str) -> list[pa.Field]:
    return [pa.field(name, _TEXT) for name in names]


_FUNDING_HALF = pa.struct(
    [
        (part, _NUMBER)
        for part in ("total", "central", "provincial", "municipal_county", "self_raised", "other")
    ]
)
_MEASURE = pa.struct(
    [("operator", _TEXT), ("value", _NUMBER), ("upper", _NUMBER), ("unit", _TEXT), ("per", _TEXT)]
)
_INDICATOR = pa.struct([*_texts("scope", "level1", "level2", "name", "target"), ("measure", _MEASURE)])
_SPAN = pa.struct([("start", _LARGE), ("end", _LARGE)])
_USAGE = pa.struct([("input_tokens", _LARGE), ("output_tokens", _LARGE), ("cost", _NUMBER)])
_REVIEW = pa.struct(
    [
        ("by", pa.list_(_TEXT)),
        ("at", _MOMENT),
        ("decisions", _LARGE),
        ("marks", pa.map_(_TEXT, pa.struct(_texts("kind", "reason")))),
    ]
)

SCHEMA = pa.schema(
    [
        *_texts("id", "document_type", "schema_version", "status"),
        ("document", pa.struct(_texts("name", "sha256", "encoding"))),
        ("chunk", pa.struct([("ordinal", _SMALL), ("start", _LARGE), ("end", _LARGE)])),
        ("form_title", _TEXT),
        ("fiscal_year", _SMALL),
        ("project_name", _TEXT),
        ("competent_department", pa.struct(_texts("code", "name"))),
        *_texts("implementing_unit", "project_attribute"),
        ("duration_years", _SMALL),
        ("funding", pa.struct([("implementation_period", _FUNDING_HALF), ("annual", _FUNDING_HALF)])),
        *_texts("overview", "basis", "necessity", "safeguards", "implementation_plan"),
        ("goals", pa.struct(_texts("implementation_period", "annual"))),
        ("indicators", pa.list_(_INDICATOR)),
        *_texts("responsible_person", "handler", "phone"),
        ("submitted_at", _TIME),
        ("flags", pa.list_(pa.struct(_texts("code", "kind", "severity", "path", "message", "other")))),
        ("evidence", pa.map_(_TEXT, pa.list_(_SPAN))),
        ("grounding", pa.map_(_TEXT, _TEXT)),
        ("confidence", pa.map_(_TEXT, _PROBABILITY)),
        (
            "provenance",
            pa.struct([*_texts("engine", "model", "prompt", "structurer", "config"), ("usage", _USAGE)]),
        ),
        ("as_text", pa.map_(_TEXT, _TEXT)),
        ("review", _REVIEW),
    ]
)
"""The columns. Amounts are in yuan, ``provenance.usage.cost`` in US dollars; ``measure.upper`` is the upper
end of a range; ``evidence`` counts code points of the filing's text. ``as_text`` gives, by dotted path, the
exact text of a value whose own column is null because it has no room for it; most rows have none. ``review``
is null for a record that no person decided on."""


class ParquetTable:
    """A Parquet file of records, written in row groups: flat memory, and the same bytes for the same records.

    What a typed column has no room for is told in ``notices``. Not being able to write raises ``OSError``.
    """

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb")
        self._writer = parquet.ParquetWriter(self._file, SCHEMA, compression="zstd")
        self._rows: list[dict[str, Any]] = []
        self._packed: list[pa.RecordBatch] = []
        self._records = 0
        self._characters = 0
        self._misfits = 0

    def add(self, tabled: Tabled) -> None:
        """Write one record below those that are there."""
        record = tabled.record
        row = _row(record)
        self._rows.append(row)
        self._misfits += len(row["as_text"])
        self._records += 1
        self._characters += record["chunk"]["end"] - record["chunk"]["start"]
        if self._records == ROWS or self._characters >= CHARACTERS:
            self._end_group()
        elif len(self._rows) == _LOOSE_ROWS:
            self._pack()

    @property
    def notices(self) -> list[str]:
        """What no typed column had room for, and where to find it."""
        if not self._misfits:
            return []
        return [
            f"parquet: {self._misfits} values have no room in a column of their type (numbers of more than "
            f"{_DIGITS - _DECIMALS} digits or {_DECIMALS} decimals, dates that no calendar has) and are null "
            "there; the column as_text and records.jsonl have them whole"
        ]

    def __enter__(self) -> ParquetTable:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._file, self._writer:
            if self._records and kind is None:
                self._end_group()

    def _pack(self) -> None:
        self._packed.append(pa.RecordBatch.from_pylist(self._rows, schema=SCHEMA))
        self._rows = []

    def _end_group(self) -> None:
        self._pack()
        group, self._packed, self._records, self._characters = self._packed, [], 0, 0
        self._writer.write_table(pa.Table.from_batches(group))


def _row(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a written record as a row of ``SCHEMA``, in the Python values that pyarrow takes."""
    data = dict(record["data"] or {})
    if data:
        data["indicators"] = [_with_upper(indicator) for indicator in data["indicators"]]
    evidence = {
        path: [{"start": start, "end": end} for start, end in spans]
        for path, spans in record["evidence"].items()
    }
    misfits: _Misfits = {}
    values = {**record, **data, "evidence": evidence}
    row: dict[str, Any] = {
        name: fit(values[name], name, misfits) for name, fit in _FITS.items() if values.get(name) is not None
    }
    return {**row, "as_text": list(misfits.items())}


def _with_upper(indicator: Mapping[str, Any]) -> dict[str, Any]:
    """Return an indicator whose measure has both ends of a range in columns of their own."""
    measure = indicator.get("measure")
    if measure is None:
        return dict(indicator)
    value = measure["value"]
    lower, upper = value if isinstance(value, list | tuple) else (value, None)
    return {**indicator, "measure": {**measure, "value": lower, "upper": upper}}


def _fit_of(kind: pa.DataType) -> _Fit:
    """Return what turns a JSON value into what pyarrow takes for a type; null where the value has no room.

    Such a value's text is put into the given misfits by its path.
    """
    if pa.types.is_struct(kind):
        return _fit_of_struct({field.name: _fit_of(field.type) for field in kind})
    if pa.types.is_map(kind):
        return _fit_of_map(_fit_of(kind.item_type))
    if pa.types.is_list(kind):
        return _fit_of_list(_fit_of(kind.value_type))
    return _fit_of_leaf(_LEAVES[kind])


def _fit_of_struct(parts: Mapping[str, _Fit]) -> _Fit:
    def fit(value: Mapping[str, Any], path: str, misfits: _Misfits) -> dict[str, Any]:
        return {
            name: fit_part(value[name], f"{path}.{name}", misfits)
            for name, fit_part in parts.items()
            if value.get(name) is not None
        }

    return fit


def _fit_of_map(fit_item: _Fit) -> _Fit:
    def fit(value: Mapping[str, Any], path: str, misfits: _Misfits) -> list[tuple[str, Any]]:
        return [(_text(key), fit_item(item, f"{path}.{key}", misfits)) for key, item in value.items()]

    return fit


def _fit_of_list(fit_item: _Fit) -> _Fit:
    def fit(value: Iterable[Any], path: str, misfits: _Misfits) -> list[Any]:
        return [fit_item(item, f"{path}.{number}", misfits) for number, item in enumerate(value)]

    return fit


def _fit_of_leaf(converted: Callable[[Any], Any]) -> _Fit:
    def fit(value: Any, path: str, misfits: _Misfits) -> Any:
        try:
            return converted(value)
        except (ValueError, ArithmeticError):
            misfits[path] = _text(str(value))
            return None

    return fit


_HALF_CHARACTER = re.compile("[\ud800-\udfff]")
_EXACTLY = Context(prec=_DIGITS, traps=[Inexact, InvalidOperation])
_UNIT = Decimal(1).scaleb(-_DECIMALS)


def _text(text: str) -> str:
    """Return text that UTF-8 can hold: all of it but halves of surrogate pairs."""
    return _HALF_CHARACTER.sub("\ufffd", text)


def _number(text: str) -> Decimal:
    """Return the number with the columns' decimals; raise where that is not the same number."""
    if not is_number(text):
        raise ValueError(text)
    return Decimal(text).quantize(_UNIT, context=_EXACTLY)


def _integer(bits: int) -> Callable[[int], int]:
    room = range(-(1 << bits - 1), 1 << bits - 1)

    def integer(number: int) -> int:
        if number not in room:
            raise OverflowError(number)
        return number

    return integer


_LEAVES: dict[pa.DataType, Callable[[Any], Any]] = {
    _TEXT: _text,
    _NUMBER: _number,
    _SMALL: _integer(32),
    _LARGE: _integer(64),
    _PROBABILITY: float,
    _TIME: datetime.fromisoformat,
    _MOMENT: datetime.fromisoformat,
}
_FITS = {field.name: _fit_of(field.type) for field in SCHEMA if field.name != "as_text"}
