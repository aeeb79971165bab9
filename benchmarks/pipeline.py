"""Measure the whole offline way: declarations a second on one core, and where the time goes.

    python benchmarks/pipeline.py speed [--declarations 60] [--rounds 3]

Filings are those of eval/filings, and invented ones that structurer.synthesis prints in its five layout
families. ``speed`` works in this process, on one core, and counts its CPU seconds, so that other work on the
machine changes less. Beside each figure stands a ratio to a yardstick taken in the same round: reading and
writing the same records as JSON with the standard library. Compare ratios across machines, seconds on one.
Bulk runs, their memory and their store are measured by benchmarks/bulk.py.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections import defaultdict
from contextlib import contextmanager
from inspect import isgeneratorfunction
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, NamedTuple
from unittest.mock import patch

from structurer import examination, pipeline, sources
from structurer.asking import unasked
from structurer.engines import LayoutEngine
from structurer.exports import RunFolder, RunHead
from structurer.pipeline import structure_document
from structurer.runs import PlannedFiling, StructuredFiling, filing, plan_filings
from structurer.settings import Settings
from structurer.store.packing import unpacked_json
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
    ("documents: bytes to text", sources, "read_document"),
    ("chunking: one chunk a project", pipeline, "cut"),
    ("segments", pipeline, "segments"),
    ("engine: reading the layout", LayoutEngine, "read"),
    ("grounding: every value verified", examination, "verify"),
    ("checks", examination, "run_checks"),
    ("schema validation", pipeline, "validate"),
    ("confidence", examination, "confidence"),
    ("store: packing", filing, "packed_json"),
    ("exports: five files", RunFolder, "add"),
    ("exports: five files", RunFolder, "publish"),
)
"""Where the pipeline calls each stage."""


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
    """Structure filings, pack them for the store, unpack them and write all files of a run."""
    records: list[Mapping[str, Any]] = []
    structuring = 0.0
    began = time.process_time()
    with RunFolder(out) as results:
        for planned in filings:
            before = time.process_time()
            made = filing.kept(structure_document(filing.read_planned(planned, SETTINGS)))
            structuring += time.process_time() - before
            written = tuple(unpacked_json(record.body) for record in made.records)
            results.add(
                StructuredFiling(planned.name, made.sha256, made.encoding, "", made.pages, written, ())
            )
            records.extend(written)
        results.publish(RunHead(structurer="", complete=True, settings={}, config=""))
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    fast = commands.add_parser("speed", help="declarations a second on one core, and the stages' shares")
    fast.add_argument("--declarations", type=int, default=60, help="invented ones, for each layout family")
    fast.add_argument("--rounds", type=int, default=3, help="passes over each folder; the median counts")
    options = parser.parse_args()
    speed(options.declarations, options.rounds)


if __name__ == "__main__":
    main()
