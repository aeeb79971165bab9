"""The acceptance sheet: one page or two for somebody to sign, as Markdown and as one HTML file.

The HTML needs nothing from a network and prints on A4. What filings and reviewers wrote is escaped.
"""

from __future__ import annotations

import re
from decimal import ROUND_CEILING, Decimal
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from structurer.evaluation.audit.excerpts import CLOSE, OPEN
from structurer.evaluation.audit.figures import Promised
from structurer.evaluation.audit.plan import Unit
from structurer.evaluation.audit.result import by_message
from structurer.exports.cells import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from structurer.evaluation.audit.figures import AuditReport, Finding, GroupFigures
    from structurer.evaluation.audit.plan import AuditPlan

_FOLDER = Path(__file__).parent / "pages"
_SHARED = _FOLDER.parents[1] / "pages"

# Marks that turn the direction of text could make a line read as another.
_TURNING = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_MARKDOWN = re.compile(r"([\\`*_|<>\[\]#])")


class Section(NamedTuple):
    """A part of the sheet: a heading, a sentence, and a table (``numbers`` are its columns of figures)."""

    title: str
    about: str = ""
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    numbers: frozenset[int] = frozenset()


def as_markdown(report: AuditReport) -> str:
    """Return the sheet as Markdown, with lines for names and dates."""
    return _render("acceptance.md.jinja", report).rstrip() + "\n"


def as_html(report: AuditReport) -> str:
    """Return the sheet as one HTML file."""
    return _render("acceptance.html.jinja", report)


def _render(template: str, report: AuditReport) -> str:
    return (
        _environment()
        .get_template(template)
        .render(
            outcome=_outcome(report),
            shown=report.promised is Promised.SHOWN,
            sections=_sections(report),
            signers=("Values looked at by", "Audit checked by", "Accepted by"),
        )
    )


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader([_FOLDER, _SHARED]),
        autoescape=lambda name: bool(name) and "html" in str(name),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["html"] = _html
    environment.filters["markdown"] = _markdown
    return environment


def _html(text: str) -> Markup:
    """Return text escaped, what the excerpt's marks enclose in ``<mark>``."""
    plain = str(escape(_harmless(text)))
    return Markup(plain.replace(OPEN, "<mark>").replace(CLOSE, "</mark>"))


def _markdown(text: str) -> str:
    return _MARKDOWN.sub(r"\\\1", " ".join(_harmless(text).split()))


def _harmless(text: str) -> str:
    return _TURNING.sub("", printable(text))


def _outcome(report: AuditReport) -> str:
    plan, overall = report.result.plan, report.overall
    target, sure = _percent(plan.promise.target_error), _percent(plan.promise.confidence)
    if report.promised is Promised.OPEN:
        return (
            f"Open: {report.result.open:,} of {len(plan.items):,} lines have no verdict, so nothing is shown."
        )
    found = f"{overall.wrong:,} wrong of {overall.judged:,}"
    bound = f"with {sure} confidence under {_share(overall.bound)} of the lot is wrong"
    if report.promised is Promised.SHOWN:
        return f"Shown: {found}; {bound}. Promised were {target}."
    if overall.wrong > plan.promise.target_error * overall.judged:
        rest = "The sample itself has more errors than promised: mend what caused them and audit anew."
    else:
        more = report.size - plan.drawn_declarations
        units = (
            f"{overall.more:,} more values"
            if plan.unit is Unit.VALUE
            else f"About {more:,} more declarations"
        )
        rest = f"{units}, all of them right, would show it: draw with size {report.size:,} and the same seed."
    return f"Not yet shown: {found}; {bound}, and {target} were promised. {rest}"


def _sections(report: AuditReport) -> list[Section]:
    plan = report.result.plan
    sections = [_lot(plan), _sampling(report), _groups(report)]
    if report.declarations is not None:
        sections.append(_declarations(report))
    sections.append(_classes(report))
    sections += [
        _findings(title, findings)
        for title, findings in (("Errors", report.errors), ("Damaged in the source", report.damaged))
        if findings
    ]
    if report.result.problems:
        sections.append(_problems(report))
    if report.cost is not None:
        sections.append(_cost(report))
    return [*sections, _limits(plan)]


def _lot(plan: AuditPlan) -> Section:
    run, lot = plan.run, plan.lot
    engine = run.engine if run.model is None else f"{run.engine}, {run.model}"
    rows = (
        ("Run", run.name),
        ("Records", run.records),
        ("Made by", f"structurer {run.structurer}, {engine}, settings {run.config}"),
        (
            "Declarations",
            f"{lot.declarations:,}; {lot.failed:,} others not structured, {lot.rejected:,} rejected",
        ),
        ("Values in the lot", f"{lot.values:,} that nobody flagged"),
        ("Values outside", f"{lot.flagged:,} flagged, which are for a reviewer in any case"),
    )
    return Section("The lot", rows=rows)


def _sampling(report: AuditReport) -> Section:
    plan = report.result.plan
    promise, target = plan.promise, _percent(plan.promise.target_error)
    by_value = plan.unit is Unit.VALUE
    how = (
        f"{len(plan.items):,} single values at random, by group of fields: each group's share of the sample, "
        f"and at least {plan.floor} (of a smaller group all)"
        if by_value
        else f"{plan.drawn_declarations:,} whole declarations at random, with all values that nobody flagged"
    )
    bound = (
        "one-sided, Clopper and Pearson; over the groups by Hoeffding's inequality, the sample counting as "
        "large as the proportional sample that it holds"
        if by_value
        else "one-sided, Clopper and Pearson, for as many independent values as the declarations are worth: "
        f"errors of one declaration are taken to be alike, with a correlation of {plan.correlation:g}"
    )
    risk = _percent(1 - promise.confidence)
    at_most = "too few values were judged to show the promise, even without an error"
    if report.accepted is not None:
        apart = "" if by_value else ", if each is in another declaration"
        at_most = f"at most {report.accepted:,} wrong{apart}"
    if report.risk is not None:
        at_most += f"; a lot with just {target} errors passes with a chance of {_share(report.risk)}"
    rows = (
        (
            "Promise",
            f"at most {target} of the lot are wrong, with {_percent(promise.confidence)} confidence",
        ),
        ("Consumer's risk", f"{risk}: the chance that a lot with more errors than promised passes"),
        ("Drawn", f"{how}; seed {plan.seed}"),
        ("Passes with", at_most),
        ("Bounds", bound),
    )
    return Section("The plan", rows=rows)


def _groups(report: AuditReport) -> Section:
    confidence = _percent(report.result.plan.promise.confidence)
    counts = ("fields", "in the lot", "drawn", "right", "wrong", "damaged source", "no verdict")
    bounds = (f"wrong: under ({confidence})", "wrong or damaged: under", "more to show it")
    columns = counts + bounds
    rows = tuple(_figures(group) for group in (*report.groups, report.overall))
    about = (
        "Each group's bound holds by itself. The last column: more right values that show the target there."
    )
    return Section("Results", about, columns, rows, frozenset(range(1, len(columns))))


def _figures(group: GroupFigures) -> tuple[str, ...]:
    counts = (group.values, group.drawn, group.right, group.wrong, group.damaged, group.drawn - group.judged)
    name = "all" if group.group is None else str(group.group)
    more = f"{group.more:,}" if group.more else "shown"
    return (name, *(f"{n:,}" for n in counts), _share(group.bound), _share(group.bound_with_damage), more)


def _declarations(report: AuditReport) -> Section:
    figures = report.declarations
    assert figures is not None
    rows = (
        ("Judged in full", f"{figures.judged:,}"),
        ("Fully right", f"{figures.right:,}"),
        ("With something missing", f"{figures.incomplete:,}"),
        ("With any error: under", _share(figures.bound)),
        ("Design effect", f"{figures.effect:.1f} values of a declaration say as much as one drawn alone"),
    )
    return Section(
        "Whole declarations", "Of values that nobody flagged, and of what should be there.", rows=rows
    )


def _classes(report: AuditReport) -> Section:
    rows = tuple((name, f"{count:,}") for name, count in report.classes)
    return Section("Errors by class", "" if rows else "None.", ("class", "errors"), rows, frozenset({1}))


def _findings(title: str, findings: Sequence[Finding]) -> Section:
    rows = tuple(
        (
            f"{item.filing}, project {item.ordinal}" + (f", line {item.line}" if item.line else ""),
            f"{item.path or 'whole declaration'}: {error}" if title == "Errors" else item.path,
            item.value,
            one.correct,
            " ".join(filter(None, (item.excerpt, one.comment and f"({one.comment})"))),
        )
        for item, one, error in findings
    )
    return Section(title, "", ("where", "what", "read", "correct", "source (comment)"), rows)


def _problems(report: AuditReport) -> Section:
    rows = by_message(report.result.problems)
    return Section("Lines of the sheet that could not be used", "", ("rows", "why"), rows)


def _cost(report: AuditReport) -> Section:
    cost = report.cost
    assert cost is not None
    record = "Of a record without error" + (", at most" if cost.record_is_most else "")
    rows = (
        ("In all", _dollars(cost.total)),
        ("Of a correct value that nobody flagged", _dollars(cost.value)),
        (record, _dollars(cost.record)),
    )
    return Section("Cost of the model", "Without the time of reviewers.", rows=rows)


def _limits(plan: AuditPlan) -> Section:
    missed = (
        "Nor of what was left empty or of rows not read: whole declarations have to be drawn for that. "
        if plan.unit is Unit.VALUE
        else ""
    )
    return Section(
        "What this sheet does not say",
        f"Nothing of flagged values. {missed}A value that is damaged in the source is no error of reading. "
        "If the sample is enlarged because of what it showed, the risks of both looks add up: twice the "
        "consumer's risk.",
    )


def _percent(share: float) -> str:
    """Return a share that was chosen, in percent."""
    return f"{100 * share:g}%"


def _share(share: float) -> str:
    """Return a share in percent, rounded up: a bound must not look lower than it is."""
    exact = Decimal(str(round(100 * share, 9)))
    return f"{exact.quantize(Decimal('0.01'), ROUND_CEILING)}%"


def _dollars(amount: Decimal | None) -> str:
    return "none is correct" if amount is None else f"${amount:,.6f}".rstrip("0").rstrip(".")
