"""The JSON Schemas (draft 2020-12) of what is written, made from the models, and checking against them.

A schema here is written to be cheap to check, because every record is: references are put in place,
``anyOf`` with null becomes a list of types, and each validator is compiled once.
"""

from __future__ import annotations

import json
import re
from functools import cache
from typing import TYPE_CHECKING, Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match
from jsonschema.validators import extend
from pydantic import BaseModel, ConfigDict, Field

from structurer.document_types.declaration.model import SCHEMA_VERSION, Declaration
from structurer.errors import SchemaError
from structurer.models import FlagKind, Grounding, Severity, Status
from structurer.resources import resource_folder
from structurer.review.editing.state import MarkKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from jsonschema.protocols import Validator

_MAY_BE_ABSENT = "may_be_absent"
"""Marks a key that is written only where there is something to say; all others are always there."""

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


class _Written(BaseModel):
    model_config = ConfigDict(extra="forbid", use_enum_values=True)


class WrittenDocument(_Written):
    """The filing that a record comes from."""

    name: str
    sha256: str
    encoding: str


class WrittenChunk(_Written):
    """The project's place in the filing: the how-manieth it is, from 1, and ``[start, end)``."""

    ordinal: int = Field(ge=1)
    start: int = Field(ge=0)
    end: int = Field(ge=0)


class WrittenFlag(_Written):
    """One thing that is doubtful (``extraction``) or odd in the filing itself (``source``)."""

    code: str
    kind: FlagKind
    severity: Severity
    path: str = Field(description="What it is about, and everything below; empty: the whole record.")
    message: str
    other: str = Field(
        description="The reading that was not taken, where there were two.",
        json_schema_extra={_MAY_BE_ABSENT: True},
    )


class WrittenUsage(_Written):
    """What a model was paid for."""

    input_tokens: int = Field(ge=0)
    output_tokens: int = Field(ge=0)
    cost: str


class WrittenProvenance(_Written):
    """What made the record; enough to make it again."""

    engine: str
    model: str | None
    prompt: str | None
    structurer: str
    config: str
    usage: WrittenUsage


class WrittenMark(_Written):
    """What a person said of a value, a row or a part of the form, and why."""

    kind: MarkKind
    reason: str


class WrittenReview(_Written):
    """Who decided on a record, when they last did, how often, and what they said of which path."""

    by: list[str]
    at: str
    decisions: int = Field(ge=0)
    marks: dict[str, WrittenMark]


class WrittenRecord(_Written):
    """One line of records.jsonl: one project's data, its evidence, its doubts, where it came from."""

    id: str
    document_type: str
    schema_version: str
    document: WrittenDocument
    chunk: WrittenChunk
    data: Declaration | None = Field(description="Null where the project could not be structured.")
    evidence: dict[str, list[list[int]]] = Field(
        description="Dotted path to the [start, end) spans where the value stands, in reading order."
    )
    grounding: dict[str, Grounding] = Field(description="Dotted path to how the value stands there.")
    confidence: dict[str, float] = Field(description="Dotted path to the probability that it is right.")
    flags: list[WrittenFlag]
    status: Status
    provenance: WrittenProvenance
    review: WrittenReview = Field(
        description="Only in a record that people reviewed.", json_schema_extra={_MAY_BE_ABSENT: True}
    )


_MODELS: Mapping[str, type[BaseModel]] = {
    "performance_target_declaration": Declaration,
    "record": WrittenRecord,
}

SCHEMA_NAMES = tuple(_MODELS)
"""The names of the schemas, which are also the names of their files in ``schemas/``."""


def build_schema(name: str) -> dict[str, Any]:
    """Return one schema, made from its model.

    Every key is required, empty is ``null`` and not absent; but for those that are marked to be absent.
    """
    generated = _MODELS[name].model_json_schema(mode="serialization")
    schema = _simplified(generated, generated.get("$defs", {}))
    head = {"$schema": _DIALECT, "title": name, "version": SCHEMA_VERSION}
    return {**head, **{key: value for key, value in schema.items() if key != "title"}}


def schema_text(name: str) -> str:
    """Return the schema as its file in ``schemas/`` holds it."""
    return json.dumps(build_schema(name), ensure_ascii=False, indent=2) + "\n"


def schema_path(name: str) -> Path:
    """Return where the schema's file stands."""
    return resource_folder("schemas") / f"{name}.json"


@cache
def validator(name: str) -> Validator:
    """Return the validator of one schema, made once in a process."""
    checker: Validator = _QuickValidator(_without_descriptions(build_schema(name)))
    return checker


def _quick_properties(
    checker: Any, properties: Mapping[str, Any], instance: Any, schema: Mapping[str, Any]
) -> Iterator[Any]:
    """Check ``properties`` as the specification says; null and text that fit their schema pass at once.

    Going down into each leaf is most of what checking a record costs.
    """
    if not checker.is_type(instance, "object"):
        return
    for name, subschema in properties.items():
        if name in instance and not _passes(subschema, instance[name]):
            yield from checker.descend(instance[name], subschema, path=name, schema_path=name)


def _passes(schema: Mapping[str, Any], value: Any) -> bool:
    kinds = schema.get("type", ())
    if value is None:
        return "null" in kinds if kinds else schema.get("enum", ())[-1:] == [None]
    if isinstance(value, str) and schema.keys() <= _LEAF_KEYWORDS:
        typed = not kinds or "string" in kinds
        listed = "enum" not in schema or value in schema["enum"]
        return typed and listed and ("pattern" not in schema or bool(re.search(schema["pattern"], value)))
    return False


def _quick_items(
    checker: Any, items: Mapping[str, Any], instance: Any, schema: Mapping[str, Any]
) -> Iterator[Any]:
    """Check ``items``; only an item that does not fit is gone down into."""
    if not checker.is_type(instance, "array"):
        return
    item_checker = checker.evolve(schema=items)
    for position, item in enumerate(instance):
        if not item_checker.is_valid(item):
            yield from checker.descend(item, items, path=position)


_LEAF_KEYWORDS = frozenset({"type", "enum", "pattern"})
_QuickValidator = extend(Draft202012Validator, {"properties": _quick_properties, "items": _quick_items})  # type: ignore[no-untyped-call]


def validate(name: str, value: Any) -> None:
    """Check JSON-shaped data against a schema; raise ``SchemaError`` naming the place that differs."""
    checker = validator(name)
    if checker.is_valid(value):
        return
    error = best_match(checker.iter_errors(value))
    if error is not None:
        place = ".".join(str(part) for part in error.absolute_path) or "the whole value"
        raise SchemaError(f"{name}: {place}: {error.message}")


def _without_descriptions(node: Any) -> Any:
    """Return a schema without what only people read: the validator looks at every keyword it meets."""
    if isinstance(node, list):
        return [_without_descriptions(item) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        key: {name: _without_descriptions(schema) for name, schema in value.items()}
        if key == "properties"
        else _without_descriptions(value)
        for key, value in node.items()
        if key != "description"
    }


def _simplified(node: Any, definitions: Mapping[str, Any]) -> Any:
    """Return a part of a generated schema with references in place and without pydantic's titles."""
    if isinstance(node, list):
        return [_simplified(item, definitions) for item in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        definition = definitions[node["$ref"].removeprefix("#/$defs/")]
        return _simplified({**definition, **{k: v for k, v in node.items() if k != "$ref"}}, definitions)
    kept: dict[str, Any] = {
        key: {name: _simplified(schema, definitions) for name, schema in value.items()}
        if key == "properties"
        else _simplified(value, definitions)
        for key, value in node.items()
        if key not in {"title", "default", "$defs", _MAY_BE_ABSENT}
    }
    if "properties" in kept:
        kept["required"] = [
            name for name, schema in node["properties"].items() if _MAY_BE_ABSENT not in schema
        ]
    return _without_null_branch(kept)


def _without_null_branch(schema: dict[str, Any]) -> dict[str, Any]:
    """Return ``anyOf: [X, null]`` as X that may also be null: half the work for the validator."""
    branches = schema.get("anyOf", [])
    if len(branches) != 2 or branches[1] != {"type": "null"} or "type" not in branches[0]:
        return schema
    rest = {key: value for key, value in schema.items() if key != "anyOf"}
    merged = {**branches[0], **rest}
    if "enum" in merged:
        # An enumeration says the type by itself.
        return {**{k: v for k, v in merged.items() if k != "type"}, "enum": [*merged["enum"], None]}
    return {**merged, "type": [merged["type"], "null"]}
