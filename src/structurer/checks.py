"""Running a document type's checks; what its flags say about each value and about the record.

A check is a function from a ``Subject`` to flags. It looks at one thing, has a code of its own and
speaks to one reader: ``extraction`` flags ask a reviewer to look (we may have misread), ``source``
flags tell an analyst that the filing itself is odd.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from structurer.models import Chunk, Evidence, Flag, FlagKind, Grounding, Segment, Severity, Status
from structurer.paths import DERIVED_KEYS


@dataclass(frozen=True, slots=True)
class Subject:
    """What a check may look at: one chunk's data, where it stands, and what nobody claimed.

    ``data`` is the JSON-shaped object of the document type's model. ``evidence`` is ``None`` where
    values were not looked for in the text (gold labels); checks on evidence are then silent. Where they
    were, a value without evidence stands nowhere, even if that is all of them. ``text`` is the whole
    document's, so that spans index it. ``unclaimed`` are the chunk's segments that no value and no
    label claims, in reading order.
    """

    data: Mapping[str, Any]
    evidence: Mapping[str, Evidence] | None
    text: str
    chunk: Chunk
    segments: tuple[Segment, ...] = ()
    unclaimed: tuple[Segment, ...] = ()

    def found(self, path: str) -> Evidence | None:
        """Return where the value at a path stands, if it was looked for and found."""
        return None if self.evidence is None else self.evidence.get(path)


Check = Callable[[Subject], Iterable[Flag]]

_PRIOR = {
    Grounding.EXACT: 0.995,
    Grounding.JOINED: 0.99,
    Grounding.CANONICAL: 0.985,
    Grounding.FUZZY: 0.85,
    Grounding.AMBIGUOUS: 0.75,
    Grounding.NONE: 0.2,
}
_PRIOR_EMPTY = 0.98
_PRIOR_WITHOUT_EVIDENCE = 0.9
_DOUBT = {Severity.INFO: 0.9, Severity.WARNING: 0.6, Severity.ERROR: 0.3}

_QUOTED_LENGTH = 40


def extraction(path: str, code: str, message: str, severity: Severity = Severity.WARNING) -> Flag:
    """Return a flag for a reviewer: the value at ``path`` may be misread."""
    return Flag(path, code, FlagKind.EXTRACTION, severity, message)


def source(path: str, code: str, message: str, severity: Severity = Severity.WARNING) -> Flag:
    """Return a flag for an analyst: the filing itself is odd at ``path``."""
    return Flag(path, code, FlagKind.SOURCE, severity, message)


def quoted(text: str, length: int = _QUOTED_LENGTH) -> str:
    """Return filing text fit for a message: one line, printable, quoted, cut at ``length``."""
    plain = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return f"“{plain}”" if len(plain) <= length else f"“{plain[: length - 1]}…”"


def run_checks(subject: Subject, checks: Iterable[Check]) -> tuple[Flag, ...]:
    """Return the flags of all checks, ``in_order``.

    A check that breaks costs only itself: it becomes an ``extraction`` flag ``check_failed`` on the
    whole record, so that what it would have looked at is looked at by a person.
    """
    flags: set[Flag] = set()
    for check in checks:
        try:
            flags.update(check(subject))
        except Exception as error:
            flags.add(_check_failed(check, error))
    return in_order(flags)


def in_order(flags: Iterable[Flag]) -> tuple[Flag, ...]:
    """Return flags, each once, sorted by path (row 2 before row 10), code, kind, severity and message."""
    return tuple(sorted(set(flags), key=_order))


def _order(flag: Flag) -> tuple[list[tuple[int, str]], tuple[str, ...]]:
    parts = [(int(part), "") if part.isdecimal() else (-1, part) for part in flag.path.split(".")]
    return parts, (flag.path, flag.code, flag.kind, flag.severity, flag.message, flag.other or "")


def _check_failed(check: Check, error: Exception) -> Flag:
    name = getattr(check, "__name__", "unnamed")
    message = f"the check {name} broke ({type(error).__name__}); review this record by hand and report it"
    return extraction("", "check_failed", message, Severity.ERROR)


def confidence(
    data: Mapping[str, Any],
    evidence: Mapping[str, Evidence],
    flags: Iterable[Flag],
    certainty: Mapping[str, float],
    derived: Collection[str] = DERIVED_KEYS,
) -> dict[str, float]:
    """Return, for every leaf path of the data, the probability that its value is right.

    In [0, 1], three places. The product of three signals: how the value is grounded, how certain the
    engine was of its reading (the least of the path's and those above it), and the gravest
    ``extraction`` flag on the path or above it; ``source`` flags say nothing about reading. The
    numbers are provisional priors, ordered rightly but not yet calibrated on gold labels.
    """
    doubts: dict[str, float] = {}
    for flag in flags:
        if flag.kind is FlagKind.EXTRACTION:
            doubts[flag.path] = min(_DOUBT[flag.severity], doubts.get(flag.path, 1.0))
    found: dict[str, float] = {}

    def add(path: str, value: Any, doubt: float, certain: float) -> None:
        if path in doubts:
            doubt = min(doubt, doubts[path])
        if path in certainty:
            certain = min(certain, certainty[path])
        if isinstance(value, dict):
            for key, below in value.items():
                if key not in derived:
                    add(f"{path}.{key}", below, doubt, certain)
        elif isinstance(value, list):
            for index, below in enumerate(value):
                add(f"{path}.{index}", below, doubt, certain)
        else:
            found[path] = round(_prior(value, evidence.get(path)) * doubt * certain, 3)

    for key, value in data.items():
        if key not in derived:
            add(key, value, doubts.get("", 1.0), certainty.get("", 1.0))
    return found


def status(flags: Iterable[Flag]) -> Status:
    """Return ``flagged`` if any flag asks a reviewer to look, else ``accepted``."""
    return Status.FLAGGED if any(flag.kind is FlagKind.EXTRACTION for flag in flags) else Status.ACCEPTED


def _prior(value: Any, evidence: Evidence | None) -> float:
    if evidence is not None:
        return _PRIOR[evidence.status]
    return _PRIOR_EMPTY if value is None else _PRIOR_WITHOUT_EVIDENCE
