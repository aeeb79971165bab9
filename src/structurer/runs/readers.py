"""What a runner asks of whoever reads filings for it: processes of this machine, a model, a cluster."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from structurer.store import Failure, NewResult

if TYPE_CHECKING:
    from concurrent.futures import Future

    from structurer.runs.planning import PlannedFiling

Outcome = NewResult | Failure
"""What becomes of one filing."""


@dataclass(frozen=True, slots=True)
class Task:
    """One filing to be read, and the hash that its bytes had when they were found."""

    filing: PlannedFiling
    sha256: str


class Reader(Protocol):
    """Reads filings at the same time, each apart from the others.

    A future raises ``PausedError`` where reading cannot go on for now, and ``ModelServerError`` where it
    cannot go on at all; whatever is wrong with a filing is its outcome.
    """

    @property
    def room(self) -> int:
        """How many filings it is worth handing over at once."""
        ...

    def submit(self, task: Task) -> Future[Outcome]:
        """Begin to read a filing."""
        ...

    def stop(self) -> None:
        """Begin nothing that can be left undone; what is under way comes to its end."""
        ...

    def close(self) -> None:
        """End at once, and give up what is under way."""
        ...
