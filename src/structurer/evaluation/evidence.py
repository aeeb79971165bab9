"""Where the values of a label stand in the filing, and whether a record's evidence is there.

Labels carry no places. A value's place is derived by exact search of what the label says, white space,
width, markup and thousands separators left out, where the form has it: an amount between its printed label
and the next on the line, an indicator's values in the table as whole cells, anything else in the project's
text. What is found once stands there. What is in both halves and found twice on one line stands first in the
left half. Anything else says nothing (``Place.UNKNOWN``): a place that is only likely would make the reader's
guesses the measure of the reader.

Three things have no place of their own: the fiscal year, which may stand above the form while other years
stand in it; a second level that is the name of a first level too; and the second level of a row that is not
the first of its block, which is printed once for all of them.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, Any, NamedTuple

from structurer.document_types.declaration.model import Level1
from structurer.evaluation.cells import AMOUNTS, FIELDS
from structurer.evaluation.outcomes import Place
from structurer.grounding.folding import fold
from structurer.grounding.index import Stretch
from structurer.models import Span
from structurer.paths import value_at

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from structurer.grounding import TextIndex

LONGEST_EXCERPT = 200
"""Characters of a line that an excerpt shows."""

_TABLE = "三级指标"
"""Printed in the head of the table of indicators."""

_HALVES = ("implementation_period", "annual")
"""The left half and the right one."""

_FUNDING_LABELS = {
    "total": "资金总额",
    "central": "中央财政资金",
    "provincial": "省级财政资金",
    "municipal_county": "市县(区)财政资金",
    "self_raised": "单位自筹",
    "other": "其他资金",
}
"""How the lines of funding are labelled, in both halves."""

_LEVEL1 = frozenset(Level1)
_COMPARISONS = frozenset("≥≤<>=")


class Found(NamedTuple):
    """Where a label's value is printed: every place, in reading order, and the one that is its own."""

    all: tuple[Stretch, ...]
    own: Stretch | None


class _Sought(NamedTuple):
    """A value of the label. Those of equal ``kind`` and ``printed`` cannot be told apart by themselves."""

    path: str
    kind: str
    half: str
    printed: str
    within: Stretch


def find_values(data: Mapping[str, Any], index: TextIndex, region: Span | None) -> dict[str, Found]:
    """Return where the values of a label are printed, by path; empty values are left out.

    ``region`` is the project's text, ``None`` for the whole filing.
    """
    chunk = index.stretch(region)
    alike: defaultdict[tuple[str, str], list[_Sought]] = defaultdict(list)
    for sought in (*_fields(data, index, chunk), *_rows(data, index, chunk)):
        if sought.printed:
            alike[sought.kind, sought.printed].append(sought)
    found: dict[str, Found] = {}
    for (kind, _), group in alike.items():
        places = tuple(_occurrences(index, group[0], whole=kind.startswith("indicators.")))
        for sought in group:
            found[sought.path] = Found(places, _own(sought, group, places, index))
    return found


def judge(index: TextIndex, own: Stretch | None, spans: Sequence[Span]) -> Place:
    """Say whether evidence is where the value stands: each covers at least half of the other."""
    if own is None:
        return Place.UNKNOWN
    if not spans:
        return Place.MISSING
    cited = {position for span in spans for position in range(*index.stretch(span))}
    common = len(cited.intersection(range(*own)))
    return Place.RIGHT if 2 * common >= max(len(cited), own.last - own.first) else Place.WRONG


def excerpt(text: str, offset: int) -> str:
    """Return the line of a text that an offset is on, white space as single blanks, cut around the offset."""
    start = text.rfind("\n", 0, offset) + 1
    end = text.find("\n", offset)
    before = " ".join(text[start:offset].split())
    line = " ".join(text[start : len(text) if end < 0 else end].split())
    first = max(0, min(len(before) - LONGEST_EXCERPT // 2, len(line) - LONGEST_EXCERPT))
    return line[first : first + LONGEST_EXCERPT]


def _fields(data: Mapping[str, Any], index: TextIndex, chunk: Stretch) -> Iterator[_Sought]:
    for field in FIELDS:
        value = value_at(data, field)
        if value is None or field == "fiscal_year":
            continue
        half = next((half for half in _HALVES if half in field), "")
        if field in AMOUNTS:
            yield _Sought(field, field, half, fold(value), _amount_cell(index, chunk, field))
        else:
            yield _Sought(field, field.removesuffix(f".{half}"), half, _printed(field, value), chunk)


def _printed(field: str, value: object) -> str:
    """Return a value as the form prints it: a time as its digits, a number of years with its unit."""
    if field == "submitted_at":
        return re.sub(r"\D", "", str(value))
    return f"{value}年" if field == "duration_years" else fold(str(value))


def _rows(data: Mapping[str, Any], index: TextIndex, chunk: Stretch) -> Iterator[_Sought]:
    table = Stretch(max(chunk.first, index.folded.find(_TABLE, *chunk)), chunk.last)
    blocks = set()
    for n, row in enumerate(data["indicators"]):
        for field in ("name", "target"):
            if row[field] is not None:
                kind = f"indicators.{field}"
                yield _Sought(f"indicators.{n}.{field}", kind, row["scope"], fold(row[field]), table)
        block = row["scope"], row["level2"]
        if row["level2"] is not None and row["level2"] not in _LEVEL1 and block not in blocks:
            blocks.add(block)
            level2 = fold(row["level2"])
            yield _Sought(f"indicators.{n}.level2", "indicators.level2", row["scope"], level2, table)


def _amount_cell(index: TextIndex, chunk: Stretch, field: str) -> Stretch:
    """Return what follows an amount's label, up to the other half's label or the end of the line."""
    _, half, line = field.split(".")
    label = re.compile(re.escape(_FUNDING_LABELS[line]))
    labels = [Stretch(*match.span()) for match in label.finditer(index.folded, *chunk)]
    if len(labels) != 2 or not _on_one_line(index, *labels):
        return Stretch(chunk.first, chunk.first)
    left, right = labels
    if half == _HALVES[0]:
        return Stretch(left.last, right.first)
    start = index.offsets[right.first]
    end = index.text.find("\n", start)
    last = index.stretch(Span(start, len(index.text) if end < 0 else end)).last
    return Stretch(right.last, max(right.last, last))


def _own(
    sought: _Sought, alike: Sequence[_Sought], places: Sequence[Stretch], index: TextIndex
) -> Stretch | None:
    if len(alike) == len(places) == 1:
        return places[0]
    in_both = sorted(other.half for other in alike) == sorted(_HALVES)
    if in_both and len(places) == 2 and _on_one_line(index, places[0], places[1]):
        return places[_HALVES.index(sought.half)]
    return None


def _on_one_line(index: TextIndex, left: Stretch, right: Stretch) -> bool:
    return "\n" not in index.text[index.offsets[left.first] : index.offsets[right.first]]


def _occurrences(index: TextIndex, sought: _Sought, *, whole: bool) -> Iterator[Stretch]:
    pattern = re.escape(sought.printed)
    if sought.path in AMOUNTS:
        # An amount may be printed with noughts behind its point, which say nothing.
        pattern += r"0*" if "." in sought.printed else r"(?:\.0+)?"
    at = sought.within.first
    while match := re.compile(pattern).search(index.folded, at, sought.within.last):
        if _stands_alone(index, *match.span(), whole=whole):
            yield Stretch(*match.span())
        at = match.start() + 1


def _stands_alone(index: TextIndex, first: int, last: int, *, whole: bool) -> bool:
    """Whether this is no part of a longer number or comparison; ``whole``: nor of a longer run of text."""
    opens, closes = index.opens(first), index.opens(last)
    if whole and not (opens and closes):
        return False
    before, after = index.folded[first - 1 : first], index.folded[last : last + 1]
    if index.folded[first].isdecimal() and (before in _COMPARISONS or (not opens and _is_numeric(before))):
        return False
    return not (index.folded[last - 1].isdecimal() and not closes and _is_numeric(after))


def _is_numeric(character: str) -> bool:
    return character.isdecimal() or character == "."
