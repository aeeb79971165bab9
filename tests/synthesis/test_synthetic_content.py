from __future__ import annotations

from collections import Counter
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from structurer.document_types.declaration.model import Declaration, FundingHalf, Scope
from structurer.synthesis.content import invent

seeds = st.integers(0, 10**6)


def _groups(truth: Declaration, scope: Scope) -> Counter[str | None]:
    return Counter(row.level2 for row in truth.indicators if row.scope == scope)


@given(seeds, st.booleans())
def test_the_same_seed_invents_the_same_declaration(seed: int, positional: bool) -> None:
    assert invent(seed, positional=positional) == invent(seed, positional=positional)


@given(seeds)
def test_an_invented_declaration_adds_up_and_fits_the_model(seed: int) -> None:
    truth = invent(seed)
    assert Declaration.model_validate(truth.model_dump()) == truth
    for half in (truth.funding.implementation_period, truth.funding.annual):
        parts = half.model_dump(exclude={"total"}).values()
        assert Decimal(half.total or "nan") == sum(Decimal(part) for part in parts if part is not None)
    assert _total(truth.funding.annual) <= _total(truth.funding.implementation_period)
    for text in (truth.overview, truth.basis, truth.necessity, truth.safeguards, truth.implementation_plan):
        assert text is not None
        assert 5 <= len(text) <= 600


def _total(half: FundingHalf) -> Decimal:
    return Decimal(half.total or "nan")


@given(seeds)
def test_names_are_told_apart_inside_a_group(seed: int) -> None:
    rows = Counter((row.scope, row.level2, row.name) for row in invent(seed).indicators)
    assert max(rows.values()) == 1


@given(seeds)
def test_without_columns_both_halves_have_the_same_rows(seed: int) -> None:
    truth = invent(seed, positional=False)
    assert _groups(truth, Scope.IMPLEMENTATION_PERIOD) == _groups(truth, Scope.ANNUAL)
    for goal in (truth.goals.implementation_period, truth.goals.annual):
        assert (goal or "").endswith("。")


def test_the_variety_of_the_form_is_there() -> None:
    truths = [invent(seed) for seed in range(150)]
    assert len({truth.project_name for truth in truths}) > 50
    assert max(_groups(truth, Scope.ANNUAL)["数量指标"] for truth in truths) == 8
    assert any(_groups(truth, Scope.ANNUAL)["生态效益指标"] == 0 for truth in truths)
    assert any(_groups(t, Scope.ANNUAL) != _groups(t, Scope.IMPLEMENTATION_PERIOD) for t in truths)
    assert any(truth.funding.annual.other is not None for truth in truths)
    assert any(truth.handler is None for truth in truths)
    assert any(truth.submitted_at is None for truth in truths)
    assert any("." in (truth.funding.annual.total or "") for truth in truths)
    names = [
        {row.name or "" for row in truth.indicators if row.scope == scope}
        for truth in truths[:50]
        for scope in Scope
    ]
    assert any(
        long != short and long.startswith(short)
        for left, right in zip(names[::2], names[1::2], strict=True)
        for long in left
        for short in right
        if len(short) >= 7
    )
