"""How far a run is, as numbers: what a display of it is fed with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Tally:
    """How far a run is. Filings count by name; ``cost`` is in US dollars, ``None`` where no model is asked.

    ``found`` counts what is, or is to be, done, failed or waiting; what is skipped is not among it.
    """

    found: int = 0  # filings found so far
    searching: bool = True  # whether more may be found
    done: int = 0  # filings structured (counting those done before this start)
    failed: int = 0
    skipped: int = 0
    declarations: int = 0
    doubtful: int = 0  # declarations to be reviewed
    cost: Decimal | None = None
    already: int = 0  # of done and failed: settled before this command began
    waiting: int = 0  # in the hands of other runners
