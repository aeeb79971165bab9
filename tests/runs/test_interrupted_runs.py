"""Runs that are killed or interrupted go on where they were: nothing that was answered is asked again."""

from __future__ import annotations

import os
import random
import signal
import time
from typing import TYPE_CHECKING

import pytest
from command_forge import Forge, forge

from commands import (
    asking,
    gold_answers,
    journal_rows,
    lines,
    report,
    some_filings,
    structurer,
    until,
    written,
)
from model_server import Fault, Faults, ModelServer
from structurer.llm.client import request_key

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from model_server import Asked

_LATENCY = 0.1
_KILLS = 15
_DECLARATIONS = 24
_ANSWERED = "SELECT key FROM model_attempt WHERE outcome = 'answered'"


@pytest.fixture(scope="module")
def commands() -> Iterator[Forge]:
    """Whoever begins commands that may be killed."""
    with forge() as ready:
        yield ready


def _answered(store: Path) -> set[str]:
    """Return the keys of all answers that a journal holds."""
    return {key for (key,) in journal_rows(store, _ANSWERED)} if store.exists() else set()


def _keys(server: ModelServer, asked: list[Asked]) -> list[str]:
    return [request_key(server.base_url, one.raw) for one in asked]


def test_a_run_that_is_killed_again_and_again_asks_for_nothing_twice(commands: Forge, tmp_path: Path) -> None:
    dice = random.Random(4)  # fewer answers than there are declarations, on any machine
    filings = some_filings(tmp_path / "filings", 0, 2, 3, 4)
    store, out, said = tmp_path / "work.db", tmp_path / "out", tmp_path / "said"
    with ModelServer(gold_answers(), latency=_LATENCY) as server:
        options = asking(server, store, "--engine", "model", "--concurrency", 2)
        command = ["run", filings, *options, "--out", out]
        for kill in range(_KILLS):
            known, earlier = _answered(store), len(server.requests)
            commands.begin(*command, folder=tmp_path, said=said)
            if kill % 3:  # after its first request, or at any moment from its beginning
                until(lambda before=earlier: len(server.requests) > before)
            time.sleep(dice.uniform(0, 3 * _LATENCY))
            commands.kill()
            assert commands.ended() == -signal.SIGKILL
            assert known.isdisjoint(_keys(server, server.requests[earlier:]))
        assert 0 < len(_answered(store)) < _DECLARATIONS
        known, earlier = _answered(store), len(server.requests)
        commands.begin(*command, folder=tmp_path, said=said)
        assert commands.ended() == 0
        assert known.isdisjoint(_keys(server, server.requests[earlier:]))
        # Each answer is in the journal once; only what was in flight at a kill was asked for once more.
        keys = _keys(server, server.requests)
        assert len(journal_rows(store, _ANSWERED)) == len(_answered(store)) == len(set(keys))
        assert len(keys) - len(set(keys)) <= 2 * _KILLS
        for _ in range(4):  # while results are made and written, which asks for nothing
            commands.begin(*command, folder=tmp_path, said=said)
            time.sleep(dice.uniform(0.2, 0.6))
            commands.kill()
            commands.ended()
        commands.begin(*command, folder=tmp_path, said=said)
        assert commands.ended() == 0
        assert len(server.requests) == len(keys)
        undisturbed = asking(server, tmp_path / "other.db", "--engine", "model")
        assert structurer("run", filings, *undisturbed, "--out", tmp_path / "other").exit_code == 0
    assert written(out) == written(tmp_path / "other")


def test_an_interrupt_ends_soon_and_the_same_command_goes_on(commands: Forge, tmp_path: Path) -> None:
    filings = some_filings(tmp_path / "filings", 0, 2, 3, 4)
    store, out, said = tmp_path / "work.db", tmp_path / "out", tmp_path / "said"
    with ModelServer(gold_answers(), latency=_LATENCY) as server:
        options = asking(server, store, "--engine", "model", "--concurrency", 4)
        commands.begin("run", filings, *options, "--out", out, folder=tmp_path, said=said)
        until(lambda: "[1/4]" in said.read_text(encoding="utf-8"))
        began = time.monotonic()
        os.kill(commands.pid, signal.SIGINT)
        assert commands.ended() == 130
        assert time.monotonic() - began < 30
        known, earlier = _answered(store), len(server.requests)
        assert len(known) == earlier < _DECLARATIONS
        part = report(out)
        assert part["complete"] is False
        assert part["counts"]["filings"] in (1, 2, 3)
        assert len(lines(out)) == part["counts"]["declarations"] > 0
        assert f"stopped after {part['counts']['filings']} of 4 filings" in said.read_text(encoding="utf-8")
        assert "run the same command again to go on" in said.read_text(encoding="utf-8").lower()
        commands.begin("run", filings, *options, "--out", out, folder=tmp_path, said=said)
        assert commands.ended() == 0
        assert known.isdisjoint(_keys(server, server.requests[earlier:]))
        keys = _keys(server, server.requests)
        assert len(keys) == len(set(keys))
        undisturbed = asking(server, tmp_path / "other.db", "--engine", "model")
        assert structurer("run", filings, *undisturbed, "--out", tmp_path / "other").exit_code == 0
    assert written(out) == written(tmp_path / "other")


def test_a_second_interrupt_does_not_wait_for_a_server_that_hangs(commands: Forge, tmp_path: Path) -> None:
    filings = some_filings(tmp_path / "filings", 4)
    said = tmp_path / "said"
    faults = Faults({Fault.HANG: 1.0}, once=False)
    with ModelServer(gold_answers(), faults=faults) as server:
        options = asking(server, tmp_path / "work.db", "--mode", "tools", "--engine", "model")
        commands.begin("run", filings, *options, "--out", "out", folder=tmp_path, said=said)
        until(lambda: len(server.requests) == 5)
        os.kill(commands.pid, signal.SIGINT)
        until(lambda: "Ctrl-C again" in said.read_text(encoding="utf-8"))
        os.kill(commands.pid, signal.SIGINT)
        assert commands.ended() == 130
    words = said.read_text(encoding="utf-8")
    assert "Traceback" not in words
    # Nobody knows what became of the five requests, so they count as paid for.
    assert (
        journal_rows(tmp_path / "work.db", "SELECT outcome, estimated FROM model_attempt")
        == [("lost", 1)] * 5
    )
    assert journal_rows(tmp_path / "work.db", "SELECT count(*) FROM model_reservation") == [(0,)]
