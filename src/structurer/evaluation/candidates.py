"""Candidates: reviewed records as labels that wait for somebody to label them blind.

Whoever reviews a record sees what a program read first, and overlooks more of its errors than somebody who
labels from the text alone (Beck, Eckman, Kern and Kreuter 2025, arXiv 2509.08514). So a reviewed record is
never a gold label: it is kept in a folder of its own and carries where it comes from under the key
``candidate``, with which ``load_gold`` refuses it wherever it is put.
"""

from __future__ import annotations

import json
import re
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic import ValidationError

from structurer.document_types.declaration.model import Declaration
from structurer.errors import OutputError
from structurer.evaluation.cells import FIELDS, ROW_FIELDS
from structurer.evaluation.gold import GoldError
from structurer.models import Status
from structurer.paths import covers
from structurer.review.editing.state import MarkKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

CANDIDATES = Path("eval/candidates")
"""Where candidates are kept unless another folder is named."""

_LABELLED = "after a program's reading was shown"
"""How a candidate came to its values; a gold label is made from the text alone."""

_IN_ROW = re.compile(r"indicators\.([0-9]+)(?:\..*)?")
_ROW_KEYS = ("scope", "level1", *ROW_FIELDS)


class _Illegible(NamedTuple):
    """What a person could not read: fields by their names, indicators by their places."""

    fields: tuple[str, ...]
    rows: frozenset[int]


class Added(NamedTuple):
    """The file of one candidate; ``new`` is false where it was there already, and was left as it is."""

    path: Path
    new: bool


def add_candidates(records: Iterable[Mapping[str, Any]], folder: Path) -> tuple[Added, ...]:
    """Write each reviewed record as a candidate into a folder; other records are passed over.

    Nothing is overwritten: the same record again leaves the file as it is. Raises ``GoldError`` for a record
    whose data is no declaration, and ``OutputError`` where a file cannot be written.
    """
    reviewed = [record for record in records if record["status"] == Status.REVIEWED and record["data"]]
    candidates = [(_name(record), _candidate(record)) for record in reviewed]
    added = []
    for name, candidate in candidates:
        path = folder / name
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with path.open("x", encoding="utf-8", newline="\n") as file:
                file.write(json.dumps(candidate, ensure_ascii=False, indent=1) + "\n")
            added.append(Added(path, new=True))
        except FileExistsError:
            added.append(Added(path, new=False))
        except OSError as error:
            raise OutputError(
                f"{path}: cannot be written ({error.strerror}); choose another folder"
            ) from error
    return tuple(added)


def _name(record: Mapping[str, Any]) -> str:
    """Return a file name: filing, ordinal, and the record's id, which tells filings of like names apart."""
    stem = PurePosixPath(record["document"]["name"]).with_suffix("").as_posix()
    plain = re.sub(r"[^\w.-]+", "-", stem).strip(".-")
    identity = re.sub(r"\W", "", str(record["id"]))[:8]
    return f"{plain}-{int(record['chunk']['ordinal']):02}-{identity}.json"


def _candidate(record: Mapping[str, Any]) -> dict[str, Any]:
    try:
        data = Declaration.model_validate(record["data"]).model_dump(mode="json")
    except ValidationError as error:
        raise GoldError(f"record {record['id']}: its data is no declaration; export it again") from error
    document, made_by = record["document"], record["provenance"]
    illegible = _illegible(record)
    data["indicators"] = [
        {key: row[key] for key in _ROW_KEYS} | ({"uncertain": True} if number in illegible.rows else {})
        for number, row in enumerate(data["indicators"])
    ]
    review = record.get("review") or {"by": [], "at": None, "decisions": None}
    return {
        "filing": document["name"],
        "ordinal": record["chunk"]["ordinal"],
        **data,
        "uncertain_fields": list(illegible.fields),
        "notes": "",
        "candidate": {
            "record": record["id"],
            "sha256": document["sha256"],
            "labelled": _LABELLED,
            "reviewers": review["by"],
            "reviewed_at": review["at"],
            "decisions": review["decisions"],
            "engine": made_by["engine"],
            "model": made_by["model"],
            "prompt": made_by["prompt"],
            "structurer": made_by["structurer"],
            "config": made_by["config"],
        },
    }


def _illegible(record: Mapping[str, Any]) -> _Illegible:
    marks = (record.get("review") or {}).get("marks", {})
    paths = [path for path, mark in marks.items() if mark["kind"] == MarkKind.ILLEGIBLE]
    in_rows = {path: match for path in paths if (match := _IN_ROW.fullmatch(path))}
    named = (path for path in paths if path and any(covers(path, field) for field in FIELDS))
    return _Illegible(tuple(named), frozenset(int(match[1]) for match in in_rows.values()))
