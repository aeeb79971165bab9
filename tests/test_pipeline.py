from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from structurer import structure
from structurer.engines import LayoutEngine
from structurer.models import Document, Grounding, Page, Record, Status
from structurer.paths import leaves
from structurer.pipeline import Structured, structure_document
from structurer.synthesis.damage import OPERATORS
from structurer.synthesis.families import Family
from structurer.synthesis.filing import Damage, invent_filing

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from structurer.asking import Reading
    from structurer.document_types.base import DocumentType
    from structurer.models import Extraction
    from structurer.passage import Passage

families = st.sampled_from(list(Family))
seeds = st.integers(0, 400)
damages = st.one_of(st.none(), st.sampled_from(list(OPERATORS)))
randoms = st.randoms(use_true_random=False)


def as_document(text: str) -> Document:
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    return Document("invented.txt", sha256, text, "utf-8", (Page(1, 0, len(text)),))


def filing(family: Family, seed: int, damage: str | None = None, count: int = 1) -> str:
    hits = [Damage(OPERATORS[damage], 0.1)] if damage else []
    return invent_filing(family, seed, hits, count=count).text


def read(text: str) -> tuple[Record, ...]:
    return structure_document(as_document(text)).records


def said(records: Sequence[Record]) -> list[Any]:
    """What the records say, without where it stands."""
    return [(record.data, [(flag.path, flag.code) for flag in record.flags]) for record in records]


def value_at(data: Any, path: str) -> Any:
    for key in path.split("."):
        data = data[int(key)] if isinstance(data, list) else data[key]
    return data


def squeezed(text: str) -> str:
    return "".join(text.split())


@settings(max_examples=60, deadline=None)
@given(
    families,
    seeds,
    damages,
    st.sampled_from([" ", "\u3000", "\u2003 ", "\r"]),
    randoms,
)
@example(Family.BUREAU, 1, "line breaks", "\u2003 ", None)
@example(Family.BUREAU, 4, "line breaks", "\r", None)
def test_trailing_white_space_says_nothing(
    family: Family, seed: int, damage: str | None, space: str, random: Any
) -> None:
    text = filing(family, seed, damage)
    padded = "\n".join(line + space * (random.randrange(3) if random else 1) for line in text.split("\n"))
    assert said(read(padded)) == said(read(text))


@settings(max_examples=60, deadline=None)
@given(
    families,
    seeds,
    damages,
    st.sampled_from(["\n", "\n\n", "\n \n", "\n\t\n"]),
    randoms,
)
@example(Family.PDF, 1, None, "\n", None)
@example(Family.BUREAU, 30, "line breaks", "\n", None)
def test_blank_lines_say_nothing(
    family: Family, seed: int, damage: str | None, blank: str, random: Any
) -> None:
    text = filing(family, seed, damage)
    spaced = "".join(
        line + "\n" + (blank if random is None or random.random() < 0.3 else "") for line in text.split("\n")
    )
    assert said(read(spaced)) == said(read(text))
    assert said(read("\n".join(line for line in text.split("\n") if line.strip()))) == said(read(text))


@settings(max_examples=60, deadline=None)
@given(families, seeds, damages)
def test_evidence_gives_the_value_and_stands_in_the_chunk(
    family: Family, seed: int, damage: str | None
) -> None:
    text = filing(family, seed, damage)
    for record in read(text):
        assert record.data is not None
        paths = [path for path, value in leaves(record.data) if value is not None]
        assert set(record.evidence) <= set(paths)
        assert record.confidence.keys() >= set(paths)
        for path, evidence in record.evidence.items():
            spans = evidence.spans
            assert all(0 <= span.start < span.end <= len(text) for span in spans)
            if path not in ("form_title", "fiscal_year"):
                assert all(
                    record.chunk.start <= span.start and span.end <= record.chunk.end for span in spans
                )
            if evidence.status in (Grounding.EXACT, Grounding.JOINED) and not path.startswith("funding."):
                joined = squeezed("".join(text[start:end] for start, end in spans))
                assert joined == squeezed(str(value_at(record.data, path)))


@settings(max_examples=40, deadline=None)
@given(families, seeds, damages)
def test_amounts_stand_where_they_are_said_to(family: Family, seed: int, damage: str | None) -> None:
    text = filing(family, seed, damage)
    for record in read(text):
        for path, evidence in record.evidence.items():
            if path.startswith("funding.") and evidence.status in (Grounding.EXACT, Grounding.JOINED):
                joined = "".join(text[start:end] for start, end in evidence.spans)
                assert squeezed(joined).replace(",", "") == value_at(record.data, path)


@settings(max_examples=40, deadline=None)
@given(families, seeds, damages)
def test_the_same_input_gives_the_same_output(family: Family, seed: int, damage: str | None) -> None:
    text = filing(family, seed, damage, count=2)
    first, second = read(text), read(text)
    assert [record.as_dict() for record in first] == [record.as_dict() for record in second]


@pytest.mark.parametrize("family", Family)
def test_an_undamaged_filing_is_read_rightly_and_mostly_without_doubt(family: Family) -> None:
    printed = invent_filing(family, 3, count=3)
    records = read(printed.text)
    assert len(records) == 3
    for record, label in zip(records, printed.labels, strict=True):
        assert record.data is not None
        expected = label.as_dict()
        for key in ("project_name", "funding", "competent_department", "implementing_unit", "duration_years"):
            assert record.data[key] == expected[key]


@pytest.mark.parametrize("family", Family)
def test_reading_one_form_does_not_depend_on_the_forms_around_it(family: Family) -> None:
    if not family.own_title:
        pytest.skip("a form without a title inherits one")
    texts = [invent_filing(family, seed, count=1).text for seed in (5, 6)]
    together = said(read("\n".join(texts)))
    assert together == said(read(texts[0])) + said(read(texts[1]))


class BrokenEngine:
    """Breaks on one project and reads the others by layout."""

    name = "broken"

    def __init__(self, ordinal: int) -> None:
        self.ordinal = ordinal

    def read(self, passage: Passage, document_type: DocumentType) -> Reading[Extraction]:
        if passage.chunk.ordinal == self.ordinal:
            raise RuntimeError("the scanner ate it")
        return (yield from LayoutEngine().read(passage, document_type))


def test_a_project_that_breaks_the_engine_costs_only_itself() -> None:
    document = as_document(filing(Family.ZONE, 8, count=3))
    broken = structure_document(document, BrokenEngine(2)).records
    whole = structure_document(document).records
    assert [record.data is None for record in broken] == [False, True, False]
    assert said([broken[0], broken[2]]) == said([whole[0], whole[2]])
    (flag,) = broken[1].flags
    assert (flag.path, flag.kind, flag.severity) == ("", "extraction", "error")
    assert "the scanner ate it" in flag.message
    assert broken[1].status is Status.FLAGGED
    assert broken[1].as_dict()["data"] is None
    assert broken[1].id == whole[1].id
    assert broken[1].provenance.engine == "broken"


class InventingEngine:
    """Reads by layout, but makes up a phone number."""

    name = "inventing"

    def read(self, passage: Passage, document_type: DocumentType) -> Reading[Extraction]:
        honest = yield from LayoutEngine().read(passage, document_type)
        return replace(honest, data={**honest.data, "phone": "4400998877"})


def test_a_value_that_stands_nowhere_is_flagged() -> None:
    (record,) = structure_document(as_document(filing(Family.ZONE, 8)), InventingEngine()).records
    assert ("phone", "not_grounded") in [(flag.path, flag.code) for flag in record.flags]


class ShapelessEngine(InventingEngine):
    """Answers with a field that the form does not have."""

    def read(self, passage: Passage, document_type: DocumentType) -> Reading[Extraction]:
        honest = yield from LayoutEngine().read(passage, document_type)
        return replace(honest, data={**honest.data, "duration_years": "three"})


def test_data_of_another_shape_never_leaves_the_pipeline() -> None:
    (record,) = structure_document(as_document(filing(Family.ZONE, 8)), ShapelessEngine()).records
    assert record.data is None
    assert "duration_years" in record.flags[0].message


def test_ids_follow_the_bytes_and_the_place_only() -> None:
    text = filing(Family.ZONE, 8, count=2)
    first, second = read(text)
    assert first.id != second.id
    renamed = structure_document(Document("b.txt", first.document.sha256, text, "utf-8", (Page(1, 0, 9),)))
    assert [record.id for record in renamed.records] == [first.id, second.id]
    assert read(text + "\n")[0].id != first.id


@pytest.mark.parametrize("text", ["", "\n \n", "望鹤县简介\n全县有古桥二十四座。\n"])
def test_a_document_without_forms_gives_no_record_and_keeps_its_text(text: str) -> None:
    found = structure_document(as_document(text))
    assert isinstance(found, Structured)
    assert found.records == ()
    assert squeezed("".join(text[r.start : r.end] for r in found.residue)) == squeezed(text)


def test_text_of_a_form_that_no_field_takes_is_told() -> None:
    text = filing(Family.ZONE, 8)
    line = next(line for line in text.split("\n") if line.startswith("项目属性"))
    (record,) = read(text.replace(line, line + "\n备案文号\t\t蓝桥备2031—77\n"))
    messages = [flag.message for flag in record.flags if flag.kind == "extraction"]
    assert any("蓝桥备2031—77" in message for message in messages)


def test_flags_stand_in_order_and_at_paths_of_the_data() -> None:
    for record in read(filing(Family.PDF, 4, "cut cells", count=3)):
        assert len(set(record.flags)) == len(record.flags)
        for flag in record.flags:
            if flag.path:
                value_at(record.data, flag.path)


def test_a_path_and_its_document_give_the_same_records(tmp_path: Path) -> None:
    path = tmp_path / "invented.txt"
    path.write_text(filing(Family.BUREAU, 2, count=2), encoding="gb18030")
    from_path = structure(path)
    assert [record.document.encoding for record in from_path] == ["gb18030"] * 2
    assert said(from_path) == said(read(filing(Family.BUREAU, 2, count=2)))
