"""Where a drawn value stands in its filing: the line, and the text around it with the value marked."""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby
from pathlib import PurePath
from typing import TYPE_CHECKING

from structurer.documents import read_document
from structurer.errors import DocumentError
from structurer.evaluation.audit.plan import AuditError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from structurer.evaluation.audit.plan import AuditPlan, Item
    from structurer.models import Document

OPEN, CLOSE = "⟦", "⟧"
"""The marks around a value. Where a filing prints them itself, they are shown as plain brackets."""

_AROUND = 60
_NO_PLACE = "(no place in the filing is known for this value)"


def with_excerpts(plan: AuditPlan, filings: Path) -> AuditPlan:
    """Return the plan with the line and the excerpt of each item, read from the folder of filings.

    Raises ``AuditError`` for a filing that is not there, or is not the one that the run read.
    """
    items = [
        _shown(item, document)
        for filing, of_filing in groupby(plan.items, key=lambda item: item.filing)
        for document, item in _with_document(filing, of_filing, filings)
    ]
    return replace(plan, items=tuple(items))


def _with_document(filing: str, items: Iterable[Item], filings: Path) -> Iterator[tuple[Document, Item]]:
    document: Document | None = None
    for item in items:
        if document is None or document.sha256 != item.sha256:
            document = _document(item, filings)
        yield document, item


def _document(item: Item, filings: Path) -> Document:
    name = PurePath(item.filing)
    if name.is_absolute() or ".." in name.parts:
        raise AuditError(
            f"{item.filing}: is no file below the folder of filings; audit a run of this program"
        )
    try:
        document = read_document(
            filings / item.filing, name=item.filing, encoding=item.encoding, errors="replace"
        )
    except DocumentError as error:
        raise AuditError(f"{error}; give the folder of the filings that were run with --filings") from error
    if document.sha256 != item.sha256:
        raise AuditError(f"{item.filing}: is not the file that was run; give its folder, or run it again")
    return document


def _shown(item: Item, document: Document) -> Item:
    if not item.spans:
        return replace(item, excerpt=_NO_PLACE)
    line = document.text.count("\n", 0, min(start for start, _ in item.spans)) + 1
    return replace(item, line=line, excerpt=excerpt(document.text, item.spans))


def excerpt(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """Return the text around some spans, the spans marked; pieces far apart are joined by an ellipsis.

    An empty span is a place without a value. White space of the filing is one blank, a cell's border (tab)
    a bar, the end of a line a slash.
    """
    pieces: list[str] = []
    shown = 0
    places = sorted(spans)
    for (start, end), (following, _) in zip(places, [*places[1:], (len(text) + 2 * _AROUND, 0)], strict=True):
        before = max(start - _AROUND, shown)
        pieces += ["…"] * (before > shown) + [_plain(text[before:start])]
        pieces += [OPEN, _plain(text[start:end]), CLOSE] if end > start else []
        # What stands between two pieces is shown whole where both have their share of it.
        shown = min(following, end + _AROUND) if following - end > 2 * _AROUND else max(following, end)
        pieces.append(_plain(text[end:shown]))
    return "".join([*pieces, "…" * (shown < len(text))]).strip()


def _plain(text: str) -> str:
    # A filing that prints the marks must not point elsewhere.
    marked = text.replace(OPEN, "[").replace(CLOSE, "]").replace("\t", " | ").replace("\n", " / ")
    words = " ".join(marked.split())
    if not words:
        return " " if marked else ""
    return f"{' ' * marked[0].isspace()}{words}{' ' * marked[-1].isspace()}"
