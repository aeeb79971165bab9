from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

import structurer
from structurer import read_document, structure
from structurer.errors import DocumentError
from structurer.synthesis.families import Family
from structurer.synthesis.filing import invent_filing

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "invented.txt"
    path.write_text(invent_filing(Family.PAGED, 11, count=2).text, encoding="utf-8")
    return path


def test_three_lines_from_a_path_to_records(path: Path) -> None:
    document = read_document(path)
    records = structure(document)
    assert [record.as_dict() for record in records] == [record.as_dict() for record in structure(path)]
    assert [record.as_dict() for record in records] == [record.as_dict() for record in structure(str(path))]
    assert len(records) == 2
    assert all(record.data and record.data["project_name"] for record in records)


def test_a_record_is_plain_json_and_says_where_each_value_stands(path: Path) -> None:
    (record, _) = structure(path)
    written = record.as_dict()
    assert json.loads(json.dumps(written, ensure_ascii=False)) == written
    start, end = written["evidence"]["project_name"][0]
    assert record.document.text[start:end] == written["data"]["project_name"]


def test_the_names_of_the_front_door() -> None:
    assert set(structurer.__all__) >= {"Document", "Record", "read_document", "structure"}
    assert all(hasattr(structurer, name) for name in structurer.__all__)


def test_a_file_that_cannot_be_read_is_an_error_that_names_it(tmp_path: Path) -> None:
    missing = tmp_path / "missing.txt"
    with pytest.raises(DocumentError, match=r"missing\.txt"):
        structure(missing)


def test_structuring_opens_no_connection(path: Path) -> None:
    program = (
        "import socket, sys\n"
        "def refuse(*_, **__): raise AssertionError('a connection was opened')\n"
        "socket.socket.connect = refuse\n"
        "from structurer import structure\n"
        "print(len(structure(sys.argv[1])))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.returncode) == ("2\n", 0), done.stderr
