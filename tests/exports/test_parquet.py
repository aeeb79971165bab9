from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from decimal import Decimal
from importlib import import_module
from itertools import chain
from typing import TYPE_CHECKING, Any, get_args, get_origin

import pyarrow as pa
import pytest
from pyarrow import parquet
from pydantic import BaseModel

from commands import FILINGS
from structurer import structure
from structurer.document_types.declaration.model import Declaration
from structurer.errors import OutputError
from structurer.exports.jsonl import record_line
from structurer.exports.parquet import CHARACTERS, SCHEMA, ParquetTable
from structurer.exports.tables import Tabled
from structurer.schemas import WrittenRecord

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path


def _write(path: Path, *batches: Iterable[Mapping[str, Any]]) -> list[str]:
    with ParquetTable(path) as table:
        for record in chain.from_iterable(batches):
            table.add(Tabled(record))
        return table.notices


def _rows(path: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = parquet.read_table(path).to_pylist(maps_as_pydicts="strict")
    return rows


def _row(path: Path, record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a record's row, after a way through a file that keeps all of it."""
    assert _write(path, [record]) == []
    (row,) = _rows(path)
    assert row["as_text"] == {}
    return row


def _groups(path: Path) -> list[int]:
    found = parquet.ParquetFile(path).metadata
    return [found.row_group(number).num_rows for number in range(found.num_row_groups)]


def _restored(row: dict[str, Any]) -> dict[str, Any]:
    """Return the written record that a row was made from, with its numbers as numbers."""
    data: dict[str, Any] | None = None
    if row["indicators"] is not None:
        data = {name: row[name] for name in Declaration.model_fields}
        data["submitted_at"] = row["submitted_at"] and row["submitted_at"].isoformat()
        for indicator in data["indicators"]:
            if (measure := indicator["measure"]) is not None:
                ends = [measure["value"], measure.pop("upper")]
                measure["value"] = ends if measure["operator"] == "between" else ends[0]
    evidence = {path: [[s["start"], s["end"]] for s in spans] for path, spans in row["evidence"].items()}
    flags = [{name: said for name, said in flag.items() if said is not None} for flag in row["flags"]]
    beside = {name: row[name] for name in WrittenRecord.model_fields if name not in ("data", "review")}
    return {**beside, "data": data, "evidence": evidence, "flags": flags}


def _with_numbers(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a written record with the numbers that its texts of digits stand for."""
    found: dict[str, Any] = json.loads(record_line(record))
    for half in found["data"]["funding"].values():
        half |= {name: amount and Decimal(amount) for name, amount in half.items()}
    for indicator in found["data"]["indicators"]:
        if (measure := indicator["measure"]) is not None:
            value = measure["value"]
            measure["value"] = [Decimal(end) for end in value] if isinstance(value, list) else Decimal(value)
    usage = found["provenance"]["usage"]
    usage["cost"] = Decimal(usage["cost"])
    return found


def _leaves_of_model(model: type[BaseModel], above: str = "") -> set[str]:
    found = set()
    for name, field in model.model_fields.items():
        below = _model_in(field.annotation)
        found |= _leaves_of_model(below, f"{above}{name}.") if below else {above + name}
    return found


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if get_origin(annotation) is dict:
        return None
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next(filter(None, map(_model_in, get_args(annotation))), None)


def _leaves_of_columns(fields: Iterable[Any], above: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for field in fields:
        kind = field.type.value_type if pa.types.is_list(field.type) else field.type
        if pa.types.is_struct(kind):
            found |= _leaves_of_columns(kind, f"{above}{field.name}.")
        else:
            found[above + field.name] = kind
    return found


def test_every_field_of_the_models_has_a_column_and_no_two_share_one() -> None:
    columns = _leaves_of_columns(SCHEMA)
    written = {path.removeprefix("data.") for path in _leaves_of_model(WrittenRecord)}
    assert set(columns) == written | {"indicators.measure.upper", "as_text"}
    assert len(SCHEMA.names) == len(set(SCHEMA.names))
    assert not set(Declaration.model_fields) & set(WrittenRecord.model_fields)


def test_columns_have_the_types_of_their_values(tmp_path: Path, record: dict[str, Any]) -> None:
    _write(tmp_path / "a.parquet", [record])
    # As a reader finds it, which is not given that a file keeps every Arrow type.
    assert parquet.read_schema(tmp_path / "a.parquet").equals(SCHEMA)
    types = _leaves_of_columns(SCHEMA)
    special = {path: kind for path, kind in types.items() if kind != pa.string()}
    amount = pa.decimal128(38, 9)
    amounts = {path for path in types if path.startswith("funding.")}
    assert len(amounts) == 12
    assert special == {
        "chunk.ordinal": pa.int32(),
        "chunk.start": pa.int64(),
        "chunk.end": pa.int64(),
        "fiscal_year": pa.int32(),
        "duration_years": pa.int32(),
        **dict.fromkeys(amounts, amount),
        "indicators.measure.value": amount,
        "indicators.measure.upper": amount,
        "submitted_at": pa.timestamp("ms"),
        "evidence": pa.map_(pa.string(), pa.list_(pa.struct([("start", pa.int64()), ("end", pa.int64())]))),
        "grounding": pa.map_(pa.string(), pa.string()),
        "confidence": pa.map_(pa.string(), pa.float64()),
        "provenance.usage.input_tokens": pa.int64(),
        "provenance.usage.output_tokens": pa.int64(),
        "provenance.usage.cost": amount,
        "as_text": pa.map_(pa.string(), pa.string()),
        "review.at": pa.timestamp("ms", tz="UTC"),
        "review.decisions": pa.int64(),
        "review.marks": pa.map_(pa.string(), pa.struct([("kind", pa.string()), ("reason", pa.string())])),
    }
    assert all(pa.types.is_list(SCHEMA.field(name).type) for name in ("indicators", "flags"))


def test_real_filings_come_back_as_they_were(tmp_path: Path) -> None:
    paths = sorted(FILINGS.iterdir())
    records = [record.as_dict() for path in paths for record in structure(path)]
    assert len(records) == 38
    assert _write(tmp_path / "a.parquet", records) == []
    rows = _rows(tmp_path / "a.parquet")
    assert all(row["as_text"] == {} for row in rows)
    assert any(row["submitted_at"] for row in rows)
    assert any(indicator["measure"] for row in rows for indicator in row["indicators"])
    assert [_restored(row) for row in rows] == [_with_numbers(record) for record in records]


def test_a_row_has_typed_values(tmp_path: Path, record: dict[str, Any]) -> None:
    record["data"]["submitted_at"] = "2031-02-03T04:05:06"
    row = _row(tmp_path / "a.parquet", record)
    assert (row["fiscal_year"], row["duration_years"]) == (2031, 3)
    assert row["funding"]["implementation_period"]["other"] == Decimal("-3.5")
    assert row["funding"]["annual"] == {
        "total": Decimal(1200000),
        "central": None,
        "provincial": Decimal(0),
        "municipal_county": Decimal(1200000),
        "self_raised": None,
        "other": None,
    }
    assert row["submitted_at"] == datetime(2031, 2, 3, 4, 5, 6)
    assert row["document"] == record["document"]
    assert row["chunk"] == record["chunk"]
    assert row["flags"] == [flag | {"other": None} for flag in record["flags"]]
    assert row["review"] is None
    assert SCHEMA.names[-2:] == ["as_text", "review"]


def test_a_reviewed_row_says_who_decided_and_when(tmp_path: Path, record: dict[str, Any]) -> None:
    record["review"] = {
        "by": ["ann", "=1+1"],
        "at": "2031-02-03T04:05:06+00:00",
        "decisions": 3,
        "marks": {"phone": {"kind": "illegible", "reason": "stamp"}},
    }
    record["flags"] = [record["flags"][0] | {"other": "1200000"}]
    row = _row(tmp_path / "a.parquet", record)
    moment = datetime(2031, 2, 3, 4, 5, 6, tzinfo=UTC)
    assert row["review"] == record["review"] | {"at": moment}
    assert row["flags"] == record["flags"]


def test_a_measure_has_two_ends(tmp_path: Path, record: dict[str, Any]) -> None:
    single = {"operator": "≥", "value": "10.50", "unit": "户", "per": "年"}
    rows = record["data"]["indicators"]
    record["data"]["indicators"] = [*rows, rows[0] | {"measure": single}]
    none, pair, one = (row["measure"] for row in _row(tmp_path / "a.parquet", record)["indicators"])
    assert none is None
    assert pair == {
        "operator": "between", "value": Decimal(10), "upper": Decimal(50), "unit": "万元", "per": None
    }  # fmt: skip
    assert one == {"operator": "≥", "value": Decimal("10.5"), "upper": None, "unit": "户", "per": "年"}


def test_a_project_that_was_not_structured_has_no_values(tmp_path: Path, broken: dict[str, Any]) -> None:
    row = _row(tmp_path / "a.parquet", broken)
    assert {row[name] for name in Declaration.model_fields} == {None}
    assert row["flags"] == [flag | {"other": None} for flag in broken["flags"]]
    assert (row["id"], row["status"]) == ("abc", "flagged")


@pytest.mark.parametrize(
    "text", ["9" * 29 + "." + "9" * 9, "-" + "9" * 29, "0" * 60 + "1", "1.5" + "0" * 60, "-0", "0"]
)
def test_amounts_are_exact_as_far_as_the_column_goes(
    tmp_path: Path, record: dict[str, Any], text: str
) -> None:
    record["data"]["funding"]["annual"]["total"] = text
    row = _row(tmp_path / "a.parquet", record)
    assert row["funding"]["annual"]["total"] == Decimal(text)


@pytest.mark.parametrize("text", ["1" + "0" * 29, "0.0000000001", "-" + "7" * 100_000, "约3"])
def test_an_amount_without_room_is_kept_as_text_and_told(
    tmp_path: Path, record: dict[str, Any], broken: dict[str, Any], text: str
) -> None:
    record["data"]["funding"]["annual"]["total"] = text
    record["data"]["indicators"][1]["measure"]["value"] = ["1", text]
    (notice,) = _write(tmp_path / "a.parquet", [record, broken])
    assert notice.startswith("parquet: 2 values have no room")
    assert "as_text" in notice
    assert "records.jsonl" in notice
    row, other = _rows(tmp_path / "a.parquet")
    assert row["funding"]["annual"]["total"] is None
    assert row["funding"]["annual"]["municipal_county"] == 1200000
    assert row["indicators"][1]["measure"]["value"] == 1
    assert row["indicators"][1]["measure"]["upper"] is None
    assert row["as_text"] == {"funding.annual.total": text, "indicators.1.measure.upper": text}
    assert other["as_text"] == {}


def test_other_values_without_room_are_kept_as_text_too(tmp_path: Path, record: dict[str, Any]) -> None:
    record["data"] |= {"fiscal_year": 2**31, "submitted_at": "2031-02-30T00:00:00"}
    record["provenance"] = {"usage": {"input_tokens": 2**63, "output_tokens": 2**63 - 1, "cost": "1e2"}}
    (notice,) = _write(tmp_path / "a.parquet", [record])
    assert notice.startswith("parquet: 4 values")
    (row,) = _rows(tmp_path / "a.parquet")
    assert row["as_text"] == {
        "fiscal_year": "2147483648",
        "submitted_at": "2031-02-30T00:00:00",
        "provenance.usage.input_tokens": "9223372036854775808",
        "provenance.usage.cost": "1e2",
    }
    assert (row["fiscal_year"], row["submitted_at"]) == (None, None)
    assert row["provenance"]["usage"] == {"input_tokens": None, "output_tokens": 2**63 - 1, "cost": None}


def test_text_is_kept_but_for_what_utf_8_cannot_hold(tmp_path: Path, record: dict[str, Any]) -> None:
    kept = "a\r\nb\rc\td\x00e\x1b[31m\x85\u2028\u202e\ufeff𠀀=1+1"
    broken = "x\ud800y\udfff\ud83d"
    record["data"] |= {"overview": kept, "basis": broken}
    record["document"] = record["document"] | {"name": broken}
    record["evidence"] = {broken: [[1, 2]]}
    record["data"]["funding"]["annual"]["total"] = broken
    _write(tmp_path / "a.parquet", [record])
    (row,) = _rows(tmp_path / "a.parquet")
    mended = "x\ufffdy\ufffd\ufffd"
    assert (row["overview"], row["basis"], row["document"]["name"]) == (kept, mended, mended)
    assert row["evidence"] == {mended: [{"start": 1, "end": 2}]}
    assert row["as_text"] == {"funding.annual.total": mended}


def test_row_groups_are_written_as_they_fill(tmp_path: Path, broken: dict[str, Any]) -> None:
    path = tmp_path / "a.parquet"
    sizes = []

    def records() -> Iterator[dict[str, Any]]:
        for number in range(2_500):
            if number in (999, 1_001, 2_001):
                sizes.append(path.stat().st_size)
            yield broken | {"id": str(number)}

    _write(path, records())
    assert sizes == sorted(set(sizes))
    assert _groups(path) == [1000, 1000, 500]
    assert [row["id"] for row in _rows(path)] == [str(number) for number in range(2_500)]
    columns = parquet.ParquetFile(path).metadata.row_group(0)
    assert {columns.column(number).compression for number in range(columns.num_columns)} == {"ZSTD"}


def test_huge_projects_make_smaller_row_groups(tmp_path: Path, broken: dict[str, Any]) -> None:
    half = broken | {"chunk": {"ordinal": 1, "start": 7, "end": 7 + CHARACTERS // 2}}
    _write(tmp_path / "a.parquet", [broken, half, half, half, half, broken])
    assert _groups(tmp_path / "a.parquet") == [3, 2, 1]


def test_no_records_are_a_file_too(tmp_path: Path) -> None:
    assert _write(tmp_path / "a.parquet") == []
    assert _rows(tmp_path / "a.parquet") == []
    assert parquet.read_schema(tmp_path / "a.parquet").equals(SCHEMA)


def test_the_same_records_give_the_same_bytes_however_they_come(
    tmp_path: Path, record: dict[str, Any], broken: dict[str, Any]
) -> None:
    records = [record, broken] * 600
    _write(tmp_path / "a.parquet", records)
    _write(tmp_path / "b.parquet", records[:7], [], records[7:1_100], iter(records[1_100:]))
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()


def test_a_place_that_cannot_be_written_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        ParquetTable(tmp_path / "missing" / "a.parquet")


def test_an_error_on_the_way_is_told_and_leaves_a_file_that_is_closed(
    tmp_path: Path, record: dict[str, Any]
) -> None:
    with pytest.raises(KeyError, match="data"):
        _write(tmp_path / "a.parquet", [record, {"id": "no record"}])
    assert _groups(tmp_path / "a.parquet") == []


def test_without_pyarrow_the_user_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "structurer.exports.parquet")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(OutputError, match=r"^Parquet needs pyarrow; install it with: pip install 'struct"):
        import_module("structurer.exports.parquet")
