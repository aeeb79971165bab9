"""What people made of a record, as it is exported: the data, where it stands, who decided what and when."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from structurer.checks import Subject, run_checks
from structurer.models import Chunk, Evidence, FlagKind, Grounding, Status
from structurer.paths import leaves
from structurer.review.editing.addresses import machine_path

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from structurer.document_types.base import DocumentType
    from structurer.review.editing.history import Event
    from structurer.review.editing.state import State

_SURE = 1.0
"""The confidence of a value that a person decided."""

_POINTED_AT = str(Grounding.EXACT)
"""How a value stands in the text that a person pointed at."""


def reviewed_record(
    record: Mapping[str, Any],
    state: State,
    events: Sequence[Event],
    text: str,
    document_type: DocumentType,
) -> dict[str, Any]:
    """Return a record as people left it, in the shape of the record contract.

    Doubts of the reading are gone, what is odd about the filing is looked for again. ``review`` says who
    decided, when, and what was said of which value. Raises ``ValueError`` for data that the form cannot have.
    """
    data = document_type.entry.completed(state.data())
    spans = state.spans()
    marks = {path: mark for at, mark in state.marks.items() if (path := state.path(at)) is not None}
    paths = [path for path, _value in leaves(data)]
    evidence = {path: spans[path] for path in paths if path in spans}
    untouched = {state.path(at): at for at in state.cells if at not in state.marks}
    grounding = {path: _as_read(record, "grounding", untouched.get(path)) or _POINTED_AT for path in evidence}
    confidence = {path: _as_read(record, "confidence", untouched.get(path)) for path in paths}
    found = {path: Evidence(evidence[path], Grounding(grounding[path])) for path in evidence}
    chunk = Chunk(record["chunk"]["ordinal"], record["chunk"]["start"], record["chunk"]["end"], ())
    flags = run_checks(Subject(data, found, text, chunk), document_type.checks)
    decided = [event for event in events if event.ops]
    return {
        **record,
        "data": data,
        "evidence": {path: [list(span) for span in each] for path, each in evidence.items()},
        "grounding": grounding,
        "confidence": {path: _SURE if sure is None else sure for path, sure in confidence.items()},
        "flags": [flag.as_dict() for flag in flags if flag.kind is FlagKind.SOURCE],
        "status": str(Status.REVIEWED),
        "review": {
            "by": sorted({event.who for event in decided}),
            "at": _moment(max((event.at for event in decided), default=0)),
            "decisions": len(decided),
            "marks": {path: {"kind": str(mark.kind), "reason": mark.reason} for path, mark in marks.items()},
        },
    }


def _as_read(record: Mapping[str, Any], what: str, address: str | None) -> Any:
    """Return what the record says of a value that nobody touched: ``grounding`` or ``confidence``."""
    path = None if address is None else machine_path(address)
    return None if path is None else record[what].get(path)


def _moment(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="seconds")
