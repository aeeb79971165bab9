"""From labels and records to outcomes: what every figure is made of.

Comparing says what is right and which flags cover it (``compare``), the search for the label's values where
they stand (``evidence``); here both become one row for each cell, in one fixed order.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from structurer.evaluation.compare import compare, surplus
from structurer.evaluation.evidence import excerpt, find_values, judge
from structurer.evaluation.outcomes import CellOutcome, Place
from structurer.grounding import TextIndex
from structurer.groups import group_of
from structurer.models import Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from structurer.evaluation.compare import Finding
    from structurer.evaluation.evidence import Found
    from structurer.evaluation.gold import GoldLabel
    from structurer.models import Document, Record

_NEIGHBOURS = ("name", "target")
"""The values of a row that show where the row is."""


def outcomes_of(
    labels: Iterable[GoldLabel], records: Iterable[Record], documents: Iterable[Document] = ()
) -> tuple[CellOutcome, ...]:
    """Compare records with labels by filing and ordinal, in whatever order they come.

    The outcomes are ordered by filing and ordinal, then the fields in the form's order, the label's rows in
    its order, and what the record has too many in the order it was read. ``documents`` are the filings; they
    are needed for labels without a record only, to show where the value stands.

    Records of filings that have no label at all are left out; in a labelled filing a record without a
    label is one too many. Raises ``ValueError`` when two labels, or two records, are of one project.
    """
    gold = _unique(((label.filing, label.ordinal), label) for label in labels)
    filings = {filing for filing, _ in gold}
    read = _unique(
        ((record.document.name, record.chunk.ordinal), record)
        for record in records
        if record.document.name in filings
    )
    texts = {document.name: document.text for document in documents}
    texts |= {filing: record.document.text for (filing, _), record in read.items()}
    indexes = {filing: TextIndex(texts.get(filing, "")) for filing in filings}
    return tuple(
        cell
        for filing, ordinal in sorted(gold.keys() | read.keys())
        for cell in _Project(
            filing, ordinal, gold.get((filing, ordinal)), read.get((filing, ordinal)), indexes[filing]
        ).cells()
    )


@dataclass(frozen=True)
class _Project:
    """One project: its label, its record, and its filing's text; either of the first two may be missing."""

    filing: str
    ordinal: int
    label: GoldLabel | None
    record: Record | None
    index: TextIndex

    @cached_property
    def found(self) -> Mapping[str, Found]:
        """Where the label's values are printed."""
        if self.label is None:
            return {}
        region = Span(self.record.chunk.start, self.record.chunk.end) if self.record else None
        return find_values(self.label.data, self.index, region)

    def cells(self) -> Iterator[CellOutcome]:
        if self.label is not None:
            findings = compare(self.label, self.record)
        else:
            findings = surplus(self.record) if self.record else iter(())
        for finding in findings:
            yield self._cell(finding)

    def _cell(self, finding: Finding) -> CellOutcome:
        failed = self.record is not None and self.record.data is None
        return CellOutcome(
            filing=self.filing,
            ordinal=self.ordinal,
            gold_path=finding.gold_path,
            path=finding.path,
            field=finding.field,
            group=group_of(finding.field),
            gold=_text(finding.gold),
            read=_text(finding.read),
            right=finding.right,
            uncertain=finding.uncertain,
            flagged=failed or bool(finding.flags),
            failed=failed,
            error=str(finding.error or ""),
            confidence=self.record.confidence.get(finding.path) if self.record else None,
            place=self._place(finding),
            excerpt=self._excerpt(finding),
            reasons=",".join(sorted({flag.code for flag in finding.flags})),
        )

    def _spans(self, path: str) -> tuple[Span, ...]:
        evidence = self.record.evidence.get(path) if self.record else None
        return evidence.spans if evidence else ()

    def _place(self, finding: Finding) -> Place:
        found = self.found.get(finding.gold_path)
        return judge(self.index, found.own if found else None, self._spans(finding.path))

    def _excerpt(self, finding: Finding) -> str:
        """Return the line of the read value, or else of the label's, or else of what stands beside it."""
        if (finding.gold is None and finding.read is None) or not self.index.text:
            return ""
        at = self._offset(finding.path, finding.gold_path)
        if at is None and finding.field.startswith("indicators."):
            row, gold_row = finding.path.rpartition(".")[0], finding.gold_path.rpartition(".")[0]
            beside = (self._offset(f"{row}.{name}", f"{gold_row}.{name}") for name in _NEIGHBOURS)
            at = next((offset for offset in beside if offset is not None), None)
        return "" if at is None else excerpt(self.index.text, at)

    def _offset(self, path: str, gold_path: str) -> int | None:
        """Return where a value stands: by its evidence, or else where the label's could be printed first."""
        if spans := self._spans(path):
            return spans[0].start
        found = self.found.get(gold_path)
        stretch = (found.own or next(iter(found.all), None)) if found else None
        return self.index.offsets[stretch.first] if stretch else None


def _text(value: object) -> str | None:
    return None if value is None else str(value)


_T = TypeVar("_T")


def _unique(items: Iterable[tuple[tuple[str, int], _T]]) -> dict[tuple[str, int], _T]:
    found: dict[tuple[str, int], _T] = {}
    for key, item in items:
        if key in found:
            raise ValueError(f"project {key[1]} of {key[0]} is there twice; give each project once")
        found[key] = item
    return found
