from __future__ import annotations

import io

from invented_runs import declarations, run, wrong
from rich.console import Console

from structurer.evaluation.history import GoldVersion, history, print_history
from structurer.evaluation.keeping import KeptRun
from structurer.evaluation.totals import totals


def _kept(number: int, at: str, silent: int = 0, **said: object) -> KeptRun:
    made = run(declarations(10, wrong("handler", range(1, silent + 1))), number=number, at=at, **said)
    return KeptRun(made, totals(made.outcomes))


RUNS = [
    _kept(1, "2026-03-01T10:00:00+00:00", gold="b" * 64),
    _kept(2, "2026-01-01T10:00:00+00:00", gold="a" * 64, silent=3, label="first"),
    _kept(
        3, "2026-02-01T10:00:00+00:00", gold="a" * 64, engine="hybrid", model="small", cost="0.25", dirty=True
    ),
    _kept(4, "2026-02-01T10:00:00+00:00", gold="a" * 64, scoring="2"),
]


def test_runs_are_told_oldest_first_and_never_mixed_over_gold_or_scoring() -> None:
    chapters = history(RUNS)
    assert [chapter.version for chapter in chapters] == [
        GoldVersion("a" * 64, "1"),
        GoldVersion("a" * 64, "2"),
        GoldVersion("b" * 64, "1"),
    ]
    assert [[kept.number for kept in chapter.runs] for chapter in chapters] == [[2, 3], [4], [1]]
    assert history(reversed(RUNS)) == chapters


def test_no_runs_have_no_history() -> None:
    assert history([]) == ()


def _printed(*runs: KeptRun) -> str:
    console = Console(file=io.StringIO(), width=140)
    print_history(history(runs), console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_the_table_says_what_each_run_came_to() -> None:
    printed = _printed(*RUNS)
    assert printed.count("Gold aaaaaaaaaaaa, scoring 1") == 1
    assert printed.index("scoring 2") > printed.index("scoring 1")
    cells = [" ".join(line.replace("│", " ").split()) for line in printed.splitlines()]
    assert "2 2026-01-01 layout 01234567 94.00% 3 0.0% 0.000 1.5 first" in cells
    assert "3 2026-02-01 hybrid small 01234567+ 100.00% 0 0.0% 0.250 1.5" in cells


def test_names_cannot_command_the_terminal() -> None:
    printed = _printed(_kept(1, "2026-01-01T10:00:00+00:00", label="[red]x\x1b[2J", model="m\x07"))
    assert "[red]x" in printed
    assert "\x1b" not in printed
    assert "\x07" not in printed
