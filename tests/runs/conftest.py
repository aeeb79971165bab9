"""Filings that runs are disturbed over."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from looking import Look, Undisturbed

from commands import FILES, structurer, written
from structurer.synthesis.families import Family
from structurer.synthesis.filing import invent_filing

if TYPE_CHECKING:
    from pathlib import Path

    from looking import Alone

_FILINGS = 38


@pytest.fixture(scope="session")
def filings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of 41 small filings: two have the same content, and two are broken."""
    folder = tmp_path_factory.mktemp("filings")
    families = list(Family)
    for seed in range(_FILINGS):
        text = invent_filing(families[seed % len(families)], seed, count=2).text
        (folder / f"{seed:02}.txt").write_text(text, encoding="utf-8")
    (folder / "05 again.txt").write_bytes((folder / "05.txt").read_bytes())
    (folder / "empty.txt").write_bytes(b"")
    (folder / "picture.txt").write_bytes(b"\x89PNG\r\n\x1a\n....")
    return folder


@pytest.fixture(scope="session")
def slow_filing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A filing that takes a minute or more to read: running text without columns, and much of it."""
    path = tmp_path_factory.mktemp("slow") / "slow.txt"
    path.write_text(invent_filing(Family.PDF, 1, count=10).text * 150, encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of 3,000 tiny filings, which have 100 contents."""
    folder = tmp_path_factory.mktemp("many")
    for number in range(3000):
        (folder / f"{number:04}.txt").write_text(f"第{number % 100}号\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Alone:
    """Return what a run of a folder gives that is left alone."""
    known: dict[Path, Undisturbed] = {}

    def run(filings: Path) -> Undisturbed:
        if filings not in known:
            folder = tmp_path_factory.mktemp("undisturbed")
            url = f"sqlite:///{folder / 'work.db'}"
            status = structurer("run", filings, "--store", url, "--out", folder / "out").exit_code
            files = written(folder / "out")
            assert sorted(files) == FILES
            known[filings] = Undisturbed(status, files, Look(url).kept())
        return known[filings]

    return run
