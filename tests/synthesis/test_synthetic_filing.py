from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from structurer.document_types.declaration.model import Declaration
from structurer.synthesis.content import invent
from structurer.synthesis.families import Family
from structurer.synthesis.filing import RenderedFiling, invent_filing, render_filing

if TYPE_CHECKING:
    from structurer.synthesis.labels import Label

families = st.sampled_from(list(Family))
seeds = st.integers(0, 10**5)


def _squeezed(text: str) -> str:
    return "".join(re.sub(r"</?(p|sup)>", "", text).split())


def _prints(label: Label) -> list[str]:
    """Return what a form must print of each value that is not empty."""
    prints = []
    for path, reading in label.readings.items():
        (value,) = reading.accept
        if value is None or path.endswith(".level2"):
            continue
        text = str(value)
        if path.startswith("funding."):
            whole, point, fraction = text.partition(".")
            text = f"{int(whole):,}{point}{fraction}"
        elif path == "submitted_at":
            text = re.sub(r"\D", "", text)
        prints.append(_squeezed(text))
    return prints


def _pieces(value: str, text: str) -> int:
    """Count the stretches of a text that a value is made of, the longest ones first."""
    count = 0
    while value:
        length = next((n for n in range(len(value), 0, -1) if value[:n] in text), 0)
        assert length, f"{value} is not in the text"
        value = value[length:]
        count += 1
    return count


@settings(max_examples=60, deadline=None)
@given(families, seeds)
def test_every_value_of_an_undamaged_form_stands_in_its_text(family: Family, seed: int) -> None:
    filing = invent_filing(family, seed, count=2)
    text = _squeezed(filing.text)
    for label in filing.labels:
        assert not any(reading.uncertain for reading in label.readings.values())
        for value in _prints(label):
            if family.columns_kept:
                assert value in text
            else:
                assert _pieces(value, text) <= 1 + len(value) // 10


@settings(max_examples=30, deadline=None)
@given(families, seeds)
def test_an_undamaged_label_is_the_truth(family: Family, seed: int) -> None:
    for ordinal, label in enumerate(invent_filing(family, seed, count=2).labels, 1):
        data = label.as_dict()
        assert (data["ordinal"], data["uncertain_fields"], data["accept"]) == (ordinal, [], {})
        plain = {key: value for key, value in data.items() if key in Declaration.model_fields}
        read = Declaration.model_validate(plain).model_dump_json()
        assert _squeezed(read) == _squeezed(label.truth.model_dump_json())


@pytest.mark.parametrize("family", Family)
def test_the_same_seed_prints_the_same_filing(family: Family) -> None:
    assert invent_filing(family, 3) == invent_filing(family, 3)
    assert invent_filing(family, 3).text != invent_filing(family, 4).text


def test_families_print_the_same_declarations_differently() -> None:
    truths = [invent(seed, positional=False) for seed in range(2)]
    texts = {family: render_filing(family, truths, 1).text for family in Family}
    assert len(set(texts.values())) == len(Family)
    assert "\t" not in texts[Family.PDF]
    assert all("\t" in text for family, text in texts.items() if family.columns_kept)


def test_titles_and_years_are_inherited_as_the_guide_says() -> None:
    truths = [invent(1, year=2023, positional=False), invent(2, year=2023, positional=False)]
    titles = {
        family: [t.truth.form_title for t in render_filing(family, truths, 1).labels] for family in Family
    }
    assert titles[Family.BUREAU] == [truths[0].form_title] * 2
    assert titles[Family.DISCLOSURE] == [None, None]
    assert titles[Family.ZONE] == titles[Family.PDF] == [truth.form_title for truth in truths]
    disclosure = render_filing(Family.DISCLOSURE, truths, 1).text
    assert "申报表" not in disclosure
    assert "2023年度部门预算公开" in disclosure
    assert disclosure.index("项目名称") < disclosure.index("附表说明") < disclosure.rindex("项目名称")


def _heads(filing: RenderedFiling) -> Counter[str]:
    return Counter(line.split("\t")[0] for line in filing.text.split("\n"))


def test_long_forms_print_their_head_again_on_each_page() -> None:
    heads = [_heads(invent_filing(Family.PAGED, seed))["项目名称"] for seed in range(10)]
    assert max(heads) > 3
    assert all(_heads(invent_filing(Family.ZONE, seed))["项目名称"] == 3 for seed in range(10))


def test_the_five_levels_of_empty_groups_are_printed_too() -> None:
    for seed in range(10):
        filing = invent_filing(Family.ZONE, seed, count=1)
        for level in ("经济效益指标", "社会效益指标", "生态效益指标", "可持续影响指标"):
            assert filing.text.count(level) == 2


def test_wrapped_names_come_out_around_their_values() -> None:
    texts = [invent_filing(Family.PDF, seed).text for seed in range(30)]
    lines = [[line for line in text.split("\n") if line.strip()] for text in texts]
    head = "扩大地方优秀传统文化在"
    after = {line[n + 1] for line in lines for n in range(len(line) - 1) if line[n].startswith(head)}
    assert any("效益指标" in line for line in after), "the value stands between the lines of the name"
    assert any("效益指标" not in line and "影响力" in line for line in after), "cell by cell"
    assert any(line.count(head) == 2 for text in lines for line in text), "both halves are mixed"


def test_halves_of_different_rows_cannot_be_printed_without_columns() -> None:
    truth = invent(1, positional=False)
    uneven = truth.model_copy(update={"indicators": truth.indicators[:-1]})
    with pytest.raises(ValueError, match="positional=False"):
        render_filing(Family.PDF, [uneven], 1)
    assert render_filing(Family.ZONE, [uneven], 1).text
