"""A declaration being written down: values with their spans, doubts and what was understood."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from structurer.document_types.declaration.model import Declaration
from structurer.models import Extraction, Flag, FlagKind, Severity, Span

if TYPE_CHECKING:
    from collections.abc import Iterable

    from structurer.document_types.declaration.layout.values import Value

_EMPTY = Declaration().model_dump(mode="json")


class Draft:
    """Collects one declaration; ``finish`` freezes it into an Extraction."""

    def __init__(self) -> None:
        self.data: dict[str, Any] = {key: _copy(value) for key, value in _EMPTY.items()}
        self.spans: dict[str, tuple[Span, ...]] = {}
        self.certainty: dict[str, float] = {}
        self.converted: set[str] = set()
        self._claimed: list[Span] = []
        self._doubts: list[Flag] = []

    def put(self, path: str, content: object, printed: Value) -> None:
        """Write a value and where it was copied from."""
        *parents, last = path.split(".")
        place = self.data
        for parent in parents:
            place = place[parent]
        place[last] = content
        self.spans[path] = printed.spans
        self.claim(printed.spans)

    def put_text(self, path: str, printed: Value | None) -> None:
        """Write a text as it was printed; an empty cell stays null."""
        if printed is not None and printed.text:
            self.put(path, printed.text, printed)

    def claim(self, spans: Iterable[Span]) -> None:
        """Say that the reader understood these spans."""
        self._claimed.extend(spans)

    def doubt(self, path: str, code: str, message: str, severity: Severity = Severity.WARNING) -> None:
        """Flag a path: the reader may have misread it."""
        self._doubts.append(Flag(path, code, FlagKind.EXTRACTION, severity, message))

    def odd(self, path: str, code: str, message: str, severity: Severity = Severity.WARNING) -> None:
        """Flag a path: it was read as printed, and the print is odd."""
        self._doubts.append(Flag(path, code, FlagKind.SOURCE, severity, message))

    def finish(self) -> Extraction:
        """Return what was collected."""
        return Extraction(
            data=self.data,
            spans=self.spans,
            doubts=tuple(self._doubts),
            certainty=self.certainty,
            claimed=tuple(self._claimed),
            converted=frozenset(self.converted),
        )


def _copy(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copy(inner) for key, inner in value.items()}
    return list(value) if isinstance(value, list) else value
