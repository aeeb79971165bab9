"""What failed in a run, tried again by the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select, update
from typer.testing import CliRunner

from commands import asking, gold_answers, journal_rows, some_filings, structurer, written
from model_server import ModelServer
from structurer.calibration import Calibration, Curve, Origin, Quality
from structurer.cli import app
from structurer.groups import Group
from structurer.store import Store
from structurer.store.packing import packed_json
from structurer.store.tables import FILING, RECORD, RUN, WORK_ITEM
from structurer.synthesis.families import Family
from structurer.synthesis.filing import invent_filing

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sqlalchemy import Executable
    from typer.testing import Result


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two filings with two declarations each, one of them under two names."""
    folder = tmp_path / "filings"
    folder.mkdir()
    for seed, name in enumerate(("a.txt", "b.txt")):
        (folder / name).write_text(invent_filing(Family.BUREAU, seed, count=2).text, encoding="utf-8")
    (folder / "c.txt").write_bytes((folder / "a.txt").read_bytes())
    return folder


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'work.db'}"


def _run(url: str, *arguments: object, status: int = 0, **environment: str) -> None:
    options = ("--store", url, "--quiet", "--workers", 1)
    assert structurer("run", *arguments, *options, **environment).exit_code == status


def _retry(url: str, *more: object, **environment: str) -> Result:
    options = ("--failed", "--store", url, "--workers", 1)
    return structurer("runs", "retry", 1, *options, *more, **environment)


def _change(url: str, statement: Executable) -> None:
    with Store.open(url) as store, store.writing() as connection:
        connection.execute(statement)


def _rows(url: str, statement: Executable) -> list[tuple[Any, ...]]:
    with Store.open(url) as store:
        return [tuple(row) for row in store.rows(statement)]


def _took_too_long(url: str, name: str) -> None:
    """Let the content of a filing count as one that was given up."""
    item = select(FILING.c.item_id).where(FILING.c.name == name).scalar_subquery()
    failed = {"state": "failed", "result_id": None, "error": "TimeLimitError", "problem": "took too long"}
    _change(url, update(WORK_ITEM).where(WORK_ITEM.c.id == item).values(**failed))


def _states(url: str) -> list[str]:
    states = (
        select(WORK_ITEM.c.state).join(FILING, FILING.c.item_id == WORK_ITEM.c.id).order_by(FILING.c.name)
    )
    return [state for (state,) in _rows(url, states)]


def test_what_failed_is_tried_again_and_written(
    folder: Path, tmp_path: Path, new_url: Callable[[], str]
) -> None:
    url = new_url()
    _run(url, folder, "--out", tmp_path / "out")
    before = written(tmp_path / "out")
    _took_too_long(url, "a.txt")
    assert _states(url) == ["failed", "done", "failed"]
    result = _retry(url, "--out", tmp_path / "again")
    assert result.exit_code == 0
    assert "run 1: 1 content to be read again" in result.stderr
    assert f"results: {tmp_path / 'again'} (run 1)" in result.stdout
    assert _states(url) == ["done"] * 3
    assert written(tmp_path / "again") == before
    # What was read well was not read again.
    attempts = select(WORK_ITEM.c.attempts).order_by(WORK_ITEM.c.id)
    assert _rows(url, attempts) == [(1,), (1,)]
    assert _rows(url, select(RECORD.c.version)) == [(1,)] * 4


def test_without_a_folder_nothing_is_written(
    folder: Path, tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    _run(url, folder, "--store-only")
    _took_too_long(url, "b.txt")
    result = _retry(url)
    assert result.exit_code == 0
    assert "run 1 is in the store; structurer export 1 writes it out" in result.stdout
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_dir()) == ["filings"]


def test_a_filing_with_a_project_that_failed_gets_a_new_version_of_it(folder: Path, url: str) -> None:
    _run(url, folder, "--store-only")
    _change(
        url,
        update(RECORD)
        .where(RECORD.c.id == 1)
        .values(failed=True, status="flagged", body=packed_json({"data": None})),
    )
    assert "1 project could not be structured" in structurer("runs", "show", 1, "--store", url).stdout
    assert _retry(url, "--quiet").exit_code == 0
    versions = select(RECORD.c.version, RECORD.c.latest, RECORD.c.failed).order_by(RECORD.c.id)
    assert _rows(url, versions) == [(1, False, True), *[(1, True, False)] * 3, (2, True, False)]


def test_files_that_could_not_be_opened_are_looked_at_again(folder: Path, url: str) -> None:
    (folder / "late.txt").symlink_to(folder.parent / "late")
    _run(url, folder, "--store-only", status=1)
    (folder.parent / "late").write_bytes((folder / "b.txt").read_bytes())
    assert _retry(url, "--quiet").exit_code == 0
    assert _states(url) == ["done"] * 4


def test_limits_are_those_that_are_given_now(folder: Path, url: str) -> None:
    _run(url, folder, "--store-only", status=1, STRUCTURER_MAX_BYTES="10")
    assert _states(url) == []
    assert _retry(url, "--quiet").exit_code == 0
    assert _states(url) == ["done"] * 3


def test_settings_are_those_that_the_run_has(folder: Path, tmp_path: Path, url: str) -> None:
    for path in folder.iterdir():
        path.write_bytes(path.read_text(encoding="utf-8").encode("gb18030"))
    _run(url, folder, "--encoding", "gb18030", "--out", tmp_path / "out")
    before = written(tmp_path / "out")
    _took_too_long(url, "a.txt")
    others = {"STRUCTURER_ENCODING": "utf-8", "STRUCTURER_ENCODING_ERRORS": "replace"}
    others |= {"STRUCTURER_MODEL": "m"}
    assert _retry(url, "--quiet", "--out", tmp_path / "again", **others).exit_code == 0
    assert written(tmp_path / "again") == before
    assert _rows(url, select(RUN.c.id)) == [(1,)]


def test_a_run_that_found_an_encoding_is_not_given_one(folder: Path, tmp_path: Path, url: str) -> None:
    _run(url, folder, "--out", tmp_path / "out")
    _took_too_long(url, "a.txt")
    assert _retry(url, "--quiet", STRUCTURER_ENCODING="utf-16").exit_code == 0
    assert _states(url) == ["done"] * 3


def test_what_fails_again_says_so(folder: Path, url: str) -> None:
    (folder / "empty.txt").write_bytes(b"")
    _run(url, folder, "--store-only", status=1)
    result = _retry(url)
    assert result.exit_code == 1
    assert "failed: empty.txt: is empty (0 bytes)" in result.stderr


def test_where_nothing_failed_nothing_is_done(folder: Path, url: str) -> None:
    _run(url, folder, "--store-only")
    result = _retry(url)
    assert (result.exit_code, result.stdout, result.stderr) == (0, "nothing failed in run 1\n", "")


def test_a_run_that_is_not_complete_is_gone_on_with(folder: Path, url: str) -> None:
    _run(url, folder, "--store-only")
    waiting = {"state": "pending", "result_id": None, "again": True}
    _change(url, update(WORK_ITEM).where(WORK_ITEM.c.id == 1).values(**waiting))
    assert _retry(url, "--quiet").exit_code == 0
    assert _states(url) == ["done"] * 3


# --- refused -------------------------------------------------------------------------------------


def _refused(result: Result, url: str, problem: str) -> None:
    """Check that a retry ended with one line, and that what had failed was left as it was."""
    assert result.exit_code == 2
    assert result.stdout == ""
    assert len(result.stderr.splitlines()) == 1
    assert problem in result.stderr
    assert _states(url).count("failed") > 0


@pytest.fixture
def failed(folder: Path, url: str) -> str:
    """The URL of a store with a run in which two filings failed."""
    _run(url, folder, "--store-only")
    _took_too_long(url, "a.txt")
    return url


def test_the_command_says_what_it_does(failed: str) -> None:
    result = structurer("runs", "retry", 1, "--store", failed)
    _refused(result, failed, "error: retry: say what is to be tried again, with --failed")


@pytest.mark.parametrize("column", ["recipe", "config"])
def test_a_run_of_another_program_is_not_mixed_with_this_ones(failed: str, column: str) -> None:
    _change(failed, update(RUN).values(**{column: "another"}))
    _refused(_retry(failed), failed, "error: run 1 was made by another version of the program")


def test_inputs_that_are_gone_change_nothing(failed: str, folder: Path) -> None:
    folder.rename(folder.with_name("moved"))
    _refused(_retry(failed), failed, f"error: {folder}: no such file or folder")


def test_a_folder_that_cannot_be_written_is_known_before(failed: str, folder: Path) -> None:
    _refused(_retry(failed, "--out", folder / "a.txt"), failed, f"{folder / 'a.txt'}: ")


def test_standard_input_cannot_be_read_again(url: str) -> None:
    text = invent_filing(Family.BUREAU, 1, count=1).text
    arguments = ["run", "-", "--store", url, "--store-only", "--quiet"]
    assert CliRunner().invoke(app, arguments, input=text.encode()).exit_code == 0
    _took_too_long(url, "stdin")
    _refused(_retry(url), url, "error: run 1 read standard input, which cannot be read again")


def test_a_calibration_has_to_be_given_again(folder: Path, tmp_path: Path, url: str) -> None:
    calibration, other = tmp_path / "c.json", tmp_path / "other.json"
    calibration.write_text(_calibration("2026").as_json(), encoding="utf-8")
    other.write_text(_calibration("2027").as_json(), encoding="utf-8")
    _run(url, folder, "--store-only", "--calibration", calibration)
    _took_too_long(url, "a.txt")
    problem = "error: run 1 was begun with a calibration; give the same file with --calibration"
    _refused(_retry(url), url, problem)
    _refused(_retry(url, "--calibration", other), url, problem)
    assert _retry(url, "--calibration", calibration, "--quiet").exit_code == 0
    assert _states(url) == ["done"] * 3


def _calibration(at: str) -> Calibration:
    """Return a calibration by which confidences stay as they are."""
    origin = Origin(
        run=1,
        at=at,
        gold="g",
        scoring="1",
        schema_version="1",
        structurer="0",
        engine="layout",
        model=None,
        prompts="",
        method="none",
    )
    curve = Curve(groups=tuple(Group), values=0, wrong=0, bound=1.0, steps=())
    quality = Quality(values=0, wrong=0, brier=None, ece=None, auroc=None)
    return Calibration(origin=origin, curves=(curve,), before=quality, after=quality)


# --- with a model --------------------------------------------------------------------------------


@pytest.mark.parametrize(("given", "budget"), [((), 5), (("--budget", 7), 7)])
def test_a_model_is_asked_again_under_the_budget_of_the_run(
    tmp_path: Path, given: tuple[object, ...], budget: int
) -> None:
    filings, store = some_filings(tmp_path / "filings", 4), tmp_path / "work.db"
    url = f"sqlite:///{store}"
    with ModelServer(gold_answers()) as server:
        options = asking(server, store, "--price", "1/2", "--quiet")
        more = ("--budget", 5, "--out", tmp_path / "out")
        assert structurer("run", filings, *options, *more).exit_code == 0
        asked = len(server.bodies)
        before = written(tmp_path / "out")
        _change(url, update(WORK_ITEM).values(state="failed", result_id=None, error="E", problem="p"))
        # The server that was asked is asked again: filings must not go to another by mistake.
        again = ("--price", "1/2", *given, "--out", tmp_path / "again")
        assert _retry(url, "--quiet", *again).exit_code == 0
        # Its answers are in the journal.
        assert len(server.bodies) == asked > 0
    assert journal_rows(store, "SELECT budget FROM model_run") == [(budget * 10**9,)]
    assert written(tmp_path / "again") == before
