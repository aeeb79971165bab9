"""Two readings of one form held together: where they agree, where they differ, and which one stands.

The layout and the model read the same text in different ways, so agreement is strong evidence and
raises confidence, and a disagreement is a flag that shows both readings. What can be decided without a
person is: a value that stands nowhere in the text is no reading, and where the form's own checks (sums,
fixed words) accept the layout's value and not the model's, the layout's stands. A check never lets
the model overrule the layout silently: what a filing says may have been written to please a model.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from structurer.checks import extraction as doubt
from structurer.checks import quoted
from structurer.engines.aligning import align
from structurer.engines.cells import OWN, Apart, Cell, Row, put_together, take_apart
from structurer.examination import Examined, examine
from structurer.paths import covers
from structurer.text import bare

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from structurer.document_types.base import DocumentType
    from structurer.models import Extraction
    from structurer.passage import Passage

_LESS_DOUBT = 0.25
"""What is left of a reading's own uncertainty where a second, independent reading agrees."""


def reconcile(
    passage: Passage, document_type: DocumentType, layout: Examined, answer: Extraction, keys: Sequence[str]
) -> Extraction:
    """Return the layout's reading, settled with the model's ``answer`` for the keys that were asked.

    A key is a field or a part of the data, or ``table.half`` for the rows of one half of a table.
    """
    ours, theirs = take_apart(layout), take_apart(examine(passage, answer, document_type))
    asked = [path for path in ours.cells if any(covers(key, path) for key in keys)]
    # The checks see the model's values beside all else that the form says, as they saw the layout's.
    instead = replace(ours, cells={**ours.cells, **{path: theirs.cells[path] for path in asked}})
    odd = _odd_paths(examine(passage, put_together(instead, layout.extraction, None), document_type))
    odd_before = _odd_paths(layout)
    cells = dict(ours.cells)
    for path in asked:
        group = path.rpartition(".")[0] or path
        favoured = _is_odd(group, odd) and not _is_odd(group, odd_before)
        cells[path] = _settled(cells[path], theirs.cells[path], favoured=favoured)
    tables = {
        table: tuple(_settled_rows(rows, theirs.tables[table], table, document_type.questions.keys, keys))
        for table, rows in ours.tables.items()
    }
    return put_together(Apart(cells, tables, ours.doubts), layout.extraction, answer.model_use)


def _odd_paths(examined: Examined) -> frozenset[str]:
    """Return where the form's checks, apart from the engine's own doubts, find fault."""
    return frozenset(flag.path for flag in {*examined.flags}.difference(examined.extraction.doubts))


def _is_odd(group: str, odd: Collection[str]) -> bool:
    return any(covers(group, path) for path in odd)


def _settled_rows(
    ours: Sequence[Row], theirs: Sequence[Row], table: str, keys: Sequence[str], asked: Sequence[str]
) -> Iterator[Row]:
    """Yield a table's rows, half by half; those of halves that were not asked about stay as they are."""
    for key in keys:
        half = key.removeprefix(f"{table}.")
        if half == key:
            continue
        if key not in asked:
            yield from (row for row in ours if row.scope == half)
            continue
        for row, other in align(ours, theirs, half):
            if row is not None and other is not None:
                yield _settled_row(row, other)
            elif row is not None:
                yield _doubted(row, "the model does not read this row here")
            elif other is not None:
                yield _doubted(other, "only the model reads this row")


def _doubted(row: Row, message: str) -> Row:
    return replace(row, doubts=(*row.doubts, doubt("", "row_in_one_reading", message)))


def _settled_row(mine: Row, other: Row) -> Row:
    """Return a row that both read; its own cells give way together, so that no text is in two of them.

    A row is what its name says: under another name it would be another row, and the layout's be missing. So
    a name that stands in the text gives way to none, whatever is doubtful about it.
    """
    name = mine.cells["name"]
    named = name.value is not None and name.stands
    renamed = named and not _same(name.value, other.cells["name"].value)
    cells = [(mine.cells[key], other.cells[key]) for key in OWN]
    differing = [(one, two) for one, two in cells if not _same(one.value, two.value)]
    firm = renamed or bool(other.doubts) or not all(_gives_way(one, two) for one, two in differing)
    settled = {key: _settled(cell, other.cells[key], firm=firm) for key, cell in mine.cells.items()}
    return replace(mine, cells=settled)


def _settled(mine: Cell, other: Cell, *, favoured: bool = False, firm: bool = False) -> Cell:
    """Return the value that stands.

    ``favoured`` says that the checks accept only the layout's, ``firm`` that what stands beside it speaks for
    the layout's.
    """
    if _same(mine.value, other.value):
        certainty = 1.0 if mine.certainty is None else mine.certainty
        return replace(mine, agreed=True, certainty=round(1 - (1 - certainty) * _LESS_DOUBT, 4))
    no_reading = other.value is not None and not other.stands
    if favoured or no_reading:
        return mine
    message = f"the layout reads {_words(mine.value)}, the model {_words(other.value)}"
    differ = doubt("", "readings_differ", message)
    if _gives_way(mine, other) and not firm:
        return replace(other, doubts=(replace(differ, other=_untaken(mine)),))
    return replace(mine, doubts=(*mine.doubts, replace(differ, other=_untaken(other))))


def _untaken(cell: Cell) -> str | None:
    return None if cell.value is None else str(cell.value)


def _gives_way(mine: Cell, other: Cell) -> bool:
    """Say whether the layout is in doubt about its value, and the model is not."""
    weak = mine.value is None or bool(mine.doubts) or not mine.stands
    return weak and other.value is not None and other.stands and not other.doubts


def _same(one: Any, other: Any) -> bool:
    if one is None or other is None:
        return one is other
    return bare(str(one)) == bare(str(other))


def _words(value: Any) -> str:
    return "nothing" if value is None else quoted(str(value))
