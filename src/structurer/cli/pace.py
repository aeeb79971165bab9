"""How fast a run goes, and when it is time to say so again."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from structurer.runs.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Callable

_WINDOW = 60.0
"""Seconds that a rate looks back over."""

_ENOUGH = 10
"""Filings that a rate is taken from at least: where few are settled in a minute, it looks back further."""

_STEP = 1.0
"""Seconds between two moments that are remembered."""

_LONGEST = 600
"""The most moments that are remembered: it bounds how far back a rate looks where little happens."""

_TOO_EARLY = 2.0
"""Seconds from the start in which a rate tells of the start itself: processes begin, files are opened."""


class Every:
    """Says when something that is shown every so many seconds is to be shown again."""

    def __init__(self, seconds: float, clock: Callable[[], float]) -> None:
        self._seconds = seconds
        self._clock = clock
        self._next = clock() + seconds

    def due(self) -> bool:
        """Say whether the time has come, which then begins anew."""
        now = self._clock()
        if now < self._next:
            return False
        self._next = now + self._seconds
        return True


class _Moment(NamedTuple):
    at: float
    filings: int
    declarations: float


class Pace:
    """How fast a run goes, over about the last minute. ``clock`` gives seconds.

    Only what was settled since the command began counts, so that a run that is taken up again is no faster
    than it was.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._tally = Tally()
        self._start = self._now = _Moment(clock(), 0, 0.0)
        self._past = deque([self._start], maxlen=_LONGEST)

    def take(self, tally: Tally) -> None:
        """Note how far the run is now."""
        before, self._tally = self._tally, tally
        filings = tally.done + tally.failed - tally.already
        declarations = (tally.declarations - before.declarations) * _share_of_now(before, tally)
        self._now = _Moment(self._clock(), filings, self._now.declarations + declarations)
        if self._now.at - self._past[-1].at >= _STEP:
            self._past.append(self._now)
        while len(self._past) > 1 and self._is_enough_since(self._past[1]):
            self._past.popleft()

    @property
    def filings_per_second(self) -> float:
        """Filings settled in a second, failed ones too; 0 where none was."""
        return self._rate(self._now.filings - self._past[0].filings)

    @property
    def declarations_per_second(self) -> float:
        """Declarations found in a second; 0 where none was. Those of filings settled before do not count."""
        return self._rate(self._now.declarations - self._past[0].declarations)

    @property
    def seconds_left(self) -> float | None:
        """Seconds until all filings are settled.

        ``None`` while that cannot be known: more filings are searched for, or nothing is settled yet.
        """
        tally, rate = self._tally, self.filings_per_second
        left = tally.found - tally.done - tally.failed
        if tally.searching:
            return None
        if left <= 0:
            return 0.0
        if rate == 0 or self._now.at - self._start.at < _TOO_EARLY:
            return None
        return left / rate

    def _is_enough_since(self, moment: _Moment) -> bool:
        return self._now.at - moment.at >= _WINDOW and self._now.filings - moment.filings >= _ENOUGH

    def _rate(self, count: float) -> float:
        seconds = self._now.at - self._past[0].at
        return max(count, 0.0) / seconds if seconds > 0 else 0.0


def _share_of_now(before: Tally, after: Tally) -> float:
    """Return the share of the filings new in a tally that were settled by now, and not before the start.

    A tally does not say whose its declarations are; they are shared out as the filings are.
    """
    settled = after.done + after.failed - before.done - before.failed
    if settled <= 0:
        return 1.0
    return min(max(1 - (after.already - before.already) / settled, 0.0), 1.0)
