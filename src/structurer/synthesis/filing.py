"""A filing: several declarations printed by one family, damaged or not, with their labels."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, NamedTuple

from structurer.synthesis import disclosure
from structurer.synthesis.content import invent
from structurer.synthesis.families import Family, lay_out
from structurer.synthesis.labels import label_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from structurer.document_types.declaration.model import Declaration
    from structurer.synthesis.damage import Operator
    from structurer.synthesis.labels import Label


class Damage(NamedTuple):
    """A damage operator and the share of places that it hits, in [0, 1]; 0 changes nothing."""

    operator: Operator
    share: float


@dataclass(frozen=True)
class RenderedFiling:
    """A filing's text, and the labels of its declarations in order."""

    text: str
    labels: tuple[Label, ...]


def render_filing(
    family: Family, truths: Sequence[Declaration], seed: int, damages: Sequence[Damage] = ()
) -> RenderedFiling:
    """Print declarations as one filing of a family, damaged in turn by each of ``damages``.

    The seed chooses the family's variants and the places that are hit; the variants do not depend
    on the damage. Title and year are those that the family prints: where the forms have none of
    their own, the first declaration's stand at the top of the filing, and the labels inherit them.

    Raises ``ValueError`` for the PDF family when a declaration's halves differ in rows: its text could not
    be read. ``invent(..., positional=False)`` makes ones that can.
    """
    if not family.columns_kept:
        for truth in truths:
            _require_even_halves(truth)
    truths = [_inherited(family, truth, truths[0]) for truth in truths]
    name = f"synthetic-{family}-{seed}.txt"
    texts, labels = [], []
    for ordinal, truth in enumerate(truths, 1):
        key = f"{family}:{seed}:{ordinal}"
        form = lay_out(family, truth, key)
        sheet = form.sheet
        for number, damage in enumerate(damages):
            sheet = damage.operator(sheet, damage.share, Random(f"damage:{key}:{number}"))
        texts.append(form.print(sheet))
        labels.append(label_of(sheet, name, ordinal))
    return RenderedFiling(_framed(family, truths, "\n".join(texts), Random(f"frame:{seed}")), tuple(labels))


def invent_filing(
    family: Family, seed: int, damages: Sequence[Damage] = (), *, count: int = 3
) -> RenderedFiling:
    """Print ``count`` invented declarations as one filing of a family."""
    year = 2021 + seed % 5
    truths = [
        invent(seed * 1000 + number, year=year, positional=family.columns_kept) for number in range(count)
    ]
    return render_filing(family, truths, seed, damages)


def _inherited(family: Family, truth: Declaration, first: Declaration) -> Declaration:
    if family.own_title:
        return truth
    title = None if family is Family.DISCLOSURE else first.form_title
    return truth.model_copy(update={"form_title": title, "fiscal_year": first.fiscal_year})


def _framed(family: Family, truths: Sequence[Declaration], forms: str, rng: Random) -> str:
    if family is Family.BUREAU:
        return f"# {truths[0].form_title}\n\n（{truths[0].fiscal_year}年度）\n\n{forms}"
    if family is Family.DISCLOSURE:
        return disclosure.opening(truths, rng) + forms + disclosure.closing(truths, rng)
    return forms


def _require_even_halves(truth: Declaration) -> None:
    halves: list[list[str | None]] = [[], []]
    for row in truth.indicators:
        halves[row.scope == "annual"].append(row.level2)
    if sorted(map(str, halves[0])) != sorted(map(str, halves[1])):
        message = (
            "the two halves differ in rows, which text without columns cannot show: invent(positional=False)"
        )
        raise ValueError(message)
