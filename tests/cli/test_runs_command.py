"""Runs as the command line lists and shows them."""

from __future__ import annotations

import shlex
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import delete, select, update

from commands import structurer
from structurer.runs.opening import open_run
from structurer.settings import Settings
from structurer.store import Runs, Store
from structurer.store.packing import unpacked_json
from structurer.store.tables import FLAG, RECORD, RUN, RUNNER, WORK_ITEM
from structurer.synthesis.families import Family
from structurer.synthesis.filing import invent_filing

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sqlalchemy import Executable

_HOSTILE = "x\x1b[2J[red]\nforged: all is well.txt"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two filings with two declarations each, one of them twice, and something that is not read."""
    folder = tmp_path / "filings"
    folder.mkdir()
    for seed, name in enumerate(("a.txt", "b.txt")):
        (folder / name).write_text(invent_filing(Family.BUREAU, seed, count=2).text, encoding="utf-8")
    (folder / "c.txt").write_bytes((folder / "a.txt").read_bytes())
    (folder / "scan.pdf").write_bytes(b"%PDF-1.7")
    return folder


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'work.db'}"


def _run(url: str, *arguments: object, **environment: str) -> int:
    """Begin a run, or go on with it, and return the exit status."""
    options = ("--store", url, "--store-only", "--quiet", "--workers", 1)
    return structurer("run", *arguments, *options, **environment).exit_code


def _said(*arguments: object, **environment: str) -> str:
    """Return what a command says that has nothing to complain of."""
    result = structurer("runs", *arguments, **environment)
    assert (result.exit_code, result.stderr) == (0, "")
    return result.stdout


def _change(url: str, *statements: Executable) -> None:
    with Store.open(url) as store, store.writing() as connection:
        for statement in statements:
            connection.execute(statement)


def _rows(url: str, statement: Executable) -> list[tuple[Any, ...]]:
    with Store.open(url) as store:
        return [tuple(row) for row in store.rows(statement)]


def _row(said: str, number: int) -> list[str]:
    """Return the state and the figures of a run in the list."""
    return next(words[3:] for line in said.splitlines() if (words := line.split())[:1] == [str(number)])


# --- listing -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "command", [["runs"], ["runs", "show", 1], ["runs", "retry", 1, "--failed"], ["usage"]]
)
def test_looking_makes_no_database(tmp_path: Path, url: str, command: list[object]) -> None:
    result = structurer(*command, "--store", url)
    assert "Traceback" not in result.stderr
    assert result.exit_code == (2 if 1 in command else 0)
    assert not list(tmp_path.glob("work.db*"))
    if 1 in command:
        assert result.stderr == (
            "error: there is no run 1 in the store; structurer runs lists those that there are\n"
        )


def test_a_store_without_runs_says_how_to_begin_one(url: str) -> None:
    Store.open(url).close()
    assert _said("--store", url) == "no run was begun yet; begin one with structurer run\n"


def test_runs_are_listed_with_their_figures(folder: Path, new_url: Callable[[], str]) -> None:
    url = new_url()
    (folder / "empty.txt").write_bytes(b"")
    assert _run(url, folder) == 1
    assert _run(url, folder / "a.txt", folder / "b.txt", "--encoding", "utf-8") == 0
    said = _said("--store", url)
    assert _row(said, 1)[:5] == ["complete", "3", "1", "0", "1"]
    assert _row(said, 2)[:6] == ["complete", "2", "0", "0", "0", "4"]
    # Of a long path the end is shown.
    assert f"{folder.name}\n" in said
    assert f"{folder.name}/a.txt and 1 more\n" in said
    assert max(map(len, said.splitlines())) <= 110


def test_a_long_path_is_shown_by_its_end(tmp_path: Path, url: str) -> None:
    folder = tmp_path / ("very_" * 30) / "deep"
    folder.mkdir(parents=True)
    (folder / "a.txt").write_text("no form")
    assert _run(url, folder) == 0
    line = next(line for line in _said("--store", url).splitlines() if "layout:" in line)
    assert line.startswith("      layout: …")
    assert line.endswith("/deep")
    assert len(line) <= 110


def test_a_run_is_unfinished_at_work_or_complete(folder: Path, new_url: Callable[[], str]) -> None:
    url = new_url()

    def state() -> str:
        return " ".join(_row(_said("--store", url), 1)[:-6])

    with Store.open(url) as store:
        run = open_run(store, [str(folder)], Settings(store=url)).number
        assert state() == "unfinished"
        me = Runs(store).enter(run, 600)
        assert state() == "at work"
        assert "1 runner" in _said("show", 1, "--store", url)
        Runs(store).leave(me)
        assert state() == "unfinished"
        # Whoever was killed is at work no more, though its lease has not ended.
        dead = subprocess.Popen([sys.executable, "-c", ""])
        dead.wait()
        Runs(store).enter(run, 600)
        with store.writing() as connection:
            connection.execute(update(RUNNER).values(pid=dead.pid))
        assert state() == "unfinished"
    assert _run(url, folder) == 0
    assert state() == "complete"
    _change(url, update(WORK_ITEM).where(WORK_ITEM.c.id == 1).values(state="pending"))
    assert state() == "unfinished"


def test_a_store_that_is_given_too_early_is_not_passed_over(url: str) -> None:
    result = structurer("runs", "--store", url, "show", 1)
    assert (result.exit_code, result.stderr) == (
        2,
        "error: store: give --store after show, not before it\n",
    )


def test_names_cannot_speak_to_the_terminal(folder: Path, url: str) -> None:
    (folder / _HOSTILE).write_bytes(b"")
    hostile = folder.rename(folder.with_name("\x1b]0;title\x07\nrun 9"))
    assert _run(url, hostile) == 1
    listed, shown = _said("--store", url), _said("show", 1, "--store", url)
    for said in (listed, shown):
        assert not {"\x1b", "\x07", "\r"} & set(said)
        assert not any(line.startswith(("run 9", "forged")) for line in said.splitlines())
    assert "  x [2J[red] forged: all is well.txt: is empty (0 bytes)" in shown
    assert "]0;title  run 9" in listed


# --- showing -------------------------------------------------------------------------------------


def test_a_run_is_shown_with_all_that_is_known_of_it(folder: Path, new_url: Callable[[], str]) -> None:
    url = new_url()
    (folder / "gone.txt").symlink_to("nowhere")
    for number in range(12):
        (folder / f"empty-{number:02}.txt").write_bytes(b"")
    assert _run(url, folder, "--encoding", "utf-8") == 1
    said = _said("show", 1, "--store", url)
    words = " ".join(said.split())
    assert "run 1: complete, begun 20" in words
    assert f"reads {folder} engine layout settings encoding utf-8, encoding_errors strict" in words
    assert "filings 3 done, 13 failed, 0 pending, 1 skipped" in words
    assert "duplicates 12 filings the same as another" in words
    assert "declarations 4, " in words
    lines = said.splitlines()
    # The class that most filings failed by comes first, by the names of the first of them.
    first = lines.index("failed, EmptyDocumentError: 12 filings")
    assert [line.split(":")[0].strip() for line in lines[first + 1 : first + 11]] == [
        f"empty-{number:02}.txt" for number in range(10)
    ]
    assert lines[first + 11] == "  and 2 more; --all names them"
    other = lines.index("failed, UnreadableDocumentError: 1 filing")
    assert lines[other + 1].startswith("  gone.txt: ")
    assert other > first
    assert "to try again what failed: structurer runs retry 1 --failed" in said
    everything = _said("show", 1, "--all", "--store", url)
    assert "  empty-11.txt: is empty" in everything
    assert "more; --all" not in everything


def test_flags_are_counted_by_code(folder: Path, url: str) -> None:
    assert _run(url, folder) == 0
    seen: dict[tuple[str, str], int] = {}
    for (body,) in _rows(url, select(RECORD.c.body)):
        for flag in unpacked_json(body)["flags"]:
            seen[flag["code"], flag["kind"]] = seen.get((flag["code"], flag["kind"]), 0) + 1
    assert seen
    words = [tuple(line.split()) for line in _said("show", 1, "--store", url).splitlines()]
    assert {(*flag, f"{number}") for flag, number in seen.items()} <= set(words)


def test_missing_records_are_told(folder: Path, url: str) -> None:
    assert _run(url, folder) == 0
    record = select(RECORD.c.id).order_by(RECORD.c.id.desc()).limit(1)
    ((number,),) = _rows(url, record)
    _change(url, delete(FLAG).where(FLAG.c.record_id == number), delete(RECORD).where(RECORD.c.id == number))
    assert ".txt: 2 projects and 1 records in the store; please report it" in _said("show", 1, "--store", url)


def test_inputs_are_named_as_far_as_there_is_room(folder: Path, url: str) -> None:
    text = (folder / "a.txt").read_bytes()
    paths = [folder / f"named-{number:02}.txt" for number in range(12)]
    for path in paths:
        path.write_bytes(text)
    assert _run(url, *paths) == 0
    said = _said("show", 1, "--store", url)
    assert f"{paths[9]}\n" in said
    assert f"{paths[10]}\n" not in said
    assert "and 2 more; --all names them" in said
    assert f"{paths[11]}\n" in _said("show", 1, "--all", "--store", url)


def _advice(said: str) -> list[str]:
    """Return the command that a run's page says to go on with, as its words."""
    return shlex.split(next(line for line in said.splitlines() if line.startswith("to go on: "))[10:])


@pytest.mark.parametrize("encoding", [None, "gb18030"])
def test_the_command_that_is_shown_goes_on_with_the_run(
    tmp_path: Path, folder: Path, url: str, encoding: str | None
) -> None:
    spaced = folder.rename(tmp_path / "my filings; rm -rf")
    for path in spaced.glob("*.txt"):
        path.write_bytes(path.read_text(encoding="utf-8").encode(encoding or "utf-8"))
    with Store.open(url) as store:
        open_run(store, [str(spaced)], Settings(store=url, encoding=encoding, encoding_errors="replace"))
    command = _advice(_said("show", 1, "--store", url))
    assert command[:2] == ["structurer", "run"]
    assert ("--encoding" in command) == (encoding is not None)
    assert structurer(*command[1:], "--store-only", "--quiet").exit_code == 0
    said = _said("--store", url)
    assert _row(said, 1)[:2] == ["complete", "3"]
    assert len(said.splitlines()) == 3
    assert "to go on" not in _said("show", 1, "--store", url)


def test_settings_of_a_model_are_in_the_command(folder: Path, url: str) -> None:
    settings = Settings(store=url, model="m x", engine="model", answers="transcribe", thinking=100)
    with Store.open(url) as store:
        open_run(store, [str(folder)], settings)
    said = _said("show", 1, "--store", url)
    kept = ["--engine", "model", "--model", "m x", "--answers", "transcribe", "--store", url]
    assert _advice(said) == ["STRUCTURER_THINKING=100", "structurer", "run", str(folder), *kept]
    assert "with a --budget as it was given before" in said
    # A store that the environment names is named there for the next command, too.
    assert _advice(_said("show", 1, STRUCTURER_STORE=url))[-2:] == ["--answers", "transcribe"]


def test_a_run_that_was_begun_anew_since_is_gone_on_with_by_its_number(folder: Path, url: str) -> None:
    with Store.open(url) as store:
        for anew in (False, True):
            open_run(store, [str(folder)], Settings(store=url), anew=anew)
    assert _advice(_said("show", 1, "--store", url))[:4] == ["structurer", "runs", "retry", "1"]
    assert _advice(_said("show", 2, "--store", url))[:2] == ["structurer", "run"]


def test_a_run_of_another_program_cannot_be_gone_on_with(folder: Path, url: str) -> None:
    (folder / "empty.txt").write_bytes(b"")
    assert _run(url, folder) == 1
    _change(url, update(RUN).values(recipe="another"))
    said = _said("show", 1, "--store", url)
    assert "made by another version of the program; to make it anew: structurer run " in said
    assert "structurer runs retry" not in said


def test_standard_input_is_to_be_given_again(url: str) -> None:
    with Store.open(url) as store:
        open_run(store, ["-"], Settings(store=url))
    said = _said("show", 1, "--store", url)
    assert ["reads", "standard", "input"] in [line.split() for line in said.splitlines()]
    assert _advice(said)[:3] == ["structurer", "run", "-"]
    assert "with the same standard input" in said


@pytest.mark.parametrize("arguments", [[], ["show"], ["retry"]])
def test_help_has_examples(arguments: list[str]) -> None:
    said = structurer("runs", *arguments, "--help").stdout
    assert "Examples:" in said
    assert "  structurer runs " in said
