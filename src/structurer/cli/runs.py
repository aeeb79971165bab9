"""``structurer runs``: which runs there are, where each stands, what failed; and trying that again."""

from __future__ import annotations

import shlex
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from structurer.cli import options
from structurer.cli.console import errors_in_one_line, out
from structurer.cli.figures import counted, joined
from structurer.cli.going_on import command_of
from structurer.cli.looking import field, line, looking, no_run, run_of
from structurer.cli.retrying import retry
from structurer.errors import SettingsError
from structurer.runs import STDIN
from structurer.runs.taking_up import is_of_this_program, is_the_last_begun
from structurer.settings import load_settings
from structurer.store import (
    Runs,
    Standing,
    duplicates,
    failed_projects,
    failure_kinds,
    failures,
    flags_by_code,
    imbalances,
    overview,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from structurer.store import Overview, Run, Store

_MOST = 10
"""Names that are shown of what may be many."""

_ROOM = 90
"""Characters for the inputs of a run in the list."""

_LINE = "{:>4}  {:<16}  {:<10}  {:>9}  {:>7}  {:>9}  {:>7}  {:>12}  {:>9}"
_TITLES = ("run", "begun", "state", "done", "failed", "pending", "skipped", "declarations", "to review")

Number = Annotated[int, typer.Argument(metavar="ID", help="The run's number, as structurer runs lists it.")]

runs = typer.Typer(rich_markup_mode=None)


@runs.callback(invoke_without_command=True)
def listed(context: typer.Context, store: options.Store = None) -> None:
    """List the runs in the store, oldest first: how many filings each has, and whether it is complete.

    A run is at work while a process works on it; unfinished runs go on by the command that began them.

    \b
    Examples:
      structurer runs
      structurer runs --store postgresql://host/filings
      structurer runs show 3
      structurer runs show 3 --all
      structurer runs retry 3 --failed
    """
    if context.invoked_subcommand is not None:
        with errors_in_one_line():
            if store is not None:
                raise SettingsError(f"store: give --store after {context.invoked_subcommand}, not before it")
        return
    with errors_in_one_line(), looking(load_settings(store=store).store) as opened:
        begun = [] if opened is None else Runs(opened).all()
        if opened is None or not begun:
            out().print("no run was begun yet; begin one with structurer run")
            return
        console = out()
        console.print(_LINE.format(*_TITLES), soft_wrap=True)
        for run in begun:
            console.print(_figures(run, overview(opened, run)), soft_wrap=True)
            console.print(line(f"      {_read_by(run)}: {_shortened(run.spec.inputs)}"), soft_wrap=True)


@runs.command()
def show(
    number: Number,
    everything: Annotated[
        bool, typer.Option("--all", help="Name all inputs and all filings that failed, not only the first.")
    ] = False,
    store: options.Store = None,
) -> None:
    """Show one run: what it reads, by which settings, what came of it, what failed, and how to go on.

    \b
    Examples:
      structurer runs show 3
      structurer runs show 3 --all --store sqlite:///work.db
    """
    with errors_in_one_line(), looking(load_settings(store=store).store) as opened:
        if opened is None:
            raise no_run(number)
        run = run_of(opened, number)
        seen = overview(opened, run)
        most = None if everything else _MOST
        _show_head(opened, run, seen, most)
        projects = failed_projects(opened, run.number)
        _show_failures(opened, run, most, projects)
        _show_flags(opened, run)
        failed = seen.counted.failed + projects > 0
        for words in _advice(opened, run, seen, failed, opened.url if store is not None else None):
            out().print(line(words), soft_wrap=True)


runs.command()(retry)


def _figures(run: Run, seen: Overview) -> str:
    counts = seen.counted
    numbers = (
        counts.done,
        counts.failed,
        counts.pending,
        counts.skipped,
        counts.declarations,
        counts.flagged,
    )
    words = (str(run.number), _local(run.created_at), seen.standing)
    return _LINE.format(*words, *(f"{number:,}" for number in numbers))


def _local(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000).astimezone().strftime("%Y-%m-%d %H:%M")


def _read_by(run: Run) -> str:
    return run.spec.engine if run.spec.model is None else f"{run.spec.engine}, {run.spec.model}"


def _shortened(inputs: Sequence[str]) -> str:
    """Return a run's inputs in one line: the end of the first, which tells the most, and how many more."""
    more = f" and {len(inputs) - 1:,} more" if len(inputs) > 1 else ""
    first, room = inputs[0], _ROOM - len(more)
    return (first if len(first) <= room else f"…{first[1 - room :]}") + more


def _show_head(store: Store, run: Run, seen: Overview, most: int | None) -> None:
    for title, words in _head(store, run, seen, most):
        out().print(field(title, words), soft_wrap=True)


def _head(store: Store, run: Run, seen: Overview, most: int | None) -> Iterator[tuple[str, str]]:
    """Yield what a run is and where it stands, with a title each."""
    counts, inputs = seen.counted, run.spec.inputs
    yield (
        "run",
        f"{run.number}: {seen.standing}, begun {_local(run.created_at)} by structurer {run.spec.structurer}",
    )
    for place, path in enumerate(islice(inputs, most)):
        yield "" if place else "reads", "standard input" if path == STDIN else path
    if most is not None and len(inputs) > most:
        yield "", f"and {len(inputs) - most:,} more; --all names them"
    yield "engine", _read_by(run)
    yield "settings", _settings(run)
    in_hand = f" ({counts.in_hand:,} in hand)" if counts.in_hand else ""
    filings = f"{counts.done:,} done, {counts.failed:,} failed, {counts.pending:,} pending{in_hand}"
    yield "filings", f"{filings}, {counts.skipped:,} skipped"
    yield "duplicates", f"{duplicates(store, run.number):,} filings the same as another"
    yield "declarations", f"{counts.declarations:,}, {counts.flagged:,} to review"
    if seen.runners:
        yield "at work", counted(seen.runners, "runner")


def _settings(run: Run) -> str:
    kept = {name: value for name, value in run.spec.settings.items() if name not in ("engine", "model")}
    return joined(*(f"{name} {value}" for name, value in kept.items() if value is not None))


def _show_failures(store: Store, run: Run, most: int | None, projects: int) -> None:
    """Name what failed, class by class, as it comes from the store."""
    for error, filings in failure_kinds(store, run.number):
        out().print()
        out().print(line(f"failed, {error}: {counted(filings, 'filing')}"), soft_wrap=True)
        for name, problem in islice(failures(store, run.number, error), most):
            # There may be a hundred thousand, for which a console takes a minute.
            typer.echo(line(f"  {name}: {problem}").plain)
        if most is not None and filings > most:
            out().print(f"  and {filings - most:,} more; --all names them")
    if projects:
        out().print()
        out().print(f"{counted(projects, 'project')} could not be structured; their records say why")


def _show_flags(store: Store, run: Run) -> None:
    """Say which flags records have, and where records are missing, which must not happen."""
    table = Table("flag", "kind", box=None, padding=(0, 2, 0, 0))
    table.add_column("number", justify="right")
    for kind, code, flags in flags_by_code(store, run.number):
        table.add_row(line(code), line(kind), f"{flags:,}")
    if table.row_count:
        out().print()
        out().print(table)
    for found in imbalances(store, run.number):
        words = f"{found.name}: {found.chunks} projects and {found.records} records in the store"
        out().print(line(f"error: {words}; please report it", "red"), soft_wrap=True)


def _advice(store: Store, run: Run, seen: Overview, failed: bool, given: str | None) -> Iterator[str]:
    """Yield what can be done with a run, a line each; ``given`` is the URL of the store, if it was named."""
    option = "" if given is None else f" --store {shlex.quote(given)}"
    again = f"structurer runs retry {run.number} --failed{option}"
    unfinished = seen.standing is not Standing.COMPLETE
    can_be_read_again = is_of_this_program(run) and STDIN not in run.spec.inputs
    yield ""
    if not is_of_this_program(run):
        yield f"made by another version of the program; to make it anew: {command_of(run, given)}"
    elif unfinished and is_the_last_begun(store, run):
        yield f"to go on: {command_of(run, given)}"
        if run.spec.model is not None:
            yield "  with a --budget as it was given before"
        if STDIN in run.spec.inputs:
            yield "  with the same standard input"
    elif unfinished and can_be_read_again:
        yield f"to go on: {again}"
    if can_be_read_again and failed:
        yield f"to try again what failed: {again}"
    if seen.counted.done:
        yield f"to write out what is done: structurer export {run.number} --out DIR{option}"
