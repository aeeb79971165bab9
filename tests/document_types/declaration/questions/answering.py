"""Answers made from a known reading: what a model that reads like it would say."""

from __future__ import annotations

import re
from bisect import bisect_right
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from structurer.document_types.declaration.questions.keys import AMOUNTS, HALVES, KEYS, SCALARS
from structurer.paths import value_at

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from structurer.models import Extraction, Span
    from structurer.passage import Passage

_SAYS_NOTHING = re.compile(r"(?:<[^<>]*>|[\s|$（）()年度项目\-－—:：]|指标\d+)*")

Answer = dict[str, Any]


def pointing_answer(passage: Passage, extraction: Extraction) -> Answer:
    """Point at where a reading's values stand."""
    pointers = _Pointers(passage)

    def at(*paths: str) -> list[int | str]:
        return pointers.of([span for path in paths for span in extraction.spans.get(path, ())])

    answer: Answer = {
        key: at("competent_department.code", "competent_department.name")
        if key == "competent_department"
        else at(key)
        for key in SCALARS
    }
    answer["funding"] = {half: {name: at(f"funding.{half}.{name}") for name in AMOUNTS} for half in HALVES}
    answer["goals"] = {half: at(f"goals.{half}") for half in HALVES}
    answer["indicators"] = {half: {} for half in HALVES}
    for number, row in enumerate(extraction.data["indicators"]):
        path = f"indicators.{number}"
        group = answer["indicators"][row["scope"]].setdefault(row["level2"], [])
        group.append([at(f"{path}.name"), at(f"{path}.target")])
    return _in_order(answer)


def transcribed_answer(data: Mapping[str, Any]) -> Answer:
    """Write a record's data out, as a model would transcribe it."""
    answer: Answer = {key: value_at(data, key) for key in (*SCALARS, "funding", "goals")}
    answer["indicators"] = {half: {} for half in HALVES}
    for row in data["indicators"]:
        group = answer["indicators"][row["scope"]].setdefault(row["level2"], [])
        group.append([row["name"], row["target"]])
    return _in_order(answer)


def _in_order(answer: Answer) -> Answer:
    """Return an answer with its keys in the form's order."""
    order = dict.fromkeys(key.partition(".")[0] for key in KEYS)
    return {key: answer[key] for key in order}


class _Pointers:
    """Turns spans into pointers at a passage's segments."""

    def __init__(self, passage: Passage) -> None:
        self._text = passage.document.text
        self._segments = sorted(passage.segments, key=lambda segment: segment.start)
        self._starts = [segment.start for segment in self._segments]

    def of(self, spans: Sequence[Span]) -> list[int | str]:
        """Return a number where spans hold all of a segment that says anything; else a verbatim piece."""
        by_segment: dict[int, list[tuple[int, int]]] = {}
        for start, end in spans:
            index = bisect_right(self._starts, start) - 1
            while 0 <= index < len(self._segments) and self._segments[index].start < end:
                segment = self._segments[index]
                if segment.end > start:
                    place = max(start, segment.start), min(end, segment.end)
                    by_segment.setdefault(segment.number, []).append(place)
                index += 1
        found: list[int | str] = []
        for number, places in by_segment.items():
            segment = next(segment for segment in self._segments if segment.number == number)
            edges = [(segment.start, segment.start), *places, (segment.end, segment.end)]
            gaps = (self._text[left[1] : right[0]] for left, right in pairwise(edges))
            if all(_SAYS_NOTHING.fullmatch(gap) for gap in gaps):
                found.append(number)
            else:
                found.append(f"{number}:{self._text[places[0][0] : places[-1][1]]}")
        return _ranges(found)


def _ranges(pointers: list[int | str]) -> list[int | str]:
    """Write three and more numbers in a row as a range."""
    found: list[int | str] = []
    run: list[int] = []
    for pointer in [*pointers, ""]:
        if isinstance(pointer, int) and (not run or pointer == run[-1] + 1):
            run.append(pointer)
            continue
        found += [f"{run[0]}-{run[-1]}"] if len(run) > 2 else run
        run = [pointer] if isinstance(pointer, int) else []
        if isinstance(pointer, str) and pointer:
            found.append(pointer)
    return found
