"""Several processes at one run: each content is read once and written once, whoever is killed or stopped."""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import time
from contextlib import ExitStack, closing, suppress
from typing import TYPE_CHECKING

import pytest
from command_forge import Forge, forge
from looking import Look, patiently
from sqlalchemy import make_url

from commands import written

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from looking import Alone

_LEASE = 2
_AHEAD = 4
"""Filings that a runner with one process has in hand, at the most."""

_CONTENTS = 40
_FAILED = 1
_TOLD = re.compile(r"\[[\d,]+/[\d,]+\+?\] (?P<read>.+): \d+ declarations?|failed: (?P<failed>[^:]+): .*")
_BUSY = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND xact_start IS NOT NULL AND pid <> pg_backend_pid()
"""


class Runner:
    """One command at a run, in a folder of its own."""

    def __init__(self, forge: Forge, folder: Path) -> None:
        self._forge = forge
        self._folder = folder
        self._said = folder / "said"
        self.out = folder / "out"

    def begin(self, filings: Path, url: str) -> None:
        self._folder.mkdir()
        self._forge.begin(
            *("run", filings, "--store", url, "--out", self.out, "--workers", 1),
            folder=self._folder,
            said=self._said,
            lease=_LEASE,
        )

    def signal(self, number: signal.Signals) -> None:
        os.kill(self._forge.pid, number)

    def ended(self) -> int:
        return self._forge.ended()

    def told(self) -> list[str]:
        """Return the contents that it says it has settled, each by the first of its names."""
        lines = map(_TOLD.fullmatch, self._said.read_text(encoding="utf-8").splitlines())
        names = [line["read"] or line["failed"] for line in lines if line is not None]
        return [name.replace("05 again.txt", "05.txt") for name in names]


@pytest.fixture(scope="module")
def forges() -> Iterator[Sequence[Forge]]:
    """Whoever begins four commands at a time."""
    with ExitStack() as opened:
        yield [opened.enter_context(forge()) for _ in range(4)]


@pytest.fixture
def runners(forges: Sequence[Forge], tmp_path: Path) -> Iterator[list[Runner]]:
    yield [Runner(forge, tmp_path / str(number)) for number, forge in enumerate(forges)]
    for each in forges:
        each.clear()


def test_runners_at_one_run_share_its_contents(
    runners: list[Runner], filings: Path, undisturbed: Alone, new_url: Callable[[], str]
) -> None:
    url, pair = new_url(), runners[:2]
    for runner in pair:
        runner.begin(filings, url)
    assert [runner.ended() for runner in pair] == [_FAILED, _FAILED]
    look, alone = Look(url), undisturbed(filings)
    # Begun once, settled once, and told of by who settled it.
    assert {item.attempts for item in look.items().values()} == {1}
    told = [name for runner in pair for name in runner.told()]
    assert len(told) == len(set(told)) == _CONTENTS
    assert look.kept() == alone.kept
    assert [written(runner.out) for runner in pair] == [alone.files] * 2
    assert look.number("SELECT count(*) FROM runner") == 0


def test_one_of_four_runners_is_killed_and_the_others_do_what_it_had_in_hand(
    runners: list[Runner], filings: Path, undisturbed: Alone, new_url: Callable[[], str]
) -> None:
    url = new_url()
    look, alone = Look(url), undisturbed(filings)
    for runner in runners:
        runner.begin(filings, url)
    patiently(lambda: any(runner.told() for runner in runners))
    killed = next(runner for runner in runners if runner.told())
    killed.signal(signal.SIGKILL)
    assert killed.ended() == -signal.SIGKILL
    others = [runner for runner in runners if runner is not killed]
    assert [runner.ended() for runner in others] == [_FAILED] * 3
    assert look.waiting() == look.in_hand() == 0
    begun = sum(item.attempts for item in look.items().values())
    assert _CONTENTS <= begun <= _CONTENTS + _AHEAD
    told = [name for runner in runners for name in runner.told()]
    # The killed one may have settled what it came no more to tell of.
    assert _CONTENTS - _AHEAD <= len(told) == len(set(told)) <= _CONTENTS
    assert look.kept() == alone.kept
    assert [written(runner.out) for runner in others] == [alone.files] * 3


def test_a_runner_that_was_stopped_for_long_writes_nothing_that_another_wrote(
    runners: list[Runner], filings: Path, undisturbed: Alone, new_url: Callable[[], str]
) -> None:
    url = new_url()
    look, alone = Look(url), undisturbed(filings)
    stopped, other = runners[:2]
    stopped.begin(filings, url)
    patiently(lambda: len(stopped.told()) > 2)
    _stop(stopped, url, lambda: 0 < look.in_hand() <= look.waiting())
    lost = {sha256 for sha256, item in look.items().items() if item.in_hand}
    other.begin(filings, url)
    assert other.ended() == _FAILED
    items, kept = look.items(), look.kept()
    assert {sha256 for sha256, item in items.items() if item.attempts > 1} == lost
    assert kept == alone.kept
    stopped.signal(signal.SIGCONT)
    assert stopped.ended() == _FAILED
    assert look.items() == items
    assert look.kept() == kept
    told = stopped.told() + other.told()
    assert len(told) == len(set(told)) == _CONTENTS
    assert written(stopped.out) == written(other.out) == alone.files


def test_a_runner_that_was_stopped_while_it_looked_for_files_does_no_harm(
    runners: list[Runner], many: Path, undisturbed: Alone, new_url: Callable[[], str]
) -> None:
    url = new_url()
    look, alone = Look(url), undisturbed(many)
    stopped, other = runners[:2]
    stopped.begin(many, url)
    patiently(lambda: look.number("SELECT count(*) FROM filing") > 0)
    _stop(stopped, url, lambda: look.number("SELECT count(*) FROM filing") < 2500)
    other.begin(many, url)
    patiently(lambda: look.number("SELECT count(*) FROM filing WHERE plan = 2") > 200)
    stopped.signal(signal.SIGCONT)
    assert [stopped.ended(), other.ended()] == [0, 0]
    assert look.number("SELECT count(*) FROM filing WHERE state = 'found'") == 3000
    assert look.kept() == alone.kept
    assert written(stopped.out) == written(other.out) == alone.files


def _stop(runner: Runner, url: str, in_time: Callable[[], bool]) -> None:
    """Stop a runner for a while, at a time when it does not keep others from writing to the store."""

    def stopped() -> bool:
        runner.signal(signal.SIGSTOP)
        time.sleep(0.01)
        if in_time() and _is_free(url):
            return True
        runner.signal(signal.SIGCONT)
        return False

    patiently(stopped)


def _is_free(url: str) -> bool:
    """Say whether nobody is in the middle of writing to a store."""
    if not url.startswith("sqlite"):
        return Look(url).number(_BUSY) == 0
    store = sqlite3.connect(str(make_url(url).database), timeout=0, isolation_level=None)
    with closing(store), suppress(sqlite3.OperationalError):
        store.execute("BEGIN IMMEDIATE")
        store.execute("ROLLBACK")
        return True
    return False
