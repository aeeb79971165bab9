from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from structurer import schemas
from structurer.document_types.declaration.model import Declaration
from structurer.documents import document_from_bytes
from structurer.errors import SchemaError
from structurer.pipeline import structure_document
from structurer.synthesis.content import invent
from structurer.synthesis.families import Family
from structurer.synthesis.filing import invent_filing

DATA = "performance_target_declaration"


@pytest.fixture
def data() -> dict[str, Any]:
    return invent(5).model_dump(mode="json")


@pytest.mark.parametrize("name", schemas.SCHEMA_NAMES)
def test_files_are_what_the_models_say(name: str) -> None:
    assert schemas.schema_path(name).read_text(encoding="utf-8") == schemas.schema_text(name)


@pytest.mark.parametrize("name", schemas.SCHEMA_NAMES)
def test_schemas_are_valid_and_stand_alone(name: str) -> None:
    schema = schemas.build_schema(name)
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert "$ref" not in json.dumps(schema)


@given(st.integers(0, 10**4))
def test_what_the_model_takes_the_schema_takes(seed: int) -> None:
    schemas.validate(DATA, invent(seed).model_dump(mode="json"))


def test_an_empty_form_is_valid_but_a_missing_key_is_not() -> None:
    empty = Declaration().model_dump(mode="json")
    schemas.validate(DATA, empty)
    del empty["basis"]
    with pytest.raises(SchemaError, match="'basis' is a required property"):
        schemas.validate(DATA, empty)


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"fiscal_year": "2031"}, "fiscal_year"),
        ({"project_attribute": "其他"}, "project_attribute"),
        ({"submitted_at": "2031-01-02"}, "submitted_at"),
        ({"surprise": 1}, "the whole value"),
        ({"goals": None}, "goals"),
    ],
)
def test_what_does_not_fit_is_named(data: dict[str, Any], change: dict[str, Any], place: str) -> None:
    with pytest.raises(SchemaError, match=f"{DATA}: {place}: "):
        schemas.validate(DATA, data | change)


@pytest.mark.parametrize("amount", ["1,200", "12万", "", 1200, "１２"])
def test_amounts_are_plain_decimals(data: dict[str, Any], amount: object) -> None:
    data["funding"]["annual"]["total"] = amount
    with pytest.raises(SchemaError, match=r"funding\.annual\.total"):
        schemas.validate(DATA, data)


def test_indicator_rows_are_checked(data: dict[str, Any]) -> None:
    data["indicators"][1]["level2"] = "数量"
    with pytest.raises(SchemaError, match=r"indicators\.1\.level2"):
        schemas.validate(DATA, data)


@pytest.mark.parametrize("family", list(Family))
def test_records_are_what_the_record_schema_says(family: Family) -> None:
    document = document_from_bytes(invent_filing(family, 3, count=2).text.encode(), "a.txt")
    records = structure_document(document).records
    assert records
    for record in records:
        schemas.validate("record", json.loads(json.dumps(record.as_dict())))


def test_a_record_without_data_is_valid_and_one_with_a_wrong_flag_is_not() -> None:
    document = document_from_bytes(invent_filing(Family.BUREAU, 3, count=1).text.encode(), "a.txt")
    written = structure_document(document).records[0].as_dict() | {"data": None}
    schemas.validate("record", written)
    written["flags"] = [{"code": "x", "kind": "gossip", "severity": "info", "path": "", "message": ""}]
    with pytest.raises(SchemaError, match=r"flags\.0\.kind"):
        schemas.validate("record", written)
