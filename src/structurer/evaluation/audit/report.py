"""The figures of an audit: errors by group and class, what they say of the lot, whether the promise is shown.

An error is a value that is wrong and that nobody was told of. A value whose source is damaged is no error of
reading: it stays in the sample and is counted apart, and a second bound counts it as an error. Each group's
bound holds by itself at the plan's confidence, not all of them at once; the promise is about the whole lot.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from decimal import Decimal
from math import ceil, floor
from typing import TYPE_CHECKING

from structurer.evaluation.audit import bounds
from structurer.evaluation.audit.bounds import (
    ClusteredSample,
    Sample,
    consumers_risk,
)
from structurer.evaluation.audit.figures import (
    AuditReport,
    Cost,
    DeclarationFigures,
    Finding,
    GroupFigures,
    Promised,
)
from structurer.evaluation.audit.plan import Unit
from structurer.evaluation.audit.result import EMPTY, Verdict
from structurer.evaluation.cells import normal_amount
from structurer.evaluation.statistics import design_effect
from structurer.groups import Group

if TYPE_CHECKING:
    from collections.abc import Sequence
    from collections.abc import Set as AbstractSet

    from structurer.evaluation.audit.plan import AuditPlan, Item, Stratum
    from structurer.evaluation.audit.result import AuditResult, Judgement


def report(result: AuditResult) -> AuditReport:
    """Return the figures of an audit. Values without a verdict leave the promise open."""
    plan = result.plan
    items = {item.id: item for item in plan.items}
    judged = [(items[one.item], one) for one in result.judgements]
    values = [(item, one.verdict) for item, one in judged if item.group is not None]
    groups = tuple(
        _figures(
            plan, [stratum], [(item, verdict) for item, verdict in values if item.group is stratum.group]
        )
        for stratum in plan.strata
    )
    overall = replace(_figures(plan, plan.strata, values), group=None)
    declarations = _declarations(plan, judged) if plan.unit is Unit.DECLARATION else None
    findings = [
        Finding(item, one, error_class(item, one)) for item, one in judged if one.verdict is not Verdict.RIGHT
    ]
    errors = tuple(finding for finding in findings if finding.judgement.verdict is Verdict.WRONG)
    accepted, risk, size = _passing(plan, values, overall.more)
    return AuditReport(
        result=result,
        promised=_promised(result, overall),
        overall=overall,
        groups=groups,
        accepted=accepted,
        risk=risk,
        size=size,
        classes=tuple(sorted(Counter(finding.error for finding in errors).items())),
        errors=errors,
        damaged=tuple(finding for finding in findings if finding.judgement.verdict is Verdict.DAMAGED),
        declarations=declarations,
        cost=_cost(plan, overall, declarations),
    )


_CLASSES = {
    Group.HALF: "wrong half",
    Group.LEVEL: "wrong level",
    Group.NAME: "wrong name",
    Group.TARGET: "wrong target",
}


def error_class(item: Item, judgement: Judgement) -> str:
    """Name the class of an error by what was read and what the reviewer says is right."""
    if item.group is None:
        return "something missing"
    if judgement.correct == EMPTY:
        return "read where the form is empty"
    if item.group is Group.MONEY:
        read, correct = normal_amount(item.value), normal_amount(judgement.correct.replace(",", ""))
        if isinstance(read, Decimal) and isinstance(correct, Decimal) and _power_of_ten(read, correct):
            return "amount out by a power of ten"
    return _CLASSES.get(item.group, "wrong value")


def _power_of_ten(one: Decimal, other: Decimal) -> bool:
    return one != other and one.normalize().as_tuple()[:2] == other.normalize().as_tuple()[:2]


def _figures(
    plan: AuditPlan, strata: Sequence[Stratum], values: Sequence[tuple[Item, Verdict]]
) -> GroupFigures:
    counts = Counter(verdict for _, verdict in values)
    bound, more = _measure(plan, strata, values, {Verdict.WRONG})
    bound_with_damage, _ = _measure(plan, strata, values, {Verdict.WRONG, Verdict.DAMAGED})
    return GroupFigures(
        group=strata[0].group,
        values=sum(stratum.values for stratum in strata),
        drawn=sum(stratum.drawn for stratum in strata),
        right=counts[Verdict.RIGHT],
        wrong=counts[Verdict.WRONG],
        damaged=counts[Verdict.DAMAGED],
        bound=bound,
        bound_with_damage=bound_with_damage,
        more=more,
    )


def _measure(
    plan: AuditPlan,
    strata: Sequence[Stratum],
    values: Sequence[tuple[Item, Verdict]],
    counted: AbstractSet[Verdict],
) -> tuple[float, int]:
    """Return the bound on the share of what is counted as an error, and how many more values to draw."""
    if plan.unit is Unit.DECLARATION:
        clustered = _clustered(plan, strata, values, counted)
        return clustered.bound(plan.promise.confidence), clustered.more(plan.promise)
    errors = sum(verdict in counted for _, verdict in values)
    sample = _sample(strata, values)
    return sample.bound(errors, plan.promise.confidence), sample.more(errors, plan.promise)


def _sample(strata: Sequence[Stratum], values: Sequence[tuple[Item, Verdict]]) -> Sample:
    judged = Counter(item.group for item, _ in values)
    return Sample(tuple(bounds.Stratum(stratum.values, judged[stratum.group]) for stratum in strata))


def _clustered(
    plan: AuditPlan,
    strata: Sequence[Stratum],
    values: Sequence[tuple[Item, Verdict]],
    counted: AbstractSet[Verdict],
) -> ClusteredSample:
    judged = Counter(_declaration(item) for item, _ in values)
    errors = Counter(_declaration(item) for item, verdict in values if verdict in counted)
    return ClusteredSample(
        units=sum(stratum.values for stratum in strata),
        tallies=tuple((errors[declaration], count) for declaration, count in sorted(judged.items())),
        correlation=plan.correlation,
    )


def _passing(
    plan: AuditPlan, values: Sequence[tuple[Item, Verdict]], more: int
) -> tuple[int | None, float | None, int]:
    """Return with how many errors the sample passes, how likely a bad lot then does, and a size to draw."""
    if plan.unit is Unit.DECLARATION:
        drawn = sum(stratum.drawn for stratum in plan.strata)
        declarations = ceil(more * plan.drawn_declarations / max(drawn, 1))
        accepted = _clustered(plan, plan.strata, values, set()).accepts(plan.promise)
        return accepted, None, min(plan.drawn_declarations + declarations, plan.lot.declarations)
    sample = _sample(plan.strata, values)
    worth = floor(sample.proportional)
    accepted = sample.accepts(plan.promise)
    risk = None if accepted is None else consumers_risk(worth, accepted, plan.promise.target_error)
    return accepted, risk, min(worth + more, plan.lot.values)


def _promised(result: AuditResult, overall: GroupFigures) -> Promised:
    if result.open:
        return Promised.OPEN
    return Promised.SHOWN if overall.bound <= result.plan.promise.target_error else Promised.NOT_SHOWN


def _declarations(plan: AuditPlan, judged: Sequence[tuple[Item, Judgement]]) -> DeclarationFigures:
    drawn = Counter(_declaration(item) for item in plan.items)
    seen = Counter(_declaration(item) for item, _ in judged)
    wrong = {_declaration(item) for item, one in judged if one.verdict is Verdict.WRONG}
    whole = {declaration for declaration, items in drawn.items() if seen[declaration] == items}
    values = sum(stratum.drawn for stratum in plan.strata) / max(plan.drawn_declarations, 1)
    sample = Sample((bounds.Stratum(plan.lot.declarations, len(whole)),))
    return DeclarationFigures(
        judged=len(whole),
        right=len(whole - wrong),
        incomplete=sum(item.group is None and one.verdict is Verdict.WRONG for item, one in judged),
        bound=sample.bound(len(whole & wrong), plan.promise.confidence),
        effect=design_effect(values, plan.correlation),
    )


def _declaration(item: Item) -> tuple[str, int]:
    return item.filing, item.ordinal


def _cost(plan: AuditPlan, overall: GroupFigures, declarations: DeclarationFigures | None) -> Cost | None:
    """Share the run's cost out to what is correct of it, as far as the sample tells."""
    if plan.run.cost is None or not overall.judged:
        return None
    total = Decimal(plan.run.cost)
    wrong = Decimal(overall.wrong) / overall.judged
    if declarations is None:
        # By single values one knows only that at most as many records have an error as there are errors.
        right = max(Decimal(0), 1 - wrong * plan.lot.values / plan.lot.declarations)
    else:
        right = Decimal(declarations.right) / max(declarations.judged, 1)
    return Cost(
        total=total,
        value=_each(total, (1 - wrong) * plan.lot.values),
        record=_each(total, right * plan.lot.declarations),
        record_is_most=declarations is None,
    )


def _each(total: Decimal, number: Decimal) -> Decimal | None:
    return total / number if number > 0 else None
