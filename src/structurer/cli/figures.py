"""The figures of a run in words, as a bar and a log show them."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING

from structurer.cli.asking import dollars

if TYPE_CHECKING:
    from structurer.cli.pace import Pace
    from structurer.runs.tally import Tally


def settled(tally: Tally) -> int:
    """Return how many filings need no more work: those structured and those that failed."""
    return tally.done + tally.failed


def found(tally: Tally, at_least: int = 0) -> str:
    """Return how many filings there are; ``5,000+`` while more may be found."""
    return f"{max(tally.found, at_least):,}{'+' if tally.searching else ''}"


def of_filings(tally: Tally) -> str:
    """Return what came of the filings so far. What is seldom is named only where there is some."""
    return joined(
        counted(tally.declarations, "declaration"),
        f"{tally.doubtful:,} to review",
        f"{tally.failed:,} failed",
        f"{tally.skipped:,} skipped" if tally.skipped else "",
        f"{tally.waiting:,} with other runners" if tally.waiting else "",
    )


def cost(tally: Tally) -> str:
    """Return what was spent so far; nothing where no model is asked."""
    return "" if tally.cost is None else dollars(tally.cost)


def rate(pace: Pace) -> str:
    """Return how many filings are settled in a second; in a minute or an hour where that is less than one."""
    for unit, seconds in (("s", 1), ("min", 60), ("h", 3600)):
        count = round(pace.filings_per_second * seconds, 1)
        if count >= 1:
            return f"{count:,} filings/{unit}"
    return "0 filings/s"


def time_left(pace: Pace) -> str:
    """Return how long a run still takes; nothing where that is not known, or where all is done."""
    seconds = pace.seconds_left
    return f"{_duration(seconds)} left" if seconds else ""


def counted(count: int, what: str) -> str:
    """Return a number of things: ``1 declaration``, ``1,234 declarations``."""
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"


def joined(*words: str) -> str:
    """Return words as a list, without those that are empty."""
    return ", ".join(word for word in words if word)


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{ceil(seconds)} s"
    minutes = round(seconds / 60)
    if minutes < 90:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes} min"
    days, hours = divmod(hours, 24)
    return f"{days} days {hours} h"
