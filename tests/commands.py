"""The command line as tests use it on the labelled filings, and what it leaves behind."""

from __future__ import annotations

import json
import sqlite3
import time
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from typer.testing import CliRunner

from model_server import Faults, GoldAnswers
from model_server.completions import complete
from structurer.cli import app
from structurer.evaluation.gold import GoldLabel, load_gold
from structurer.evaluation.score import Score, score
from structurer.models import Chunk, Document, Flag, FlagKind, Provenance, Record, Severity, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from typer.testing import Result

    from model_server import ModelServer

_EVAL = Path(__file__).parents[1] / "eval"
GOLD, FILINGS = _EVAL / "gold", _EVAL / "filings"
FILES = ["declarations.csv", "indicators.csv", "records.jsonl", "records.xlsx", "run.json"]

# What the machine that runs the tests has set must not reach the commands.
_UNSET = ("OPENAI_API_KEY", "OPENAI_BASE_URL", "STRUCTURER_API_KEY", "STRUCTURER_MODEL")


def structurer(*arguments: object, **environment: str) -> Result:
    """Run one command in this process; an exception that it does not handle is raised here."""
    variables: dict[str, str | None] = dict.fromkeys(_UNSET)
    return CliRunner().invoke(
        app, [str(argument) for argument in arguments], env=variables | environment, catch_exceptions=False
    )


def asking(server: ModelServer | str, store: Path, *more: object) -> list[object]:
    """Return the options that make a command ask a server and keep the answers in a file."""
    url = server if isinstance(server, str) else server.base_url
    return ["--base-url", url, "--model", "gold", "--store", f"sqlite:///{store}", *more]


@cache
def gold_answers() -> GoldAnswers:
    """Whoever answers by the labels; made once, as it reads all filings."""
    return GoldAnswers(GOLD, FILINGS)


@cache
def labels() -> tuple[GoldLabel, ...]:
    """All labels."""
    return tuple(load_gold(GOLD))


def some_filings(folder: Path, *ordinals: int) -> Path:
    """Fill a folder with labelled filings: those at these places in the order of names."""
    folder.mkdir(exist_ok=True)
    paths = sorted(FILINGS.iterdir())
    for ordinal in ordinals:
        (folder / paths[ordinal].name).write_bytes(paths[ordinal].read_bytes())
    return folder


def written(folder: Path) -> dict[str, bytes]:
    """Return all files of a folder by name."""
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def lines(folder: Path) -> list[dict[str, Any]]:
    """Return the records that a run wrote, as they are written."""
    text = (folder / "records.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.split("\n")[:-1]]


def report(folder: Path) -> dict[str, Any]:
    """Return a run's report."""
    found: dict[str, Any] = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    return found


def judged(folder: Path) -> Score:
    """Return how the records that a run wrote compare with the labels of the filings that it read."""
    records = [_record(line) for line in lines(folder)]
    read = {record.document.name for record in records}
    return score([label for label in labels() if label.filing in read], records)


def untold(folder: Path) -> list[str]:
    """Return the errors in the records that a run wrote that no flag sends a reviewer to."""
    return [
        f"{error.filing} {error.ordinal}: {error.kind} {error.gold_path or error.path}"
        for error in judged(folder).errors
        if error.silent
    ]


def all_recorded(folder: Path) -> bool:
    """Say whether a run wrote one record for each label of the filings, and no other."""
    return sorted(map(_project, lines(folder))) == sorted((label.filing, label.ordinal) for label in labels())


def _project(line: dict[str, Any]) -> tuple[str, int]:
    return line["document"]["name"], line["chunk"]["ordinal"]


def _record(line: dict[str, Any]) -> Record:
    """Return of a written record what is compared with labels."""
    flags = (
        Flag(
            flag["path"],
            flag["code"],
            FlagKind(flag["kind"]),
            Severity(flag["severity"]),
            flag["message"],
        )
        for flag in line["flags"]
    )
    made_by = line["provenance"]
    return Record(
        id=line["id"],
        document_type=line["document_type"],
        schema_version=line["schema_version"],
        document=Document(line["document"]["name"], line["document"]["sha256"], "", "utf-8", ()),
        chunk=Chunk(line["chunk"]["ordinal"], line["chunk"]["start"], line["chunk"]["end"], ()),
        data=line["data"],
        evidence={},
        confidence=line["confidence"],
        flags=tuple(flags),
        status=Status(line["status"]),
        provenance=Provenance(made_by["engine"], made_by["structurer"], made_by["config"]),
    )


def usages(bodies: Iterable[Any]) -> Iterator[tuple[int, int]]:
    """Yield the input and output tokens that a server by the labels bills for each completion."""
    for body in bodies:
        usage = complete(body, gold_answers(), Faults(), None).payload["usage"]
        yield usage["prompt_tokens"], usage["completion_tokens"]


def bill(bodies: Iterable[Any], price_input: int, price_output: int) -> int:
    """Return what a server charges for completions, in nano-dollars; prices are by a million tokens."""
    return sum(1000 * (price_input * read + price_output * wrote) for read, wrote in usages(bodies))


def journal_rows(store: Path, query: str) -> list[tuple[Any, ...]]:
    """Return what a query finds in a journal's file, or change it; nothing where there is no journal yet."""
    connection = sqlite3.connect(store, timeout=30)
    try:
        with connection:
            return connection.execute(query).fetchall()
    except sqlite3.OperationalError as error:
        if "no such table" in str(error):
            return []
        raise
    finally:
        connection.close()


def until(condition: Callable[[], bool], seconds: float = 20) -> None:
    """Wait for something that another process or thread brings about."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.002)
