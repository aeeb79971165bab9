"""Runs by layout that are killed or interrupted at any moment end with the files of an undisturbed one."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from functools import partial
from typing import TYPE_CHECKING

import pytest
from command_forge import Forge, forge
from looking import Item, Look, patiently

from commands import FILES, report, structurer, written

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from looking import Alone

_KILLS = 15
_FAILED, _INTERRUPTED = 1, 130

# Dies when a file is to be put in place, after as many as were put there as the first argument says.
_DIES_OVER_PUBLISHING = """
import os, signal, sys
left, replace = int(sys.argv.pop(1)), os.replace
def fatal(source, target):
    global left
    if str(target).startswith(sys.argv[-1]):
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)
        left -= 1
    replace(source, target)
os.replace = fatal
from structurer.cli import app
app()
"""


@pytest.fixture(scope="module")
def ready() -> Iterator[Forge]:
    with forge() as ready:
        yield ready


@pytest.fixture
def commands(ready: Forge) -> Iterator[Forge]:
    """Whoever begins commands that may be killed."""
    yield ready
    ready.clear()


def test_a_run_that_is_killed_again_and_again_reads_nothing_twice(
    commands: Forge, filings: Path, undisturbed: Alone, new_url: Callable[[], str], tmp_path: Path
) -> None:
    dice = random.Random(7)
    url, out, said = new_url(), tmp_path / "out", tmp_path / "said"
    command = ["run", filings, "--store", url, "--out", out, "--workers", 1]
    look, over_work = Look(url), 0
    settled: dict[str, Item] = {}
    for kill in range(_KILLS):
        commands.begin(*command, folder=tmp_path, said=said)
        if kill % 3:  # when it has just read something, or at any moment from its beginning
            _wait_for_more_settled(look, than=len(settled), said=said)
        time.sleep(dice.uniform(0, 0.03 if kill % 3 else 1.5))
        commands.kill()
        assert commands.ended() == -signal.SIGKILL
        before, settled = settled, look.settled()
        assert before.items() <= settled.items()  # neither read nor counted once more
        over_work += before != settled and look.waiting() > 0
        patiently(lambda: not commands.helpers())
    assert over_work > 4
    commands.begin(*command, folder=tmp_path, said=said)
    assert commands.ended() == _FAILED
    assert settled.items() <= look.settled().items()
    assert look.waiting() == look.in_hand() == 0
    # What was in hand at a kill was begun for nothing, and nothing else was.
    assert look.number("SELECT sum(attempts) FROM work_item") <= len(look.items()) + 4 * (_KILLS + 1)
    assert look.kept() == undisturbed(filings).kept
    assert written(out) == undisturbed(filings).files


def _wait_for_more_settled(look: Look, than: int, said: Path) -> None:
    patiently(lambda: len(look.settled()) > than or "results:" in said.read_text(encoding="utf-8"))


def test_a_run_that_is_killed_while_it_looks_for_files_finds_them_all(
    commands: Forge, many: Path, undisturbed: Alone, new_url: Callable[[], str], tmp_path: Path
) -> None:
    dice = random.Random(8)
    url, out, said = new_url(), tmp_path / "out", tmp_path / "said"
    command = ["run", many, "--store", url, "--out", out, "--workers", 1]
    look = Look(url)
    in_the_middle = 0
    for kill in range(4):
        enough = dice.randrange(200, 2000)
        commands.begin(*command, folder=tmp_path, said=said)
        patiently(partial(_has_seen, look, kill + 1, enough))
        commands.kill()
        assert commands.ended() == -signal.SIGKILL
        in_the_middle += _seen(look, plan=kill + 1) < 3000
    assert in_the_middle > 1
    commands.begin(*command, folder=tmp_path, said=said)
    assert commands.ended() == 0
    assert _seen(look, plan=5) == 3000
    assert look.number("SELECT count(*) FROM filing WHERE state = 'found'") == 3000
    calm = undisturbed(many)
    assert look.kept() == calm.kept
    assert written(out) == calm.files


def _has_seen(look: Look, plan: int, enough: int) -> bool:
    return _seen(look, plan) >= enough


def _was_written(path: Path, since: int) -> bool:
    return path.exists() and path.stat().st_mtime_ns >= since


def _seen(look: Look, plan: int) -> int:
    return look.number(f"SELECT count(*) FROM filing WHERE plan = {plan}")


def test_a_run_that_is_killed_while_it_writes_leaves_old_results_or_new_ones(
    commands: Forge, filings: Path, undisturbed: Alone, tmp_path: Path
) -> None:
    dice = random.Random(9)
    out, said = tmp_path / "out", tmp_path / "said"
    old = _old_results(filings, out, tmp_path)
    command = ["run", filings, "--store", f"sqlite:///{tmp_path / 'work.db'}", "--out", out]
    structurer(*command, "--store-only")
    part, over_writing = out / ".run.json.part.filings", 0
    for kill in range(10):
        _put(old, out)
        began = time.time_ns()
        commands.begin(*command, folder=tmp_path, said=said)
        if kill % 4:  # while it writes, or at any moment from its beginning
            patiently(partial(_was_written, part, began))
        time.sleep(dice.uniform(0, 0.4 if kill % 4 else 1.5))
        commands.kill()
        over_writing += commands.ended() == -signal.SIGKILL and len(written(out)) > len(FILES)
        left = {name: content for name, content in written(out).items() if name in FILES}
        # Without its report, which goes first and comes last, a folder does not pass for whole.
        assert "run.json" not in left or left in (old, undisturbed(filings).files)
    assert over_writing > 3
    commands.begin(*command, folder=tmp_path, said=said)
    assert commands.ended() == _FAILED
    assert written(out) == undisturbed(filings).files


def test_results_that_are_put_in_place_by_halves_do_not_pass_for_whole(
    filings: Path, undisturbed: Alone, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    old = _old_results(filings, out, tmp_path)
    command = ["run", str(filings), "--store", f"sqlite:///{tmp_path / 'work.db'}", "--out", str(out)]
    structurer(*command, "--store-only")
    for put in (1, 4):
        _put(old, out)
        dying = [sys.executable, "-c", _DIES_OVER_PUBLISHING, str(put), *command]
        assert subprocess.run(dying, capture_output=True, cwd=tmp_path).returncode == -signal.SIGKILL
        left = written(out)
        assert "run.json" not in left
        new = undisturbed(filings).files
        assert len([name for name in FILES if left.get(name) == new[name] != old[name]]) == put
    assert structurer(*command).exit_code == _FAILED
    assert written(out) == undisturbed(filings).files


def _old_results(filings: Path, out: Path, tmp_path: Path) -> dict[str, bytes]:
    """Write results of an earlier and smaller run to a folder."""
    structurer("run", filings / "01.txt", "--store", f"sqlite:///{tmp_path / 'old.db'}", "--out", out)
    return written(out)


def _put(files: dict[str, bytes], folder: Path) -> None:
    for name, content in files.items():
        (folder / name).write_bytes(content)


def test_an_interrupt_ends_soon_and_the_same_command_goes_on(
    commands: Forge, filings: Path, undisturbed: Alone, tmp_path: Path
) -> None:
    url, out, said = f"sqlite:///{tmp_path / 'work.db'}", tmp_path / "out", tmp_path / "said"
    command = ["run", filings, "--store", url, "--out", out, "--workers", 1]
    look = Look(url)
    commands.begin(*command, folder=tmp_path, said=said)
    patiently(lambda: len(look.settled()) > 2)
    commands.interrupt()
    assert commands.ended() == _INTERRUPTED
    patiently(lambda: not commands.helpers())
    words = said.read_text(encoding="utf-8")
    assert "Traceback" not in words
    part = report(out)
    assert part["complete"] is False
    assert 2 < part["counts"]["filings"] < 41
    assert f"stopped after {part['counts']['filings']} of " in words
    assert "Run the same command again to go on" in words.replace("\n", " ")
    # It has put back what it did not come to, and gone.
    assert look.in_hand() == look.number("SELECT count(*) FROM runner") == 0
    assert look.number("SELECT max(attempts) FROM work_item") == 1
    settled = look.settled()
    commands.begin(*command, folder=tmp_path, said=said)
    assert commands.ended() == _FAILED
    assert settled.items() <= look.settled().items()
    assert look.kept() == undisturbed(filings).kept
    assert written(out) == undisturbed(filings).files


def test_a_second_interrupt_does_not_wait_for_a_filing_that_takes_long(
    commands: Forge, slow_filing: Path, tmp_path: Path
) -> None:
    url, said = f"sqlite:///{tmp_path / 'work.db'}", tmp_path / "said"
    look = Look(url)
    commands.begin("run", slow_filing, "--store", url, folder=tmp_path, said=said)
    patiently(lambda: commands.busiest(1.5) is not None)
    assert look.in_hand() == 1
    commands.interrupt()
    patiently(lambda: "Ctrl-C again" in said.read_text(encoding="utf-8"))
    began = time.monotonic()
    commands.interrupt()
    assert commands.ended() == _INTERRUPTED
    assert time.monotonic() - began < 15
    patiently(lambda: not commands.helpers())
    assert "Traceback" not in said.read_text(encoding="utf-8")
    assert look.number("SELECT count(*) FROM runner") == 0
    (item,) = look.items().values()
    assert (item.state, item.attempts, item.in_hand) == ("pending", 0, False)


def test_nothing_stays_behind_of_a_run_that_is_killed_over_a_filing_that_takes_long(
    commands: Forge, slow_filing: Path, tmp_path: Path
) -> None:
    said = tmp_path / "said"
    store = f"sqlite:///{tmp_path / 'work.db'}"
    commands.begin("run", slow_filing, "--store", store, folder=tmp_path, said=said)
    patiently(lambda: commands.busiest(1.5) is not None)
    commands.kill()
    assert commands.ended() == -signal.SIGKILL
    patiently(lambda: not commands.helpers())
