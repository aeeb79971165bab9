"""What a run reads, and what it need not read again."""

from __future__ import annotations

import json
import os
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

import pytest

from commands import journal_rows, lines, report, structurer, written
from structurer.runs.filing import read_filing
from structurer.runs.opening import open_run
from structurer.runs.running import Inputs, Runner
from structurer.settings import Settings
from structurer.store import Store
from structurer.synthesis.families import Family
from structurer.synthesis.filing import invent_filing

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from typer.testing import Result

    from structurer.runs.readers import Outcome, Task
    from structurer.runs.tally import Tally


@pytest.fixture
def filings(tmp_path: Path) -> Path:
    """Return a folder of four filings."""
    folder = tmp_path / "filings"
    folder.mkdir()
    for seed in range(4):
        _invent(folder / f"{seed}.txt", seed)
    return folder


def _invent(path: Path, seed: int) -> None:
    path.write_text(invent_filing(Family.ZONE, seed, count=2).text, encoding="utf-8")


def _run(folder: Path, *options: object, out: str = "out") -> Result:
    store = f"sqlite:///{folder.parent / 'work.db'}"
    return structurer("run", folder, "--store", store, "--out", folder.parent / out, *options)


def _sql(folder: Path, query: str) -> list[tuple[Any, ...]]:
    return journal_rows(folder.parent / "work.db", query)


def _attempts(folder: Path) -> int:
    """Return how often any filing was taken in hand."""
    ((attempts,),) = _sql(folder, "SELECT sum(attempts) FROM work_item")
    return int(attempts)


def test_a_finished_run_reads_nothing_again(filings: Path) -> None:
    assert _run(filings).exit_code == 0
    before = written(filings.parent / "out")
    assert _run(filings).exit_code == 0
    assert _attempts(filings) == 4
    assert written(filings.parent / "out") == before
    assert _sql(filings, "SELECT count(*) FROM run") == [(1,)]


def test_a_filing_more_costs_one_filing(filings: Path) -> None:
    _run(filings)
    _invent(filings / "new.txt", 9)
    result = _run(filings)
    assert "new.txt: 2 declarations" in result.stderr
    assert "0.txt" not in result.stderr
    assert _attempts(filings) == 5
    assert len(lines(filings.parent / "out")) == 10


def test_a_folder_more_is_another_run_that_reads_only_what_is_new(filings: Path, tmp_path: Path) -> None:
    _run(filings)
    other = tmp_path / "other"
    other.mkdir()
    _invent(other / "x.txt", 20)
    assert _run(filings, other).exit_code == 0
    assert _attempts(filings) == 5
    assert len(lines(tmp_path / "out")) == 10


def test_a_filing_that_is_touched_or_moved_is_not_read_again_and_one_that_is_changed_is(
    filings: Path,
) -> None:
    _run(filings)
    os.utime(filings / "0.txt", ns=(1, 1))
    (filings / "1.txt").rename(filings / "moved.txt")
    assert _run(filings).exit_code == 0
    assert _attempts(filings) == 4
    names = {line["document"]["name"] for line in lines(filings.parent / "out")}
    assert names == {"0.txt", "2.txt", "3.txt", "moved.txt"}
    _invent(filings / "2.txt", 30)
    assert _run(filings).exit_code == 0
    assert _attempts(filings) == 5
    assert _run(filings, "--no-resume", out="fresh").exit_code == 0
    assert written(filings.parent / "out") == written(filings.parent / "fresh")


def test_a_filing_that_is_gone_is_not_in_the_results_and_comes_back_for_nothing(filings: Path) -> None:
    _run(filings)
    before = written(filings.parent / "out")
    (filings / "3.txt").rename(filings.parent / "3.txt")
    assert _run(filings).exit_code == 0
    assert report(filings.parent / "out")["counts"]["filings"] == 3
    (filings.parent / "3.txt").rename(filings / "3.txt")
    assert _run(filings).exit_code == 0
    assert _attempts(filings) == 4
    assert written(filings.parent / "out") == before


def test_one_content_under_two_names_is_read_once_and_both_names_are_kept(filings: Path) -> None:
    (filings / "a copy.txt").write_bytes((filings / "2.txt").read_bytes())
    (filings / "zz.txt").write_bytes((filings / "2.txt").read_bytes())
    assert _run(filings).exit_code == 0
    assert _attempts(filings) == 4
    seen = report(filings.parent / "out")
    assert seen["counts"]["filings"] == 6
    assert (seen["counts"]["repeated"], seen["counts"]["declarations"]) == (2, 8)
    same = {filing["name"]: filing.get("same_as") for filing in seen["filings"]}
    assert same["2.txt"] is None
    assert same["a copy.txt"] == same["zz.txt"] == "2.txt"
    ids = [line["id"] for line in lines(filings.parent / "out")]
    assert len(ids) == len(set(ids)) == 8
    names = {line["document"]["name"] for line in lines(filings.parent / "out")}
    assert names == {"0.txt", "1.txt", "2.txt", "3.txt"}


def test_other_settings_give_other_results_beside_the_old(filings: Path) -> None:
    _run(filings)
    assert _run(filings, "--encoding", "utf-8", out="other").exit_code == 0
    assert _sql(filings, "SELECT count(*), count(DISTINCT recipe) FROM result") == [(8, 2)]
    assert _sql(filings, "SELECT count(*) FROM document_text") == [(4,)]
    configs = {line["provenance"]["config"] for line in lines(filings.parent / "other")}
    assert len(configs) == 1
    assert configs.isdisjoint(line["provenance"]["config"] for line in lines(filings.parent / "out"))


def test_begun_anew_all_is_read_again_and_that_run_is_gone_on_with(filings: Path) -> None:
    for resume, attempts in (("--resume", 4), ("--no-resume", 8), ("--resume", 8)):
        assert _run(filings, resume).exit_code == 0
        assert _attempts(filings) == attempts
    assert _sql(filings, "SELECT count(*) FROM run") == [(2,)]


def test_a_record_that_is_missing_in_the_store_is_told_by_the_exit_status(filings: Path) -> None:
    _run(filings)
    _sql(filings, "DELETE FROM flag WHERE record_id = 1")
    _sql(filings, "DELETE FROM record WHERE id = 1")
    result = _run(filings)
    assert result.exit_code == 4
    assert "2 projects and 1 records in the store; please report it" in result.stderr


def test_standard_input_is_a_filing_of_its_own(filings: Path, tmp_path: Path) -> None:
    from typer.testing import CliRunner

    from structurer.cli import app

    text = invent_filing(Family.ZONE, 40, count=3).text
    for _ in range(2):
        store = f"sqlite:///{tmp_path / 'work.db'}"
        arguments = ["run", "-", str(filings), "--store", store, "--out", str(tmp_path / "out")]
        assert CliRunner().invoke(app, arguments, input=text.encode()).exit_code == 0
    assert _attempts(filings) == 5
    assert report(tmp_path / "out")["counts"]["declarations"] == 11


def test_progress_as_json_says_how_far_the_run_is_and_what_failed(filings: Path) -> None:
    (filings / "empty.txt").write_bytes(b"")
    result = _run(filings, "--store-only", "--progress", "json")
    assert result.exit_code == 1
    told = [json.loads(line) for line in result.stderr.splitlines()]
    assert [one["filing"] for one in told if one["event"] == "failed"] == ["empty.txt"]
    last = told[-1]
    assert (last["event"], last["found"], last["done"], last["failed"]) == ("progress", 5, 4, 1)
    assert last["declarations"] == 8
    assert not (filings.parent / "out").exists()


class _Reader:
    """Reads filings one by one in this process; does something before the last."""

    room = 1

    def __init__(self, settings: Settings, last: int, before_last: Callable[[], None]) -> None:
        self._settings = settings
        self._left = last
        self._before_last = before_last

    def submit(self, task: Task) -> Future[Outcome]:
        self._left -= 1
        if not self._left:
            self._before_last()
        read: Future[Outcome] = Future()
        read.set_result(read_filing(task, self._settings))
        return read

    def stop(self) -> None:
        pass

    def close(self) -> None:
        pass


class _Watcher:
    def settled(self, name: str, declarations: int | None, problem: str | None) -> None:
        pass

    def tally(self, tally: Tally) -> None:
        pass


def test_a_plan_whose_planner_died_is_made_again_by_one_that_had_made_its_own(
    filings: Path, tmp_path: Path
) -> None:
    settings = Settings(store=f"sqlite:///{tmp_path / 'work.db'}")

    def another_begins_a_plan_and_dies() -> None:
        _sql(filings, "UPDATE run SET plan = plan + 1, planner_id = 999")

    with Store.open(settings.store) as store:
        run = open_run(store, [str(filings)], settings)
        reader = _Reader(settings, 4, another_begins_a_plan_and_dies)
        ended = Runner(store, run, Inputs([str(filings)]), settings, _Watcher()).work(reader)
    assert ended.complete
    assert (ended.tally.done, ended.tally.found) == (4, 4)
    assert _sql(filings, "SELECT plan, planner_id FROM run") == [(3, None)]
