"""The shapes of answers: models made for the keys that are asked, with small JSON Schemas.

A model is tolerant in form: a single item need not stand in a list, ``null`` is an empty place, every key
may be missing. What an answer says is checked against the text shown; faults are told at exact paths.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Annotated, Any, NamedTuple, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationInfo, create_model, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError, ValidationError

from structurer.document_types.declaration.model import Level1, Level2
from structurer.document_types.declaration.questions.keys import AMOUNTS, HALVES, LEVELS
from structurer.document_types.declaration.questions.pointers import Fault, Loc
from structurer.document_types.declaration.vocabulary import Group, Label, match_label

Json = dict[str, Any]

_PARTS = ("value", "rows", "amounts", "levels")
"""The parts that schemas refer to."""


class Shape(NamedTuple):
    """What the places of an answer hold: the type for one value, and its JSON Schema.

    ``fields`` are the types and schemas of fields that hold something else.
    """

    value: Any
    schema: Json
    fields: Mapping[str, tuple[Any, Json]]


class Row(NamedTuple):
    """One row of the table in an answer, at ``loc``; ``level`` is the second level that it was put under."""

    loc: Loc
    half: str
    level: Level2
    name: Any
    target: Any


class Answer(BaseModel):
    """An answer about some keys of one form."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="after")
    def _is_sound(self, info: ValidationInfo) -> Self:
        """Raise all faults at once, each at its place."""
        faults = [*self.level_faults(), *self.faults(info.context or {})]
        if faults:
            raise ValidationError.from_exception_data(type(self).__name__, [_line_error(f) for f in faults])
        return self

    def faults(self, context: Mapping[str, Any]) -> Iterable[Fault]:
        """Return what is wrong beyond the form, seen beside the text that was shown."""
        raise NotImplementedError

    def level_faults(self) -> Iterator[Fault]:
        """Yield second levels that no form has."""
        for half, groups in self.table().items():
            for name in groups:
                if level_of(name) is None:
                    message = f"{name!r} is no second-level indicator; use one of {', '.join(LEVELS)}"
                    yield Fault(("indicators", half, name), message)

    def table(self) -> Mapping[str, Mapping[str, Sequence[Any]]]:
        """Return the indicators as answered: for each half its groups' rows."""
        indicators = getattr(self, "indicators", None)
        return (
            {}
            if indicators is None
            else {half: getattr(indicators, half) for half in indicators.model_fields_set}
        )

    def rows(self) -> Iterator[Row]:
        """Yield the rows of the groups that a form has, half by half, in the answer's order."""
        table = self.table()
        for half in HALVES:
            for name, rows in table.get(half, {}).items():
                level = level_of(name)
                for number, (title, target) in enumerate(rows if level else ()):
                    assert level is not None
                    if title or target:
                        yield Row(("indicators", half, name, number), half, level, title, target)

    def values(self) -> Iterator[tuple[Loc, Any]]:
        """Yield everything but the table: the place in the answer, and what is given there."""
        for key in type(self).model_fields:
            given = getattr(self, key)
            if key == "indicators":
                continue
            if isinstance(given, BaseModel):
                yield from _below((key,), given)
            elif given:
                yield (key,), given


def _below(loc: Loc, group: BaseModel) -> Iterator[tuple[Loc, Any]]:
    for name in type(group).model_fields:
        given = getattr(group, name)
        if isinstance(given, BaseModel):
            yield from _below((*loc, name), given)
        elif given:
            yield (*loc, name), given


def _line_error(fault: Fault) -> InitErrorDetails:
    # The message is a template of its own: braces in filing text must not be taken for its fields.
    return InitErrorDetails(
        type=PydanticCustomError("answer", "{fault}", {"fault": fault.message}), loc=fault.loc, input=None
    )


@lru_cache(maxsize=500)
def level_of(name: str) -> Level2 | None:
    """Return the second-level indicator that a name means, as forms print it; None where it means none."""
    if name in LEVELS:
        return Level2(name)
    for words in (name, f"{name}指标"):
        match = match_label(words)
        if match is None or len(match.labels) > 1:
            continue
        if match.label.group is Group.LEVEL2:
            return Level2(match.label.key)
        if match.label == Label(Group.LEVEL1, Level1.SATISFACTION):
            return Level2.SATISFACTION
    return None


_Build = Callable[[tuple[str, ...]], type[Answer]]


def answer_models(base: type[Answer], shape: Shape) -> _Build:
    """Return a function from keys to the model of an answer about just these keys; each is made once."""

    @lru_cache(maxsize=256)
    def build(keys: tuple[str, ...]) -> type[Answer]:
        schema = _schema(keys, shape, base.__doc__ or "")

        class Asked(base):  # type: ignore[valid-type, misc]
            __doc__ = base.__doc__

            @classmethod
            def model_json_schema(cls, *args: Any, **kwargs: Any) -> Json:
                """Return the small schema, whatever is asked."""
                del args, kwargs
                return {"title": cls.__name__, **schema}

        return create_model(base.__name__, __base__=Asked, **_fields(keys, shape))

    return build


def _fields(keys: Sequence[str], shape: Shape) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for key in keys:
        if key == "funding":
            half = _group("AmountsOfAHalf", dict.fromkeys(AMOUNTS, shape.value))
            fields[key] = _optional(_group("Funding", dict.fromkeys(HALVES, _lenient(half))))
        elif key == "goals":
            fields[key] = _optional(_group("Goals", dict.fromkeys(HALVES, shape.value)))
        elif not key.startswith("indicators."):
            fields[key] = (shape.fields.get(key, (shape.value,))[0] | None, None)
    halves = [half for half in HALVES if f"indicators.{half}" in keys]
    if halves:
        fields["indicators"] = _optional(
            _group("Indicators", dict.fromkeys(halves, _groups_of_rows(shape.value)))
        )
    return fields


def _groups_of_rows(value: Any) -> Any:
    row: Any = tuple.__class_getitem__((value, value))
    rows: Any = list.__class_getitem__(Annotated[row, BeforeValidator(_empty_row)])
    groups: Any = dict.__class_getitem__((str, Annotated[rows, BeforeValidator(_empty_list)]))
    return Annotated[groups, BeforeValidator(_empty_object)]


class _Group(BaseModel):
    """A group of places in an answer."""

    model_config = ConfigDict(extra="forbid")


def _group(name: str, types: Mapping[str, Any]) -> type[BaseModel]:
    fields: dict[str, Any] = {key: (kind, None) for key, kind in types.items()}
    return create_model(name, __base__=_Group, **fields)


def _lenient(group: type[BaseModel]) -> Any:
    return Annotated[group, BeforeValidator(_empty_object)]


def _optional(group: type[BaseModel]) -> tuple[Any, Any]:
    return _lenient(group) | None, None


def _empty_object(given: Any) -> Any:
    return {} if given is None or given == [] else given


def _empty_list(given: Any) -> Any:
    return [] if given is None else given


def _empty_row(given: Any) -> Any:
    return (None, None) if given is None else given


def _schema(keys: Sequence[str], shape: Shape, purpose: str) -> Json:
    """Return the JSON Schema of an answer, as short as can be: it is sent with every question."""
    value, rows, amounts, levels = ({"$ref": f"#/$defs/{part}"} for part in _PARTS)
    halves = [half for half in HALVES if f"indicators.{half}" in keys]
    properties: Json = {}
    for key in keys:
        if key == "funding":
            properties[key] = _object(dict.fromkeys(HALVES, amounts))
        elif key == "goals":
            properties[key] = _object(dict.fromkeys(HALVES, value))
        elif not key.startswith("indicators."):
            properties[key] = shape.fields[key][1] if key in shape.fields else value
        elif "indicators" not in properties:
            properties["indicators"] = _object(dict.fromkeys(halves, levels))
    parts: Json = {"value": shape.schema}
    if "funding" in keys:
        parts["amounts"] = _object(dict.fromkeys(AMOUNTS, value), required=False)
    if halves:
        parts["levels"] = _object(dict.fromkeys(LEVELS, rows), required=False)
        pair = {"type": "array", "items": value, "minItems": 2, "maxItems": 2}
        parts["rows"] = {"type": "array", "items": pair, "description": "[name, target] of each row"}
    return {**_object(properties), "description": purpose, "$defs": parts}


def _object(properties: Mapping[str, Any], *, required: bool = True) -> Json:
    shape: Json = {"type": "object", "properties": dict(properties), "additionalProperties": False}
    return {**shape, "required": list(properties)} if required else shape
