"""What the record page shows, before it is put into templates."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from records import records

from structurer.document_types.declaration import DECLARATION
from structurer.review.editing.doubts import Doubt, doubts_of
from structurer.review.editing.state import Mark, MarkKind, opened
from structurer.review.viewing.doubts import doubt_view
from structurer.review.viewing.grid import halves
from structurer.review.viewing.places import label_of, place_of
from structurer.review.viewing.selection import selected
from structurer.review.viewing.source import source_of

TEXTS = st.text(st.sampled_from("甲乙 a\n\f\r\t\0\u202e\u200b𠮷"), max_size=60)


@given(TEXTS, st.data())
def test_pieces_are_the_text_cut_at_every_border(text: str, data: st.DataObject) -> None:
    places = st.integers(0, len(text))
    spans = data.draw(st.lists(st.tuples(places, places).map(lambda pair: tuple(sorted(pair))), max_size=5))
    first, last = sorted((data.draw(places), data.draw(places)))
    shown = source_of(text, (first, last), spans, whole=True)
    pieces = [piece for line in shown.lines for piece in line.pieces]
    borders = {border for span in spans for border in span}
    for piece in pieces:
        assert len(piece.text) == piece.end - piece.start
        assert not any(piece.start < border < piece.end for border in borders)
        covered = any(start <= piece.start and piece.end <= end for start, end in spans)
        assert piece.page_break or piece.cited == covered
        if not piece.unseen and not piece.page_break:
            assert piece.text == text[piece.start : piece.end]
    held = {place for piece in pieces for place in range(piece.start, piece.end)}
    assert held == {place for place, each in enumerate(text) if each != "\n"}


def test_only_what_is_around_a_record_is_shown_with_its_line_numbers() -> None:
    text = "\n".join(f"line {number}" for number in range(1, 201))
    start = text.index("line 100")
    shown = source_of(text, (start, start + 8), (), whole=False)
    assert [line.number for line in shown.lines] == list(range(88, 113))
    assert [line.number for line in shown.lines if line.ours] == [100]
    assert (shown.before, shown.cut) == (text.index("line 88"), False)
    assert len(source_of(text, (start, start + 8), (), whole=True).lines) == 200


def test_a_line_of_a_megabyte_is_cut() -> None:
    text = "预" * 1_000_000
    shown = source_of(text, (10, len(text)), (), whole=False)
    assert sum(piece.end - piece.start for line in shown.lines for piece in line.pieces) == 60_000
    assert (shown.cut, shown.behind) == (True, 940_000)
    near_end = source_of(text, (999_000, 999_100), (), whole=True)
    assert any(piece.start <= 999_000 < piece.end for line in near_end.lines for piece in line.pieces)


def test_characters_that_would_hide_or_turn_others_are_shown_by_signs() -> None:
    (line,) = source_of("甲\u202e乙\u200b", (0, 4), (), whole=False).lines
    assert [piece.unseen for piece in line.pieces] == ["", "right-to-left override", "", "zero width space"]
    assert "\u202e" not in "".join(piece.text for piece in line.pieces)


def test_a_selection_is_composed_as_the_program_does() -> None:
    text = "目标：保障 供水\n  安全 运行。\n\nWater supply"
    value = selected(text, 3, text.index("。") + 1)
    assert value.text == "保障供水安全运行。"
    assert "".join(text[start:end] for start, end in value.spans).replace(" ", "") == value.text
    assert selected(text, text.index("W"), len(text)).text == "Water supply"


def test_offsets_of_a_selection_count_code_points() -> None:
    value = selected("𠮷𠮷野家", 1, 3)
    assert (value.text, value.spans) == ("𠮷野", ((1, 3),))


@pytest.mark.parametrize(("start", "end"), [(0, 0), (2, 1), (0, 99), (3, 6)])
def test_a_selection_of_nothing_is_refused(start: int, end: int) -> None:
    with pytest.raises(ValueError, match="select"):
        selected("甲乙丙 \n 丁", start, end)


def test_every_doubt_of_the_sample_has_a_label_and_reasons_in_words() -> None:
    for record, _text in records():
        state = opened(record, DECLARATION.entry.empty())
        for doubt in doubts_of(record):
            view = doubt_view(doubt, state)
            assert view.open
            assert view.label != view.at
            assert all(why.words and why.message for why in view.reasons)
            assert (view.place is None) == (doubt.at not in state.cells)


def test_a_doubtful_level_is_shown_with_its_row() -> None:
    record = next(record for record, _text in records() if record["data"]["indicators"])
    row = record["data"]["indicators"][0]
    state = opened(record, DECLARATION.entry.empty())
    assert doubt_view(Doubt("indicators.b0.level2", ()), state).texts == f"{row['name']} · {row['target']}"
    assert doubt_view(Doubt("indicators.b0.name", ()), state).texts == ""
    assert doubt_view(Doubt("phone", ()), state).texts == ""


def test_the_grid_holds_every_row_in_its_half_in_order() -> None:
    for record, _text in records():
        state = opened(record, DECLARATION.entry.empty())
        shown = [row.at for half in halves(state, ()) for group in half.groups for row in group.rows]
        assert sorted(shown) == sorted(state.rows)
        for half in halves(state, ()):
            rows = [row for group in half.groups for row in group.rows]
            assert [row.number for row in rows] == list(range(1, half.size + 1))
            assert {state.value(f"{row.at}.scope") for row in rows} <= {half.scope}


def test_amounts_are_read_with_commas_and_typed_without() -> None:
    data = DECLARATION.entry.empty()
    data["funding"]["annual"]["total"] = "1234567.50"
    state = opened({"data": data, "evidence": {}}, data)
    place = place_of("funding.annual.total", state, ())
    assert (place.shown, place.value, place.label) == ("1,234,567.50", "1234567.50", "年度 · 总额")


def test_a_long_value_is_cut_and_says_so() -> None:
    data = DECLARATION.entry.empty() | {"overview": "长" * 30_000}
    place = place_of("overview", opened({"data": data, "evidence": {}}, data), ())
    assert (len(place.value), place.left_out, place.long) == (20_000, 10_000, True)


def test_labels_of_parts_rows_and_the_whole() -> None:
    record = next(record for record, _text in records() if record["data"]["indicators"])
    state = opened(record, DECLARATION.entry.empty())
    assert label_of("", state) == "The whole declaration"
    assert label_of("funding.annual", state) == "项目资金（年度，元）"
    assert label_of("indicators.b0.target", state) == "实施期第1行 · 指标值"
    assert label_of("indicators.b999.name", state).startswith("删去的行")


def test_what_was_said_is_shown_in_words() -> None:
    data = DECLARATION.entry.empty()
    state = opened({"data": data, "evidence": {}}, data)
    marks = {"phone": Mark(MarkKind.SKIPPED, "smudged")}
    place = place_of("phone", type(state)(state.empty, state.cells, state.rows, marks), ())
    assert (place.mark, place.said) == ("skipped", "left to a curator: smudged")
