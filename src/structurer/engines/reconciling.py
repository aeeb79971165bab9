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
from structurer.engines.cells import Apart, Cell, Row, put_together, take_apart
from structurer.examination import Examined, examine
from structurer.paths import covers
from structurer.text import bare

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from structurer.document_types.base import DocumentType
    from structurer.models import Extraction, Flag
    from structurer.passage import Passage

_LESS_DOUBT = 0.25
"""What is left of a reading's own uncertainty where a second, independent reading agrees."""


def reconcile(
    passage: Passage, document_type: DocumentType, layout: Examined, answer: Extraction, keys: Sequence[str]
) -> Extraction:
    """Return the layout's reading, settled with the model's ``answer`` for the keys that were asked.

    A key is a field or a part of the data, or ``table.half`` for the rows of one half of a table.
    """
    model = examine(passage, answer, document_type)
    ours, theirs = take_apart(layout), take_apart(model)
    cells = dict(ours.cells)
    for key in keys:
        favoured = _odd(model, key) and not _odd(layout, key)
        for path in cells:
            if covers(key, path):
                cells[path] = _settled(cells[path], theirs.cells[path], favoured=favoured)
    tables = {
        table: tuple(_settled_rows(rows, theirs.tables[table], _halves(table, keys)))
        for table, rows in ours.tables.items()
    }
    claimed = (*layout.extraction.claimed, *answer.claimed)
    return put_together(Apart(cells, tables, ours.doubts), layout.extraction, claimed, answer.model_use)


def _odd(examined: Examined, key: str) -> bool:
    """Whether the form's checks, apart from the engine's own doubts, find something wrong below a key."""
    own = examined.extraction.doubts
    return any(covers(key, flag.path) for flag in examined.flags if flag not in own)


def _halves(table: str, keys: Sequence[str]) -> frozenset[str]:
    return frozenset(key.removeprefix(f"{table}.") for key in keys if key.startswith(f"{table}."))


def _settled_rows(ours: Sequence[Row], theirs: Sequence[Row], halves: frozenset[str]) -> Iterator[Row]:
    """Yield a table's rows; those of halves that were not asked about stay as they are."""
    for row, other in align(ours, theirs, halves):
        if row is not None and other is not None:
            yield replace(
                row, cells={key: _settled(cell, other.cells[key]) for key, cell in row.cells.items()}
            )
        elif other is not None:
            yield replace(other, doubts=(*other.doubts, _in_one_reading("only the model reads this row")))
        elif row is not None and row.scope in halves:
            yield replace(row, doubts=(*row.doubts, _in_one_reading("the model does not read this row here")))
        elif row is not None:
            yield row


def _settled(mine: Cell, other: Cell, *, favoured: bool = False) -> Cell:
    """Return the value that stands; ``favoured`` says that the checks accept only the layout's."""
    if _same(mine.value, other.value):
        certainty = 1.0 if mine.certainty is None else mine.certainty
        return replace(mine, agreed=True, certainty=round(1 - (1 - certainty) * _LESS_DOUBT, 4))
    no_reading = other.value is not None and not other.stands and not other.inferred
    if favoured or no_reading:
        return mine
    message = f"the layout reads {_words(mine.value)}, the model {_words(other.value)}"
    differ = doubt("", "readings_differ", message)
    weak = mine.value is None or mine.doubts or not (mine.stands or mine.inferred)
    if weak and other.value is not None and not other.doubts:
        return replace(other, doubts=(differ,))
    return replace(mine, doubts=(*mine.doubts, differ))


def _in_one_reading(message: str) -> Flag:
    return doubt("", "row_in_one_reading", message)


def _same(one: Any, other: Any) -> bool:
    if one is None or other is None:
        return one is other
    return bare(str(one)) == bare(str(other))


def _words(value: Any) -> str:
    return "nothing" if value is None else quoted(str(value))
