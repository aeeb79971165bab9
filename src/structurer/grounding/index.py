"""An index of a text: its folded characters, where each of them stands, and the numbers in it."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from structurer.grounding.folding import RUN, blank_markup, drop_thousands_separators, symbol_end, width_table
from structurer.grounding.numbers import Number, numbers_in, same_number_key
from structurer.models import Span

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Stretch(NamedTuple):
    """Positions ``[first, last)`` in the folded text of an index."""

    first: int
    last: int


@dataclass(frozen=True)
class TextIndex:
    """A document's text, made ready for finding values in it. Build one for each document.

    Everything but ``text`` is worked out when it is first asked for.
    """

    text: str

    @cached_property
    def clean(self) -> str:
        """The text with markup blanked out; offsets as in the text."""
        return blank_markup(self.text)

    @cached_property
    def _folded(self) -> tuple[str, list[int]]:
        clean = drop_thousands_separators(self.clean)
        offsets: list[int] = []
        pieces: list[str] = []
        for run in RUN.finditer(clean):
            offsets.extend(range(run.start(), run.end()))
            pieces.append(run.group())
        kept = "".join(pieces)
        table = width_table()
        folded = kept.translate(table)
        # A length that stayed the same proves nothing: one character may have grown and another gone.
        if any(len(table.get(ord(character), character)) != 1 for character in sorted(set(kept))):
            offsets = [
                offset
                for offset, character in zip(offsets, kept, strict=True)
                for _ in table.get(ord(character), character)
            ]
        return folded, offsets

    @property
    def folded(self) -> str:
        """The characters that count, each in its one form (see ``folding.fold``)."""
        return self._folded[0]

    @property
    def offsets(self) -> list[int]:
        """For each folded character, where in the text it stands; ascending."""
        return self._folded[1]

    @cached_property
    def numbers(self) -> Mapping[str, Sequence[Number]]:
        """The numbers that can be read in the text, by ``same_number_key``, in reading order."""
        found: dict[str, list[Number]] = {}
        for number in numbers_in(self.clean):
            found.setdefault(same_number_key(number.plain), []).append(number)
        return found

    def stretch(self, region: Span | None) -> Stretch:
        """Return the folded positions that stand in a region of the text, or all of them."""
        if region is None:
            return Stretch(0, len(self.folded))
        return Stretch(bisect_left(self.offsets, region.start), bisect_left(self.offsets, region.end))

    def opens(self, position: int) -> bool:
        """Whether white space or markup stands before this folded character, or nothing."""
        if not 0 < position < len(self.offsets):
            return True
        return self.offsets[position] - self.offsets[position - 1] > 1

    def end_of(self, position: int) -> int:
        """Return where in the text this folded character ends."""
        offset = self.offsets[position]
        return offset + 1 if self.text[offset] == self.clean[offset] else symbol_end(self.text, offset)

    def spans(self, stretches: Sequence[Stretch]) -> tuple[Span, ...]:
        """Return the spans of the text that hold these folded characters and no markup.

        White space and thousands separators inside stay inside; markup divides.
        """
        spans: list[Span] = []
        for first, last in stretches:
            start, end = self.offsets[first], self.end_of(last - 1)
            if end - start > last - first and self._has_markup(start, end):
                spans.extend(self._spans_around_markup(first, last))
            else:
                spans.append(Span(start, end))
        return tuple(spans)

    def _has_markup(self, start: int, end: int) -> bool:
        return self.text[start:end] != self.clean[start:end]

    def _spans_around_markup(self, first: int, last: int) -> list[Span]:
        spans: list[Span] = []
        start, end = self.offsets[first], self.end_of(first)
        for position in range(first + 1, last):
            offset = self.offsets[position]
            if offset > end and self._has_markup(end, offset):
                spans.append(Span(start, end))
                start = offset
            end = max(end, self.end_of(position))
        spans.append(Span(start, end))
        return spans
