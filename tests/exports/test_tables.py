from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from structurer.exports.cells import csv_cell, printable
from structurer.exports.csv_ import CsvTable
from structurer.exports.tables import DECLARATION_COLUMNS, INDICATOR_COLUMNS, declaration_row, indicator_rows
from structurer.exports.values import doubtful_paths, value_paths
from structurer.exports.xlsx import MAX_CELL, XlsxWorkbook

if TYPE_CHECKING:
    from pathlib import Path


def test_values_are_what_was_read(record: dict[str, Any]) -> None:
    paths = value_paths(record["data"])
    assert paths[:3] == ["fiscal_year", "project_name", "competent_department.code"]
    assert "indicators.1.target" in paths
    assert not [path for path in paths if "measure" in path or path.endswith(("scope", "level1"))]
    assert "basis" in paths
    assert "necessity" not in paths
    assert value_paths(None) == []


def test_doubtful_values_stand_at_or_below_an_extraction_flag(record: dict[str, Any]) -> None:
    annual = [f"funding.annual.{part}" for part in ("total", "provincial", "municipal_county")]
    assert doubtful_paths(record) == [*annual, "indicators.1.name"]


def test_a_row_number_is_not_a_prefix_of_another() -> None:
    rows = [{"name": str(number)} for number in range(12)]
    flag = {"kind": "extraction", "path": "indicators.1"}
    assert doubtful_paths({"data": {"indicators": rows}, "flags": [flag]}) == ["indicators.1.name"]


def test_rows_have_the_fixed_columns(record: dict[str, Any], broken: dict[str, Any]) -> None:
    row = dict(zip(DECLARATION_COLUMNS, declaration_row(record), strict=True))
    assert row["document"] == "水务局,2031.txt"
    assert row["funding.implementation_period.other"] == "-3.50"
    assert (row["indicators"], row["extraction_flags"], row["source_flags"]) == (2, 3, 1)
    assert row["extraction_messages"] == "whole\nhalf\nname"
    first, second = (dict(zip(INDICATOR_COLUMNS, row, strict=True)) for row in indicator_rows(record))
    assert (first["row"], first["extraction_messages"]) == ("indicators.0", None)
    assert first["source_messages"] is not None
    assert (second["extraction_messages"], second["measure.value"], second["measure.upper"]) == (
        "name",
        "10",
        "50",
    )
    lost = dict(zip(DECLARATION_COLUMNS, declaration_row(broken), strict=True))
    assert (lost["project_name"], lost["status"], lost["extraction_messages"]) == (None, "flagged", "lost")
    assert indicator_rows(broken) == []


@pytest.mark.parametrize(
    "text", ["=1", "+86", "-a", "@x", "\t=1", "\r=1", " =1", "＝1", "＋", "－a", "＠x", "-1-1"]
)
def test_formulas_are_made_text(text: str) -> None:
    assert csv_cell(text).startswith("'")


@pytest.mark.parametrize("text", ["-3.50", "1200000", "≥10户", "100%", "项目=好", "0"])
def test_numbers_and_other_text_stay_plain(text: str) -> None:
    assert csv_cell(text) == text


@given(st.text())
def test_no_cell_begins_a_formula_or_holds_a_control_character(text: str) -> None:
    cell = csv_cell(text)
    assert cell == printable(cell)
    assert not cell.lstrip().startswith(("=", "+", "@", "＝", "＋", "－", "＠"))
    cell.encode()


def test_csv_reads_back_and_opens_in_excel(tmp_path: Path, record: dict[str, Any]) -> None:
    path = tmp_path / "a.csv"
    with CsvTable(path, DECLARATION_COLUMNS) as table:
        table.add([declaration_row(record)])
    data = path.read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    (row,) = csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline=""))
    assert row["project_name"] == '\'=HYPERLINK("http://x")'
    assert row["overview"] == "第一行\n第二行"
    assert row["basis"] == "belland[31mred"
    assert (row["handler"], row["phone"]) == ("'-", "'+86 10")
    assert (row["form_title"], row["competent_department.code"]) == ("", "001")
    assert row["source_messages"] == "'=odd"


def _workbook(path: Path, rows: list[tuple[Any, ...]], max_rows: int = 100) -> list[str]:
    with XlsxWorkbook(path) as workbook:
        sheet = workbook.sheet(
            "declarations", ("text", "funding.x"), numeric={"funding.x"}, max_rows=max_rows
        )
        sheet.add(rows)
        return workbook.notices


def _cells(path: Path, sheet: str = "declarations") -> list[tuple[Any, ...]]:
    book = load_workbook(path)
    cells = list(book[sheet].iter_rows(min_row=2))
    assert all(cell.data_type in "ns" for row in cells for cell in row)
    return [tuple(cell.value for cell in row) for row in cells]


def test_xlsx_holds_text_as_text_and_amounts_as_numbers(tmp_path: Path) -> None:
    rows = [
        ("=1+1", "1200000"),
        ("http://x", "-3.5"),
        ("0012", "12345678901234567"),
        ("a\x07b", None),
        (None, "约3"),
    ]
    assert _workbook(tmp_path / "a.xlsx", rows) == []
    assert _cells(tmp_path / "a.xlsx") == [
        ("=1+1", 1200000),
        ("http://x", -3.5),
        ("0012", "12345678901234567"),  # more digits than Excel keeps
        ("ab", None),
        (None, "约3"),
    ]


def test_xlsx_tells_of_texts_that_excel_has_no_room_for(tmp_path: Path) -> None:
    fits, long, wide = "长" * MAX_CELL, "长" * (MAX_CELL + 1), "𠀀" * 20_000
    notices = _workbook(tmp_path / "a.xlsx", [(fits, None), (long, None), (wide, None)])
    assert len(notices) == 1
    assert "2 texts of declarations" in notices[0]
    assert "records.jsonl" in notices[0]
    texts = [row[0] for row in _cells(tmp_path / "a.xlsx")]
    assert texts[0] == fits
    assert texts[1].endswith("… [cut: 32,768 characters]")
    assert all(len(text.encode("utf-16-le")) // 2 <= MAX_CELL for text in texts)


def test_xlsx_goes_on_on_another_sheet(tmp_path: Path) -> None:
    rows = [(f"r{number}", None) for number in range(5)]
    notices = _workbook(tmp_path / "a.xlsx", rows, max_rows=3)
    assert '"declarations 2" to "declarations 3"' in notices[0]
    sheets = ("declarations", "declarations 2", "declarations 3")
    assert [row[0] for name in sheets for row in _cells(tmp_path / "a.xlsx", name)] == [
        row[0] for row in rows
    ]


def test_xlsx_repeats_byte_for_byte(tmp_path: Path) -> None:
    for name in ("a.xlsx", "b.xlsx"):
        _workbook(tmp_path / name, [("x", "1")])
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()
    assert b"1980-01-01T00:00:00Z" in load_workbook_core(tmp_path / "a.xlsx")


def load_workbook_core(path: Path) -> bytes:
    import zipfile

    with zipfile.ZipFile(path) as archive:
        assert {info.date_time[0] for info in archive.infolist()} == {1980}
        return archive.read("docProps/core.xml")
