"""What a fair reader may say about a print: the label, worked out from the cells as they stand.

A value is transcribed as printed, misprints included (labelling guide, rule 1), so the acceptable
readings of a damaged cell follow from what it now prints. Where several pages print a value, any of
the prints will do. Where nothing of it is left, no value is right, and so is the one that the form
had; where the damage leaves careful readers in doubt, no value or a flagged one is right too.
"""

from __future__ import annotations

import re
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from structurer.document_types.declaration.model import Declaration
    from structurer.synthesis.sheet import Sheet

Value = str | int | None

_AMOUNT = re.compile(r"([0-9]{1,3}(,[0-9]{3})*|[0-9]+)(\.[0-9]+)?")
_ROW_VALUES = ("level2", "name", "target")
_ATTRIBUTE_CHARACTERS = 3
"""How many of 经常性项目's characters, one of them of the first two, make it out."""


class Reading(NamedTuple):
    """What may be read at one path: acceptable values, the literal one first, and whether it is in doubt."""

    accept: tuple[Value, ...]
    uncertain: bool = False


@dataclass(frozen=True)
class Label:
    """The truth of one printed declaration.

    ``truth`` is what the form said before any damage; ``readings`` has every leaf path of it
    (``indicators.4.name``; of an indicator only second level, name and target).
    """

    filing: str
    ordinal: int
    truth: Declaration
    readings: Mapping[str, Reading]

    def as_dict(self) -> dict[str, Any]:
        """Return the label in the shape of the gold files, plus ``accept``: path to other right readings."""
        data: dict[str, Any] = {"filing": self.filing, "ordinal": self.ordinal, **_plain(self.truth)}
        uncertain = []
        for path, reading in self.readings.items():
            *parents, leaf = path.split(".")
            place: Any = data
            for parent in parents:
                place = place[int(parent) if parent.isdigit() else parent]
            place[leaf] = reading.accept[0]
            if reading.uncertain and parents[:1] == ["indicators"]:
                place["uncertain"] = True
            elif reading.uncertain:
                uncertain.append(path)
        others = {path: list(r.accept[1:]) for path, r in self.readings.items() if len(r.accept) > 1}
        notes = "printed with damage" if any(r.uncertain for r in self.readings.values()) else ""
        return {**data, "uncertain_fields": uncertain, "notes": notes, "accept": others}


def label_of(sheet: Sheet, filing: str, ordinal: int) -> Label:
    """Return the label of a sheet as it is printed now."""
    prints = _prints(sheet)
    readings = {
        path: _reading(path, value, prints.get(path, ()), path in sheet.printed, path in sheet.doubts)
        for path, value in _leaves(_plain(sheet.truth))
    }
    return Label(filing, ordinal, sheet.truth, readings)


def _plain(truth: Declaration) -> dict[str, Any]:
    data = truth.model_dump(mode="json")
    for row in data["indicators"]:
        del row["measure"]
    return data


def _leaves(data: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Value]]:
    for key, value in data.items():
        if isinstance(value, dict):
            yield from _leaves(value, f"{prefix}{key}.")
        elif isinstance(value, list):
            for position, row in enumerate(value):
                yield from ((f"{key}.{position}.{leaf}", row[leaf]) for leaf in _ROW_VALUES)
        else:
            yield f"{prefix}{key}", value


def _prints(sheet: Sheet) -> dict[str, tuple[str, ...]]:
    """Return what the cells print of each value: once for each cell, white space dropped."""
    prints: defaultdict[str, list[str]] = defaultdict(list)
    for row in sheet.rows:
        for cell in row.cells:
            texts: defaultdict[str, str] = defaultdict(str)
            for piece in cell.pieces:
                if piece.path is not None:
                    texts[piece.path] += "".join(piece.text.split())
            for path, text in texts.items():
                prints[path].append(text)
    return {path: tuple(texts) for path, texts in prints.items()}


def _reading(path: str, truth: Value, prints: tuple[str, ...], printed: bool, doubt: bool) -> Reading:
    if path.endswith(".level2") or not printed:
        return Reading((truth,), doubt)
    if not prints:
        return Reading((None, truth), uncertain=True)
    read = [_read(path, text, truth) for text in prints]
    accept = tuple(dict.fromkeys(value for reading in read for value in reading.accept))
    return Reading(accept, doubt or any(reading.uncertain for reading in read))


def _read(path: str, text: str, truth: Value) -> Reading:
    """Read one print of a value as the labelling guide tells to."""
    if path.startswith("funding."):
        plain = text.replace(",", "")
        if _AMOUNT.fullmatch(text):
            return Reading(_either(plain, truth))
        return Reading((truth, plain) if _AMOUNT.fullmatch(plain) else (truth,), uncertain=True)
    if path == "submitted_at":
        return Reading(_either(_moment(text), truth))
    if path in ("duration_years", "fiscal_year"):
        digits = re.fullmatch(r"([0-9]+)\D?", text)
        read = int(digits[1]) if digits else None
        return Reading(_either(read, truth), uncertain=read != truth)
    if path == "project_attribute":
        return Reading((truth,), uncertain=not _made_out(text, str(truth)))
    if path in ("competent_department.code", "phone"):
        return Reading(_either(text, truth), uncertain=not text.isdigit())
    if path == "form_title":
        return Reading(_either(text, truth))
    return Reading((text,))


def _either(read: Value, truth: Value) -> tuple[Value, ...]:
    return (read,) if read == _squeezed(truth) else (read, truth)


def _squeezed(value: Value) -> Value:
    return "".join(value.split()) if isinstance(value, str) else value


def _moment(text: str) -> str | None:
    if re.fullmatch("[0-9]{14}", text):
        with suppress(ValueError):
            return datetime.strptime(text, "%Y%m%d%H%M%S").isoformat()
    return None


def _made_out(text: str, attribute: str) -> bool:
    left = [character for character in attribute if character in text]
    return len(left) >= _ATTRIBUTE_CHARACTERS and any(c in text for c in attribute[:2])
