"""Measure bulk runs: speed on one and two processes, memory along the way, resuming, the size of the store.

    python benchmarks/bulk.py make FOLDER [--filings 10000] [--declarations 10]
    python benchmarks/bulk.py speed FOLDER [--filings 1000] [--rounds 3] [--store postgresql://…]
    python benchmarks/bulk.py whole FOLDER [--store postgresql://…]

``make`` prints invented declarations of all layout families into a folder, so many in each filing. ``speed``
runs the first filings of it into a new store with one process and with two, in turn, and gives the median of
the rounds' ratios. ``whole`` runs all of it once with two processes and follows the memory of the command and
of its readers (Linux); then it runs the finished run again, which reads nothing, and looks at the store's
size. Stores are SQLite files of their own; with ``--store`` a database whose tables are dropped afterwards.

Nothing is written out: what that costs is in benchmarks/pipeline.py.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import text

from structurer.store import Store, migrating
from structurer.synthesis.families import Family
from structurer.synthesis.filing import invent_filing

if TYPE_CHECKING:
    from collections.abc import Iterator

RUN = [sys.executable, "-c", "from structurer.cli import app; app()", "run"]
IN_A_FOLDER = 1000
"""Filings in one folder of the tree that is made."""


class Whole(NamedTuple):
    """One run: its seconds, what it read, and the memory (MiB) of all its processes at each tenth of it."""

    seconds: float
    filings: int
    declarations: int
    memory: list[float]


def make(folder: Path, filings: int, declarations: int) -> None:
    """Print invented filings into folders of a thousand."""
    with ProcessPoolExecutor() as pool:
        for number in pool.map(
            _make_one, [(folder, number, declarations) for number in range(filings)], chunksize=50
        ):
            if number % IN_A_FOLDER == 0:
                print(f"{number:,} of {filings:,} filings", flush=True)


def _make_one(what: tuple[Path, int, int]) -> int:
    folder, number, declarations = what
    families = list(Family)
    printed = invent_filing(families[number % len(families)], number, count=declarations)
    path = folder / f"{number // IN_A_FOLDER:03}" / f"{number:06}.txt"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(printed.text, encoding="utf-8")
    return number


def speed(folder: Path, filings: int, rounds: int, url: str | None) -> None:
    """Print declarations a second on one process and on two."""
    with tempfile.TemporaryDirectory() as temporary:
        part = Path(temporary, "part")
        part.mkdir()
        for path in sorted(folder.rglob("*.txt"))[:filings]:
            shutil.copy(path, part / path.name)
        ratios = []
        for _ in range(rounds):
            pace = {}
            for workers in (1, 2):
                with new_store(url) as store:
                    ran = run(part, store, workers, watched=False)
                pace[workers] = ran.declarations / ran.seconds
            ratios.append(pace[2] / pace[1])
            told = f"one process {pace[1]:6.1f}/s, two {pace[2]:6.1f}/s"
            print(f"{told}: {ratios[-1]:.2f} times", flush=True)
    print(f"median of {rounds} rounds: {median(ratios):.2f} times with two processes")


def whole(folder: Path, url: str | None) -> None:
    """Print speed, memory, the pace of resuming, and the size of the store, of one run over all."""
    with new_store(url) as store:
        first = run(folder, store, 2)
        pace = first.declarations / first.seconds
        print(f"{first.declarations:,} declarations in {first.filings:,} filings", end=": ")
        print(f"{first.seconds:,.0f} s, {pace:.1f}/s")
        tenth, end = first.memory[0], first.memory[-1]
        print(f"memory at a tenth {tenth:.1f} MiB, at the end {end:.1f} MiB: {end / tenth:.3f} times")
        print("at each tenth: " + ", ".join(f"{mebibytes:.0f}" for mebibytes in first.memory))
        again = [run(folder, store, 2, watched=False) for _ in range(3)]
        seconds = median(each.seconds for each in again)
        idle = median(_start(store) for _ in range(3))
        checked = first.filings / (seconds - idle)
        print(
            f"finished run again: {seconds:.2f} s, of which {idle:.2f} s to start and end: "
            f"{checked:,.0f} filings checked a second"
        )
        size = store_size(store)
        print(f"store: {size / 2**20:,.1f} MiB, {size / first.declarations:,.0f} bytes a declaration")


def run(folder: Path, store: str, workers: int, *, watched: bool = True) -> Whole:
    """Run a folder into a store. Ends the process where anything failed.

    Looking at its memory takes time from it, so runs whose pace is compared are not ``watched``.
    """
    command = [*RUN, str(folder), "--store", store, "--store-only", "--workers", str(workers)]
    samples: list[tuple[float, float]] = []
    with tempfile.TemporaryFile("w+", encoding="utf-8") as told:
        began = time.perf_counter()
        process = subprocess.Popen([*command, "--progress", "json"], stderr=told)
        while watched and process.poll() is None:
            samples.append((time.perf_counter() - began, memory_of(process.pid)))
            time.sleep(1)
        process.wait()
        seconds = time.perf_counter() - began
        told.seek(0)
        lines = [json.loads(line) for line in told]
    last = lines[-1]
    if process.returncode or last["failed"]:
        raise SystemExit(f"the run ended with {process.returncode}: {lines[-3:]}")
    return Whole(seconds, last["done"], last["declarations"], _at_tenths(samples, seconds))


def _at_tenths(samples: list[tuple[float, float]], seconds: float) -> list[float]:
    """Return the most memory in each tenth of a run."""
    tenths: list[list[float]] = [[] for _ in range(10)]
    for at, mebibytes in samples:
        tenths[min(int(10 * at / seconds), 9)].append(mebibytes)
    return [max(tenth, default=0.0) for tenth in tenths]


def memory_of(pid: int) -> float:
    """Return the memory, in MiB, of a process and all below it; what they share counts in part for each."""
    total = 0.0
    for each in _family(pid):
        try:
            rollup = Path(f"/proc/{each}/smaps_rollup").read_text(encoding="ascii")
        except OSError:
            continue
        total += next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
    return total / 1024


def _family(pid: int) -> list[int]:
    found = [pid]
    for each in found:
        try:
            children = Path(f"/proc/{each}/task/{each}/children").read_text(encoding="ascii")
        except OSError:
            continue
        found += map(int, children.split())
    return found


def _start(store: str) -> float:
    """Return the seconds of a run over a single filing that is known already: starting and ending."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        (folder / "one.txt").write_text(invent_filing(Family.ZONE, 0, count=1).text, encoding="utf-8")
        run(folder, store, 2)
        return run(folder, store, 2, watched=False).seconds


def store_size(url: str) -> int:
    """Return the bytes that a store takes."""
    with Store.open(url) as store:
        if store.dialect == "postgresql":
            return int(store.rows(text("SELECT pg_database_size(current_database())"))[0][0])
        with store.writing():
            pass
    path = Path(url.removeprefix("sqlite:///"))
    return sum(file.stat().st_size for file in path.parent.glob(f"{path.name}*"))


@contextmanager
def new_store(url: str | None) -> Iterator[str]:
    """Give the URL of an empty store, which is removed afterwards."""
    if url is None:
        with tempfile.TemporaryDirectory() as temporary:
            yield f"sqlite:///{temporary}/store.db"
        return
    with Store.open(url):
        pass
    try:
        yield url
    finally:
        with Store.open(url) as store, store.writing() as connection:
            migrating.downgrade(connection)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    making = commands.add_parser("make", help="print invented filings")
    making.add_argument("folder", type=Path)
    making.add_argument("--filings", type=int, default=10_000)
    making.add_argument("--declarations", type=int, default=10, help="in each filing")
    fast = commands.add_parser("speed", help="one process and two")
    fast.add_argument("folder", type=Path)
    fast.add_argument("--filings", type=int, default=1_000)
    fast.add_argument("--rounds", type=int, default=3)
    fast.add_argument("--store", help="a database of its own, as postgresql://…")
    large = commands.add_parser("whole", help="all of it: memory, resuming, size")
    large.add_argument("folder", type=Path)
    large.add_argument("--store", help="a database of its own, as postgresql://…")
    options = parser.parse_args()
    if options.command == "make":
        make(options.folder, options.filings, options.declarations)
    elif options.command == "speed":
        speed(options.folder, options.filings, options.rounds, options.store)
    else:
        whole(options.folder, options.store)


if __name__ == "__main__":
    main()
