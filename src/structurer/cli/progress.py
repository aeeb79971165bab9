"""How a run says how far it is: a bar in a terminal, lines in a log, or nothing but failures."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich import progress as bars

from structurer.cli.console import safe
from structurer.runs import FailedFiling, FilingResult

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from rich.console import Console

    Tell = Callable[[FilingResult], None]


def progress(console: Console, total: int, *, quiet: bool) -> AbstractContextManager[Tell]:
    """Return a context that gives a function to call with each result, out of ``total``."""
    if quiet:
        return _failures(console)
    return _bar(console, total) if console.is_terminal else _lines(console, total)


def say_failure(console: Console, failed: FailedFiling) -> None:
    """Say what could not be read, and why."""
    console.print(safe(f"failed: {failed.message}"), style="red", soft_wrap=True)


@contextmanager
def _failures(console: Console) -> Iterator[Tell]:
    def tell(result: FilingResult) -> None:
        if isinstance(result, FailedFiling):
            say_failure(console, result)

    yield tell


@contextmanager
def _lines(console: Console, total: int) -> Iterator[Tell]:
    done = 0

    def tell(result: FilingResult) -> None:
        nonlocal done
        done += 1
        if isinstance(result, FailedFiling):
            say_failure(console, result)
        else:
            line = f"[{done}/{total}] {result.name}: {len(result.records)} declarations"
            console.print(safe(line), soft_wrap=True)

    yield tell


@contextmanager
def _bar(console: Console, total: int) -> Iterator[Tell]:
    columns = (
        bars.TextColumn("{task.description}"),
        bars.BarColumn(),
        bars.MofNCompleteColumn(),
        bars.TimeRemainingColumn(),
    )
    with bars.Progress(*columns, console=console) as bar:
        task = bar.add_task("filings", total=total)

        def tell(result: FilingResult) -> None:
            if isinstance(result, FailedFiling):
                say_failure(console, result)
            bar.advance(task)

        yield tell
