"""Measure asking a model: requests a second and CPU a request beside bare clients, and tokens by format.

    PYTHONPATH=tests python benchmarks/model.py speed [--latency 2 --declarations 1024] [--rounds 3]
    PYTHONPATH=tests python benchmarks/model.py tokens

``speed`` invents filings, and puts the same questions about them to the same server on loopback by each
contestant in turn: the bare openai client, instructor with the same answer model, and Structurer's whole way
from files to records. The server and each contestant have a process of their own. What counts are ratios to
the bare client, taken in the same round; of several rounds the median. ``--langextract PYTHON`` names the
interpreter of an environment that has ``langextract[openai]``, which then takes part with its own prompt.

``tokens`` compares what a model reads and writes for the labelled declarations in both formats of answer.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, NamedTuple

from model_contestants import CONTESTANTS
from model_material import make_material
from model_server import answer_for
from structurer.document_types.declaration import DECLARATION
from structurer.documents import read_document
from structurer.evaluation.gold import load_gold
from structurer.llm.dialect import Dialect
from structurer.llm.structured import request_body
from structurer.llm.tokens import likely
from structurer.pipeline import passages, structure_document

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

HERE = Path(__file__).parent
EVAL = HERE.parent / "eval"
YARDSTICK = "openai"
LANGEXTRACT = "langextract"

_DIALECT = Dialect("tools", "max_tokens", 0.0)


class Taken(NamedTuple):
    """What a contestant took: requests a second, and CPU seconds a request."""

    throughput: float
    cpu: float


def commands_of(names: Sequence[str], langextract: str | None) -> dict[str, list[str]]:
    """Return how each contestant is run; the yardstick is always one."""
    chosen = dict.fromkeys((YARDSTICK, *names))
    commands = {name: [sys.executable, str(HERE / "model_contestants.py"), name] for name in chosen}
    return commands | (
        {LANGEXTRACT: [langextract, str(HERE / "model_langextract.py")]} if langextract else {}
    )


def speed(
    latency: float, declarations: int, in_flight: int, rounds: int, commands: Mapping[str, Sequence[str]]
) -> None:
    """Let all contestants put the same questions, round by round, and print what they took."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary, "material")
        count = make_material(folder, declarations)
        with served(folder, latency) as url:
            where = [str(folder), url, "--in-flight", str(in_flight)]
            taken = [
                {name: run([*command, *where]) for name, command in commands.items()} for _ in range(rounds)
            ]
    most = f" (at most {in_flight / latency:.0f}/s)" if latency else ""
    print(f"{count:,} declarations, {latency:g} s an answer, {in_flight} in flight{most}, {rounds} rounds\n")
    print(f"{'':20}{'requests':>12}{'of bare':>10}{'CPU a request':>16}{'times bare':>13}")
    for name in commands:
        throughput = median(each[name].throughput for each in taken)
        cpu = median(each[name].cpu for each in taken)
        share = median(each[name].throughput / each[YARDSTICK].throughput for each in taken)
        times = median(each[name].cpu / each[YARDSTICK].cpu for each in taken)
        print(f"{name:20}{throughput:10.1f}/s{share:10.1%}{1e3 * cpu:13.2f} ms{times:13.1f}")


@contextmanager
def served(folder: Path, latency: float) -> Iterator[str]:
    """Run the server in a process of its own; give its base URL."""
    command = [sys.executable, str(HERE / "model_material.py"), str(folder), "--latency", str(latency)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        if not url:
            raise SystemExit("the server did not start")
        yield url
        process.stdin.close()


def run(command: Sequence[str]) -> Taken:
    """Run a contestant."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("STRUCTURER_")}
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    said = json.loads(done.stdout.splitlines()[-1])
    return Taken(said["requests"] / said["seconds"], said["cpu"] / said["requests"])


def tokens() -> None:
    """Print what a model reads and writes for the labelled declarations, by format of answer."""
    read: dict[str, int] = {}
    written: dict[str, list[str]] = {"record": []}
    labels = load_gold(EVAL / "gold")
    for name in dict.fromkeys(label.filing for label in labels):
        document = read_document(EVAL / "filings" / name)
        found, records = passages(document), structure_document(document).records
        for label in (label for label in labels if label.filing == name):
            passage, record = found[label.ordinal - 1], records[label.ordinal - 1]
            written["record"].append(compact(dict(record.data or {})))
            for style, way in DECLARATION.questions.formats.items():
                ask = way.ask(passage, DECLARATION.questions.keys, passage.segments)
                read[style] = read.get(style, 0) + likely(compact(request_body(ask, "", _DIALECT)))
                answer = answer_for(label, record, passage.segments, kind=style)
                written.setdefault(style, []).append(compact(answer))
    print(f"{len(labels)} labelled declarations, whole questions; tokens by a rule of thumb, a declaration\n")
    print(f"{'':12}{'read':>10}{'written':>10}{'of transcribing':>18}{'of the record':>16}{'characters':>13}")
    output = {style: sum(map(likely, texts)) for style, texts in written.items()}
    for style, texts in written.items():
        shown = f"{read[style] / len(labels):10.0f}" if style in read else f"{'':10}"
        line = f"{style:12}{shown}{output[style] / len(labels):10.0f}"
        line += f"{output[style] / output['transcribe']:18.1%}{output[style] / output['record']:16.1%}"
        print(f"{line}{sum(map(len, texts)) / len(labels):13.0f}")


def compact(value: Any) -> str:
    """Return JSON as a model writes it at its shortest."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    subcommands = parser.add_subparsers(dest="command", required=True)
    fast = subcommands.add_parser("speed", help="requests a second and CPU a request, beside bare clients")
    fast.add_argument("--latency", type=float, default=2.0, help="seconds that an answer takes")
    fast.add_argument("--declarations", type=int, default=1024)
    fast.add_argument("--in-flight", type=int, default=64)
    fast.add_argument("--rounds", type=int, default=3)
    fast.add_argument("--contestants", nargs="+", choices=CONTESTANTS, default=list(CONTESTANTS))
    fast.add_argument("--langextract", metavar="PYTHON", help="an interpreter that has langextract[openai]")
    subcommands.add_parser("tokens", help="what a model reads and writes, by format of answer")
    options = parser.parse_args()
    if options.command == "tokens":
        tokens()
    else:
        commands = commands_of(options.contestants, options.langextract)
        speed(options.latency, options.declarations, options.in_flight, options.rounds, commands)


if __name__ == "__main__":
    main()
