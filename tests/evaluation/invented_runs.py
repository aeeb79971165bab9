"""Invented outcomes and runs: right unless said otherwise."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from structurer.evaluation.outcomes import CellOutcome, Place, RunRecord
from structurer.groups import Group

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


def outcome(ordinal: int = 1, path: str = "funding.annual.total", **said: Any) -> CellOutcome:
    """Return a cell; ``wrong`` names what was read in place of the label's value."""
    wrong = said.pop("wrong", None)
    plain = {
        "filing": "a.txt",
        "gold_path": path,
        "field": path,
        "group": Group.MONEY if path.startswith("funding") else Group.HEAD,
        "gold": "20000000",
        "read": wrong or "20000000",
        "right": wrong is None,
        "uncertain": False,
        "flagged": False,
        "failed": False,
        "error": "wrong value" if wrong else "",
        "confidence": 0.9,
        "place": Place.RIGHT,
        "excerpt": f"| {path} | 20000000 |",
    }
    return CellOutcome(ordinal=ordinal, path=path, **(plain | said))


def too_many(
    ordinal: int = 1, path: str = "indicators.9.name", read: str = "加固长度", **said: Any
) -> CellOutcome:
    """Return a cell that no label has."""
    said = {"gold_path": "", "gold": None, "read": read, "right": False, "error": "extra row"} | said
    return outcome(ordinal, path, field="indicators.name", group=Group.NAME, **said)


def run(outcomes: Iterable[CellOutcome], **said: Any) -> RunRecord:
    plain = {
        "number": 0,
        "at": "2026-01-02T03:04:05+00:00",
        "structurer": "0.1.0",
        "commit": "0123456789abcdef",
        "dirty": False,
        "gold": "g" * 64,
        "scoring": "1",
        "schema_version": "1.0",
        "engine": "layout",
        "model": None,
        "prompts": "",
        "settings": {"pages": 3},
        "config": "c0",
        "declarations": 2,
        "input_tokens": 0,
        "output_tokens": 0,
        "cost": "0",
        "seconds": 1.5,
        "label": "",
    }
    return RunRecord(outcomes=tuple(outcomes), **(plain | said))


PATHS = ("project_name", "implementing_unit", "funding.annual.total", "funding.annual.central", "handler")


def declarations(
    count: int, change: Callable[[CellOutcome], CellOutcome] = lambda cell: cell
) -> list[CellOutcome]:
    """Return the cells of so many declarations in two filings, each put through ``change``."""
    cells = [outcome(ordinal, path) for ordinal in range(1, count + 1) for path in PATHS]
    placed = [replace(cell, filing="a.txt" if cell.ordinal % 2 else "b.txt") for cell in cells]
    return [change(cell) for cell in placed]


def wrong(path: str, ordinals: Iterable[int], **said: Any) -> Callable[[CellOutcome], CellOutcome]:
    """Return a change that makes one field of some declarations wrong."""
    named = frozenset(ordinals)
    values = {"right": False, "read": "2000000", "error": "wrong value"} | said
    return lambda cell: replace(cell, **values) if cell.ordinal in named and cell.path == path else cell
