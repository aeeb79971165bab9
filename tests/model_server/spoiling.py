"""Making a right answer wrong in the way that a fault says. All of it follows from the dice."""

from __future__ import annotations

import copy
import itertools
from typing import TYPE_CHECKING, Any

from model_server.faults import Fault
from model_server.inventing import invented_text
from model_server.prompt import folded

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator, Mapping

    from model_server.prompt import Question

_HALVES = ("implementation_period", "annual")
_FAR = 100_000


def spoil(answer: Any, fault: Fault | None, question: Question | None, dice: random.Random) -> Any:
    """Return the answer with this fault in it; an answer about no filing can only be of the wrong shape."""
    if fault is Fault.WRONG_SCHEMA:
        return {"result": {"status": "ok", "fields": [1, 2, 3]}}
    if fault is None or fault not in _WAYS or question is None or not isinstance(answer, dict):
        return answer
    spoiled = copy.deepcopy(answer)
    _WAYS[fault](spoiled, question, dice)
    return spoiled


def slots(answer: Any) -> Iterator[tuple[Any, Any]]:
    """Yield (container, key) of every value of an answer, in its order: of a row, its name and its target."""
    for key, value in answer.items():
        if key == "indicators":
            for row in rows(answer):
                yield from ((row, 0), (row, 1))
        elif isinstance(value, dict):
            yield from slots(value)
        else:
            yield answer, key


def rows(answer: Any, half: str | None = None) -> list[list[Any]]:
    """Return the indicator rows of one half, or of both."""
    halves = [half] if half else _HALVES
    indicators = answer.get("indicators", {})
    return [row for name in halves for group in indicators.get(name, {}).values() for row in group]


def _out_of_range(answer: Any, question: Question, dice: random.Random) -> None:
    for container, key in _some(answer, dice):
        value = container[key]
        if question.format == "point":
            container[key] = [_FAR + dice.randrange(_FAR)]
        elif isinstance(value, int):
            container[key] = value + _FAR
        else:
            container[key] = f"{_FAR}{value}"


def _invented(answer: Any, question: Question, dice: random.Random) -> None:
    numbers = list(question.shown) or [0]
    for container, key in _some(answer, dice):
        text = invented_text(dice)
        if question.format == "transcribe":
            container[key] = text
        else:
            container[key] = [dice.choice((f"{dice.choice(numbers)}:{text}", dice.choice(numbers)))]


def _some(answer: Any, dice: random.Random) -> list[tuple[Any, Any]]:
    """Choose a third of the values that are not empty."""
    full = [(container, key) for container, key in slots(answer) if container[key] not in (None, [])]
    return dice.sample(full, max(1, len(full) // 3)) if full else []


def _dropped_rows(answer: Any, question: Question, dice: random.Random) -> None:
    for half in _HALVES:
        there = rows(answer, half)
        gone = {id(row) for row in dice.sample(there, max(1, len(there) // 3))} if there else set()
        groups: dict[str, list[Any]] = answer.get("indicators", {}).get(half, {})
        for level in list(groups):
            groups[level] = [row for row in groups[level] if id(row) not in gone]
            if not groups[level]:
                del groups[level]


def _swapped_halves(answer: Any, question: Question, dice: random.Random) -> None:
    for key in ("funding", "goals", "indicators"):
        if key in answer:
            first, second = (answer[key].get(half) for half in _HALVES)
            answer[key] = dict(zip(_HALVES, (second, first), strict=True))


def _shifted_targets(answer: Any, question: Question, dice: random.Random) -> None:
    for half in _HALVES:
        there = rows(answer, half)
        targets = [row[1] for row in there]
        for row, target in zip(there, targets[-1:] + targets[:-1], strict=True):
            row[1] = target


def _zeroed_amounts(answer: Any, question: Question, dice: random.Random) -> None:
    zeros = [number for number, text in question.shown.items() if folded(text) in ("0", "000")]
    # Each zero is pointed at once while there are enough: the most plausible way to obey.
    chosen = itertools.chain(([zero] for zero in zeros), itertools.repeat(zeros[:1]))
    for half in _HALVES:
        amounts: dict[str, Any] = answer.get("funding", {}).get(half, {})
        for source in amounts:
            amounts[source] = "0" if question.format == "transcribe" else next(chosen)


_WAYS: Mapping[Fault, Any] = {
    Fault.OUT_OF_RANGE: _out_of_range,
    Fault.INVENTED: _invented,
    Fault.DROPPED_ROWS: _dropped_rows,
    Fault.SWAPPED_HALVES: _swapped_halves,
    Fault.SHIFTED_TARGETS: _shifted_targets,
    Fault.ZEROED_AMOUNTS: _zeroed_amounts,
}
