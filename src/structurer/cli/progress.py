"""How a run says how far it is: a bar in a terminal, lines or JSON in a log, or nothing but failures."""

from __future__ import annotations

import json
import time
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal, Protocol, cast, get_args

from rich.console import Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from structurer.cli import figures
from structurer.cli.console import safe
from structurer.cli.pace import Every, Pace
from structurer.errors import SettingsError
from structurer.runs.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from rich.console import Console

    Clock = Callable[[], float]

Mode = Literal["bar", "lines", "json", "quiet"]

_BAR_EVERY, _LINES_EVERY, _JSON_EVERY = 0.1, 30.0, 5.0
"""Seconds between two showings of the figures."""


class Progress(Protocol):
    """Shows how far a run is. Both methods may be called as often as there is something new."""

    def settled(self, name: str, declarations: int | None, problem: str | None) -> None:
        """Tell of one filing: how many declarations it has or, where it failed, why.

        A ``problem`` may begin with the filing's name, as messages of errors do; it is shown once.
        """

    def tally(self, tally: Tally) -> None:
        """Take the figures of the whole run. The last ones given are those that it ends with."""


def chosen_mode(console: Console, wanted: str | None, quiet: bool) -> Mode:
    """Return how to show progress: ``quiet`` before all, then what is wanted, else what suits the console.

    Raises ``SettingsError`` where what is wanted is no mode.
    """
    if wanted is not None and wanted not in get_args(Mode):
        raise SettingsError(f"progress: {wanted!r} is no way to show it; give bar, lines, json or quiet")
    if quiet:
        return "quiet"
    if wanted is not None:
        return cast("Mode", wanted)
    # A terminal that cannot move its cursor is none on which a bar could grow.
    return "bar" if console.is_interactive else "lines"


def progress(
    console: Console, mode: Mode, clock: Callable[[], float] = time.monotonic
) -> AbstractContextManager[Progress]:
    """Return a context that gives what shows progress on a console; at its end it says how far the run came.

    Whatever else is printed meanwhile is to go to the same console, or it would be printed into the bar.
    """
    if mode == "bar":
        return _bar(console, clock)
    if mode == "lines":
        return _lines(console, clock)
    return _json(console, clock) if mode == "json" else _quiet(console)


def say_failure(console: Console, name: str, problem: str) -> None:
    """Say which filing could not be read, and why."""
    words = f"failed: {name}: {_without_name(name, problem)}"
    # The colour is the text's own: given to print, it would colour a bar below as well.
    console.print(safe(_in_one_line(words), "red"), soft_wrap=True)


class _Quiet:
    def __init__(self, console: Console) -> None:
        self._console = console

    def settled(self, name: str, declarations: int | None, problem: str | None) -> None:
        if problem is not None:
            say_failure(self._console, name, problem)

    def tally(self, tally: Tally) -> None:
        pass


class _Lines:
    def __init__(self, console: Console, clock: Clock) -> None:
        self._console = console
        self._pace = Pace(clock)
        self._every = Every(_LINES_EVERY, clock)
        self._long = Every(_LINES_EVERY, clock)
        self._tally = self._told = Tally()
        self._number = 0

    def settled(self, name: str, declarations: int | None, problem: str | None) -> None:
        # A tally may come before or after the filings that it counts; no number is given twice.
        self._number = max(self._number + 1, figures.settled(self._tally))
        if problem is not None:
            say_failure(self._console, name, problem)
            return
        words = figures.counted(declarations or 0, "declaration")
        found = figures.found(self._tally, at_least=self._number)
        line = f"[{self._number:,}/{found}] {name}: {words}"
        self._console.print(safe(_in_one_line(line)), soft_wrap=True)

    def tally(self, tally: Tally) -> None:
        self._tally = tally
        self._number = max(self._number, tally.already)
        self._pace.take(tally)
        if self._every.due():
            self._tell()

    def end(self) -> None:
        """Say how it ended, if that took so long that figures were of use."""
        if self._long.due() and self._told != self._tally:
            self._tell()

    def _tell(self) -> None:
        tally = self._told = self._tally
        filings = f"{figures.settled(tally):,} of {figures.found(tally)} filings, {figures.of_filings(tally)}"
        pace = figures.joined(figures.rate(self._pace), figures.time_left(self._pace), figures.cost(tally))
        self._console.print(safe(f"{filings}; {pace}"), soft_wrap=True)


class _Json:
    def __init__(self, console: Console, clock: Clock) -> None:
        self._console = console
        self._pace = Pace(clock)
        self._every = Every(_JSON_EVERY, clock)
        self._tally = Tally()

    def settled(self, name: str, declarations: int | None, problem: str | None) -> None:
        if problem is not None:
            self._print({"event": "failed", "filing": name, "problem": _without_name(name, problem)})

    def tally(self, tally: Tally) -> None:
        self._tally = tally
        self._pace.take(tally)
        if self._every.due():
            self.tell()

    def tell(self) -> None:
        """Print all figures."""
        tally, pace = self._tally, self._pace
        left = pace.seconds_left
        numbers = asdict(tally) | {
            "cost": None if tally.cost is None else f"{tally.cost:f}",
            "filings_per_second": round(pace.filings_per_second, 3),
            "declarations_per_second": round(pace.declarations_per_second, 3),
            "seconds_left": None if left is None else round(left, 1),
        }
        self._print({"event": "progress", "at": datetime.now(UTC).isoformat(timespec="seconds"), **numbers})

    def _print(self, event: dict[str, object]) -> None:
        self._console.print(safe(json.dumps(event, ensure_ascii=True)), soft_wrap=True)


class _Bar:
    def __init__(self, console: Console, clock: Clock) -> None:
        self._console = console
        self._pace = Pace(clock)
        self._every = Every(_BAR_EVERY, clock)
        self._tally = Tally()
        # Drawn when there is something new, without a thread of its own, which would not go well with the
        # processes that a run begins. Standard output is left alone: it may lead elsewhere.
        self.live = Live(
            console=console, get_renderable=self._drawn, auto_refresh=False, redirect_stdout=False
        )

    def settled(self, name: str, declarations: int | None, problem: str | None) -> None:
        if problem is not None:
            say_failure(self._console, name, problem)

    def tally(self, tally: Tally) -> None:
        self._tally = tally
        self._pace.take(tally)
        if self._every.due():
            self.live.refresh()

    def _drawn(self) -> Group:
        tally = self._tally
        settled = figures.settled(tally)
        bar = ProgressBar(total=tally.found, completed=settled, pulse=tally.searching)
        line = Table.grid(padding=(0, 1))
        for no_wrap in (True, False, True, True):
            line.add_column(no_wrap=no_wrap)
        line.add_row("filings", bar, f"{settled:,}/{figures.found(tally)}", figures.time_left(self._pace))
        pace = figures.joined(figures.rate(self._pace), figures.cost(tally))
        # Wrapped also below a failure, which is printed without.
        words = Text(f"{figures.of_filings(tally)}; {pace}", no_wrap=False, overflow="fold")
        return Group(line, words)


@contextmanager
def _quiet(console: Console) -> Iterator[Progress]:
    yield _Quiet(console)


@contextmanager
def _lines(console: Console, clock: Clock) -> Iterator[Progress]:
    lines = _Lines(console, clock)
    try:
        yield lines
    finally:
        lines.end()


@contextmanager
def _json(console: Console, clock: Clock) -> Iterator[Progress]:
    events = _Json(console, clock)
    try:
        yield events
    finally:
        events.tell()


@contextmanager
def _bar(console: Console, clock: Clock) -> Iterator[Progress]:
    bar = _Bar(console, clock)
    try:
        with bar.live:
            bar.live.refresh()
            yield bar
    finally:
        if not console.is_terminal:  # where a bar is wanted in a file, its end is shown, without a line end
            console.line()


def _without_name(name: str, problem: str) -> str:
    return problem.removeprefix(f"{name}: ")


def _in_one_line(text: str) -> str:
    """Return text without line ends, so that a file's name cannot pass for a line of its own."""
    return text.replace("\n", " ")
