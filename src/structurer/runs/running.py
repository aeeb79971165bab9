"""Working through a run: what is planned is taken in hand, read, and written down, until nothing is left.

One process, one thread, one connection to the store; those who read are elsewhere (processes, a model, a
cluster) and hand back results. Several runners may be at one run; each takes what no other has.
"""

from __future__ import annotations

import os
import time
from concurrent.futures import FIRST_COMPLETED, wait
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from structurer.errors import ModelServerError, PausedError, StoppedError
from structurer.runs.finding import find
from structurer.runs.planning import STDIN, PlannedFiling
from structurer.runs.readers import Task
from structurer.runs.surveying import STDIN_PATH, Survey
from structurer.runs.tally import Tally
from structurer.store import Failure, Filings, Runs, Sight, Work, count

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from concurrent.futures import Future
    from decimal import Decimal

    from structurer.runs.finding import Found
    from structurer.runs.readers import Outcome, Reader
    from structurer.settings import Settings
    from structurer.store import Claimed, Run, Store

_GLANCE = 0.1
"""Seconds after which a runner looks up from waiting for results."""

_GLIMPSE = 0.01
"""The same while its inputs are looked through, which must not wait for filings that take long."""

_IDLE = 0.5
"""Seconds between two looks at what other runners leave over."""

_SHARE_FOR_COUNTING = 0.01
"""The share of its time that a runner counts how far the run is: in a large one that takes a while."""

_COUNTS_EVERY = 0.3
"""Seconds between two counts, at the least."""


class Watcher(Protocol):
    """Whoever shows how a run goes on."""

    def settled(self, name: str, declarations: int | None, problem: str | None) -> None:
        """Hear of one filing: how many declarations it has or, where it failed, why."""

    def tally(self, tally: Tally) -> None:
        """Hear how far the run is."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a runner's work ended: whether all is settled and, where it could not go on for now, why."""

    complete: bool
    paused: PausedError | None
    tally: Tally


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a run reads: files, folders, patterns, and what came by standard input, if that was named.

    ``names`` are what results call files that are found under other names than their senders gave them.
    """

    paths: Sequence[str]
    stdin: bytes | None = None
    names: Mapping[str, str] = field(default_factory=dict)

    def find(self) -> Iterator[Found]:
        """Return the files as they are found, from the beginning. Raises ``PlanError`` as ``find`` does."""
        found = find([path for path in self.paths if path != STDIN])
        return (replace(one, name=self.names.get(one.name, one.name)) for one in found)


class Runner:
    """One process at work on one run. Use it once.

    Raises ``StoreError`` where the database fails, and ``ModelServerError`` where a model's server cannot be
    used at all; what was settled until then is kept.
    """

    def __init__(
        self,
        store: Store,
        run: Run,
        inputs: Inputs,
        settings: Settings,
        watcher: Watcher,
        spent: Callable[[], Decimal | None] = lambda: None,
    ) -> None:
        self._store = store
        self._run = run
        self._inputs = inputs
        self._settings = settings
        self._watcher = watcher
        self._spent = spent
        self._runs = Runs(store)
        self._filings = Filings(store, run.number, run.spec.recipe)
        self._survey: Survey | None = None
        self._plan = 0
        self._hands: dict[Future[Outcome], Claimed] = {}
        self._paused: PausedError | None = None
        self._fatal: ModelServerError | None = None
        self._stopping = False
        self._renewed = self._counted = self._counting_took = 0.0
        self._tally = Tally()
        self._before: int | None = None

    def work(self, reader: Reader, stopped: Callable[[], bool] = lambda: False) -> Ended:
        """Work until all is settled, or ``stopped`` says so, or it cannot go on."""
        lease = self._settings.lease
        me = self._runs.enter(self._run.number, lease)
        self._work = Work(self._store, self._run.number, self._run.spec.recipe, me)
        try:
            self._runs.expire_the_dead(self._run.number)
            self._work.free_the_lost()
            self._begin_survey(me)
            self._count(now=True)
            while True:
                self._renew(me, lease)
                if stopped():
                    self._stop(reader)
                self._write_down_findings(me)
                self._take_in_hand(reader)
                if self._hands:
                    self._settle(reader)
                elif self._stopping or not self._wait_for_more(me):
                    break
                self._count()
        finally:
            self._end(reader, me)
        self._count(now=True)
        if self._fatal is not None:
            raise self._fatal
        return Ended(self._all_settled(), self._paused, self._tally)

    def _begin_survey(self, me: int) -> None:
        plan = self._runs.begin_plan(self._run.number, me)
        if plan is not None:
            self._plan = plan
            self._survey = Survey(self._inputs.find(), self._inputs.stdin, self._run, self._settings)

    def _write_down_findings(self, me: int, seconds: float = 0) -> None:
        if self._survey is None:
            return
        batch = self._survey.take(seconds)
        if batch is not None:
            self._filings.put(self._plan, batch.rows, batch.unchanged)
            for row in batch.rows:
                if row.sight is Sight.FAILED:
                    self._watcher.settled(row.name, None, row.problem)
        elif self._survey.ended:
            self._filings.sweep(self._plan)
            self._runs.end_plan(self._run.number, me, complete=True)
            self._survey = None
            self._count(now=True)

    def _take_in_hand(self, reader: Reader) -> None:
        # By the handful: a claim costs as much for one as for many.
        if self._stopping or 2 * len(self._hands) > reader.room:
            return
        for claimed in self._work.claim(reader.room - len(self._hands)):
            self._hands[reader.submit(self._task(claimed))] = claimed

    def _task(self, claimed: Claimed) -> Task:
        if claimed.path == STDIN_PATH:
            return Task(PlannedFiling(claimed.name, None, self._inputs.stdin), claimed.sha256)
        return Task(PlannedFiling(claimed.name, Path(os.fsdecode(claimed.path))), claimed.sha256)

    def _settle(self, reader: Reader) -> None:
        """Write down what came of filings; one of which nothing came is put back."""
        done, _ = wait(self._hands, _GLIMPSE if self._survey else _GLANCE, FIRST_COMPLETED)
        outcomes: list[tuple[Claimed, Outcome]] = []
        for future in sorted(done, key=lambda future: self._hands[future].item):
            claimed = self._hands[future]
            try:
                outcomes.append((claimed, future.result()))
            except PausedError as error:
                self._pause(error, reader)
            except ModelServerError as error:
                self._fatal = error
                self._stop(reader)
        settled = self._work.settle([(claimed.item, outcome) for claimed, outcome in outcomes])
        given_up = [self._hands.pop(future).item for future in done]
        self._work.release(set(given_up) - {claimed.item for claimed, _ in outcomes})
        for claimed, outcome in outcomes:
            if claimed.item in settled:
                self._tell(claimed.name, outcome)

    def _tell(self, name: str, outcome: Outcome) -> None:
        if isinstance(outcome, Failure):
            self._watcher.settled(name, None, outcome.problem)
        else:
            self._watcher.settled(name, len(outcome.records), None)

    def _pause(self, error: PausedError, reader: Reader) -> None:
        # Why something stopped says more than that others were stopped by it.
        if self._paused is None or isinstance(self._paused, StoppedError):
            self._paused = error
        self._stop(reader)

    def _stop(self, reader: Reader) -> None:
        if not self._stopping:
            self._stopping = True
            reader.stop()
            if self._survey is not None:
                self._survey.close()

    def _wait_for_more(self, me: int) -> bool:
        """Wait a little for new findings, or for what other runners leave; ``False`` where all is settled."""
        if self._survey is not None:
            self._write_down_findings(me, _GLANCE)
            return True
        self._runs.expire_the_dead(self._run.number)
        self._work.free_the_lost()
        left = self._work.open()
        if left.waiting:
            return True
        planning = self._runs.planning(self._run.number)
        if planning.given_up:
            self._begin_survey(me)
        elif not planning.under_way and not left.in_other_hands:
            return False
        else:
            time.sleep(_IDLE)
        return True

    def _all_settled(self) -> bool:
        left = self._work.open()
        looked_through = self._survey is None and not self._runs.planning(self._run.number).under_way
        return looked_through and not left.waiting and not left.in_other_hands

    def _renew(self, me: int, lease: float) -> None:
        if time.monotonic() - self._renewed > lease / 4:
            self._runs.renew(me, lease)
            self._renewed = time.monotonic()

    def _count(self, *, now: bool = False) -> None:
        began = time.monotonic()
        pause = max(self._counting_took / _SHARE_FOR_COUNTING, _COUNTS_EVERY)
        if not now and began - self._counted < pause:
            return
        seen = count(self._store, self._run.number)
        settled = seen.done + seen.failed
        if self._before is None:
            self._before = settled
        self._tally = Tally(
            found=settled + seen.pending,
            searching=self._survey is not None,
            done=seen.done,
            failed=seen.failed,
            skipped=seen.skipped,
            declarations=seen.declarations,
            doubtful=seen.flagged,
            cost=self._spent(),
            already=self._before,
            waiting=max(seen.in_hand - len(self._hands), 0),
        )
        self._watcher.tally(self._tally)
        self._counted = time.monotonic()
        self._counting_took = self._counted - began

    def _end(self, reader: Reader, me: int) -> None:
        """Give up what is still in hand, and leave the run to others."""
        reader.close()
        if self._survey is not None:
            self._survey.close()
            self._runs.end_plan(self._run.number, me, complete=False)
        self._work.release(claimed.item for claimed in self._hands.values())
        self._runs.leave(me)
