"""Where a text is cut in two."""

from __future__ import annotations

from structurer.engines.cutting import cut_in_two
from structurer.models import Segment, Span


def segments(*lines: int) -> tuple[Segment, ...]:
    """Return segments of one character each, by their lines."""
    return tuple(Segment(n, line, 0, 10 * n, 10 * n + 1, "x") for n, line in enumerate(lines))


def test_a_text_is_cut_between_the_two_middle_lines() -> None:
    text = segments(0, 0, 1, 1, 2, 2, 3, 3)
    assert cut_in_two(text, {}) == (text[:4], text[4:])


def test_a_row_is_not_cut_in_two_if_the_text_can_be_cut_beside_it() -> None:
    text = segments(0, 0, 1, 1, 2, 2, 3, 3)
    rows = {"rows.0.name": (Span(20, 21),), "rows.0.target": (Span(50, 51),), "head": (Span(0, 1),)}
    assert cut_in_two(text, rows) == (text[:2], text[2:])


def test_where_a_row_ends_another_may_begin() -> None:
    text = segments(0, 1, 2, 3, 4, 5, 6, 7)
    rows = {f"rows.{n}.name": (Span(20 * n, 20 * n + 11),) for n in range(4)}
    assert cut_in_two(text, rows) == (text[:4], text[4:])


def test_one_line_is_cut_between_two_segments_and_one_segment_is_not_cut() -> None:
    text = segments(0, 0, 0, 0)
    assert cut_in_two(text, {}) == (text[:2], text[2:])
    assert cut_in_two(text[:2], {}) == (text[:1], text[1:2])
    assert cut_in_two(text[:1], {}) is None
    assert cut_in_two((), {}) is None


def test_neither_side_is_less_than_a_quarter() -> None:
    text = segments(*range(40))
    rows = {"rows.0.name": (Span(0, 1), Span(380, 381))}
    halves = cut_in_two(text, rows)
    assert halves is not None
    assert min(map(len, halves)) >= 10
