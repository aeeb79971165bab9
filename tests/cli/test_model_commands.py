"""Commands that ask a model: what they say when it cannot be asked, what it will cost, what it did cost."""

from __future__ import annotations

import re
import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from commands import (
    FILINGS,
    GOLD,
    asking,
    bill,
    gold_answers,
    journal_rows,
    labels,
    report,
    some_filings,
    structurer,
    usages,
    written,
)
from model_server import Fault, Faults, ModelServer
from model_server.prompt import messages_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from typer.testing import Result

_KEY = "sk-live-2b7e151628aed2a6abf7158809cf4f3c"
_PASSWORD = "correct-horse-battery"
_HASTE = {"STRUCTURER_DEADLINE": "1"}


@pytest.fixture
def filings(tmp_path: Path) -> Path:
    """A folder of one labelled filing with five declarations."""
    return some_filings(tmp_path / "filings", 4)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Where the journal is kept."""
    return tmp_path / "work.db"


@contextmanager
def _nobody_there() -> Iterator[str]:
    """Give the address of a port that refuses connections, and that nobody else can take meanwhile."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{held.getsockname()[1]}/v1"


def _everything(result: Result, folder: Path) -> bytes:
    """Return all that a command said and all that it wrote."""
    files = [path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()]
    return b"\n".join([result.output.encode(), result.stderr.encode(), *files])


class TestTrouble:
    def _one_line(self, result: Result, status: int, *words: str) -> None:
        assert result.exit_code == status
        assert result.stdout == ""
        lines = [line for line in result.stderr.splitlines() if not line.startswith("engine: ")]
        assert len(lines) == 1
        assert all(word in lines[0] for word in words)

    @pytest.mark.parametrize("mode", ["auto", "tools"])
    def test_a_server_that_is_down_pauses_the_run(
        self, mode: str, filings: Path, store: Path, tmp_path: Path
    ) -> None:
        with _nobody_there() as url:
            result = structurer(
                "run", filings, *asking(url, store, "--mode", mode, "--out", tmp_path / "out"), **_HASTE
            )
        self._one_line(result, 3, url, "connection failed", "run the same command again when it is back")
        assert list((tmp_path / "out").iterdir()) == []

    def test_a_key_that_is_not_accepted(self, filings: Path, store: Path, tmp_path: Path) -> None:
        with ModelServer(gold_answers(), api_key="another") as server:
            options = asking(server, store, "--out", tmp_path / "out")
            result = structurer("run", filings, *options, OPENAI_API_KEY=_KEY)
            self._one_line(result, 2, server.base_url, "does not accept the API key", "check the key")
            assert len(server.requests) == 1
        assert server.requests[0].headers["authorization"] == f"Bearer {_KEY}"
        assert _KEY.encode() not in _everything(result, tmp_path)

    def test_a_model_that_does_not_exist(self, filings: Path, store: Path, tmp_path: Path) -> None:
        with ModelServer(gold_answers(), models=("silver",)) as server:
            result = structurer("run", filings, *asking(server, store), "--out", tmp_path / "out")
            self._one_line(result, 2, server.base_url, "has no model gold", "check the model")

    def test_a_budget_needs_a_price(self, filings: Path, store: Path, tmp_path: Path) -> None:
        options = asking("https://models.example.com/v1", store, "--budget", 1, "--out", tmp_path / "out")
        result = structurer("run", filings, *options, OPENAI_API_KEY=_KEY)
        self._one_line(result, 2, "the price of gold is not known", "--price IN/OUT")

    def test_a_server_on_the_internet_needs_a_key(self, filings: Path, store: Path, tmp_path: Path) -> None:
        options = asking("https://models.example.com/v1", store, "--out", tmp_path / "out")
        result = structurer("run", filings, *options)
        self._one_line(result, 2, "no key", "OPENAI_API_KEY")

    def test_a_key_is_used_and_never_written(self, filings: Path, store: Path, tmp_path: Path) -> None:
        with ModelServer(gold_answers(), api_key=_KEY) as server:
            options = asking(server, store, "--out", tmp_path / "out", "--engine", "model")
            result = structurer("run", filings, *options, OPENAI_API_KEY=_KEY)
        assert result.exit_code == 0
        seen = _everything(result, tmp_path)
        assert _KEY.encode() not in seen
        assert server.base_url.encode() in seen

    def test_a_password_in_the_address_is_never_written(
        self, filings: Path, store: Path, tmp_path: Path
    ) -> None:
        with ModelServer(gold_answers()) as server:
            address = server.base_url.replace("://", f"://somebody:{_PASSWORD}@")
            options = asking(address, store, "--out", tmp_path / "out", "--engine", "model")
            result = structurer("run", filings, *options)
        assert result.exit_code == 0
        assert server.requests[-1].headers["authorization"].startswith("Basic ")
        assert _PASSWORD.encode() not in _everything(result, tmp_path)


class TestForecast:
    def _numbers(self, result: Result, row: str) -> list[float]:
        (line,) = (line for line in result.stdout.splitlines() if line.startswith(row))
        return [float(number.replace(",", "")) for number in re.findall(r"\d[\d,]*\.?\d*", line)]

    def _tokens(self, body: Any) -> float:
        """Count a request's tokens as most tokenizers roughly do; the server counts one a character."""
        text = "".join(text for _, text in messages_of(body)) + str(body["tools"])
        wide = sum(ord(character) > 0x7F for character in text)
        return wide + (len(text) - wide) / 4

    @pytest.mark.parametrize("engine", ["model", "hybrid"])
    def test_a_dry_run_sends_nothing_and_says_what_a_run_takes(
        self, engine: str, store: Path, tmp_path: Path
    ) -> None:
        with ModelServer(gold_answers()) as server:
            command = ["run", FILINGS, *asking(server, store, "--engine", engine, "--price", "1/2")]
            forecast = structurer(*command, "--dry-run", "--out", tmp_path / "out")
            assert forecast.exit_code == 0
            assert server.requests == []
            assert not (tmp_path / "out").exists()
            assert structurer(*command, "--out", tmp_path / "out").exit_code == 0
            _, *bodies = server.bodies  # without the question that finds out how to ask
            left = structurer(*command, "--dry-run")
            assert len(server.bodies) == len(bodies) + 1
        assert "nothing was sent" in forecast.stdout
        assert self._numbers(forecast, "declarations") == [len(labels())]
        assert self._numbers(forecast, "to ask about") == [report(tmp_path / "out")["model"]["asked"]]
        assert self._numbers(forecast, "requests")[0] <= len(bodies)
        least, most = self._numbers(forecast, "input tokens")
        assert least <= sum(map(self._tokens, bodies)) <= most
        inputs, outputs = self._numbers(forecast, "input tokens"), self._numbers(forecast, "output tokens")
        costs = [(read + 2 * wrote) / 1e6 for read, wrote in zip(inputs, outputs, strict=True)]
        assert self._numbers(forecast, "cost") == pytest.approx(costs, abs=1e-4)
        assert self._numbers(left, "requests") == [0]
        assert self._numbers(left, "cost") == [0, 0]

    def test_the_layout_costs_nothing(self, filings: Path) -> None:
        result = structurer("run", filings, "--dry-run")
        assert result.exit_code == 0
        assert "asks no model" in result.stdout


class TestUsage:
    def _row(self, result: Result, label: str) -> list[str]:
        (line,) = (line for line in result.stdout.splitlines() if label in line)
        return line.split()[-7:]

    def test_figures_are_those_of_the_server(self, store: Path, tmp_path: Path) -> None:
        filings = some_filings(tmp_path / "f", 3, 4)
        with ModelServer(gold_answers()) as server:
            options = asking(server, store, "--engine", "model", "--price", "1/2", "--out", tmp_path / "out")
            for again in ([], ["--no-resume"]):
                assert structurer("run", filings, *options, *again).exit_code == 0
            bodies = server.bodies
        result = structurer("usage", "--store", f"sqlite:///{store}")
        assert result.exit_code == 0
        read, wrote = (f"{sum(column):,}" for column in zip(*usages(bodies), strict=True))
        requests, answered, hits, failed, *tokens, cost = self._row(result, "gold")
        assert [requests, answered, failed] == [str(len(bodies)), str(len(bodies)), "0"]
        assert tokens == [read, wrote]
        assert cost == f"${bill(bodies, 1, 2) / 1e9:.4f}"
        assert int(hits) >= len(bodies) - 1

    def test_what_is_assumed_is_marked(self, filings: Path, store: Path, tmp_path: Path) -> None:
        with ModelServer(gold_answers(), faults=Faults({Fault.CUT: 0.5}, seed=1)) as server:
            options = asking(server, store, "--engine", "model", "--price", "1/2", "--out", tmp_path / "out")
            assert structurer("run", filings, *options).exit_code == 0
            cut = sum(asked.fault is Fault.CUT for asked in server.requests)
            true = bill(server.bodies, 1, 2) / 1e9
        row = self._row(structurer("usage", "--store", f"sqlite:///{store}"), "gold")
        assert int(row[3]) == cut > 0
        assert row[-1].startswith("~$")
        assert float(row[-1][2:]) >= true

    def test_a_fresh_folder_was_asked_nothing_and_stays_empty(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        result = structurer("usage")
        assert result.exit_code == 0
        assert result.stdout == "no model was asked yet\n"
        assert written(tmp_path) == {}


def test_eval_judges_a_model(store: Path, tmp_path: Path) -> None:
    with ModelServer(gold_answers()) as server:
        options = asking(server, store, "--engine", "model", "--price", "1/2")
        command = ["eval", "run", "--gold", GOLD, "--filings", FILINGS, "--out", tmp_path / "out", *options]
        result = structurer(*command)
        asked = len(server.bodies)
        assert structurer(*command).exit_code == 0
        assert len(server.bodies) == asked > len(labels())
        paused = structurer(*command, "--budget", "0.1", "--answers", "transcribe")
        assert bill(server.bodies[asked:], 1, 2) <= 0.1e9
    assert result.exit_code == 0
    goals = {line.split("│")[1].strip(): line for line in result.stdout.splitlines() if "│ met" in line}
    assert {"scalar and funding fields right", "strict row F1", "silent errors"} <= set(goals)
    assert paused.stderr.splitlines()[-1].startswith("error: budget: ")
    assert journal_rows(store, "SELECT count(DISTINCT run_id) FROM model_attempt") == [(2,)]
