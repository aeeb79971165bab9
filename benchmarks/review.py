"""Measure the review pages over a large store: how long they take, and thirty reviewers at once.

    python benchmarks/review.py fill sqlite:///big.db [--declarations 100000]
    python benchmarks/review.py pages sqlite:///big.db [--requests 200]
    python benchmarks/review.py together sqlite:///big.db [--reviewers 30] [--declarations 3]

``fill`` structures damaged invented filings of all layout families and puts copies of what came of them into
a store, each as a content of its own, until there are enough; then it takes them in for review. ``pages``
asks for the queue and for record pages one after the other, from a server of its own on loopback, and tells
the median and the 95th percentile as the browser's side sees them. ``together`` lets reviewers take, settle
and finish declarations at the same time by the JSON API, looking at each page as they go, and counts errors.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from contextlib import contextmanager
from dataclasses import replace
from random import Random
from statistics import median, quantiles
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, text

from structurer.documents import document_from_bytes
from structurer.models import record_id
from structurer.pipeline import structure_document
from structurer.review.intake import take_in
from structurer.runs.filing import kept
from structurer.store import Store
from structurer.store.packing import packed_json, unpacked_json
from structurer.store.results import write_results
from structurer.store.review.accounts import Accounts, Role
from structurer.store.tables import DOCUMENT
from structurer.synthesis.damage_table import lost_cell
from structurer.synthesis.families import Family
from structurer.synthesis.filing import Damage, invent_filing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from structurer.store import NewResult

_AT_ONCE = 50
"""Filings that are written in one transaction."""

_SERVE = """
import sys
from pathlib import Path
import uvicorn
from structurer.review.web.app import create_app
from structurer.review.web.serving import Serving
from structurer.settings import Settings
app = create_app(Serving(sys.argv[1], Path(sys.argv[2]), Settings()))
uvicorn.run(app, port=int(sys.argv[3]), log_level="warning")
"""


def fill(url: str, declarations: int) -> None:
    """Put so many declarations into a store, and take them in."""
    patterns = [_pattern(family, number) for family in Family for number in range(4)]
    with Store.open(url) as store:
        began, made, number = time.perf_counter(), 0, 0
        while made < declarations:
            batch = []
            while len(batch) < _AT_ONCE and made < declarations:
                batch.append((_copy(patterns[number % len(patterns)], number), False))
                made += len(batch[-1][0].records)
                number += 1
            with store.writing() as connection:
                rows = [{"sha256": result.sha256, "size": len(result.text)} for result, _ in batch]
                connection.execute(insert(DOCUMENT), rows)
                write_results(connection, "benchmark", batch)
        told = f"{made:,} declarations in {number:,} filings written: {time.perf_counter() - began:.0f} s"
        print(told, flush=True)
        began = time.perf_counter()
        while take_in(store):
            pass
        if store.dialect == "postgresql":
            # The server does so by itself, some minutes after so much was written.
            with store.writing() as connection:
                connection.execute(text("ANALYZE"))
        print(f"taken in for review: {time.perf_counter() - began:.0f} s")


def _pattern(family: Family, seed: int) -> NewResult:
    printed = invent_filing(family, seed, count=10, damages=[Damage(lost_cell, 0.05)])
    return kept(structure_document(document_from_bytes(printed.text.encode(), f"{family}-{seed}.txt")))


def _copy(pattern: NewResult, number: int) -> NewResult:
    """Return a result as though another filing had given it."""
    sha256 = hashlib.sha256(f"copy {number}".encode()).hexdigest()
    records = []
    for record, (start, end) in zip(pattern.records, pattern.chunks, strict=True):
        body = unpacked_json(record.body)
        body["id"] = record_id(sha256, start, end)
        body["document"] |= {"sha256": sha256, "name": f"{number // 1000:03}/{number:06}.txt"}
        records.append(replace(record, key=body["id"], body=packed_json(body)))
    return replace(pattern, sha256=sha256, records=tuple(records))


class Client:
    """One signed-in person's requests."""

    def __init__(self, site: str, store: str, name: str) -> None:
        self._site = site
        with Store.open(store) as opened:
            accounts = Accounts(opened)
            person = accounts.named(name)
            account = person[0].id if person else accounts.add(name, Role.REVIEWER).id
            self._token = accounts.make_token(account, "benchmark", 3600)

    def get(self, path: str) -> bytes:
        """Return what a page holds."""
        return self._ask("GET", path, None)

    def post(self, path: str, body: object) -> Any:
        """Return what the API answers."""
        answer = self._ask("POST", path, json.dumps(body).encode())
        return json.loads(answer) if answer else None

    def _ask(self, method: str, path: str, body: bytes | None) -> bytes:
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        request = urllib.request.Request(self._site + path, body, headers, method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:
            content: bytes = answer.read()
            return content


def pages(url: str, requests: int) -> None:
    """Print how long the queue and record pages take."""
    with server(url) as site:
        client = Client(site, url, "one")
        tasks = [row["task"] for row in json.loads(client.get("/api/tasks?limit=200"))["tasks"]]
        rng = Random(0)
        _measure("queue", [client], ["/queue"] * requests)
        _measure("queue of one reason", [client], ["/queue?code=level_doubtful"] * requests)
        _measure("record", [client], [f"/tasks/{rng.choice(tasks)}" for _ in range(requests)])


def _measure(what: str, clients: list[Client], paths: list[str]) -> None:
    taken = []
    for path in [paths[0], *paths]:
        began = time.perf_counter()
        size = len(clients[0].get(path))
        taken.append((time.perf_counter() - began) * 1000)
    first, rest = taken[0], taken[1:]
    slow = quantiles(rest, n=20)[-1]
    print(
        f"{what}: median {median(rest):.1f} ms, 95% {slow:.1f} ms, the first {first:.0f} ms, {size:,} bytes"
    )


def together(url: str, reviewers: int, declarations: int) -> None:
    """Let reviewers work at the same time; print how long it took them and what went wrong."""
    errors: Counter[str] = Counter()
    taken: list[float] = []
    settled: list[int] = []
    with server(url) as site:
        clients = [Client(site, url, f"reviewer {number}") for number in range(reviewers)]
        began = time.perf_counter()
        threads = [
            threading.Thread(target=_work, args=(client, declarations, taken, settled, errors))
            for client in clients
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        seconds = time.perf_counter() - began
    twice = len(settled) - len(set(settled))
    slow = quantiles(taken, n=20)[-1]
    print(
        f"{reviewers} reviewers settled {len(settled)} declarations in {seconds:.0f} s, {twice} of them twice"
    )
    print(
        f"{len(taken):,} requests: median {median(taken):.0f} ms, 95% {slow:.0f} ms; errors: {dict(errors)}"
    )


def _work(
    client: Client, declarations: int, taken: list[float], settled: list[int], errors: Counter[str]
) -> None:
    def timed(call: Any, *arguments: Any) -> Any:
        began = time.perf_counter()
        try:
            return call(*arguments)
        finally:
            taken.append((time.perf_counter() - began) * 1000)

    for _ in range(declarations):
        try:
            timed(client.get, "/queue")
            sitting = timed(client.post, "/api/tasks/next", {})
            task = sitting["task"]
            timed(client.get, f"/tasks/{task}")
            for doubt in sitting["doubts"]:
                command = {"do": "accept", "at": doubt["at"]}
                decision = {"version": sitting["version"], "seconds": 1, "command": command}
                sitting = timed(client.post, f"/api/tasks/{task}/decisions", decision)
            timed(client.post, f"/api/tasks/{task}/finish", {"version": sitting["version"]})
            settled.append(task)
        except urllib.error.HTTPError as error:
            errors[f"{error.code} {error.url.rpartition('/')[2]}: {error.read()[:200]!r}"] += 1
        except OSError as error:
            errors[type(error).__name__] += 1


@contextmanager
def server(store: str) -> Iterator[str]:
    """Serve a store on loopback by a process of its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as uploads:
        process = subprocess.Popen([sys.executable, "-c", _SERVE, store, uploads, str(port)])
        try:
            site = f"http://127.0.0.1:{port}"
            _wait_for(site, process)
            yield site
        finally:
            process.terminate()
            process.wait()


def _wait_for(site: str, process: subprocess.Popen[bytes]) -> None:
    while process.poll() is None:
        try:
            urllib.request.urlopen(f"{site}/static/base.css", timeout=5).close()
            return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("the server did not start")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=["fill", "pages", "together"])
    parser.add_argument("store", help="a database URL")
    parser.add_argument("--declarations", type=int, help="how many in all (fill), or for each reviewer")
    parser.add_argument("--requests", type=int, default=200)
    parser.add_argument("--reviewers", type=int, default=30)
    options = parser.parse_args()
    if options.what == "fill":
        fill(options.store, options.declarations or 100_000)
    elif options.what == "pages":
        pages(options.store, options.requests)
    else:
        together(options.store, options.reviewers, options.declarations or 3)


if __name__ == "__main__":
    main()
