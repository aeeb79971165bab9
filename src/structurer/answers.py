"""What can be used of a model's answer: all but the places that are wrong.

The wrong places are taken out of the answer's JSON and the rest is validated again, until it is valid
or nothing is left. Nothing is ever moved to another's place by this: an item of a row (a list in a list)
becomes ``null``, and where that is not allowed the row goes as a whole.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError

from structurer.asking import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

_MOST_ROUNDS = 32
_QUOTED = 60
_MESSAGE = 240


class _Items:
    """A JSON list whose items remember where they stood in the answer."""

    def __init__(self, items: list[tuple[int, Any]]) -> None:
        self.items = items


class _Step:
    """One step down into the answer: a container, the key or number in it, the path in the original."""

    def __init__(self, container: dict[str, Any] | _Items, key: str | int, path: str) -> None:
        self.container = container
        self.key = key
        self.path = path


def accept(
    model: type[BaseModel], answer: Any, context: Mapping[str, Any]
) -> tuple[BaseModel | None, tuple[Problem, ...]]:
    """Validate an answer, given as plain JSON values, with the chunk as context.

    Return what is valid of it and a problem for each place that is not; ``None`` where nothing can be used.
    Paths are dotted and count list items as they came. The model must allow any of its keys to be absent.
    """
    tree = _tree(answer)
    problems: dict[str, list[str]] = {}
    for _ in range(_MOST_ROUNDS):
        plain = _plain(tree)
        if problems and not _holds_anything(plain):
            break
        try:
            return model.model_validate(plain, context=dict(context)), _listed(problems)
        except ValidationError as error:
            wrong = _note(error, tree, problems)
        if not wrong:
            break
        # Deepest first, so that a place is taken out before what holds it.
        for steps in sorted(wrong.values(), key=len, reverse=True):
            _take_out(steps)
    return None, _listed(problems)


def _note(error: ValidationError, tree: Any, problems: dict[str, list[str]]) -> dict[str, list[_Step]]:
    """Note what is wrong and return the ways to the wrong places; none where the whole answer is wrong."""
    wrong: dict[str, list[_Step]] = {}
    whole = False
    for each in error.errors(include_url=False, include_context=False):
        steps = _walk(tree, each["loc"])
        whole = whole or not steps
        path = steps[-1].path if steps else ".".join(str(part) for part in each["loc"])
        wrong.setdefault(path, steps)
        messages = problems.setdefault(path, [])
        message = _message(dict(each))
        if message not in messages:
            messages.append(message)
    return {} if whole else wrong


def _walk(tree: Any, loc: tuple[int | str, ...]) -> list[_Step]:
    """Return the steps down to the place of an error, as far as the answer has it.

    The place of a missing key is the object that lacks it; names of union members are not in the answer.
    """
    steps: list[_Step] = []
    node, path = tree, ""
    for key in loc:
        if isinstance(node, dict) and isinstance(key, str) and key in node:
            path = f"{path}.{key}" if path else key
            steps.append(_Step(node, key, path))
            node = node[key]
        elif isinstance(node, _Items) and isinstance(key, int) and key < len(node.items):
            number, item = node.items[key]
            path = f"{path}.{number}" if path else str(number)
            steps.append(_Step(node, number, path))
            node = item
        else:
            break
    return steps


def _take_out(steps: list[_Step]) -> None:
    step = steps[-1]
    if isinstance(step.container, dict):
        step.container.pop(str(step.key), None)
        return
    items = step.container.items
    at = next((at for at, (number, _) in enumerate(items) if number == step.key), None)
    if at is None:
        return
    in_a_row = len(steps) > 1 and isinstance(steps[-2].container, _Items)
    if not in_a_row:
        del items[at]
    elif items[at][1] is not None:
        items[at] = (items[at][0], None)
    else:
        _take_out(steps[:-1])


def _tree(value: Any) -> Any:
    if isinstance(value, list):
        return _Items([(number, _tree(item)) for number, item in enumerate(value)])
    if isinstance(value, dict):
        return {key: _tree(item) for key, item in value.items()}
    return value


def _plain(node: Any) -> Any:
    if isinstance(node, _Items):
        return [_plain(item) for _, item in node.items]
    if isinstance(node, dict):
        return {key: _plain(item) for key, item in node.items()}
    return node


def _holds_anything(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_holds_anything(item) for item in value.values())
    if isinstance(value, list):
        return any(_holds_anything(item) for item in value)
    return value is not None


def _listed(problems: dict[str, list[str]]) -> tuple[Problem, ...]:
    return tuple(Problem(path, "; ".join(messages)) for path, messages in problems.items())


def _message(error: dict[str, Any]) -> str:
    message = str(error["msg"]).removeprefix("Value error, ").removeprefix("Assertion failed, ")
    if "\n" in message or len(message) > _MESSAGE:
        message = f"{message.split(chr(10))[0][:_MESSAGE]}…"
    if error["type"] in ("value_error", "assertion_error", "missing"):
        return message
    if isinstance(error["input"], (dict, list, str, int, float, bool, type(None))):
        quoted = json.dumps(error["input"], ensure_ascii=False, default=str)
        quoted = quoted if len(quoted) <= _QUOTED else f"{quoted[: _QUOTED - 1]}…"
        if quoted not in message:
            return f"{message} (got {quoted})"
    return message
