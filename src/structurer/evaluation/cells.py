"""Cells: which values are scored, when two values are the same, and which flags cover a value.

A value is right or wrong; nothing is half right. Edit-distance credit would give an amount read ten
times too small 0.88 and a ≥ read as ≤ 0.83, which are the errors that matter most. Before
comparing, only what the labelling guide declares meaningless is dropped: white space and the
difference of full and half width (Unicode NFKC), and how a decimal number is written. Markup that
an OCR engine left in a value is an error of the reader, and counts as one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from structurer.document_types.declaration.model import Declaration
from structurer.models import Flag, FlagKind
from structurer.paths import covers

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

SCORING = "1"
"""Version of what counts as the same and of how rows are matched. Figures of two versions are not comparable;
raise it with every change to ``same`` or ``rows``."""

_DECIMAL = re.compile(r"-?[0-9]+(\.[0-9]+)?")


def leaf_paths(data: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    """Yield the dotted paths of all values in nested objects; lists are left out."""
    for key, value in data.items():
        if isinstance(value, Mapping):
            yield from leaf_paths(value, f"{prefix}{key}.")
        elif not isinstance(value, list):
            yield f"{prefix}{key}"


FIELDS: tuple[str, ...] = tuple(leaf_paths(Declaration().model_dump()))
"""Dotted names of the scalar and funding fields, in the form's order. Indicators are scored as rows."""

AMOUNTS: frozenset[str] = frozenset(field for field in FIELDS if field.startswith("funding."))
"""The fields that are compared as decimal numbers."""

ROW_FIELDS: tuple[str, ...] = ("level2", "name", "target")
"""The values of an indicator row that are scored. The half (``scope``) decides whether a row is
right, but is no value of its own: no cell prints it."""


def normal_text(value: object) -> object:
    """Return a text in NFKC without white space; anything else as it is."""
    if not isinstance(value, str):
        return value
    return "".join(unicodedata.normalize("NFKC", value).split())


def normal_amount(value: object) -> object:
    """Return a decimal string as ``Decimal``; what is no decimal number stays a text, equal to no amount."""
    text = normal_text(value)
    return Decimal(text) if isinstance(text, str) and _DECIMAL.fullmatch(text) else text


def same(field: str, gold: object, read: object) -> bool:
    """Tell whether a field was read as labelled. ``None`` equals only ``None``; ``"3"`` is not ``3``."""
    normal = normal_amount if field in AMOUNTS else normal_text
    return normal(gold) == normal(read)


def flags_over(flags: Iterable[Flag], path: str) -> tuple[Flag, ...]:
    """Return the extraction flags at a path or at a prefix of it: a reviewer of the value sees them.

    A flag on the whole record (path ``""``) covers every value, as the record contract says; what it
    saves in silent errors it costs in flagged share.
    """
    return tuple(f for f in flags if f.kind is FlagKind.EXTRACTION and covers(f.path, path))


def flags_around(flags: Iterable[Flag], path: str) -> tuple[Flag, ...]:
    """Return the extraction flags at a path, at a prefix of it, or anywhere below it (for whole rows)."""
    return tuple(
        f for f in flags if f.kind is FlagKind.EXTRACTION and (covers(f.path, path) or covers(path, f.path))
    )
