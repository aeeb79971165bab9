"""How a run says how far it is: a bar in a terminal, lines in a log, or nothing but failures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, Self

from rich import progress as bars

from structurer.cli.console import safe
from structurer.runs import FailedFiling

if TYPE_CHECKING:
    from types import TracebackType

    from rich.console import Console

    from structurer.runs import FilingResult


class Progress(Protocol):
    """Told of each filing that is done."""

    def __enter__(self) -> Self:
        """Begin."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End."""

    def advance(self, result: FilingResult) -> None:
        """Note that one more of the planned filings is done."""

    def tell(self, failed: FailedFiling) -> None:
        """Say what could not be read."""


class SilentProgress:
    """Says what failed, nothing else."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    def advance(self, result: FilingResult) -> None:
        """Say that a filing failed, if it did."""
        if isinstance(result, FailedFiling):
            self.tell(result)

    def tell(self, failed: FailedFiling) -> None:
        """Say what could not be read."""
        _print_failure(self._console, failed)


class PlainProgress:
    """A line for each filing."""

    def __init__(self, console: Console, total: int) -> None:
        self._console = console
        self._total = total
        self._done = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    def advance(self, result: FilingResult) -> None:
        """Write the filing's line."""
        self._done += 1
        if isinstance(result, FailedFiling):
            self.tell(result)
            return
        line = f"[{self._done}/{self._total}] {result.name}: {len(result.records)} declarations"
        self._console.print(safe(line), soft_wrap=True)

    def tell(self, failed: FailedFiling) -> None:
        """Say what could not be read."""
        _print_failure(self._console, failed)


class LiveProgress:
    """A bar, and a line for each failure above it."""

    def __init__(self, console: Console, total: int) -> None:
        self._console = console
        self._bar = bars.Progress(
            bars.TextColumn("{task.description}"),
            bars.BarColumn(),
            bars.MofNCompleteColumn(),
            bars.TimeRemainingColumn(),
            console=console,
        )
        self._task = self._bar.add_task("filings", total=total)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def advance(self, result: FilingResult) -> None:
        """Move the bar on."""
        if isinstance(result, FailedFiling):
            self.tell(result)
        self._bar.advance(self._task)

    def tell(self, failed: FailedFiling) -> None:
        """Say what could not be read."""
        _print_failure(self._console, failed)


def _print_failure(console: Console, failed: FailedFiling) -> None:
    console.print(safe(f"failed: {failed.message}"), style="red", soft_wrap=True)
