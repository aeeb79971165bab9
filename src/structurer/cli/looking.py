"""Looking into a database, and naming what is in it: looking makes no file, and names stay in their line."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from structurer.cli.console import safe
from structurer.errors import PlanError
from structurer.runs.finding import as_text
from structurer.store import Runs, Store, is_there

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.text import Text

    from structurer.store import Run


@contextmanager
def looking(url: str, *, upgrade: bool = True) -> Iterator[Store | None]:
    """Give the database at a URL, ``None`` where there is no file yet. ``upgrade`` is as for ``Store.open``.

    Raises ``StoreError`` where it cannot be opened.
    """
    if not is_there(url):
        yield None
        return
    with Store.open(url, upgrade=upgrade) as store:
        yield store


def run_of(store: Store, number: int | None) -> Run:
    """Return the run of a number, the last one begun where none is given. Raises ``PlanError``."""
    runs = Runs(store)
    if number is not None:
        found = runs.get(number)
        if found is None:
            raise no_run(number)
        return found
    begun = runs.all()
    if not begun:
        raise no_run()
    return begun[-1]


def no_run(number: int | None = None) -> PlanError:
    """Return the error that says that there is no such run, or none at all."""
    if number is None:
        return PlanError("there is no run in the store yet; begin one with structurer run, or give --store")
    return PlanError(f"there is no run {number} in the store; structurer runs lists those that there are")


def field(title: str, words: str) -> Text:
    """Return a title and what it has, as one line: a path in it can be copied, however long it is."""
    return line(f"{title:<14}{words}")


def line(words: str, style: str = "") -> Text:
    """Return text from outside as one line that can only be read."""
    return safe(as_text(words).replace("\n", " "), style)
