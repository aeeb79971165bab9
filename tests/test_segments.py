from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from structurer.models import Chunk, Document, Page, Segment
from structurer.segments import line_span, segments


def document(text: str) -> Document:
    return Document("bridge.txt", "0" * 64, text, "utf-8", (Page(1, 0, len(text)),))


def cut(text: str) -> tuple[Segment, ...]:
    whole = document(text)
    filled = tuple(n for n, line in enumerate(text.split("\n")) if line.strip())
    return segments(whole, Chunk(1, 0, len(text), filled))


def cells(text: str) -> list[tuple[int, str]]:
    return [(segment.column, segment.text) for segment in cut(text)]


def test_empty_cells_make_no_segment_but_keep_their_column() -> None:
    assert cells("项目名称\t\t古桥养护 二期\t\t") == [(0, "项目名称"), (2, "古桥养护 二期")]
    assert cells("\t\t 桥墩数量 \t≥3座") == [(2, "桥墩数量"), (3, "≥3座")]


def test_white_space_around_a_cell_is_none_of_it_whatever_its_kind() -> None:
    assert cells("\u3000甲\u3000\t\u00a0乙\ufeff\t \u3000 \t丁") == [(0, "甲"), (1, "乙"), (3, "丁")]


@pytest.mark.parametrize("space", ["\u2002", "\u2003", "\u2009", "\u200b", "\u202f", "\x0c"])
def test_a_cell_of_typographic_white_space_is_empty(space: str) -> None:
    assert cells(f"甲\t{space}\t丙") == [(0, "甲"), (2, "丙")]
    assert cells(f"甲{space} {space}乙") == [(0, "甲"), (1, "乙")]


def test_a_row_of_bars_is_a_row_of_cells() -> None:
    assert cells("| 桥墩数量 | | ≥3座 |") == [(0, "桥墩数量"), (2, "≥3座")]
    assert cells("  |甲|乙|  ") == [(0, "甲"), (1, "乙")]


def test_a_line_with_a_bar_in_its_text_is_running_text() -> None:
    assert cells("桥墩|数量 ≥3座") == [(0, "桥墩|数量"), (1, "≥3座")]


@pytest.mark.parametrize("rule", ["-----", "| --- | :---: |", "-----\t-----", "======", "———", " _ _ _ "])
def test_a_line_that_only_draws_makes_none(rule: str) -> None:
    assert cells(f"甲\n{rule}\n乙") == [(0, "甲"), (0, "乙")]


def test_running_text_is_cut_at_its_white_space() -> None:
    assert cells("单位自筹 0 \u3000 单位自筹  5,200") == [
        (0, "单位自筹"),
        (1, "0"),
        (2, "单位自筹"),
        (3, "5,200"),
    ]


def test_the_mark_of_a_heading_is_not_part_of_it() -> None:
    assert cells("## 项目支出绩效目标申报表") == [(0, "项目支出绩效目标申报表")]
    assert cells("#号桥 养护") == [(0, "#号桥"), (1, "养护")]


def test_only_the_lines_of_the_chunk_are_cut_and_numbers_run_on() -> None:
    whole = document("甲 乙\n丙\n丁\t戊\n")
    found = segments(whole, Chunk(1, 0, 9, (0, 2)))
    assert [(s.number, s.line, s.text) for s in found] == [
        (0, 0, "甲"),
        (1, 0, "乙"),
        (2, 2, "丁"),
        (3, 2, "戊"),
    ]


def test_a_line_stands_without_its_break_the_last_one_too() -> None:
    whole = document("甲乙\n\n丙")
    assert [line_span(whole, line) for line in range(3)] == [(0, 2), (3, 3), (4, 5)]


CHARACTERS = "桥墩数量≥3座#|-:\t \u3000\u00a0\r"
texts = st.lists(
    st.one_of(st.text(CHARACTERS, max_size=14), st.sampled_from(["| 甲 | 乙 |", "## 桥", "---", "甲\t\t乙"])),
    max_size=8,
).map("\n".join)


@settings(max_examples=60, deadline=None)
@given(texts)
def test_segments_index_the_text_in_order_and_apart(text: str) -> None:
    found = cut(text)
    assert [segment.number for segment in found] == list(range(len(found)))
    for segment in found:
        assert text[segment.start : segment.end] == segment.text == segment.text.strip()
        assert segment.text
        assert text.count("\n", 0, segment.start) == segment.line
        assert "\t" not in segment.text
        assert "\n" not in segment.text
    for one, next_one in pairwise(found):
        assert one.end <= next_one.start
        assert (one.line, one.column) < (next_one.line, next_one.column)


@settings(max_examples=60, deadline=None)
@given(texts)
def test_everything_but_drawing_is_in_a_segment(text: str) -> None:
    covered = {place for segment in cut(text) for place in range(segment.start, segment.end)}
    missed = {text[place] for place in range(len(text)) if place not in covered}
    assert {character for character in missed if not character.isspace()} <= set("|-:#")
