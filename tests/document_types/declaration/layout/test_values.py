from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from structurer.document_types.declaration.layout.values import compose, tidy
from structurer.models import Span


def whole(text):
    return compose(text, [Span(0, len(text))])


@pytest.mark.parametrize(
    ("printed", "value"),
    [
        ("修补 桥 墩", "修补桥墩"),
        ("bridge deck repair", "bridge deck repair"),
        ("<p>石料1200m <sup>3</sup></p>", "石料1200m3"),
        ("甲<br/>乙", "甲乙"),
        ("<桥面>铺装", "<桥面>铺装"),
        (r"$\geq 95\%$", "≥95%"),
        (r"$\leq 12$万元", "≤12万元"),
        ("\u3000桥墩\n栏杆 ", "桥墩栏杆"),
    ],
)
def test_the_scanner_is_undone_and_the_author_kept(printed, value):
    assert whole(printed).text == value


def test_pieces_are_joined_in_their_order_and_leave_out_what_is_between():
    text = "石料抗压\n≥90%\n合格率"
    found = compose(text, [Span(0, 5), Span(10, 13)])
    assert found.text == "石料抗压合格率"
    assert found.spans == ((0, 4), (10, 13))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.sampled_from(["桥墩", " ", "<p>", "</p>", "8座", "\n", "m <sup>3</sup>", "a b", "\t", "<x"])
    ).map("".join)
)
def test_spans_give_the_value_with_white_space_dropped(text):
    found = whole(text)
    joined = "".join(text[start:end] for start, end in found.spans)
    assert "".join(joined.split()) == "".join(found.text.split())
    assert tidy(found.text) == found.text
