"""Disks that are full: said in one line, nothing that was written is lost, and with more room it goes on."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from command_forge import Forge, forge
from looking import Item, Look

from commands import structurer, written

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from looking import Alone

_FAILED, _CANNOT = 1, 2
_KIBI = 1024


class Disk:
    """A small disk of our own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._filler = folder / "filler"

    def enlarge(self, kibi: int) -> None:
        """Give it so many KiB in all."""
        _mount("-o", f"remount,size={kibi}k", str(self.folder))

    def fill(self, but: int) -> None:
        """Fill it up but for so many KiB."""
        self._filler.unlink(missing_ok=True)
        there = os.statvfs(self.folder)
        with self._filler.open("wb") as filler:
            filler.write(bytes(max(there.f_bavail * there.f_bsize - but * _KIBI, 0)))

    def clear(self) -> None:
        """Take away what fills it."""
        self._filler.unlink()


def _mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True, capture_output=True)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("only root on Linux may mount a disk that is small enough to be filled")
    folder = tmp_path / "disk"
    folder.mkdir()
    try:
        _mount("-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder))
    except subprocess.CalledProcessError as error:
        pytest.skip(f"a disk cannot be mounted here: {error.stderr.decode().strip()}")
    yield Disk(folder)
    # Also where a failed test has left something open on it.
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture(scope="module")
def commands() -> Iterator[Forge]:
    """Whoever begins commands, and hears all that they say."""
    with forge() as ready:
        yield ready


def _run(commands: Forge, *arguments: object, folder: Path) -> tuple[int, str]:
    """Run a command to its end; return its exit status and its last line."""
    said = folder / "said"
    commands.begin("run", *arguments, "--workers", 1, folder=folder, said=said)
    status = commands.ended()
    words = said.read_text(encoding="utf-8")
    assert "Traceback" not in words
    assert "Exception" not in words
    assert words.count("error: ") == (status == _CANNOT)
    return status, words.rstrip("\n").rpartition("\n")[2]


def test_a_store_on_a_disk_that_fills_up_again_and_again_loses_nothing(
    commands: Forge, disk: Disk, filings: Path, undisturbed: Alone, tmp_path: Path
) -> None:
    url = f"sqlite:///{disk.folder / 'work.db'}"
    command = [filings, "--store", url, "--out", tmp_path / "out"]
    look, settled = Look(url), dict[str, Item]()
    over_work, kibi = 0, 128
    while kibi < 20_000:
        disk.enlarge(kibi)
        kibi *= 2
        status, told = _run(commands, *command, folder=tmp_path)
        if status != _CANNOT:
            break
        assert told.startswith(f"error: {url}: cannot be ")
        assert "full" in told
        before, settled = settled, look.settled()
        assert before.items() <= settled.items()
        over_work += 0 < len(settled) < len(look.items())
    assert over_work
    assert status == _FAILED
    assert settled.items() <= look.settled().items()
    assert look.kept() == undisturbed(filings).kept
    assert written(tmp_path / "out") == undisturbed(filings).files


def test_results_on_a_full_disk_leave_the_old_ones_as_they_were(
    commands: Forge, disk: Disk, filings: Path, undisturbed: Alone, tmp_path: Path
) -> None:
    disk.enlarge(4000)
    out = disk.folder / "out"
    structurer("run", filings / "01.txt", "--store", f"sqlite:///{tmp_path / 'old.db'}", "--out", out)
    old = written(out)
    command = [filings, "--store", f"sqlite:///{tmp_path / 'work.db'}", "--out", out]
    structurer("run", *command, "--store-only")
    needed = sum(map(len, undisturbed(filings).files.values())) // _KIBI
    for room in (0, 8, needed // 3, needed - 60, needed - 10):
        disk.fill(but=room)
        status, told = _run(commands, *command, folder=tmp_path)
        assert status == _CANNOT
        assert told.startswith(f"error: {out}: results cannot be written: ")
        assert written(out) == old
    disk.clear()
    assert _run(commands, *command, folder=tmp_path)[0] == _FAILED
    assert written(out) == undisturbed(filings).files
