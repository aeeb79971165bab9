"""Checking labels: whether they are as the guide says, and whether their filings say what they say."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from structurer.chunking import cut
from structurer.document_types.declaration import value_kind
from structurer.document_types.declaration.model import Level2
from structurer.documents import read_document
from structurer.errors import DocumentError
from structurer.evaluation.gold import GoldError, GoldLabel, read_label
from structurer.grounding import TextIndex, ValueKind, fold, ground
from structurer.models import Grounding, Severity, Span
from structurer.paths import leaves

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from structurer.models import Chunk

_PLAIN_AMOUNT = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?")
_INHERITED = frozenset({"form_title", "fiscal_year"})
_SHORTEST_PIECE = 2


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One thing about one label, at one path (empty: the whole label).

    ``error``: the label cannot be right as it is. ``warning``: look again. ``info``: worth knowing, and
    allowed by the guide. ``label`` is the file's name, or the filing's where a label is missing.
    """

    label: str
    path: str
    severity: Severity
    code: str
    message: str


class _Labelled(NamedTuple):
    file: str
    label: GoldLabel


@dataclass(frozen=True, slots=True)
class _Filing:
    text: str
    index: TextIndex
    chunks: tuple[Chunk, ...]


def check_gold(labels: Path, filings: Path) -> tuple[Finding, ...]:
    """Check a folder of labels against the guide, each other and their filings; no finding: all is well.

    Raises ``GoldError`` where the folder holds no label. A label or filing that cannot be read is a finding.
    """
    paths = sorted(labels.glob("*.json"))
    if not paths:
        raise GoldError(f"{labels}: no *.json label here; name the folder that holds the labels")
    found: list[Finding] = []
    good: list[_Labelled] = []
    for path in paths:
        try:
            good.append(_Labelled(path.name, read_label(path)))
        except GoldError as error:
            message = str(error).removeprefix(f"{path}: ")
            found.append(Finding(path.name, "", Severity.ERROR, "not_as_the_guide_says", message))
    found += _duplicates(good)
    for one in good:
        found += _of_its_own(one)
    for name in sorted({one.label.filing for one in good}):
        of_filing = [one for one in good if one.label.filing == name]
        found += _against_filing(name, of_filing, filings, whole=len(good) == len(paths))
    return tuple(sorted(found))


def _duplicates(labels: Iterable[_Labelled]) -> Iterator[Finding]:
    places: dict[tuple[str, int], str] = {}
    projects: dict[str, str] = {}
    for file, label in labels:
        first = places.setdefault((label.filing, label.ordinal), file)
        if first != file:
            message = f"project {label.ordinal} of {label.filing} is labelled in {first} already"
            yield Finding(file, "", Severity.ERROR, "labelled_twice", message)
            continue
        first = projects.setdefault(_project(label), file)
        if first != file:
            message = f"the same project, unit, year and money as {first}: is it one form, printed once?"
            yield Finding(file, "", Severity.WARNING, "same_project", message)


def _project(label: GoldLabel) -> str:
    """Return what tells projects apart; a label without a name is like no other."""
    keys = ("project_name", "competent_department", "implementing_unit", "fiscal_year", "funding")
    named = label.data["project_name"] is not None
    own = [] if named else [label.filing, label.ordinal]
    return json.dumps([*own, *(label.data[key] for key in keys)], ensure_ascii=False)


def _of_its_own(one: _Labelled) -> Iterator[Finding]:
    """Check what needs no filing."""
    file, label = one
    for number, row in enumerate(label.data["indicators"]):
        level2 = row["level2"]
        if level2 is not None and row["level1"] != Level2(level2).level1:
            message = f"level1 {row['level1']} does not follow from {level2}: write {Level2(level2).level1}"
            yield Finding(file, f"indicators.{number}.level1", Severity.ERROR, "level1", message)
    scopes = [row["scope"] for row in label.data["indicators"]]
    if sum(one != other for one, other in pairwise(scopes)) > 1:
        message = "the halves' rows are mixed: write all rows of one half, then all of the other"
        yield Finding(file, "indicators", Severity.ERROR, "mixed_halves", message)
    for path, value in leaves(label.data):
        if value_kind(path) is ValueKind.AMOUNT and value is not None and not _PLAIN_AMOUNT.fullmatch(value):
            message = f"{value} has zeros in front: write the number as it is"
            yield Finding(file, path, Severity.ERROR, "amount", message)
    submitted = label.data["submitted_at"]
    if submitted is not None and not _is_time(submitted):
        message = f"{submitted} is no real time: write null"
        yield Finding(file, "submitted_at", Severity.ERROR, "time", message)
    if (label.uncertain_rows or label.uncertain_fields) and not label.notes.strip():
        message = "something is uncertain, and notes do not say what is damaged"
        yield Finding(file, "notes", Severity.WARNING, "no_notes", message)


def _is_time(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _against_filing(
    name: str, labels: Iterable[_Labelled], folder: Path, *, whole: bool
) -> Iterator[Finding]:
    """Check one filing's labels against its text; ``whole``: every label could be read, so gaps are gaps."""
    labels = list(labels)
    try:
        document = read_document(folder / name, name=name)
    except DocumentError as error:
        yield Finding(labels[0].file, "", Severity.ERROR, "no_filing", str(error))
        return
    filing = _Filing(document.text, TextIndex(document.text), cut(document).chunks)
    ordinals = {one.label.ordinal for one in labels}
    missing = sorted(set(range(1, max(len(filing.chunks), *ordinals) + 1)) - ordinals)
    if missing and whole:
        message = f"{name} has no label of project {', '.join(map(str, missing))}: a filing is labelled whole"
        yield Finding(name, "", Severity.ERROR, "not_whole", message)
    for one in labels:
        if one.label.ordinal > len(filing.chunks):
            message = f"{len(filing.chunks)} projects are found in {name}: is the ordinal right?"
            yield Finding(one.file, "", Severity.ERROR, "no_such_project", message)
        else:
            yield from _against_chunk(one, filing)


def _against_chunk(one: _Labelled, filing: _Filing) -> Iterator[Finding]:
    chunk = filing.chunks[one.label.ordinal - 1]
    own = Span(chunk.start, chunk.end)
    for path, value in leaves(one.label.data):
        if value is None:
            continue
        regions = [own, Span(0, chunk.start)] if path in _INHERITED else [own]
        evidence = ground(filing.index, str(value), value_kind(path), regions)
        if evidence.status is Grounding.FUZZY:
            printed = "".join(filing.text[start:end] for start, end in evidence.spans)
            message = f"printed is {' '.join(printed.split())!r}, not {value!r}: copy what is printed"
            yield Finding(one.file, path, Severity.WARNING, "not_verbatim", message)
        elif evidence.status is Grounding.NONE:
            yield _not_found(one, path, str(value), filing, own)


def _not_found(one: _Labelled, path: str, value: str, filing: _Filing, own: Span) -> Finding:
    """Say how bad it is that a value does not stand in the text of its project."""
    if path.endswith(".level2"):
        message = f"{value} is not printed; the guide lets the form's fixed order supply it"
        return Finding(one.file, path, Severity.INFO, "supplied_level", message)
    if _is_uncertain(one.label, path):
        message = f"{value!r} is not printed like that; it is marked uncertain"
        return Finding(one.file, path, Severity.INFO, "not_in_text", message)
    if value_kind(path) is ValueKind.TEXT and _in_two_pieces(value, filing, own):
        message = f"{value!r} stands in two pieces only: do they belong together?"
        return Finding(one.file, path, Severity.WARNING, "in_pieces", message)
    message = f"{value!r} does not stand in the text of this project: copy what is printed"
    return Finding(one.file, path, Severity.ERROR, "not_in_text", message)


def _is_uncertain(label: GoldLabel, path: str) -> bool:
    if not path.startswith("indicators."):
        return label.is_uncertain(path)
    return int(path.split(".")[1]) in label.uncertain_rows


def _in_two_pieces(value: str, filing: _Filing, own: Span) -> bool:
    """Say whether a short value is broken over two lines; ``ground`` takes longer ones for wrapped itself."""
    first, last = filing.index.stretch(own)
    text, wanted = filing.index.folded[first:last], fold(value)
    places = range(_SHORTEST_PIECE, len(wanted) - _SHORTEST_PIECE + 1)
    return any(wanted[:place] in text and wanted[place:] in text for place in places)
