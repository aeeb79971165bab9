"""Reports as pages: one self-contained file each, to be looked at from disk, on paper, in a narrow window."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from structurer.evaluation.doubt import Doubt, doubt
from structurer.evaluation.headline import Headline, Ratio, headline
from structurer.evaluation.mistakes import Mistake, mistakes
from structurer.evaluation.outcomes import Place
from structurer.evaluation.pages.intervals import interval_note, interval_of
from structurer.evaluation.plots import Bar, Point, bars, curve
from structurer.groups import Group

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from structurer.evaluation.history import Chapter
    from structurer.evaluation.outcomes import CellOutcome, RunRecord
    from structurer.evaluation.statistics import ClusterInterval

_COLUMNS = ("run", "right", "silent", "to review", "cost", "seconds", "commit")


class _Figure(NamedTuple):
    name: str
    value: str
    note: str
    tone: str = ""


class _Line(NamedTuple):
    name: str
    value: str
    note: str = ""


class _Piece(NamedTuple):
    text: str
    lit: bool


@dataclass(frozen=True, slots=True)
class _GroupLine:
    name: str
    cells: str
    right: str
    empty: str
    flagged: str
    silent: str
    evidence: str


@dataclass(frozen=True, slots=True)
class _Error:
    filing: str
    ordinal: int
    path: str
    gold: str
    read: str
    silent: bool
    excerpt: tuple[_Piece, ...]


def report_page(run: RunRecord) -> str:
    """Return the report of one evaluation as HTML."""
    figures, told = headline(run.outcomes), doubt(run.outcomes)
    groups = [group for group in Group if any(cell.group is group for cell in run.outcomes)]
    intervals = {group: interval_of(c for c in run.outcomes if c.group is group) for group in groups}
    shown = [
        Bar(str(group), found.value, found.low, found.high) for group, found in intervals.items() if found
    ]
    whole = interval_of(run.outcomes)
    reliability = told.confidence
    return (
        _environment()
        .get_template("report.html.jinja")
        .render(
            title=f"Evaluation {run.number}" if run.number else "Evaluation",
            css=Markup(_css()),
            about=_about(run),
            figures=_figures(figures, told, whole),
            plots={
                "groups": Markup(bars(shown, "share right")),
                "risk": Markup(
                    curve(
                        [Point(p.coverage, p.risk) for p in reliability.curve],
                        "share accepted",
                        "share wrong",
                    )
                ),
                "reliability": Markup(
                    curve(
                        [Point(b.confidence, b.right.value or 0.0, b.right.whole) for b in reliability.bins],
                        "confidence",
                        "share right",
                        diagonal=True,
                    )
                ),
            },
            interval=interval_note(whole),
            groups=[_group_line(group, run.outcomes) for group in groups],
            flags=_flag_lines(told),
            confidence_note=_confidence_note(told),
            errors=_errors(mistakes(run.outcomes)),
            costs=_costs(run),
        )
    )


def history_page(chapters: Iterable[Chapter]) -> str:
    """Return all kept runs as HTML, those on other labels or rules apart."""
    parts = []
    for chapter in chapters:
        points = [Point(run.number, run.totals.accuracy) for run in chapter.runs]
        parts.append(
            {
                "title": f"Labels {chapter.version.gold[:8]}, scoring {chapter.version.scoring}",
                "plot": Markup(curve(points, "run", "share right")) if len(points) > 1 else "",
                "rows": [
                    _history_row(run.head, run.totals.accuracy, run.totals.silent, run.totals.review_load)
                    for run in chapter.runs
                ],
            }
        )
    template = _environment().get_template("history.html.jinja")
    return template.render(css=Markup(_css()), parts=parts, columns=_COLUMNS)


def _history_row(head: RunRecord, accuracy: float, silent: int, load: float) -> tuple[str, ...]:
    engine = " ".join(part for part in (head.engine, head.model, head.label) if part)
    return (
        f"{head.number} · {head.at[:16].replace('T', ' ')} · {engine}",
        f"{accuracy:.2%}",
        str(silent),
        f"{load:.1%}",
        f"${head.cost}",
        f"{head.seconds:.1f}",
        head.commit[:8] + ("+" if head.dirty else ""),
    )


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("structurer.evaluation", "pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _css() -> str:
    return files(__name__).joinpath("page.css").read_text(encoding="utf-8")


def _about(run: RunRecord) -> list[str]:
    who = " ".join(part for part in (run.engine, run.model) if part)
    commit = f", commit {run.commit[:10]}{' with changes' if run.dirty else ''}" if run.commit else ""
    lines = [
        f"{run.at.replace('T', ' ')} · engine {who} · structurer {run.structurer}{commit}",
        f"{run.declarations} declarations · labels {run.gold[:12]} · scoring {run.scoring} · "
        f"schema {run.schema_version}",
    ]
    if run.prompts:
        lines.append(f"prompts {run.prompts}")
    return [run.label, *lines] if run.label else lines


def _figures(figures: Headline, told: Doubt, whole: ClusterInterval | None) -> list[_Figure]:
    silent = told.silent
    return [
        _Figure(
            "cells right",
            "–" if whole is None else f"{whole.value:.2%}",
            "" if whole is None else f"95% interval {whole.low:.2%} to {whole.high:.2%}",
        ),
        _Figure(
            "silent errors",
            str(figures.silent.part),
            f"of {silent.values.whole:,} values that nobody flagged at most {silent.clustered_bound:.2%} are "
            "wrong, with 95% confidence",
            "bad" if figures.silent.part else "good",
        ),
        _Figure("declarations without an error", _of(figures.declarations), _percent(figures.declarations)),
        _Figure("rows, strict F1", f"{figures.f1.value or 0:.4f}", f"recall {_of(figures.recall)}"),
        _Figure(
            "no hand needed", _percent(figures.aligned), "cells right, of all right, wrong, added, missing"
        ),
        _Figure("to review", _percent(told.load), f"{_of(told.load)} values flagged"),
        _Figure("damaged places flagged", _percent(figures.flag_recall), _of(figures.flag_recall)),
        _Figure("evidence in place", _percent(figures.evidence_precision), _of(figures.evidence_precision)),
    ]


def _flag_lines(told: Doubt) -> list[_Line]:
    silent = told.silent
    return [
        _Line("recall", _both(told.recall), "wrong or damaged cells that were flagged"),
        _Line("recall of errors", _both(told.error_recall), "wrong cells that were flagged"),
        _Line("recall of damaged places", _both(told.uncertain_recall), "what labels mark uncertain"),
        _Line("precision", _both(told.precision), "flagged cells that are wrong or damaged"),
        _Line("review load", _both(told.load), "certain values that a reviewer is asked to look at"),
        _Line(
            "silent errors",
            _both(silent.values),
            f"upper 95% bound {silent.bound:.3%} (Clopper–Pearson, were cells independent), "
            f"{silent.clustered_bound:.3%} allowing for cells of one declaration being alike",
        ),
        _Line(
            "declarations with a silent error",
            _both(silent.declarations),
            f"upper 95% bound {silent.declarations_bound:.1%}",
        ),
    ]


def _confidence_note(told: Doubt) -> str:
    found = told.confidence
    if not found.wrong:
        return (
            f"None of {found.values:,} rated values is wrong, so nothing can be learned here about how well "
            "confidence tells right from wrong."
        )
    parts = [f"{found.wrong:,} of {found.values:,} rated values are wrong."]
    for name, value in (("Brier score", found.brier), ("ECE", found.ece), ("AUROC", found.auroc)):
        if value is not None:
            parts.append(f"{name} {value:.4f}.")
    return " ".join(parts)


def _group_line(group: Group, outcomes: Sequence[CellOutcome]) -> _GroupLine:
    cells = [cell for cell in outcomes if cell.group is group]
    scored = [cell for cell in cells if cell.scored]
    filled = [cell for cell in scored if not cell.empty]
    empty = [cell for cell in scored if cell.empty and cell.gold_path]
    judged = [cell for cell in cells if cell.place in (Place.RIGHT, Place.WRONG)]
    return _GroupLine(
        name=str(group),
        cells=f"{len(filled):,}",
        right=_both(Ratio(sum(cell.right for cell in filled), len(filled))),
        empty=_of(Ratio(sum(cell.right for cell in empty), len(empty))),
        flagged=_percent(Ratio(sum(cell.flagged for cell in scored), len(scored))),
        silent=str(sum(cell.silent for cell in scored)),
        evidence=_percent(Ratio(sum(cell.place is Place.RIGHT for cell in judged), len(judged))),
    )


def _errors(found: Sequence[Mistake]) -> list[tuple[str, list[_Error]]]:
    ordered = sorted(found, key=lambda mistake: (str(mistake.kind), not mistake.silent))
    return [
        (str(kind), [_error(mistake) for mistake in some])
        for kind, some in groupby(ordered, key=lambda mistake: mistake.kind)
    ]


def _error(mistake: Mistake) -> _Error:
    return _Error(
        filing=mistake.filing,
        ordinal=mistake.ordinal,
        path=mistake.gold_path or mistake.path,
        gold=mistake.gold or "–",
        read=mistake.read or "–",
        silent=mistake.silent,
        excerpt=_lit(mistake.excerpt, mistake.gold or mistake.read or ""),
    )


def _lit(excerpt: str, value: str) -> tuple[_Piece, ...]:
    """Return a line in pieces, the value's lit where it stands in it as it is."""
    before, found, after = excerpt.partition(value) if value else (excerpt, "", "")
    return (_Piece(before, False), _Piece(found, True), _Piece(after, False))


def _costs(run: RunRecord) -> list[_Line]:
    each = run.seconds / run.declarations if run.declarations else 0.0
    return [
        _Line("input tokens", f"{run.input_tokens:,}"),
        _Line("output tokens", f"{run.output_tokens:,}"),
        _Line("cost", f"${run.cost}"),
        _Line("wall time", f"{run.seconds:.1f} s, {each:.2f} s a declaration"),
    ]


def _of(ratio: Ratio) -> str:
    return f"{ratio.part:,}/{ratio.whole:,}"


def _percent(ratio: Ratio) -> str:
    return "–" if ratio.value is None else f"{ratio.value:.2%}"


def _both(ratio: Ratio) -> str:
    return f"{_of(ratio)} {_percent(ratio)}"
