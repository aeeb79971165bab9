"""Which rows of two readings are the same."""

from __future__ import annotations

from structurer.engines.aligning import align
from structurer.engines.cells import Cell, Row
from structurer.models import Span


def row(name: tuple[int, int] | None, target: tuple[int, int] | None = None, half: str = "left") -> Row:
    def cell(place: tuple[int, int] | None) -> Cell:
        return Cell("x", (Span(*place),)) if place else Cell()

    return Row(half, {"level2": Cell("y"), "name": cell(name), "target": cell(target)})


A, B, C = row((0, 4), (5, 8)), row((10, 14), (15, 18)), row((20, 24), (25, 28))


def test_rows_at_the_same_place_are_the_same_whatever_their_order() -> None:
    assert align([A, B, C], [C, A, B], "left") == [(A, A), (B, B), (C, C)]


def test_rows_that_only_one_reading_has_stand_alone_in_their_place() -> None:
    assert align([A, C], [A, B, C], "left") == [(A, A), (None, B), (C, C)]
    assert align([B], [A, B, C], "left") == [(None, A), (B, B), (None, C)]
    assert align([A, B, C], [B], "left") == [(A, None), (B, B), (C, None)]
    assert align([], [B, A], "left") == [(None, A), (None, B)]
    assert align([A], [], "left") == [(A, None)]


def test_rows_that_share_most_of_their_text_are_paired_first() -> None:
    slid = row((10, 14), (5, 8))
    assert align([A, B], [slid], "left") == [(A, None), (B, slid)]
    split = row((0, 4)), row((15, 18), (5, 8))
    assert align([A], split, "left") == [(A, split[0]), (None, split[1])]


def test_a_row_that_stands_where_rows_of_the_other_half_do_is_no_new_row() -> None:
    swapped = row((0, 4), (5, 8), "right")
    assert align([A], [swapped], "right") == []
    assert align([A], [swapped], "left") == [(A, None)]


def test_a_name_that_both_halves_share_is_no_reason_to_lose_a_row() -> None:
    other_half = row((0, 4), (40, 44), "right")
    assert align([A], [A, other_half], "right") == [(None, other_half)]


def test_a_row_that_stands_nowhere_is_left_out_and_ours_stays() -> None:
    nowhere = row(None)
    assert align([A], [nowhere], "left") == [(A, None)]
    assert align([nowhere, A], [A, nowhere], "left") == [(nowhere, None), (A, A)]


def test_a_row_is_paired_once() -> None:
    whole = row((0, 4), (15, 18))
    assert align([A, B], [whole], "left") == [(A, whole), (B, None)]
    assert align([A], [whole, whole], "left") == [(A, whole), (None, whole)]


def test_many_rows_take_little_time() -> None:
    many = [row((10 * n, 10 * n + 4), (10 * n + 5, 10 * n + 8)) for n in range(10_000)]
    assert [pair for pair in align(many, many[::-1], "left") if pair[0] != pair[1]] == []
