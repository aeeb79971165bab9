from __future__ import annotations

import re
from itertools import pairwise

from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from structurer.grounding import TextIndex, ValueKind, fold, ground, verify
from structurer.grounding.misreading import misreading_cost
from structurer.models import Evidence, Grounding, Span

AS_PRINTED = (Grounding.EXACT, Grounding.JOINED)
CHARACTERS = "河道清淤路灯树苗一二不年。，,.、：:（(%％≥<5０1207 \t\n|$*m㎡\u200b"
MARKUP = ("<p>", "</p>", "<br>", "<sup>2</sup>", r"$\geq 5\%$", "**", "&lt;", "&nbsp;", "1,500", "| --- |")
filings = st.lists(st.one_of(st.text(CHARACTERS, max_size=8), st.sampled_from(MARKUP)), max_size=20).map(
    "".join
)
lines = st.lists(st.text("河道清淤路灯树苗修剪草坪", min_size=3, max_size=9), min_size=2, max_size=5)
kinds = st.sampled_from(list(ValueKind))
amounts = st.decimals(0, 10**11, places=2).map(lambda d: f"{d:f}".removesuffix(".00"))


def spoken(text: str, evidence: Evidence) -> str:
    return fold("".join(text[start:end] for start, end in evidence.spans))


def says(text: str, evidence: Evidence, value: str) -> bool:
    """Whether the spans say the value; taken one by one too, as joining them may make new markup."""
    pieces = [fold(text[start:end]) for start, end in evidence.spans]
    return fold(value) in (spoken(text, evidence), "".join(pieces))


def digits(text: str) -> str:
    return re.sub(r"[,.，．\s]", "", text)


def check(text: str, value: str, kind: ValueKind, evidence: Evidence) -> None:
    """Hold what the status promises against the text."""
    spans = evidence.spans
    assert all(0 <= span.start < span.end <= len(text) for span in spans)
    assert all(left.end <= right.start for left, right in pairwise(spans))
    assert (evidence.status is Grounding.NONE) == (spans == ())
    if evidence.status in AS_PRINTED:
        if kind in (ValueKind.AMOUNT, ValueKind.INTEGER):
            assert digits(spoken(text, evidence)) == digits(fold(value))
        else:
            assert says(text, evidence, value)
    if evidence.status is Grounding.EXACT:
        assert [text[start:end] for start, end in spans] == [value]
    if evidence.status is Grounding.FUZZY:
        assert kind in (ValueKind.TEXT, ValueKind.LABEL)
        assert len(fold(value)) >= 6


@settings(max_examples=400)
@given(filings, st.data(), kinds)
@example("30㎡", None, ValueKind.TEXT)
def test_what_is_accepted_is_printed_there(text: str, data: st.DataObject | None, kind: ValueKind) -> None:
    value = "30m" if data is None else data.draw(st.one_of(st.text(CHARACTERS, max_size=8), _parts_of(text)))
    index = TextIndex(text)
    check(text, value, kind, ground(index, value, kind))
    if data is not None:
        spans = data.draw(st.lists(_spans_of(text), max_size=3))
        check(text, value, kind, verify(index, value, kind, spans, canonical=False))
        check(text, value, kind, ground(index, value, kind, within=spans))


def _spans_of(text: str) -> st.SearchStrategy[Span]:
    places = st.integers(-1, len(text) + 1)
    return st.builds(Span, places, places)


def _parts_of(text: str) -> st.SearchStrategy[str]:
    places = st.integers(0, len(text))
    return st.builds(lambda a, b: text[min(a, b) : max(a, b)], places, places)


@given(filings, filings, st.text("河道清淤路灯树苗", min_size=1, max_size=12))
def test_a_value_that_is_printed_is_found(before: str, after: str, value: str) -> None:
    text = f"{before}\n{value}\n{after}"
    span = Span(len(before) + 1, len(before) + 1 + len(value))
    index = TextIndex(text)
    assert ground(index, value, ValueKind.TEXT).status in (*AS_PRINTED, Grounding.AMBIGUOUS)
    assert ground(index, value, ValueKind.TEXT, [span]) == Evidence((span,), Grounding.EXACT)
    assert verify(index, value, ValueKind.TEXT, [span]) == Evidence((span,), Grounding.EXACT)


@given(filings)
def test_the_index_and_fold_agree_and_offsets_ascend(text: str) -> None:
    index = TextIndex(text)
    assert index.folded == fold(text)
    assert len(index.offsets) == len(index.folded)
    assert index.offsets == sorted(index.offsets)


@given(lines, st.data())
def test_wrapped_lines_are_found_between_those_of_another_column(
    wrapped: list[str], data: st.DataObject
) -> None:
    other = data.draw(st.lists(st.text("甲乙丙丁0123%", min_size=1, max_size=9), min_size=5, max_size=5))
    gap = data.draw(st.sampled_from(["\n", "\n\n", "  ", "\t"]))
    text = gap.join(cell for pair in zip(wrapped, other, strict=False) for cell in pair)
    value = "".join(wrapped)
    evidence = ground(TextIndex(text), value, ValueKind.TEXT)
    assert evidence.status in (*AS_PRINTED, Grounding.AMBIGUOUS)
    assert spoken(text, evidence) == value


@given(st.text("河道清淤路灯", min_size=3, max_size=20), st.text("树苗修剪", min_size=1, max_size=20))
def test_a_prefix_is_no_match(prefix: str, rest: str) -> None:
    text = f"草坪\t{prefix}\t草坪"
    index = TextIndex(text)
    assert ground(index, prefix + rest, ValueKind.TEXT).status is Grounding.NONE
    assert verify(index, prefix + rest, ValueKind.TEXT, [Span(3, 3 + len(prefix))]).status is Grounding.NONE


@given(amounts, st.integers(0, 20), st.sampled_from(["{:,}", "{}"]))
def test_an_amount_is_found_however_it_is_torn(amount: str, tear: int, style: str) -> None:
    whole, point, fraction = amount.partition(".")
    plain = style.format(int(whole)) + point + fraction
    tear = min(tear, len(plain) - 1)
    printed = plain[:tear] + " " + plain[tear:] if tear else plain
    text = f"总额：\t{printed}\t其中"
    evidence = ground(TextIndex(text), amount, ValueKind.AMOUNT)
    assert evidence.status in AS_PRINTED
    assert evidence.spans == (Span(4, 4 + len(printed)),)
    assert verify(TextIndex(text), amount, ValueKind.AMOUNT, evidence.spans) == evidence


@given(amounts, amounts, st.sampled_from(["{:,}", "{}"]))
def test_another_amount_is_never_found(amount: str, other: str, style: str) -> None:
    assume(amount != other and not amount.endswith("0") and not other.endswith("0"))
    whole, point, fraction = amount.partition(".")
    text = f"总额：\t{style.format(int(whole))}{point}{fraction}\t其中"
    index = TextIndex(text)
    assert ground(index, other, ValueKind.AMOUNT).status is Grounding.NONE
    assert verify(index, other, ValueKind.AMOUNT, [Span(4, len(text) - 3)]).status is Grounding.NONE


@given(st.datetimes().filter(lambda moment: moment.year >= 1000), st.integers(0, 13), st.integers(0, 13))
def test_a_date_with_swapped_digits_is_another_date(moment: object, left: int, right: int) -> None:
    value = f"{moment:%Y-%m-%dT%H:%M:%S}"
    stamp = list(re.sub(r"\D", "", value))
    stamp[left], stamp[right] = stamp[right], stamp[left]
    text = "日期：" + "".join(stamp)
    same = "".join(stamp) == re.sub(r"\D", "", value)
    expected = Grounding.CANONICAL if same else Grounding.NONE
    assert ground(TextIndex(text), value, ValueKind.DATE).status is expected


@given(st.text("河道清淤路灯树苗012≥≤一二", min_size=6, max_size=60), st.data())
def test_what_carries_meaning_is_never_misread(value: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(value) - 1))
    changed = data.draw(st.sampled_from("0123456789≥≤<一二三不%"))
    assume(changed != value[place])
    other = value[:place] + changed + value[place + 1 :]
    assert misreading_cost(value, other) is None
    assert misreading_cost(other, value) is None
