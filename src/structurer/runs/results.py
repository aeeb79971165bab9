"""What becomes of one filing in a run: its records as they are written, or why there are none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from structurer.models import Document, Residue

_EXCERPT = 80


@dataclass(frozen=True, slots=True)
class ResidueSummary:
    """Text that belongs to no project: where it stands, and how it begins.

    ``start`` and ``end`` are offsets in the document's text; ``first_line`` and ``last_line`` are
    counted from 1, as an editor shows them; ``lines`` is how many of them are not blank.
    """

    start: int
    end: int
    first_line: int
    last_line: int
    lines: int
    excerpt: str


@dataclass(frozen=True, slots=True)
class StructuredFiling:
    """A filing that was read: what is known of it, its records and the text that none of them has.

    ``same_as`` is the name of another filing with the very same content, which has the records.
    """

    name: str
    sha256: str
    encoding: str
    media_type: str
    pages: int
    records: tuple[Mapping[str, Any], ...]
    residue: tuple[ResidueSummary, ...]
    same_as: str | None = None


@dataclass(frozen=True, slots=True)
class FailedFiling:
    """A filing that could not be read: the class of the error, and its message."""

    name: str
    error: str
    message: str


@dataclass(frozen=True, slots=True)
class SkippedFile:
    """What a folder holds beside filings, and was not read: a ``.pdf file``, a ``hidden folder``."""

    name: str
    kind: str


FilingResult = StructuredFiling | FailedFiling | SkippedFile


def summarise_residue(residue: Residue, document: Document) -> ResidueSummary:
    """Return residue as a run reports it."""
    words = " ".join(document.text[residue.start : residue.end][: 4 * _EXCERPT].split())
    return ResidueSummary(
        start=residue.start,
        end=residue.end,
        first_line=residue.lines[0] + 1,
        last_line=residue.lines[-1] + 1,
        lines=len(residue.lines),
        excerpt=words if len(words) <= _EXCERPT else f"{words[: _EXCERPT - 1]}…",
    )
