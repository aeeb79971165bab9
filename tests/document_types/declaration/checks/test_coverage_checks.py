from __future__ import annotations

import pytest

from structurer.models import Chunk, Evidence, FlagKind, Grounding, Segment, Severity, Span
from structurer.paths import leaves

EXACT = Evidence((Span(0, 1),), Grounding.EXACT)


@pytest.fixture
def grounded(form):
    """Return the invented declaration and evidence for all of it."""
    data = form()
    return data, {path: EXACT for path, value in leaves(data) if value is not None}


def test_where_nothing_was_looked_for_nothing_is_said_about_it(form, check):
    assert check(form(), "not_grounded", "unclaimed_text") == []


@pytest.mark.parametrize(
    ("status", "severity"),
    [
        (Grounding.NONE, Severity.ERROR),
        (Grounding.AMBIGUOUS, Severity.WARNING),
        (Grounding.FUZZY, Severity.WARNING),
        (Grounding.JOINED, None),
        (Grounding.CANONICAL, None),
        (Grounding.EXACT, None),
    ],
)
def test_how_a_value_is_grounded(grounded, check, status, severity):
    data, evidence = grounded
    evidence["indicators.4.name"] = Evidence((), status)
    flags = check(data, evidence=evidence)
    assert [(f.path, f.severity, f.kind) for f in flags] == (
        [("indicators.4.name", severity, FlagKind.EXTRACTION)] if severity else []
    )


def test_a_value_without_evidence_is_nowhere(grounded, check):
    data, evidence = grounded
    del evidence["handler"]
    del evidence["indicators.4.level2"]  # inferred from the form's order
    assert [f.path for f in check(data, evidence=evidence)] == ["handler"]


def test_a_reading_of_which_nothing_stands_in_the_text_is_all_nowhere(grounded, check):
    data, evidence = grounded
    inferred = {path for path in evidence if path.endswith(".level2")}
    flags = check(data, "not_grounded", evidence={})
    assert {flag.path for flag in flags} == set(evidence) - inferred
    assert {flag.severity for flag in flags} == {Severity.ERROR}


def test_unclaimed_text_is_reported_at_the_value_beside_it(grounded, check):
    data, evidence = grounded
    text = "行道树养护 尾巴 片段\n— 3 —\n孤行 赵小满\n"
    starts = [0, 6, 9, 12, 18, 21]
    words = ["行道树养护", "尾巴", "片段", "— 3 —", "孤行", "赵小满"]
    lines = [0, 0, 0, 1, 2, 2]
    segments = tuple(
        Segment(n, line, 0, start, start + len(word), word)
        for n, (word, start, line) in enumerate(zip(words, starts, lines, strict=True))
    )
    assert [text[s.start : s.end] for s in segments] == words
    evidence = {path: Evidence((Span(0, 5),), Grounding.EXACT) for path in evidence}
    evidence = {"project_name": Evidence((Span(0, 5),), Grounding.EXACT)}
    evidence["handler"] = Evidence((Span(21, 24),), Grounding.EXACT)
    parts = {"text": text, "chunk": Chunk(0, 0, len(text), (0, 1, 2)), "segments": segments}
    flags = check(data, "unclaimed_text", evidence=evidence, unclaimed=segments[1:5], **parts)
    assert [(f.path, f.kind) for f in flags] == [
        ("handler", FlagKind.EXTRACTION),
        ("project_name", FlagKind.EXTRACTION),
    ]
    assert "尾巴 片段" in flags[1].message


def test_unclaimed_text_near_nothing_is_the_records(form, check):
    segment = Segment(0, 0, 0, 0, 2, "孤行")
    flags = check(form(), "unclaimed_text", text="孤行", segments=(segment,), unclaimed=(segment,))
    assert [f.path for f in flags] == [""]
