"""Measure the whole offline way: declarations a second on one core, where the time goes, and memory.

    python benchmarks/pipeline.py speed [--declarations 60] [--rounds 3]
    python benchmarks/pipeline.py memory [--declarations 1000 10000]

Filings are those of eval/filings, and invented ones that structurer.synthesis prints in its five layout
families. ``speed`` works in this process, on one core, and counts its CPU seconds, so that other work on the
machine changes less. Beside each figure stands a ratio to a yardstick taken in the same round: reading and
writing the same records as JSON with the standard library. Compare ratios across machines, seconds on one.
``memory`` runs ``structurer run`` once for each size and asks the system for that process's peak (Linux).
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from contextlib import contextmanager
from inspect import isgeneratorfunction
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, NamedTuple
from unittest.mock import patch

from structurer import examination, pipeline
from structurer.asking import unasked
from structurer.engines import LayoutEngine
from structurer.exports import RunFolder, RunHead
from structurer.runs import PlannedFiling, StructuredFiling, filing, plan_filings
from structurer.settings import Settings
from structurer.synthesis.families import Family
from structurer.synthesis.filing import invent_filing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

SAMPLES = Path(__file__).parent.parent / "eval" / "filings"
SETTINGS = Settings(workers=1)
IN_A_FILING = 10
"""Invented declarations in one filing."""

_YARDSTICK_TIMES = 10

STAGES = (
    ("documents: bytes to text", filing, "read_document"),
    ("chunking: one chunk a project", pipeline, "cut"),
    ("segments", pipeline, "segments"),
    ("engine: reading the layout", LayoutEngine, "read"),
    ("grounding: every value verified", examination, "verify"),
    ("checks", examination, "run_checks"),
    ("schema validation", pipeline, "validate"),
    ("confidence", examination, "confidence"),
    ("exports: five files", RunFolder, "add"),
    ("exports: five files", RunFolder, "publish"),
)
"""Where the pipeline calls each stage."""

RUN = [sys.executable, "-c", "from structurer.cli import app; app()", "run"]


class Round(NamedTuple):
    """CPU seconds of one pass over a folder: structuring, structuring and export, the yardstick."""

    declarations: int
    structuring: float
    whole: float
    yardstick: float


def invent_folder(folder: Path, family: Family, declarations: int) -> None:
    """Print invented declarations into a folder, ten a filing."""
    folder.mkdir(parents=True)
    for seed in range(-(-declarations // IN_A_FILING)):
        count = min(IN_A_FILING, declarations - seed * IN_A_FILING)
        text = invent_filing(family, seed, count=count).text
        (folder / f"{family}-{seed:05}.txt").write_text(text, encoding="utf-8")


def one_pass(filings: Sequence[PlannedFiling], out: Path) -> Round:
    """Structure filings and write all files of a run, as ``structurer run`` with one worker does."""
    records: list[Mapping[str, Any]] = []
    structuring = 0.0
    began = time.process_time()
    with RunFolder(out) as results:
        for planned in filings:
            before = time.process_time()
            result = filing.structure_filing(planned, SETTINGS)
            structuring += time.process_time() - before
            results.add(result)
            if isinstance(result, StructuredFiling):
                records.extend(result.records)
        results.publish(RunHead(structurer="", complete=True, settings={}, config="", skipped=()))
    return Round(len(records), structuring, time.process_time() - began, yardstick(records))


def yardstick(records: Sequence[Mapping[str, Any]]) -> float:
    """Return the seconds that the standard library takes to write these records as JSON and read them."""
    before = time.process_time()
    for _ in range(_YARDSTICK_TIMES):
        for record in records:
            json.loads(json.dumps(record))
    return (time.process_time() - before) / _YARDSTICK_TIMES


def speed(declarations: int, rounds: int) -> None:
    """Print how fast each kind of filing is structured, and what share of the time each stage takes."""
    with tempfile.TemporaryDirectory() as temporary:
        folders = {"sample filings": SAMPLES}
        for family in Family:
            folders[f"invented, {family}"] = Path(temporary, "filings", family)
            invent_folder(folders[f"invented, {family}"], family, declarations)
        folders["invented, all"] = Path(temporary, "filings")
        plans = {name: plan_filings([str(folder)]).filings for name, folder in folders.items()}
        out = Path(temporary, "out")
        one_pass(plans["sample filings"], out)  # tables and validators are made once in a process
        print(f"{'':22}{'declarations':>14}{'structuring':>14}{'with exports':>14}{'times yardstick':>18}")
        for name, plan in plans.items():
            report_speed(name, [one_pass(plan, out) for _ in range(rounds)])
        for name in ("sample filings", "invented, all"):
            report_stages(name, plans[name], out)


def report_speed(name: str, rounds: Sequence[Round]) -> None:
    count = rounds[0].declarations
    structuring = count / median(r.structuring for r in rounds)
    whole = count / median(r.whole for r in rounds)
    ratio = median(r.whole / r.yardstick for r in rounds)
    print(f"{name:22}{count:14,}{structuring:12.0f}/s{whole:12.0f}/s{ratio:18.1f}")


def report_stages(name: str, plan: Sequence[PlannedFiling], out: Path) -> None:
    with timed_stages() as seconds:
        result = one_pass(plan, out)
    print(f"\n{name}: {1e3 * result.whole / result.declarations:.2f} ms a declaration, of which")
    seconds["all else"] = result.whole - sum(seconds.values())
    for stage, spent in seconds.items():
        print(f"  {stage:34}{spent / result.whole:8.1%}{spent / result.yardstick:10.2f} times yardstick")


@contextmanager
def timed_stages() -> Iterator[dict[str, float]]:
    """Count the seconds of each stage where the pipeline calls it."""
    seconds: dict[str, float] = defaultdict(float)

    def timed(stage: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def clocked(work: Callable[[], Any]) -> Any:
            before = time.process_time()
            try:
                return work()
            finally:
                seconds[stage] += time.process_time() - before

        def reading(*arguments: Any, **options: Any) -> Any:
            yield from ()
            # A generator's work is done when it is run, not when it is made.
            return clocked(lambda: unasked(function(*arguments, **options)))

        def call(*arguments: Any, **options: Any) -> Any:
            return clocked(lambda: function(*arguments, **options))

        return reading if isgeneratorfunction(function) else call

    patches = [patch.object(place, name, timed(stage, getattr(place, name))) for stage, place, name in STAGES]
    for applied in patches:
        applied.start()
    try:
        yield seconds
    finally:
        for applied in patches:
            applied.stop()


def memory(sizes: Sequence[int]) -> None:
    """Print the peak memory of a run over folders of different size."""
    peaks: list[float] = []
    for size in sizes:
        with tempfile.TemporaryDirectory() as temporary:
            filings = Path(temporary, "filings")
            for number, family in enumerate(Family):
                share = size // len(Family) + (number < size % len(Family))
                invent_folder(filings / family, family, share)
            began = time.perf_counter()
            peak = peak_memory([*RUN, str(filings), "--out", f"{temporary}/out", "-q", "--workers", "1"])
            seconds = time.perf_counter() - began
            with Path(temporary, "out", "run.json").open(encoding="utf-8") as file:
                found = json.load(file)["counts"]["declarations"]
        peaks.append(peak)
        of_first = f"{peak / peaks[0]:.3f} of the first"
        print(f"{found:10,} declarations in {seconds:6.1f} s: peak {peak:6.1f} MiB, {of_first}", flush=True)


def peak_memory(command: Sequence[str]) -> float:
    """Run a command and return the most memory it held at once, in MiB."""
    process = subprocess.Popen(command)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"the run failed with exit status {process.returncode}")
    return usage.ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    fast = commands.add_parser("speed", help="declarations a second on one core, and the stages' shares")
    fast.add_argument("--declarations", type=int, default=60, help="invented ones, for each layout family")
    fast.add_argument("--rounds", type=int, default=3, help="passes over each folder; the median counts")
    large = commands.add_parser("memory", help="peak memory of a run")
    large.add_argument(
        "--declarations", type=int, nargs="+", default=[1_000, 10_000], help="sizes of folders"
    )
    options = parser.parse_args()
    if options.command == "speed":
        speed(options.declarations, options.rounds)
    else:
        memory(options.declarations)


if __name__ == "__main__":
    main()
