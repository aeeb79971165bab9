"""Gold labels: declarations that people labelled by hand, as the labelling guide says.

One file is one label. ``filing`` and ``ordinal`` say which project of which filing it is; a filing
that has labels is labelled whole, so a record without a label is one too many.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from structurer.document_types.declaration.model import Declaration
from structurer.errors import StructurerError
from structurer.evaluation.cells import FIELDS, ROW_FIELDS, leaf_paths
from structurer.paths import covers

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_LABEL_KEYS = frozenset({"filing", "ordinal", "uncertain_fields", "notes"})
_ROW_KEYS = frozenset({"scope", *ROW_FIELDS})


class GoldError(StructurerError):
    """A gold label cannot be used; the message names the file and what to change in it."""


@dataclass(frozen=True)
class GoldLabel:
    """What one project's form says, and where careful readers could disagree about it.

    ``data`` has the shape of ``Declaration``. ``uncertain_rows`` are positions in
    ``data["indicators"]``; ``uncertain_fields`` are dotted names of fields, or of groups of fields.
    """

    filing: str
    ordinal: int
    data: Mapping[str, Any]
    uncertain_rows: frozenset[int] = frozenset()
    uncertain_fields: frozenset[str] = frozenset()
    notes: str = ""

    def is_uncertain(self, field: str) -> bool:
        """Tell whether the field, or a group that it belongs to, is marked uncertain."""
        return any(covers(name, field) for name in self.uncertain_fields)


def load_gold(folder: Path) -> tuple[GoldLabel, ...]:
    """Read all ``*.json`` labels of a folder, ordered by filing and ordinal.

    Raises ``GoldError`` when there is no label, a label is not as the guide says, or two labels are of
    the same project. A label that cannot be read is never skipped: accuracy would be of another set.
    """
    labels: dict[tuple[str, int], GoldLabel] = {}
    for path in sorted(folder.glob("*.json")):
        label = read_label(path)
        key = (label.filing, label.ordinal)
        if key in labels:
            raise GoldError(
                f"{path}: project {label.ordinal} of {label.filing} is labelled twice; remove one"
            )
        labels[key] = label
    if not labels:
        raise GoldError(f"{folder}: no *.json label here; name the folder that holds the gold labels")
    return tuple(labels[key] for key in sorted(labels))


def read_label(path: Path) -> GoldLabel:
    """Read one label. Raises ``GoldError`` when the file is not as the labelling guide says."""
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise GoldError(f"{path}: cannot be read as JSON in UTF-8: {error}") from error
    try:
        return parse_label(raw)
    except GoldError as error:
        raise GoldError(f"{path}: {error}") from error


def parse_label(raw: object) -> GoldLabel:
    """Check one label's JSON object and turn it into a ``GoldLabel``.

    Raises ``GoldError`` when a key is missing or unknown, or a value is not of the guide's shape.
    """
    if not isinstance(raw, dict):
        raise GoldError("a label is a JSON object")
    _refuse_missing({*_LABEL_KEYS, "indicators"} - raw.keys())
    _refuse_missing(set(FIELDS).difference(leaf_paths(raw)))
    filing, ordinal, uncertain_fields = raw["filing"], raw["ordinal"], raw["uncertain_fields"]
    if not isinstance(filing, str) or not filing or PurePath(filing).is_absolute() or ".." in filing:
        raise GoldError("filing must be the name of a file below the folder of filings")
    if not isinstance(ordinal, int) or isinstance(ordinal, bool) or ordinal < 1:
        raise GoldError("ordinal must be a whole number from 1")
    if not isinstance(uncertain_fields, list):
        raise GoldError("uncertain_fields must be a list of dotted names")
    for name in uncertain_fields:
        if not any(isinstance(name, str) and covers(name, field) for field in FIELDS):
            raise GoldError(f"uncertain_fields: {name!r} is no field; mark an indicator in its own row")
    rows, uncertain_rows = _split_uncertain(raw["indicators"])
    form = {key: value for key, value in raw.items() if key not in _LABEL_KEYS} | {"indicators": rows}
    try:
        data = Declaration.model_validate(form).model_dump(mode="json")
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise GoldError(f"{place}: {first['msg']}; see the labelling guide") from error
    return GoldLabel(filing, ordinal, data, uncertain_rows, frozenset(uncertain_fields), str(raw["notes"]))


def _split_uncertain(rows: object) -> tuple[list[dict[str, Any]], frozenset[int]]:
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise GoldError("indicators must be a list of objects")
    if any(not isinstance(row.get("uncertain", False), bool) for row in rows):
        raise GoldError("an indicator's uncertain must be true or false")
    for n, row in enumerate(rows):
        _refuse_missing({f"indicators.{n}.{key}" for key in _ROW_KEYS - row.keys()})
    plain = [{key: value for key, value in row.items() if key != "uncertain"} for row in rows]
    return plain, frozenset(n for n, row in enumerate(rows) if row.get("uncertain", False))


def _refuse_missing(keys: set[str]) -> None:
    """Refuse a label that leaves keys out: a forgotten key must not pass for an empty cell."""
    if keys:
        raise GoldError(f"missing: {', '.join(sorted(keys))}; write null where the form is empty")
