"""Two gates: conditions that must hold before a change of the program, a model or a prompt goes in.

The **baseline gate** is for every change: offline, with an engine that gives the same answer each time, every
figure must be the stored one, and every cell too. The **change gate** is for another model or prompt,
where nothing can be the same: it asks that the change does no harm.

Each condition that fails is told by itself; nothing stops at the first.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from structurer.errors import StructurerError
from structurer.evaluation.comparing import Verdict
from structurer.evaluation.headline import headline
from structurer.evaluation.totals import by_declaration
from structurer.files import write_text
from structurer.groups import Group

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from structurer.evaluation.changes import Change
    from structurer.evaluation.comparing import RunComparison
    from structurer.evaluation.outcomes import CellOutcome, RunRecord

COST_GROWTH = Decimal("1.2")
"""Up to this many times the cost, a change needs no gain."""

_DIGITS = 6
"""Decimals of a confidence that count: the last bits of a logarithm differ between machines."""

_NAMED = 5
"""How many declarations or values a message names before it says how many more there are."""


class BaselineError(StructurerError):
    """The stored baseline cannot be used; the message says what to do."""


class Failure(NamedTuple):
    """A condition that does not hold. ``condition`` is a short name, ``message`` a line with the figures."""

    condition: str
    message: str


@dataclass(frozen=True, slots=True)
class Baseline:
    """The figures that a run must have.

    ``figures`` are the headline's by dotted name, counts and shares (``174/4084``). ``cells`` is a hash of
    all outcomes of each declaration, whose name is its filing and ordinal.
    """

    gold: str
    scoring: str
    schema_version: str
    engine: str
    model: str | None
    figures: Mapping[str, int | str]
    cells: Mapping[str, str]


def baseline_of(run: RunRecord) -> Baseline:
    """Return what a run would have to have to be the same as this one."""
    groups = by_declaration(run.outcomes).items()
    return Baseline(
        gold=run.gold,
        scoring=run.scoring,
        schema_version=run.schema_version,
        engine=run.engine,
        model=run.model,
        figures=dict(_flat(headline(run.outcomes).as_dict())),
        cells={f"{filing}#{ordinal}": _hash(cells) for (filing, ordinal), cells in groups},
    )


def write_baseline(run: RunRecord, path: Path) -> None:
    """Store a run's figures as the baseline. Raises ``OutputError``."""
    write_text(path, json.dumps(asdict(baseline_of(run)), ensure_ascii=False, indent=1) + "\n")


def read_baseline(path: Path) -> Baseline:
    """Read a stored baseline. Raises ``BaselineError``."""
    try:
        return Baseline(**json.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        problem = f"cannot be read ({error.strerror}); write it from a run that you trust"
        raise BaselineError(f"{path}: {problem}") from error
    except (ValueError, TypeError) as error:
        raise BaselineError(f"{path}: is no baseline; write it again from a run that you trust") from error


def check_baseline(run: RunRecord, baseline: Baseline) -> tuple[Failure, ...]:
    """Return every condition of the baseline that a run does not meet. Nothing is rounded or forgiven."""
    found = baseline_of(run)
    of_run = [
        Failure(name, f"{name} was {getattr(baseline, name)}, is {getattr(found, name)}")
        for name in ("gold", "scoring", "schema_version", "engine", "model")
        if getattr(baseline, name) != getattr(found, name)
    ]
    names = [*baseline.figures, *(name for name in found.figures if name not in baseline.figures)]
    of_figures = [
        Failure(name, f"{name} was {baseline.figures.get(name)}, is {found.figures.get(name)}")
        for name in names
        if baseline.figures.get(name) != found.figures.get(name)
    ]
    unlike = sorted(
        name
        for name in baseline.cells.keys() | found.cells.keys()
        if baseline.cells.get(name) != found.cells.get(name)
    )
    of_cells = [Failure("cells", f"other outcomes than stored in {_some(unlike)}")] if unlike else []
    return (*of_run, *of_figures, *of_cells)


def check_change(comparison: RunComparison, margin: float = 0.0) -> tuple[Failure, ...]:
    """Return what speaks against a change of model or prompt.

    ``margin`` is how far below 0 the lower end of the 95% interval of the difference in accuracy by
    declaration may lie, as a share: 0.005 is half a point.
    """
    return tuple(
        failure
        for failure in (
            _accuracy(comparison, margin),
            _amounts(comparison.changes),
            _silent(comparison),
            _cost(comparison),
        )
        if failure is not None
    )


def _accuracy(comparison: RunComparison, margin: float) -> Failure | None:
    interval = comparison.accuracy.interval
    if interval is None:
        return Failure("accuracy", "fewer than two declarations: nothing can be said of a difference")
    if interval.low >= -margin:
        return None
    told = f"may be {-100 * interval.low:.2f} points lower than before (lower end of the 95% interval)"
    return Failure("accuracy", f"{told}; {100 * margin:.2f} are allowed")


def _amounts(changes: Iterable[Change]) -> Failure | None:
    broken = [change for change in changes if change.group is Group.MONEY and change.broken]
    if not broken:
        return None
    told = [
        f"{change.filing}#{change.ordinal} {change.path} ({change.gold} read as {change.read_after})"
        for change in broken
    ]
    return Failure("amounts", f"{len(broken)} amounts were right and are wrong: {_some(told)}")


def _silent(comparison: RunComparison) -> Failure | None:
    before, after = comparison.before_totals.silent, comparison.after_totals.silent
    return Failure("silent errors", f"there were {before}, there are {after}") if after > before else None


def _cost(comparison: RunComparison) -> Failure | None:
    before, after = comparison.costs
    if after <= before * COST_GROWTH or comparison.verdict is Verdict.BETTER:
        return None
    told = f"${before} before, ${after} now, over {COST_GROWTH} times as much"
    return Failure("cost", f"{told}, and the verdict is not better but {comparison.verdict}")


def _flat(figures: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, int | str]]:
    """Yield figures by dotted name; a share as both its numbers, so that nothing is rounded."""
    for name, figure in figures.items():
        match figure:
            case {"part": part, "whole": whole}:
                yield f"{prefix}{name}", f"{part}/{whole}"
            case dict():
                yield from _flat(figure, f"{prefix}{name}.")
            case list():
                for row in figure:
                    values = {key: row[key] for key in row if key != "field"}
                    yield from _flat(values, f"{prefix}{name}.{row['field']}.")
            case _:
                yield f"{prefix}{name}", figure


def _hash(cells: Iterable[CellOutcome]) -> str:
    lines = []
    for cell in cells:
        values = cell.as_dict()
        # An excerpt is there to be looked at; where it is cut is no outcome.
        del values["excerpt"]
        confidence = values["confidence"]
        values["confidence"] = None if confidence is None else round(confidence, _DIGITS)
        lines.append(json.dumps(values, sort_keys=True))
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_NAMED])
    more = len(names) - _NAMED
    return f"{shown} and {more} more" if more > 0 else shown
