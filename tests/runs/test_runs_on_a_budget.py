"""Runs on a budget: what the server really charges never exceeds it, and a larger one goes on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from commands import (
    FILINGS,
    asking,
    bill,
    gold_answers,
    journal_rows,
    labels,
    lines,
    report,
    structurer,
    written,
)
from model_server import Fault, Faults, ModelServer

if TYPE_CHECKING:
    from pathlib import Path

_NANO = 1_000_000_000
_PRICES = (1, 2)
_PROGRAM = "from structurer.cli import app; app()"


def _options(server: ModelServer, folder: Path, budget: float, *more: object) -> list[object]:
    paid = ("--engine", "model", "--price", "{}/{}".format(*_PRICES), "--budget", budget)
    return asking(server, folder / "work.db", *paid, *more)


def _bill(server: ModelServer, since: int = 0) -> int:
    return bill(server.bodies[since:], *_PRICES)


def _spent(folder: Path) -> int:
    ((spent,),) = journal_rows(folder / "work.db", "SELECT sum(spent) FROM model_run")
    return int(spent)


def _distinct(bodies: list[Any]) -> set[str]:
    return {json.dumps(body, sort_keys=True) for body in bodies}


def _readings(bodies: list[Any]) -> set[str]:
    """Return the questions about a filing, without those that find out what the server can do."""
    return {body for body in _distinct(bodies) if "FILING>>>" in body}


def test_a_budget_holds_and_a_larger_one_goes_on(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with ModelServer(gold_answers(), latency=0.02) as server:
        for budget in (0.2, 0.45, 5):
            earlier = len(server.bodies)
            result = structurer("run", FILINGS, *_options(server, tmp_path, budget), "--out", out)
            assert 0 < _bill(server, earlier) <= _bill(server) <= budget * _NANO
            assert _spent(tmp_path) == _bill(server)
            assert _distinct(server.bodies[:earlier]).isdisjoint(_distinct(server.bodies[earlier:]))
            if budget < 5:
                assert result.exit_code == 3
                said = result.stderr.splitlines()[-1]
                assert "run the same command with a larger --budget to go on" in said
            if budget == 0.45:
                part = report(out)
                assert part["complete"] is False
                assert f"stopped after {part['counts']['filings']} of 5 filings" in said
                assert len(lines(out)) == part["counts"]["declarations"] > 0
        assert result.exit_code == 0
        assert "of $5.00" in " ".join(result.stdout.split())
        assert len(lines(out)) == len(labels())
        other = _options(server, tmp_path / "other", 5)
        (tmp_path / "other").mkdir()
        assert structurer("run", FILINGS, *other, "--out", tmp_path / "other" / "out").exit_code == 0
    assert written(out) == written(tmp_path / "other" / "out")


def test_a_filing_that_is_quick_to_cut_does_not_go_before_an_earlier_one(tmp_path: Path) -> None:
    long, short = tmp_path / "1-long.txt", tmp_path / "2-short.txt"
    texts = {path.name: path.read_text(encoding="utf-8") for path in FILINGS.glob("*.txt")}
    by_length = sorted(texts.values(), key=len)
    short.write_text(by_length[0], encoding="utf-8")
    long.write_text(by_length[-1] * 4, encoding="utf-8")
    (tmp_path / "other").mkdir()
    with ModelServer(gold_answers()) as server:
        other = _options(server, tmp_path / "other", 5, "--out", tmp_path / "other" / "out")
        assert structurer("run", short, *other).exit_code == 0
        asked = len(server.bodies)
        about_the_short = _readings(server.bodies)
        options = _options(server, tmp_path, 0.1, "--out", tmp_path / "out")
        assert structurer("run", long, short, *options).exit_code == 3
        about_the_long = _readings(server.bodies[asked:])
        assert about_the_long
        assert about_the_long.isdisjoint(about_the_short)


def test_what_was_spent_stays_spent_over_restarts(tmp_path: Path) -> None:
    with ModelServer(gold_answers()) as server:
        options = _options(server, tmp_path, 0.2, "--out", tmp_path / "out")
        assert structurer("run", FILINGS, *options).exit_code == 3
        asked = len(server.bodies)
        assert structurer("run", FILINGS, *options).exit_code == 3
        assert structurer("run", FILINGS, *options).exit_code == 3
        assert asked <= len(server.bodies) <= asked + 2  # a smaller question may still fit
        assert _bill(server) <= 0.2 * _NANO


def test_failures_that_may_have_cost_count_in_full(tmp_path: Path) -> None:
    faults = Faults({Fault.CUT: 0.2, Fault.HANG: 0.1}, seed=3)
    with ModelServer(gold_answers(), faults=faults) as server:
        result = structurer(
            "run",
            FILINGS,
            *_options(server, tmp_path, 0.5, "--out", tmp_path / "out"),
            STRUCTURER_TIMEOUT="0.5",
        )
        assert result.exit_code == 3
        assert {asked.fault for asked in server.requests} == {None, Fault.CUT, Fault.HANG}
        # Whatever the server charges for the requests that failed, at most for all that were sent.
        assert _bill(server) <= _spent(tmp_path) <= 0.5 * _NANO


def test_two_processes_share_one_budget(tmp_path: Path) -> None:
    budget = 0.3
    with ModelServer(gold_answers(), latency=0.02) as server:
        options = [str(option) for option in _options(server, tmp_path, budget)]
        command = [sys.executable, "-c", _PROGRAM, "run", str(FILINGS), *options]
        processes = [
            subprocess.Popen(
                [*command, "--out", str(tmp_path / name)],
                cwd=tmp_path,
                env={name: value for name, value in os.environ.items() if not name.startswith("OPENAI_")},
                stderr=subprocess.PIPE,
                text=True,
            )
            for name in ("one", "two")
        ]
        said = [process.communicate(timeout=60)[1] for process in processes]
        assert [process.returncode for process in processes] == [3, 3]
        assert all("run the same command with a larger --budget to go on" in words for words in said)
        assert 0.2 * _NANO < _bill(server) <= budget * _NANO
        assert _spent(tmp_path) == _bill(server)
    assert journal_rows(tmp_path / "work.db", "SELECT count(*) FROM model_run") == [(1,)]
