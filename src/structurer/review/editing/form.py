"""A record's form and print, as far as deciding needs them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from structurer.grounding import TextIndex, ground
from structurer.models import Grounding, Span
from structurer.review.editing.addresses import field_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from structurer.document_types.base import DocumentType

_SURE = (Grounding.EXACT, Grounding.JOINED, Grounding.CANONICAL)


@dataclass(frozen=True, slots=True)
class PrintedForm:
    """One record's part of a text, ``[start, end)``, and the kind of form that it is."""

    document_type: DocumentType
    text: str
    start: int
    end: int

    def typed(self, address: str, text: str) -> Any:
        """Return the value that somebody typed. Raises ``ValueError`` that says how to write it."""
        return self.document_type.entry.typed(field_of(address), text)

    def find(self, address: str, value: Any, near: Sequence[Span] = ()) -> tuple[Span, ...]:
        """Return where a value stands in this part of the text; nothing where that is not sure.

        What is printed more than once is meant where it stands on the lines of ``near``, or in it.
        """
        if value is None:
            return ()
        stretches = [(self.start, self.end), *self._around(near)]
        found = (self._ground(address, value, start, end) for start, end in stretches)
        return next(filter(None, found), ())

    def _around(self, near: Sequence[Span]) -> list[tuple[int, int]]:
        if not near:
            return []
        first, last = near[0].start, near[-1].end
        end = self.text.find("\n", last)
        return [(self.text.rfind("\n", 0, first) + 1, len(self.text) if end < 0 else end), (first, last)]

    def _ground(self, address: str, value: Any, start: int, end: int) -> tuple[Span, ...]:
        kind = self.document_type.value_kind(field_of(address))
        found = ground(TextIndex(self.text[start:end]), str(value), kind)
        if found.status not in _SURE:
            return ()
        return tuple(Span(first + start, last + start) for first, last in found.spans)

    def checked(self, spans: Sequence[tuple[int, int]]) -> tuple[Span, ...]:
        """Return spans that were given. Raises ``ValueError`` for such that are not in the text."""
        for start, end in spans:
            if not 0 <= start < end <= len(self.text):
                raise ValueError(f"[{start}, {end}) is no stretch of the text")
        return tuple(sorted(Span(*span) for span in spans))
