"""``structurer batch``: by hand, and with a server's Batch API."""

from __future__ import annotations

import json
import urllib.request
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError

import pytest

from commands import asking, bill, gold_answers, journal_rows, some_filings, structurer, written
from model_server import BatchRules, Fault, Faults, ModelServer, evenly

if TYPE_CHECKING:
    from pathlib import Path

    from typer.testing import Result

# Five declarations, each asked about on its own.
_ENGINE = ("--engine", "model")


class Desk:
    """Batch commands for one server, on one folder."""

    def __init__(self, server: ModelServer, folder: Path) -> None:
        self.server = server
        self.folder = folder
        self.store = folder / "batch.db"
        self.filings = some_filings(folder / "filings", 4)
        self.requests = folder / "requests.jsonl"

    def prepare(self) -> Result:
        options = asking(self.server, self.store, *_ENGINE, "--out", self.requests)
        return _ok(structurer("batch", "prepare", self.filings, *options))

    def submit(self, *more: object) -> Result:
        return structurer("batch", "submit", self.requests, *asking(self.server, self.store, *more))

    def status(self) -> Result:
        return _ok(structurer("batch", "status", *asking(self.server, self.store)))

    def collect(self, *more: object) -> Result:
        return _ok(structurer("batch", "collect", *asking(self.server, self.store, *more)))

    def run(self, name: str = "out", store: str = "batch.db") -> bytes:
        options = asking(self.server, self.folder / store, *_ENGINE, "--out", self.folder / name)
        _ok(structurer("run", self.filings, *options))
        return written(self.folder / name)["records.jsonl"]

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.requests.read_bytes().splitlines()]

    def money(self) -> list[tuple[int, int]]:
        """Return what is spent and reserved by runs that have either."""
        return journal_rows(
            self.store, "SELECT spent, reserved FROM model_run WHERE spent > 0 OR reserved > 0"
        )

    def finish(self) -> None:
        """Prepare, submit and collect until nothing is left."""
        while "nothing to ask" not in self.prepare().stdout:
            _ok(self.submit())
            self.collect()


def _ok(result: Result) -> Result:
    assert result.exit_code == 0, result.stderr
    return result


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def _without_cost(records: bytes) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in records.splitlines()]
    for line in lines:
        del line["provenance"]["usage"]["cost"]
    return lines


def _by_hand(server: ModelServer, lines: list[dict[str, Any]]) -> list[bytes]:
    """Put each request of a batch file to a server, and return the lines of a file of results."""
    results = []
    for number, line in enumerate(lines):
        body = json.dumps(line["body"], ensure_ascii=False, separators=(",", ":")).encode()
        request = urllib.request.Request(  # the server is on loopback
            f"{server.base_url}/chat/completions", body, {"Content-Type": "application/json"}
        )
        try:
            with urllib.request.urlopen(request) as reply:
                status, said = reply.status, json.load(reply)
        except HTTPError as error:
            with error:
                status, said = error.code, json.load(error)
        response = {"status_code": status, "request_id": f"req_{number}", "body": said}
        result = {"id": f"r{number}", "custom_id": line["custom_id"], "response": response, "error": None}
        results.append(json.dumps(result).encode() + b"\n")
    return results


class TestByHand:
    def test_rounds_of_files_end_in_the_records_of_an_online_run(self, folder: Path) -> None:
        passing = (Fault.TRUNCATED, Fault.INVALID_JSON, Fault.OUT_OF_RANGE, Fault.SERVER_ERROR)
        faults = Faults(evenly(0.8, passing), seed=4)
        results = folder / "results.jsonl"
        rounds = 0
        with ModelServer(gold_answers(), faults=faults) as server:
            desk = Desk(server, folder)
            while "nothing to ask" not in desk.prepare().stdout:
                before = len(server.requests)
                keys = [line["custom_id"] for line in desk.lines()]
                assert len(set(keys)) == len(keys) <= 5
                for line in desk.lines():
                    assert sorted(line) == ["body", "custom_id", "method", "url"]
                    assert (line["method"], line["url"]) == ("POST", "/v1/chat/completions")
                    assert line["body"]["model"] == "gold"
                results.write_bytes(b"".join(_by_hand(server, desk.lines())))
                asked = len(server.requests)
                assert "answers" in desk.collect("--results", results).stdout
                assert len(server.requests) == asked == before + len(keys)
                rounds += 1
            assert rounds > 1
            asked = len(server.requests)
            records = desk.run()
            assert len(server.requests) == asked
        # Another server that errs in the same way, asked in the way that it speaks by itself.
        with ModelServer(gold_answers(), faults=faults) as server:
            assert server.base_url not in records.decode()
            assert Desk(server, folder).run("online", "online.db") == records

    def test_broken_lines_cost_only_themselves(self, folder: Path) -> None:
        results = folder / "results.jsonl"
        with ModelServer(gold_answers()) as server:
            desk = Desk(server, folder)
            desk.prepare()
            one, two, three, four, five = _by_hand(server, desk.lines())
            lines = [one, b"no json\n", two, b"\xff\xfe\n", b"[]\n", b"{}\n", three, b"\n", five, four[:900]]
            results.write_bytes(b"".join(lines))
            said = desk.collect("--results", results)
            assert f"{results}: 4 answers, 0 failures" in " ".join(said.stdout.split())
            assert "5 lines say nothing (lines 2, 4, 5, 6, 10)" in " ".join(said.stderr.split())
            assert "1 of 5 declarations need an answer" in " ".join(desk.prepare().stdout.split())

    def test_collecting_twice_changes_nothing(self, folder: Path) -> None:
        results = folder / "results.jsonl"
        rows = "SELECT key, cost, input_tokens FROM model_attempt ORDER BY id"
        with ModelServer(gold_answers()) as server:
            desk = Desk(server, folder)
            desk.prepare()
            results.write_bytes(b"".join(_by_hand(server, desk.lines())))
            desk.collect("--results", results, "--price", "1/2")
            first = journal_rows(desk.store, rows)
            again = desk.collect("--results", results, "--price", "1/2")
            assert journal_rows(desk.store, rows) == first
            assert "0 answers, 0 failures, 5 known already" in " ".join(again.stdout.split())
            assert sum(cost for _, cost, _ in first) == bill(server.bodies, 1, 2) // 2

    def test_files_that_are_none(self, folder: Path) -> None:
        with ModelServer(gold_answers()) as server:
            desk = Desk(server, folder)
            missing = desk.submit()
            assert missing.exit_code == 2
            assert f"error: {desk.requests}: cannot be read" in missing.stderr
            desk.requests.write_text('{"custom_id": "a"}\n')
            strange = desk.submit()
            assert strange.exit_code == 2
            assert (
                "line 1 is no request of a batch; give a file that structurer batch prepare" in strange.stderr
            )
            assert server.requests == []


class TestBatchApi:
    def test_a_batch_that_is_done_at_once(self, folder: Path) -> None:
        with ModelServer(gold_answers()) as server:
            desk = Desk(server, folder)
            assert "no batch is under way" in desk.status().stdout
            desk.prepare()
            assert "batch 1: 5 requests, batch_0001" in _ok(desk.submit()).stdout
            shown = desk.status().stdout.splitlines()[-1].split()
            assert shown == ["1", "batch_0001", "completed", "5", "0", "5"]
            assert "batch 1 (completed): 5 answers, 0 failures" in desk.collect().stdout
            assert "no batch is finished" in desk.collect().stdout
            assert "no batch is under way" in desk.status().stdout
            assert "all requests in it are answered already" in _ok(desk.submit()).stdout
            desk.finish()
            assert server.counts["completions"] == 0
            records = desk.run()
            assert server.counts["completions"] == 0
            assert desk.run("online", "online.db") == records

    def test_a_batch_that_takes_its_time(self, folder: Path) -> None:
        with ModelServer(gold_answers(), batches=BatchRules(polls=3)) as server:
            desk = Desk(server, folder)
            desk.prepare()
            _ok(desk.submit())
            assert desk.status().stdout.splitlines()[-1].split()[2] == "in_progress"
            for _ in range(2):
                assert "no batch is finished" in desk.collect().stdout
            assert "batch 1 (completed): 5 answers" in desk.collect().stdout

    def test_what_came_of_an_expired_batch_is_kept_and_the_rest_submitted_again(self, folder: Path) -> None:
        with ModelServer(gold_answers(), batches=BatchRules(expire_after=3)) as server:
            desk = Desk(server, folder)
            desk.prepare()
            _ok(desk.submit("--price", "1/2", "--budget", 5))
            said = " ".join(desk.collect("--price", "1/2").stdout.split())
            assert "batch 1 (expired): 3 answers, 2 failures" in said
            assert "the rest was submitted again, as batch 2" in said
            ((spent, reserved),) = desk.money()
            assert spent > 0
            assert reserved > 0
            assert "batch 2 (completed): 2 answers, 0 failures" in desk.collect("--price", "1/2").stdout
            assert [held for _, held in desk.money()] == [0]
            desk.finish()
            assert server.counts["completions"] == 0
            # What an answer cost is another matter: half.
            paid, free = (_without_cost(desk.run(*named)) for named in ((), ("online", "online.db")))
            assert paid == free

    def test_requests_that_fail_are_asked_again(self, folder: Path) -> None:
        failing: set[str] = set()
        with ModelServer(gold_answers(), batches=BatchRules(failing=failing.__contains__)) as server:
            desk = Desk(server, folder)
            desk.prepare()
            failing.update(line["custom_id"] for line in desk.lines()[1:3])
            _ok(desk.submit())
            assert "batch 1 (completed): 3 answers, 2 failures" in desk.collect().stdout
            desk.prepare()
            assert failing <= {line["custom_id"] for line in desk.lines()}
            failing.clear()
            desk.finish()
            assert desk.run() == desk.run("online", "online.db")

    def test_a_request_that_is_refused_is_not_put_into_a_batch_again(self, folder: Path) -> None:
        refused: set[str] = set()
        rules = BatchRules(failing=refused.__contains__, failing_status=400)
        with ModelServer(gold_answers(), batches=rules) as server:
            desk = Desk(server, folder)
            desk.prepare()
            requests = desk.requests.read_bytes()
            refused.update(line["custom_id"] for line in desk.lines()[1:3])
            _ok(desk.submit())
            assert "batch 1 (completed): 3 answers, 2 failures" in desk.collect().stdout
            again = desk.prepare()
            assert refused.isdisjoint(line["custom_id"] for line in desk.lines())
            left_out = (
                "2 requests were refused in a batch and are left out; structurer run asks them once more"
            )
            assert " ".join(again.stderr.split()) == left_out
            desk.finish()
            assert desk.prepare().stdout.strip() == "nothing to ask"
            batches = server.counts["batches"]
            desk.requests.write_bytes(requests)
            assert "answered already, or were refused; nothing was sent" in _ok(desk.submit()).stdout
            assert server.counts["batches"] == batches
            assert server.counts["completions"] == 0
            records = desk.run()
            assert server.counts["completions"] >= 2
            assert desk.run("online", "online.db") == records

    def test_what_a_model_refuses_is_not_paid_for_in_every_round(self, folder: Path) -> None:
        with ModelServer(gold_answers(), faults=Faults({Fault.REFUSAL: 1.0})) as server:
            desk = Desk(server, folder)
            desk.prepare()
            _ok(desk.submit())
            assert "0 answers, 5 failures" in desk.collect().stdout
            assert desk.prepare().stdout.strip() == "nothing to ask"

    def test_what_came_too_fast_for_the_server_is_prepared_again(self, folder: Path) -> None:
        failing: set[str] = set()
        rules = BatchRules(failing=failing.__contains__, failing_status=429)
        with ModelServer(gold_answers(), batches=rules) as server:
            desk = Desk(server, folder)
            desk.prepare()
            failing.update(line["custom_id"] for line in desk.lines())
            _ok(desk.submit())
            assert "0 answers, 5 failures" in desk.collect().stdout
            desk.prepare()
            assert failing == {line["custom_id"] for line in desk.lines()}

    def test_what_a_batch_costs_is_known_from_its_submission(self, folder: Path) -> None:
        with ModelServer(gold_answers()) as server:
            desk = Desk(server, folder)
            desk.prepare()
            bodies = [line["body"] for line in desk.lines()]
            _ok(desk.submit("--price", "1/2", "--budget", 5))
            desk.collect()
            assert desk.money() == [(bill(bodies, 1, 2) // 2, 0)]

    def test_the_rest_of_a_batch_is_submitted_again_at_its_prices(self, folder: Path) -> None:
        with ModelServer(gold_answers(), batches=BatchRules(expire_after=3)) as server:
            desk = Desk(server, folder)
            desk.prepare()
            bodies = [line["body"] for line in desk.lines()]
            _ok(desk.submit("--price", "1/2", "--budget", 5))
            desk.collect()
            ((_, reserved),) = desk.money()
            assert reserved > 0
            desk.collect()
            assert desk.money() == [(bill(bodies, 1, 2) // 2, 0)]

    @pytest.mark.parametrize("created", [True, False])
    def test_a_batch_is_found_again_after_a_crash(self, created: bool, folder: Path) -> None:
        with ModelServer(gold_answers(), batches=BatchRules(polls=1)) as server:
            desk = Desk(server, folder)
            desk.prepare()
            _ok(desk.submit("--price", "1/2", "--budget", 5))
            file = "input_file_id" if created else "'file-lost'"
            journal_rows(
                desk.store,
                f"UPDATE model_batch SET batch_id = NULL, status = 'uploaded', input_file_id = {file}",
            )
            if created:
                assert "batch_0001" in desk.status().stdout
                assert "batch 1 (completed): 5 answers" in desk.collect("--price", "1/2").stdout
            else:
                assert "no batch is under way" in desk.status().stdout
                assert desk.money() == []
                assert _ok(desk.submit("--price", "1/2", "--budget", 5)).stdout.startswith("batch 2: 5")

    def test_a_budget_is_kept_at_half_the_price(self, folder: Path) -> None:
        with ModelServer(gold_answers()) as server:
            desk = Desk(server, folder)
            desk.prepare()
            bodies = [line["body"] for line in desk.lines()]
            refused = desk.submit("--price", "1/2", "--budget", "0.01")
            assert refused.exit_code == 2
            assert len(refused.stderr.splitlines()) == 1
            assert "give a --budget that it fits into" in refused.stderr
            assert server.counts["files"] == server.counts["batches"] == 0
            assert desk.money() == []
            _ok(desk.submit("--price", "1/2", "--budget", "1"))
            ((spent, reserved),) = desk.money()
            half = bill(bodies, 1, 2) // 2
            assert (spent, half <= reserved <= 1e9) == (0, True)
            desk.collect("--price", "1/2")
            assert desk.money() == [(half, 0)]
