"""A run as the command line carries it out: begun or gone on with, watched, written out, told of."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING

from rich.table import Table

from structurer.cli import asking
from structurer.cli.console import err, out, safe
from structurer.cli.progress import progress
from structurer.errors import StoppedError
from structurer.exports import RunFolder, RunHead
from structurer.money import in_dollars
from structurer.runs.planning import nothing_to_read
from structurer.runs.running import Runner
from structurer.runs.stored import stored_results
from structurer.store import imbalances, skipped_kinds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from decimal import Decimal
    from pathlib import Path
    from types import FrameType

    from structurer.cli.progress import Mode
    from structurer.exports import Counts
    from structurer.llm.server import ModelServer
    from structurer.runs.readers import Reader
    from structurer.runs.running import Ended, Inputs
    from structurer.runs.with_model import ModelShare
    from structurer.settings import Settings
    from structurer.store import Run, Spent, Store

FAILED, PAUSED, UNBALANCED, INTERRUPTED = 1, 3, 4, 130
"""Exit statuses: a filing failed; the run cannot go on for now; records are missing; Ctrl-C."""


@dataclass(frozen=True, slots=True)
class Carried:
    """A run that was worked on: how that ended and, with a model, what the model had to do with it."""

    store: Store
    run: Run
    settings: Settings
    ended: Ended
    model: _ModelPart | None = None

    @property
    def has_results(self) -> bool:
        """Whether there is anything to be written: a run that was stopped at once leaves old files alone."""
        return self.ended.complete or self.ended.tally.done + self.ended.tally.failed > 0

    @property
    def status(self) -> int:
        """The command's exit status."""
        if not self.ended.complete:
            paused = self.ended.paused
            return INTERRUPTED if paused is None or isinstance(paused, StoppedError) else PAUSED
        if imbalances(self.store, self.run.number, most=1):
            return UNBALANCED
        return FAILED if self.ended.tally.failed else 0


@dataclass(frozen=True, slots=True)
class _ModelPart:
    server: ModelServer
    share: ModelShare
    spent: Spent


def carry_out(
    store: Store,
    run: Run,
    inputs: Inputs,
    settings: Settings,
    reader: Callable[[], Reader],
    shown: Mode,
) -> Carried:
    """Work on a run by layout until it ends, is interrupted, or cannot go on; show progress."""
    with progress(err(), shown) as watcher, _interruptible() as stopped:
        ended = Runner(store, run, inputs, settings, watcher).work(reader(), stopped)
    return Carried(store, run, settings, ended)


def carry_out_with_model(
    store: Store,
    run: Run,
    inputs: Inputs,
    settings: Settings,
    paths: Sequence[str],
    shown: Mode,
) -> Carried:
    """Do the same with a model's help. Raises ``ModelServerError`` where the server cannot be used at all."""
    with asking.asking(paths, settings) as asked:
        if shown in ("bar", "lines"):
            asking.say_engine(settings, asked.server)

        def spent() -> Decimal:
            return in_dollars(asked.spent(store).spent)

        with progress(err(), shown) as watcher, _interruptible() as stopped:
            ended = Runner(store, run, inputs, settings, watcher, spent).work(asked.reader, stopped)
        share = asking.share_of_model(store, run.number)
        return Carried(store, run, settings, ended, _ModelPart(asked.server, share, asked.spent(store)))


def write_results(carried: Carried, folder: Path) -> tuple[Counts, list[str]]:
    """Write what there is of a run into a folder; return its counts, and notices for the screen."""
    model = carried.model
    with RunFolder(folder) as results:
        for result in stored_results(carried.store, carried.run.number):
            results.add(result)
        head = RunHead(
            structurer=version("structurer"),
            complete=carried.ended.complete,
            settings=carried.settings.results_settings(),
            config=carried.settings.config_hash(),
            model=None if model is None else asking.report_of_model(model.server, model.share),
        )
        return results.counts, results.publish(head)


def conclude(carried: Carried, folder: Path | None, shown: Mode) -> None:
    """Write the results of a run where there is a folder for them; say what there is, and what is to do."""
    told = shown in ("bar", "lines")
    if folder is not None and carried.has_results:
        counts, notices = write_results(carried, folder)
    if not carried.ended.complete:
        say_how_to_go_on(carried, folder)
    elif folder is not None and told:
        say_what_there_is(carried, counts, notices, folder)
    elif told:
        say_what_is_stored(carried)
    if carried.status == UNBALANCED:
        say_imbalances(carried)


def refuse_nothing(paths: Sequence[str], carried: Carried) -> None:
    """Raise ``PlanError`` for inputs that hold nothing to be read."""
    tally = carried.ended.tally
    if carried.ended.complete and not tally.found:
        raise nothing_to_read(paths, dict(skipped_kinds(carried.store, carried.run.number)))


def say_what_there_is(carried: Carried, counts: Counts, notices: Sequence[str], folder: Path) -> None:
    """Say what a complete run gave, and where it is."""
    for kind, files in skipped_kinds(carried.store, carried.run.number):
        err().print(safe(f"skipped: {files:,} × {kind}"), soft_wrap=True)
    for notice in notices:
        err().print(safe(f"note: {notice}"), soft_wrap=True)
    share = counts.doubtful_values / counts.values if counts.values else 0.0
    odd = [f"{counts.failed:,} failed"] if counts.failed else []
    odd += [f"{counts.without_form:,} without any form"] if counts.without_form else []
    odd += [f"{counts.repeated:,} the same as another"] if counts.repeated else []
    table = _figures()
    table.add_row("filings", f"{counts.filings:,}", ", ".join(odd))
    table.add_row("declarations", f"{counts.declarations:,}", f"{counts.flagged:,} to review")
    table.add_row("values", f"{counts.values:,}")
    table.add_row("doubtful values", f"{counts.doubtful_values:,}", f"{share:.1%} of the values")
    table.add_row("text that belongs to nothing", f"{counts.residue_lines:,}", "lines, listed in run.json")
    _add_model(table, carried.model)
    out().print(table)
    out().print(safe(f"results: {folder} (run {carried.run.number})"), soft_wrap=True)


def say_what_is_stored(carried: Carried) -> None:
    """Say what a complete run gave that is not written out."""
    tally, number = carried.ended.tally, carried.run.number
    table = _figures()
    table.add_row(
        "filings", f"{tally.done + tally.failed:,}", f"{tally.failed:,} failed" if tally.failed else ""
    )
    table.add_row("declarations", f"{tally.declarations:,}", f"{tally.doubtful:,} to review")
    _add_model(table, carried.model)
    out().print(table)
    out().print(f"run {number} is in the store; structurer export {number} writes it out", soft_wrap=True)


def say_how_to_go_on(carried: Carried, folder: Path | None) -> None:
    """Say how far a run came that is not complete, and what to do."""
    tally, paused = carried.ended.tally, carried.ended.paused
    done = tally.done + tally.failed
    planned = f"{tally.found:,}{'+' if tally.searching else ''}"
    what = f"the results of these are in {folder}" if carried.has_results else f"{folder} is as it was"
    if folder is None:
        what = "what was read is kept"
    words = "Run the same command again to go on."
    if paused is not None and not isinstance(paused, StoppedError):
        if carried.model is not None:
            words = "Answers that were paid for are kept."
        words = f"{words} Why it stopped: {paused}."
    err().print(safe(f"stopped after {done:,} of {planned} filings; {what}. {words}"), soft_wrap=True)


def say_imbalances(carried: Carried) -> None:
    """Say which filings lack records, or have too many: a defect that must not go unseen."""
    for found in imbalances(carried.store, carried.run.number):
        words = f"{found.name}: {found.chunks} projects and {found.records} records in the store"
        err().print(safe(f"error: {words}; please report it"), style="red", soft_wrap=True)


def _figures() -> Table:
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    table.add_column()
    table.add_column(justify="right")
    table.add_column()
    return table


def _add_model(table: Table, model: _ModelPart | None) -> None:
    if model is not None:
        words = asking.cost_in_words(model.server, model.share, model.spent)
        table.add_row("asked the model", f"{model.share.asked:,}", words)


@contextmanager
def _interruptible() -> Iterator[Callable[[], bool]]:
    """Turn the first Ctrl-C into a wish to stop, so that what is under way is not lost."""
    noted = told = False

    def note(number: int, frame: FrameType | None) -> None:
        nonlocal noted
        noted = True
        signal.signal(signal.SIGINT, before)

    def stopped() -> bool:
        nonlocal told
        if noted and not told:
            told = True
            err().print("stopping when what is under way is done; Ctrl-C again gives it up", soft_wrap=True)
        return noted

    before = signal.signal(signal.SIGINT, note)
    try:
        yield stopped
    finally:
        signal.signal(signal.SIGINT, before)
