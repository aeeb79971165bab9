"""What other processes do to a journal, and the processes themselves."""

from __future__ import annotations

import multiprocessing
import os
import random
import sys
from typing import TYPE_CHECKING, NamedTuple

from structurer.store import Attempt, Journal, Outcome, Store

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.synchronize import Barrier

# Forked from a server that has imported what they need: a process costs milliseconds, and inherits no locks.
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["pytest", "structurer.store", "psycopg"])


def answer(key: str, cost: int) -> Attempt:
    return Attempt(
        key=key,
        outcome=Outcome.ANSWERED,
        model="m",
        prompt="form.point@1",
        input_tokens=1,
        output_tokens=1,
        cost=cost,
        estimated=False,
        latency_ms=1,
        status=200,
        detail="",
        response=f"answer to {key}",
        source="online",
    )


def open_together(urls: list[str], together: Barrier, told: Connection) -> None:
    """Open new stores, each at the same moment as other processes do."""
    for url in urls:
        together.wait(10)
        with Store.open(url) as store:
            Journal(store).open_run("run", "a run", "m", None)
    told.send("opened")


def imports_of_opening(url: str, told: Connection) -> None:
    """Open a store that is up to date, and tell whether that took Alembic."""
    Store.open(url).close()
    told.send("alembic" in sys.modules)


class Settled(NamedTuple):
    most: int
    """The most that was ever seen spent and reserved together."""
    cost: int
    refused: int


def spend_at_random(url: str, seed: int, together: Barrier, told: Connection) -> None:
    """Reserve, settle and release at random, with several reservations at a time, until much was refused."""
    chance = random.Random(seed)
    most = cost = refused = 0
    held: list[tuple[int, int]] = []
    with Store.open(url) as store:
        journal = Journal(store)
        together.wait(10)
        while refused < 60 or held:
            if len(held) < 4 and refused < 60 and chance.random() < 0.6:
                amount = chance.randint(1, 90)
                number = journal.reserve("run", "k", amount, 600, "m", "p")
                if number is None:
                    refused += 1
                else:
                    held.append((number, amount))
            elif held:
                number, amount = held.pop(chance.randrange(len(held)))
                if chance.random() < 0.3:
                    journal.release(number)
                else:
                    paid = chance.randint(0, amount // 4)
                    journal.record(answer("k", paid), "run", number)
                    cost += paid
            money = journal.spent("run")
            most = max(most, money.spent + money.reserved)
    told.send(Settled(most, cost, refused))


def ask_until_killed(url: str, seed: int, budget: int, recorded: str, told: Connection) -> None:
    """Ask and record without end; the key of each answer is written to a file once it is recorded."""
    log = os.open(recorded, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    with Store.open(url) as store:
        journal = Journal(store)
        journal.open_run("run", "a run", "m", budget)
        told.send("ready")
        number = 0
        while True:
            number += 1
            key = f"{seed}-{number}"
            if journal.find(key) is None:
                reservation = journal.reserve("run", key, 10, 0.02, "m", "p")
                if reservation is not None:
                    journal.record(answer(key, 7), "run", reservation)
                    os.write(log, f"{key}\n".encode())
