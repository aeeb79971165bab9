"""The report of an evaluation: tables for people, one JSON object for programs.

The JSON is the same, byte for byte, for the same labels and records. Everything that comes from a
filing is shown as inert text: no markup of the terminal library, no control characters.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from structurer.evaluation.compare import ErrorKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from rich.console import Console

    from structurer.evaluation.headline import Headline, Ratio
    from structurer.evaluation.mistakes import Doubt, Mistake
    from structurer.evaluation.score import Score

_LONGEST = 60
"""Characters of a value that a table shows; the JSON has all of it."""


def as_json(score: Score) -> str:
    """Return the whole report as indented JSON, a newline at its end."""
    return json.dumps(as_dict(score), ensure_ascii=False, indent=1) + "\n"


def as_dict(score: Score) -> dict[str, Any]:
    """Return the report as JSON types: summary, goals, errors, uncertain places not flagged.

    A ratio is ``{"part", "whole", "value"}``; ``value`` is rounded to six places, ``null`` of nothing.
    """
    return {
        "summary": score.headline.as_dict(),
        "goals": [
            {"name": goal.name, "bar": goal.bar, "measured": goal.measured.as_dict(), "met": goal.met}
            for goal in score.goals
        ],
        "errors": [_error(error) for error in score.errors],
        "uncertain_not_flagged": [
            {"filing": doubt.filing, "ordinal": doubt.ordinal, "path": doubt.gold_path, "gold": doubt.gold}
            for doubt in score.doubts
            if not doubt.flagged
        ],
    }


def print_report(score: Score, console: Console) -> None:
    """Print fields, rows, every error, uncertain places that were not flagged, and the goals last."""
    console.print(_field_table(score.headline))
    console.print(_row_table(score.headline))
    if score.errors:
        console.print(_error_table(score.errors))
    overlooked = [doubt for doubt in score.doubts if not doubt.flagged]
    if overlooked:
        console.print(_doubt_table(overlooked))
    console.print(_goal_table(score.headline))


def _error(error: Mistake) -> dict[str, Any]:
    return {
        "filing": error.filing,
        "ordinal": error.ordinal,
        "kind": str(error.kind),
        "gold_path": error.gold_path,
        "path": error.path,
        "gold": error.gold,
        "read": error.read,
        "flags": error.reasons,
        "silent": error.silent,
        "excerpt": error.excerpt,
    }


def _field_table(figures: Headline) -> Table:
    table = Table(title="Values right", title_justify="left")
    table.add_column("field")
    for name in ("filled", "empty", "flagged", "wrong, no flag"):
        table.add_column(name, justify="right")
    for field in figures.fields:
        silent = Text(str(field.silent), style="bold red" if field.silent else "")
        table.add_row(field.field, _shown(field.filled), _shown(field.empty), str(field.flagged), silent)
    return table


def _row_table(figures: Headline) -> Table:
    table = Table(title="Indicator rows", title_justify="left")
    table.add_column("figure")
    table.add_column("value", justify="right")
    table.add_row("strict precision", _shown(figures.precision))
    table.add_row("strict recall", _shown(figures.recall))
    table.add_row("strict F1", _plain(figures.f1))
    for kind, words in _ROW_WORDS.items():
        table.add_row(words, str(figures.errors[kind]))
    table.add_row("rows out of order", str(figures.misplaced))
    table.add_section()
    table.add_row("declarations without any error", _shown(figures.declarations))
    table.add_row("filled values that need no correction", _shown(figures.aligned))
    table.add_row("evidence where the value stands", _shown(figures.evidence_precision))
    return table


_ROW_WORDS: Mapping[ErrorKind, str] = {
    ErrorKind.HALF: "rows in the wrong half",
    ErrorKind.LEVEL: "wrong second levels",
    ErrorKind.NAME: "wrong names",
    ErrorKind.TARGET: "wrong targets",
    ErrorKind.SLID_TARGET: "targets of another row",
    ErrorKind.MISSING: "rows missing",
    ErrorKind.EXTRA: "rows too many",
}


def _error_table(errors: Iterable[Mistake]) -> Table:
    table = Table(title="Errors", title_justify="left", show_lines=True)
    for name in ("filing", "no.", "error", "at", "gold", "read", "flags"):
        table.add_column(name, overflow="fold")
    for error in errors:
        flags = Text("SILENT", style="bold red") if error.silent else Text(error.reasons.replace(",", ", "))
        table.add_row(
            _text(error.filing),
            str(error.ordinal),
            str(error.kind),
            error.path or error.gold_path or "record",
            _text(error.gold),
            _text(error.read),
            flags,
        )
    return table


def _doubt_table(doubts: Iterable[Doubt]) -> Table:
    table = Table(title="Uncertain in the label, not flagged", title_justify="left")
    for name in ("filing", "no.", "at", "gold"):
        table.add_column(name, overflow="fold")
    for doubt in doubts:
        table.add_row(_text(doubt.filing), str(doubt.ordinal), doubt.gold_path, _text(doubt.gold))
    return table


def _goal_table(figures: Headline) -> Table:
    table = Table(title="Goals", title_justify="left")
    for name in ("goal", "bar", "measured", ""):
        table.add_column(name)
    for goal in figures.goals:
        met = Text("met", "green") if goal.met else Text("NOT MET", "bold red")
        table.add_row(goal.name, goal.bar, _MEASURED.get(goal.name, _shown)(goal.measured), met)
    return table


def _shown(ratio: Ratio) -> str:
    if ratio.value is None:
        return "-"
    counts = f"{ratio.part}/{ratio.whole}"
    return counts if ratio.part == ratio.whole else f"{counts} ({ratio.value:.2%})"


def _plain(ratio: Ratio) -> str:
    return "-" if ratio.value is None else f"{ratio.value:.4f}"


def _part(ratio: Ratio) -> str:
    return f"{ratio.part} of {ratio.whole} errors"


_MEASURED: Mapping[str, Callable[[Ratio], str]] = {"strict row F1": _plain, "silent errors": _part}


def _text(value: str | None) -> Text:
    """Return a value of a label or filing as text that a terminal shows and does not obey."""
    if value is None:
        return Text("-", style="dim")
    shown = "".join(c if c.isprintable() or c == "\u3000" else f"\\u{ord(c):04x}" for c in value)
    return Text(shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]}…")
