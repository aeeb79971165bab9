from __future__ import annotations

from structurer.documents import document_from_bytes
from structurer.models import Residue
from structurer.runs.results import summarise_residue


def test_residue_is_told_by_line_numbers_from_one_and_its_beginning() -> None:
    document = document_from_bytes("a\n前言\n\n  第二段 话\nb".encode(), "a.txt")
    start = document.line_starts[1]
    summary = summarise_residue(Residue(start, document.line_starts[4] - 1, (1, 3)), document)
    assert (summary.first_line, summary.last_line, summary.lines) == (2, 4, 2)
    assert summary.excerpt == "前言 第二段 话"
    long = document_from_bytes(("长" * 500).encode(), "a.txt")
    assert len(summarise_residue(Residue(0, 500, (0,)), long).excerpt) == 80
