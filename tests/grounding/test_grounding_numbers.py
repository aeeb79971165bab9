from __future__ import annotations

import pytest

from structurer.grounding import TextIndex, ValueKind, ground, verify
from structurer.models import Evidence, Grounding, Span

AMOUNT, CODE, DATE, INTEGER = ValueKind.AMOUNT, ValueKind.CODE, ValueKind.DATE, ValueKind.INTEGER


def place(text: str, piece: str, status: Grounding) -> Evidence:
    start = text.index(piece)
    return Evidence((Span(start, start + len(piece)),), status)


@pytest.mark.parametrize(
    ("text", "value", "kind", "piece", "status"),
    [
        ("总额\t700\t", "700", AMOUNT, "700", Grounding.EXACT),
        ("总额\t64,000,000\t", "64000000", AMOUNT, "64,000,000", Grounding.JOINED),
        ("总额\t64，000，000元", "64000000", AMOUNT, "64，000，000", Grounding.JOINED),
        ("总额\t６４０００元", "64000", AMOUNT, "６４０００", Grounding.JOINED),
        ("总额\t64.000.000", "64000000", AMOUNT, "64.000.000", Grounding.JOINED),
        ("总额\t2,700,00 0\t900,000", "2700000", AMOUNT, "2,700,00 0", Grounding.JOINED),
        ("总额\t2,700,\n000\t900,000", "2700000", AMOUNT, "2,700,\n000", Grounding.JOINED),
        ("总额\t41,553,207. 18", "41553207.18", AMOUNT, "41,553,207. 18", Grounding.JOINED),
        ("总额\t64,000.00元", "64000", AMOUNT, "64,000.00", Grounding.CANONICAL),
        ("结余：-700", "-700", AMOUNT, "-700", Grounding.EXACT),
        ("64,000 35,000", "35000", AMOUNT, "35,000", Grounding.JOINED),
        ("项目期\t4年", "4", INTEGER, "4", Grounding.EXACT),
        ("（2031年度）", "2031", INTEGER, "2031", Grounding.EXACT),
        ("088-某局", "088", CODE, "088", Grounding.EXACT),
        ("电话：0999-6614 823", "6614823", CODE, "6614 823", Grounding.JOINED),
        ("日期：20310207090805", "2031-02-07T09:08:05", DATE, "20310207090805", Grounding.CANONICAL),
        ("日期：2031020709 0805", "2031-02-07T09:08:05", DATE, "2031020709 0805", Grounding.CANONICAL),
        (
            "日期：2031年2月7日 9:08:05",
            "2031-02-07T09:08:05",
            DATE,
            "2031年2月7日 9:08:05",
            Grounding.CANONICAL,
        ),
        ("日期：2031-02-07T09:08:05", "2031-02-07T09:08:05", DATE, "2031-02-07T09:08:05", Grounding.EXACT),
        ("日期：2031/2/7", "2031-02-07", DATE, "2031/2/7", Grounding.CANONICAL),
    ],
)
def test_finds_numbers_as_scanners_print_them(
    text: str, value: str, kind: ValueKind, piece: str, status: Grounding
) -> None:
    expected = place(text, piece, status)
    index = TextIndex(text)
    assert ground(index, value, kind) == expected
    assert verify(index, value, kind, expected.spans) == expected
    assert verify(index, value, kind, [Span(0, len(text))]) == expected


@pytest.mark.parametrize(
    ("text", "value", "kind"),
    [
        ("总额\t2,700,00 0\t900,000", "270000", AMOUNT),
        ("总额\t2,700,00 0\t900,000", "2700", AMOUNT),
        ("总额\t2,700,00 0\t900,000", "0", AMOUNT),
        ("总额\t164,000,000", "64000000", AMOUNT),
        ("总额\t64,000,000", "64000", AMOUNT),
        ("总额\t64,000,000", "46000000", AMOUNT),
        ("总额\t64,000,000", "64", AMOUNT),
        ("总额\t64,000,0", "640000", AMOUNT),
        ("总额\t64.5", "64", AMOUNT),
        ("结余：-700", "700", AMOUNT),
        ("数\t100\t200", "100200", AMOUNT),
        ("数\n100\n200", "100200", AMOUNT),
        ("20000 000", "20000", AMOUNT),
        ("2031年", "203", INTEGER),
        ("电话 1887 220 9134", "8872209134", CODE),
        ("电话 6614 823", "6614", CODE),
        ("电话 64,000,000", "64000000", CODE),
        ("型号A088", "088", CODE),
        ("日期：2031020709080", "2031-02-07T09:08:05", DATE),
        ("日期：203102070908055", "2031-02-07T09:08:05", DATE),
        ("日期：20310207090850", "2031-02-07T09:08:05", DATE),
        ("日期：20310207090805", "2031-02-07", DATE),
        ("日期：20311307090805", "2031-13-07T09:08:05", DATE),
        ("日期：2031020709\t0805", "2031-02-07T09:08:05", DATE),
    ],
)
def test_numbers_that_are_not_there_are_nowhere(text: str, value: str, kind: ValueKind) -> None:
    index = TextIndex(text)
    assert ground(index, value, kind) == Evidence((), Grounding.NONE)
    assert verify(index, value, kind, [Span(0, len(text))]) == Evidence((), Grounding.NONE)
    inside = text.find(value)
    if inside >= 0:
        assert verify(index, value, kind, [Span(inside, inside + len(value))]).status is Grounding.NONE


def test_a_repeated_amount_is_placed_in_its_cell() -> None:
    text = "总额：\t5,000\t总额：\t5,000"
    index = TextIndex(text)
    assert ground(index, "5000", AMOUNT).status is Grounding.AMBIGUOUS
    assert ground(index, "5000", AMOUNT, [Span(14, 19)]) == Evidence((Span(14, 19),), Grounding.JOINED)
    assert verify(index, "5000", AMOUNT, [Span(14, 19)]) == Evidence((Span(14, 19),), Grounding.JOINED)


def test_an_amount_torn_around_another_column() -> None:
    text = "64,000,\n其他\n000"
    spans = (Span(0, 7), Span(11, 14))
    assert verify(TextIndex(text), "64000000", AMOUNT, spans) == Evidence(spans, Grounding.JOINED)


def test_two_whole_numbers_are_never_one_amount() -> None:
    assert verify(TextIndex("100\n其他\n200"), "100200", AMOUNT, [Span(0, 3), Span(7, 10)]).spans == ()


@pytest.mark.parametrize(
    ("text", "value", "status"),
    [
        ("64", "640000", Grounding.CANONICAL),
        ("6.4万元", "64000", Grounding.CANONICAL),
        ("1,200.5", "12005000", Grounding.CANONICAL),
        ("64", "6400", Grounding.NONE),
        ("64", "650000", Grounding.NONE),
        ("无", "0", Grounding.NONE),
    ],
)
def test_amounts_in_another_unit(text: str, value: str, status: Grounding) -> None:
    index = TextIndex(text)
    span = [Span(0, len(text))]
    assert verify(index, value, AMOUNT, span, canonical=True).status is status
    assert verify(index, value, AMOUNT, span).status is Grounding.NONE
