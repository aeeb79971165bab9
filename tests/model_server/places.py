"""From a label to the segments that carry its values.

Where the layout reader's record says the same as the label, the record's evidence tells the place; only
offsets are taken from it, no value. Where it does not, the value is sought among the segments that nothing
claims yet. That the pointers found this way really print the label's values is a test of its own.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from typing import TYPE_CHECKING, NamedTuple

from structurer.evaluation.cells import same
from structurer.evaluation.rows import match_rows
from structurer.models import Span
from structurer.paths import value_at

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from structurer.evaluation.gold import GoldLabel
    from structurer.models import Record, Segment

Pointer = int | str
Pointers = list[Pointer]

_MARKUP = re.compile(r"</?[a-zA-Z]{1,8}\b[^<>]{0,80}>")
_WHOLE_CELL = ("fiscal_year", "project_attribute", "duration_years")
"""Fields whose value is made from more print than their evidence cites: ``（2023年度）``, ``3年``."""
_YEAR_TAIL = re.compile(r"\s*年\s*(?:度)?")
_LONGEST_RUN = 8
"""How many consecutive segments one sought value may be spread over."""


class Row(NamedTuple):
    """One indicator of the label: where its name and its target stand."""

    scope: str
    level2: str
    name: str | None
    target: str | None
    name_at: Pointers
    target_at: Pointers


class Places(NamedTuple):
    """Where a label's values stand: pointers by dotted field, and the rows in the label's order."""

    fields: dict[str, Pointers]
    rows: tuple[Row, ...]


def places(label: GoldLabel, record: Record, segments: Sequence[Segment], fields: Iterable[str]) -> Places:
    """Return the pointers of each field that the form prints in these segments, and of each indicator."""
    cited = {path: evidence.spans for path, evidence in record.evidence.items()}
    find = _Finder(segments, cited)
    found = {field: _field(label, record, find, field) for field in fields}
    found["competent_department"] = find.hull(
        [span for part in ("code", "name") for span in cited.get(f"competent_department.{part}", ())]
    )
    return Places(found, tuple(_rows(label, record, find)))


def _field(label: GoldLabel, record: Record, find: _Finder, field: str) -> Pointers:
    value = value_at(label.data, field)
    if value is None:
        return []
    spans = find.cited.get(field, ())
    if field in _WHOLE_CELL:
        return find.cell(spans)
    if same(field, value, value_at(record.data, field)):
        return find.pointers(spans)
    return find.sought(str(value)) or find.pointers(spans)


def _rows(label: GoldLabel, record: Record, find: _Finder) -> Iterable[Row]:
    gold = label.data["indicators"]
    read = record.data["indicators"] if record.data else []
    match = match_rows(gold, label.uncertain_rows, read)
    read_as = {pair.gold: pair.read for pair in match.pairs + match.absorbed}
    for number, row in enumerate(gold):
        other = read[read_as[number]] if number in read_as else {}
        at: dict[str, Pointers] = {}
        for key in ("name", "target"):
            spans = find.cited.get(f"indicators.{read_as.get(number)}.{key}", ())
            if row[key] is None:
                at[key] = []
            elif same(key, row[key], other.get(key)):
                at[key] = find.pointers(spans)
            else:
                at[key] = find.sought(row[key]) or find.pointers(spans)
        level2 = row["level2"] or other.get("level2")
        if level2 and (at["name"] or at["target"]):
            yield Row(row["scope"], level2, row["name"], row["target"], at["name"], at["target"])


class _Finder:
    """Turns spans and texts into pointers at one chunk's segments."""

    def __init__(self, segments: Sequence[Segment], cited: Mapping[str, tuple[Span, ...]]) -> None:
        self.cited = cited
        self._segments = segments
        self._starts = [segment.start for segment in segments]
        self._free = [
            not any(
                s.start < segment.end and segment.start < s.end for spans in cited.values() for s in spans
            )
            for segment in segments
        ]

    def pointers(self, spans: Iterable[Span]) -> Pointers:
        """Point at spans: at a whole segment by its number, at part of one by a piece of its text."""
        parts: list[tuple[Segment, list[Span]]] = []
        for span in spans:
            for segment in self._touched(span):
                part = Span(max(span.start, segment.start), min(span.end, segment.end))
                if parts and parts[-1][0] is segment:
                    parts[-1][1].append(part)
                else:
                    parts.append((segment, [part]))
        return _ranges([_pointer(segment, inside) for segment, inside in parts])

    def hull(self, spans: Sequence[Span]) -> Pointers:
        """Point at all between the first and the last of these spans (``040-某局``)."""
        if not spans:
            return []
        return self.pointers([Span(min(s.start for s in spans), max(s.end for s in spans))])

    def cell(self, spans: Sequence[Span]) -> Pointers:
        """Point at the whole segments that these spans stand in, unless another field stands there too."""
        pointers: Pointers = []
        for span in spans:
            for segment in self._touched(span):
                if self._shared(segment, spans):
                    tail = _YEAR_TAIL.match(segment.text, span.end - segment.start)
                    end = segment.start + tail.end() if tail else span.end
                    pointers += self.pointers([Span(span.start, end)])
                elif segment.number not in pointers:
                    pointers.append(segment.number)
        return pointers

    def sought(self, value: str) -> Pointers:
        """Point at the one place where consecutive free segments print a value; nowhere if there are more."""
        wanted = plain(value)
        texts = [
            plain(segment.text) if free else ""
            for segment, free in zip(self._segments, self._free, strict=True)
        ]
        runs = []
        for first in range(len(texts)):
            printed = ""
            for last in range(first, min(first + _LONGEST_RUN, len(texts))):
                printed += texts[last]
                if not texts[last] or not wanted.startswith(printed):
                    break
                if printed == wanted:
                    runs.append((first, last))
        if len(runs) != 1:
            return []
        (first, last) = runs[0]
        return _ranges([self._segments[n].number for n in range(first, last + 1)])

    def _touched(self, span: Span) -> list[Segment]:
        at = max(0, bisect_right(self._starts, span.start) - 1)
        touched = []
        while at < len(self._segments) and self._segments[at].start < span.end:
            if self._segments[at].end > span.start:
                touched.append(self._segments[at])
            at += 1
        return touched

    def _shared(self, segment: Segment, own: Sequence[Span]) -> bool:
        return any(
            span not in own and span.start < segment.end and segment.start < span.end
            for spans in self.cited.values()
            for span in spans
        )


def plain(text: str) -> str:
    """Return a text in NFKC without markup and white space."""
    return "".join(unicodedata.normalize("NFKC", _MARKUP.sub("", text)).split())


def _pointer(segment: Segment, parts: Sequence[Span]) -> Pointer:
    texts = [segment.text[part.start - segment.start : part.end - segment.start] for part in parts]
    if plain("".join(texts)) == plain(segment.text):
        return segment.number
    return f"{segment.number}:{segment.text[parts[0].start - segment.start : parts[-1].end - segment.start]}"


def _ranges(pointers: Pointers) -> Pointers:
    """Write three or more consecutive whole segments as a range."""
    out: Pointers = []
    run: list[int] = []

    def close() -> None:
        out.extend([f"{run[0]}-{run[-1]}"] if len(run) > 2 else run)
        run.clear()

    for pointer in pointers:
        if isinstance(pointer, int) and (not run or pointer == run[-1] + 1):
            run.append(pointer)
            continue
        close()
        if isinstance(pointer, int):
            run.append(pointer)
        else:
            out.append(pointer)
    close()
    return out
