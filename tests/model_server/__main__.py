"""A server in a process of its own: prints its base URL and serves until it is ended."""

from __future__ import annotations

import argparse
import asyncio
import signal
from pathlib import Path

from model_server.answers import GoldAnswers
from model_server.batches import BatchRules
from model_server.faults import Faults, all_at
from model_server.inventing import InventedAnswers
from model_server.server import HOST, serve
from model_server.service import Conduct, Service

_EVAL = Path(__file__).resolve().parents[2] / "eval"


def main() -> None:
    """Parse, serve."""
    parser = argparse.ArgumentParser(prog="model_server", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes any that is free")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds that a completion takes")
    parser.add_argument("--faults", type=float, default=0.0, help="share of requests that go wrong")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--capacity", type=int, help="more completions at once are answered 429")
    parser.add_argument("--polls", type=int, default=0, help="how often a batch is not done yet")
    parser.add_argument("--labels", type=Path, default=_EVAL / "gold")
    parser.add_argument("--filings", type=Path, default=_EVAL / "filings")
    parser.add_argument("--invent", action="store_true", help="answer with inventions, not from the labels")
    arguments = parser.parse_args()
    conduct = Conduct(
        faults=Faults(all_at(arguments.faults), arguments.seed),
        latency=arguments.latency,
        batches=BatchRules(polls=arguments.polls),
        capacity=arguments.capacity,
        remember=False,
    )
    invented = arguments.invent
    answers = (
        InventedAnswers(arguments.seed) if invented else GoldAnswers(arguments.labels, arguments.filings)
    )
    asyncio.run(_run(Service(answers, conduct), conduct, arguments.port))


async def _run(service: Service, conduct: Conduct, port: int) -> None:
    stop = asyncio.Event()
    for ending in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(ending, stop.set)
    await serve(service, conduct, port, lambda taken: print(f"http://{HOST}:{taken}/v1", flush=True), stop)


main()
