"""Invented declarations: plausible content for the form, with nothing copied from a real filing."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from random import Random
from typing import TYPE_CHECKING

from structurer.document_types.declaration.model import (
    Declaration,
    Department,
    Funding,
    FundingHalf,
    Goals,
    Indicator,
    Level1,
    Level2,
    Scope,
)
from structurer.synthesis import words

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

FORM_LEVELS = (
    Level2.QUANTITY,
    Level2.QUALITY,
    Level2.TIMELINESS,
    Level2.COST,
    Level2.ECONOMIC,
    Level2.SOCIAL,
    Level2.ECOLOGICAL,
    Level2.SUSTAINABLE,
    Level2.SATISFACTION,
)
"""The second-level groups that the form prints, also where a group is empty."""

_ROWS_PER_GROUP: dict[Level2, Sequence[int]] = {
    Level2.QUANTITY: (1, 1, 2, 3, 4, 5, 8),
    Level2.QUALITY: (1, 1, 1, 2, 3, 4),
    Level2.TIMELINESS: (1, 1, 1, 2, 3),
    Level2.COST: (1, 1, 1, 2, 3, 5),
    Level2.ECONOMIC: (0, 0, 0, 1),
    Level2.SOCIAL: (1, 1, 1, 2, 3),
    Level2.ECOLOGICAL: (0, 0, 0, 1, 2),
    Level2.SUSTAINABLE: (0, 0, 1, 1, 2),
    Level2.SATISFACTION: (1, 1, 1, 2),
}


@dataclass(frozen=True, slots=True)
class _Row:
    level2: Level2
    name: str
    target: str


def invent(seed: int, *, year: int = 2024, positional: bool = True) -> Declaration:
    """Return an invented declaration; the same arguments give the same one.

    With ``positional`` false it is one that can be read where the print keeps no columns (text taken
    from a PDF): both halves have as many rows in every group, and both goals are there and closed.
    The title and the year are those a form prints on itself; a renderer may print others.
    """
    rng = Random(f"declaration:{seed}:{year}:{positional}")
    city = rng.choice(words.CITIES)
    office = city + rng.choice(words.BUREAUS)
    attribute, duration = rng.choice(
        [("经常性项目", 3), ("经常性项目", 99), ("经常性项目", 5), ("一次性项目", 1), ("延续性项目", 3)]
    )
    overview = _text(rng, year)
    period_goal = _goal(rng, year, closed=not positional)
    return Declaration(
        form_title=city + rng.choice(words.TITLES),
        fiscal_year=year,
        project_name=_project_name(rng, year),
        competent_department=Department(code=f"{rng.randrange(10, 990):03d}", name=office),
        implementing_unit=office if rng.random() < 0.5 else city + rng.choice(words.BUREAUS),
        project_attribute=attribute,
        duration_years=duration,
        funding=_funding(rng, duration),
        overview=overview,
        basis=_text(rng, year),
        necessity=overview if rng.random() < 0.2 else _text(rng, year),
        safeguards=_text(rng, year),
        implementation_plan=_text(rng, year),
        goals=_goals(rng, period_goal, year, positional=positional),
        indicators=_indicators(rng, year, positional=positional),
        responsible_person=_person(rng) if rng.random() < 0.2 else None,
        handler=_person(rng) if rng.random() < 0.8 else None,
        phone=_phone(rng) if rng.random() < 0.8 else None,
        submitted_at=_moment(rng, year) if rng.random() < 0.85 else None,
    )


def _project_name(rng: Random, year: int) -> str:
    topic = rng.choice(words.TOPICS) + rng.choice(words.FORMS_OF_MONEY)
    return rng.choice([topic, f"{year}年{topic}", f"{topic}（{year}年）"])


def _person(rng: Random) -> str:
    return rng.choice(words.SURNAMES) + rng.choice(words.GIVEN)


def _phone(rng: Random) -> str:
    local = str(rng.randrange(2_000_000, 9_000_000))
    return rng.choice([local, f"0{rng.randrange(310, 999)}{local}", f"13{rng.randrange(10**8, 10**9)}"])


def _moment(rng: Random, year: int) -> str:
    day, hour, rest = rng.randrange(1, 29), rng.randrange(8, 20), rng.randrange(3600)
    return f"{year}-{rng.randrange(1, 4):02d}-{day:02d}T{hour:02d}:{rest // 60:02d}:{rest % 60:02d}"


def _funding(rng: Random, duration: int) -> Funding:
    step = rng.choice([Decimal("0.01"), Decimal(100), Decimal(10_000), Decimal(10_000)])
    sources = ["municipal_county"]
    if rng.random() < 0.35:
        sources += rng.sample(["central", "provincial", "self_raised", "other"], rng.randrange(1, 4))
    annual = {source: rng.randrange(3, 4000) * max(step, Decimal(100)) for source in sources}
    if step < 1:
        annual = {source: amount + rng.randrange(1, 100) * step for source, amount in annual.items()}
    years = 1 if duration == 1 else rng.randrange(1, 4)
    return Funding(
        implementation_period=_half({source: amount * years for source, amount in annual.items()}),
        annual=_half(annual),
    )


def _half(amounts: dict[str, Decimal]) -> FundingHalf:
    """Return one half; sources without money are printed as 0, but for 其他资金, which is left empty."""
    parts: dict[str, str | None] = {
        source: _plain(amounts.get(source, Decimal(0)))
        for source in ("central", "provincial", "municipal_county", "self_raised")
    }
    parts["other"] = _plain(amounts["other"]) if "other" in amounts else None
    return FundingHalf(total=_plain(sum(amounts.values(), Decimal(0))), **parts)


def _plain(amount: Decimal) -> str:
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _sentence(rng: Random, year: int) -> str:
    thing = rng.choice(words.THINGS)
    return rng.choice(words.SENTENCES).format(
        thing=thing.name,
        unit=thing.unit,
        verb=thing.verb,
        year=year,
        amount=rng.choice([f"{rng.randrange(2, 900)}", f"{rng.randrange(100, 90000) / 100:.2f}"]),
        count=rng.randrange(2, 3000),
        share=rng.randrange(60, 99),
        served=rng.choice(words.PEOPLE_SERVED),
        document=_document(rng, year),
    )


def _document(rng: Random, year: int) -> str:
    subject = rng.choice(words.DOCUMENT_SUBJECTS)
    opening, closing = rng.choice([("〔", "〕"), ("【", "】"), ("[", "]")])
    mark = f"{rng.choice(words.DOCUMENT_MARKS)}{opening}{year - 1}{closing}{rng.randrange(1, 200)}号"
    return f"《关于{subject}的通知》（{mark}）"


def _text(rng: Random, year: int) -> str:
    """Return 5 to 600 characters: a phrase, sentences, or a numbered list; now and then cut off."""
    shape = rng.random()
    if shape < 0.12:
        return rng.choice(words.SHORT_TEXTS)
    if shape < 0.2:
        return _document(rng, year)
    sentences = [_sentence(rng, year) for _ in range(rng.choice([1, 1, 2, 2, 3, 4, 6, 10]))]
    if len(sentences) > 1 and rng.random() < 0.5:
        mark = rng.choice(["、", ".", "．"])
        gap = rng.choice(["", " "])
        items = [f"{number}{mark}{sentence}" for number, sentence in enumerate(sentences, 1)]
        text = f"；{gap}".join(items) + "。"
    else:
        text = "。".join(sentences) + rng.choice(["。", ""])
    text = text[:600]
    if len(text) > 60 and rng.random() < 0.08:
        text = text[: rng.randrange(len(text) * 3 // 5, len(text) - 1)].rstrip()
    return text


def _goal(rng: Random, year: int, *, closed: bool) -> str:
    text = "。".join(_sentence(rng, year) for _ in range(rng.choice([1, 1, 2, 3, 4])))
    return text + ("。" if closed or rng.random() < 0.7 else "")


def _goals(rng: Random, period: str, year: int, *, positional: bool) -> Goals:
    annual: str | None = period
    if rng.random() < 0.5:
        annual = f"{year}年" + period.removeprefix("为")
    if positional and annual is not None and len(annual) > 30 and rng.random() < 0.2:
        annual = annual[: rng.randrange(20, len(annual) - 1)].rstrip()
    if positional and rng.random() < 0.04:
        annual = None
    return Goals(implementation_period=period, annual=annual)


def _indicators(rng: Random, year: int, *, positional: bool) -> list[Indicator]:
    # Printed forms give the right half's names a narrower column and cut what does not fit.
    cut = rng.choice([None, None, None, 7, 8, 11]) if positional else None
    shuffled = rng.random() < 0.35
    period: list[_Row] = []
    annual: list[_Row] = []
    for level2 in FORM_LEVELS:
        count = rng.choice(_ROWS_PER_GROUP[level2])
        left = _group(rng, level2, count, year)
        right = [_in_the_year(rng, row, year) for row in left]
        if shuffled:
            rng.shuffle(right)
        if positional and len(left) > 1 and rng.random() < 0.08:
            rng.choice([left, right]).pop()
        if positional and len(left) == 1 and level2.level1 is Level1.BENEFIT and rng.random() < 0.05:
            rng.choice([left, right]).pop()
        period += left
        annual += _cut_names(right, cut)
    return [_indicator(Scope.IMPLEMENTATION_PERIOD, row) for row in period] + [
        _indicator(Scope.ANNUAL, row) for row in annual
    ]


def _indicator(scope: Scope, row: _Row) -> Indicator:
    return Indicator(
        scope=scope, level1=row.level2.level1, level2=row.level2, name=row.name, target=row.target
    )


def _cut_names(rows: list[_Row], width: int | None) -> list[_Row]:
    if width is None or len({row.name[:width] for row in rows}) < len(rows):
        return rows
    return [_Row(row.level2, row.name[:width], row.target) for row in rows]


def _in_the_year(rng: Random, row: _Row, year: int) -> _Row:
    """Return a row as the annual half prints it: the same, without its 每年, or with another number."""
    target = row.target
    if target.endswith("/年") and row.level2 is Level2.QUANTITY:
        target = target.removesuffix("/年")
    elif target.startswith("每年"):
        target = f"{year}年{target.removeprefix('每年')}"
    elif target.startswith("≥") and target.endswith("%") and rng.random() < 0.15:
        target = f"≥{rng.randrange(80, 99)}%"
    return _Row(row.level2, row.name, target)


def _group(rng: Random, level2: Level2, count: int, year: int) -> list[_Row]:
    invented = _INVENT[level2]
    rows: dict[str, _Row] = {}
    for _ in range(20 * count):
        if len(rows) == count:
            break
        name, target = invented(rng, year)
        rows.setdefault(name, _Row(level2, name, target))
    return list(rows.values())


def _quantity(rng: Random, year: int) -> tuple[str, str]:
    del year
    thing = rng.choice(words.THINGS)
    name = rng.choice(
        [f"{thing.verb}{thing.name}数量", f"{thing.name}{thing.verb}数", f"{thing.verb}{thing.name}"]
    )
    count = rng.choice([str(rng.randrange(1, 20)), str(rng.randrange(20, 9000)), f"{rng.random() * 90:.1f}"])
    sign = rng.choice(["≥", "≥", "", "≤"])
    return name, f"{sign}{count}{thing.unit}{rng.choice(['', '', '/年'])}"


def _quality(rng: Random, year: int) -> tuple[str, str]:
    del year
    name = rng.choice(words.QUALITY)
    if not name.endswith("率"):
        return name, rng.choice(words.CONDITIONS)
    if name.endswith("差错率"):
        return name, f"≤{rng.randrange(1, 5)}%"
    return name, rng.choice(["100%", f"≥{rng.randrange(85, 99)}%", f"{rng.randrange(85, 99)}%以上"])


def _timeliness(rng: Random, year: int) -> tuple[str, str]:
    name = rng.choice(words.TIMELINESS)
    if name.endswith("率"):
        return name, rng.choice(["100%", "≥95%"])
    month = rng.randrange(5, 13)
    return name, rng.choice([*words.MOMENTS, f"每年{month}月底前", f"{year}年{month}月前"])


def _cost(rng: Random, year: int) -> tuple[str, str]:
    del year
    name, unit = rng.choice(words.COSTS)
    amount = rng.choice([str(rng.randrange(2, 900)), f"{rng.randrange(50, 9000) / 100:.2f}"])
    return name, rng.choice([f"≤{amount}{unit}", f"{amount}{unit}", f"{amount}{unit}", "按合同价"])


def _satisfaction(rng: Random, year: int) -> tuple[str, str]:
    del year
    return f"{rng.choice(words.PEOPLE_SERVED)}满意度", f"≥{rng.randrange(80, 99)}%"


def _words(names: Sequence[str], targets: Sequence[str]) -> Callable[[Random, int], tuple[str, str]]:
    return lambda rng, year: (rng.choice(names), rng.choice(targets))


_INVENT: dict[Level2, Callable[[Random, int], tuple[str, str]]] = {
    Level2.QUANTITY: _quantity,
    Level2.QUALITY: _quality,
    Level2.TIMELINESS: _timeliness,
    Level2.COST: _cost,
    Level2.ECONOMIC: _words(words.ECONOMIC, (*words.DEGREES, "≥5%", "120万元以上")),
    Level2.SOCIAL: _words(words.SOCIAL, words.DEGREES),
    Level2.ECOLOGICAL: _words(words.ECOLOGICAL, words.DEGREES),
    Level2.SUSTAINABLE: _words(words.SUSTAINABLE, (*words.DURATIONS, "≥5年")),
    Level2.SATISFACTION: _satisfaction,
}
