"""Runs, and the processes at work on them.

A run is known by its key: the same inputs and recipe are the same run, gone on with. A runner is a process
at work on a run. It holds a lease, which it renews; when nothing is heard of it for as long as that, what it
had in hand is free for others. All times are the database's own, so that clocks may differ.
"""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import bindparam, delete, exists, or_, select, update

from structurer.store.database import insert_new, inserted, now
from structurer.store.packing import as_json, from_json
from structurer.store.tables import RUN, RUNNER

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Row

    from structurer.store.database import Store


@dataclass(frozen=True, slots=True)
class RunSpec:
    """What makes a run that run and no other.

    ``inputs`` are the paths as they were given, absolute. ``recipe`` is the hash of all that results depend
    on besides a filing's bytes; ``settings`` and ``config`` are the part of it that a user chose, and its
    hash. ``server`` is the address of the model's server, which may change.
    """

    key: str
    recipe: str
    inputs: Sequence[str]
    settings: Mapping[str, Any]
    config: str
    engine: str
    model: str | None
    server: str | None
    structurer: str


@dataclass(frozen=True, slots=True)
class Run:
    """A run in the store: its number there, what it is, and how often its inputs were looked through.

    ``planned`` says whether they ever were to the end. ``created_at`` is in milliseconds since 1970.
    """

    number: int
    spec: RunSpec
    plan: int
    planned: bool
    created_at: int


class Planning(NamedTuple):
    """Whether a runner is looking through a run's inputs, or died over it."""

    under_way: bool
    given_up: bool


_ALIVE = RUNNER.c.expires_at > now()
_MOVE = update(RUN).where(RUN.c.key == bindparam("of")).values(server=bindparam("to"))
_ALL = select(RUN).order_by(RUN.c.id)
_BY_KEY = select(RUN).where(RUN.c.key == bindparam("wanted"))
_BY_NUMBER = select(RUN).where(RUN.c.id == bindparam("wanted"))
_RENEW = update(RUNNER).where(RUNNER.c.id == bindparam("me")).values(expires_at=now() + bindparam("lease"))
_LEAVE = delete(RUNNER).where(RUNNER.c.id == bindparam("me"))
_NEIGHBOURS = select(RUNNER.c.id, RUNNER.c.pid).where(
    RUNNER.c.run_id == bindparam("run"), RUNNER.c.machine == bindparam("here"), _ALIVE
)
_AT_WORK = select(RUNNER.c.machine, RUNNER.c.pid).where(RUNNER.c.run_id == bindparam("run"), _ALIVE)
_EXPIRE = update(RUNNER).where(RUNNER.c.id == bindparam("dead")).values(expires_at=0)
_BEGIN_PLAN = (
    update(RUN)
    .where(
        RUN.c.id == bindparam("run"),
        or_(RUN.c.planner_id.is_(None), ~exists().where(RUNNER.c.id == RUN.c.planner_id, _ALIVE)),
    )
    .values(planner_id=bindparam("me"), plan=RUN.c.plan + 1)
    .returning(RUN.c.plan)
)
_END_PLAN = (
    update(RUN)
    .where(RUN.c.id == bindparam("run"), RUN.c.planner_id == bindparam("me"))
    .values(planner_id=None, planned_at=now())
)
_GIVE_UP_PLAN = (
    update(RUN)
    .where(RUN.c.id == bindparam("run"), RUN.c.planner_id == bindparam("me"))
    .values(planner_id=None)
)
_PLANNER = select(
    RUN.c.planner_id.is_not(None).label("somebody"),
    exists().where(RUNNER.c.id == RUN.c.planner_id, _ALIVE).label("alive"),
).where(RUN.c.id == bindparam("run"))


class Runs:
    """The runs in one store. Raises ``StoreError`` where the database fails."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def open(self, spec: RunSpec) -> Run:
        """Return the run of this key, begun where there is none; its server is the one that is given."""
        row = {
            "key": spec.key,
            "recipe": spec.recipe,
            "inputs": as_json(list(spec.inputs)),
            "settings": as_json(dict(spec.settings)),
            "config": spec.config,
            "engine": spec.engine,
            "model": spec.model,
            "server": spec.server,
            "structurer": spec.structurer,
            "plan": 0,
        }
        known = self.find(spec.key)
        if known is not None and known.spec.server == spec.server:
            return known
        with self._store.writing() as connection:
            created_at = connection.execute(select(now())).scalar()
            insert_new(connection, RUN, [row | {"created_at": created_at}])
            connection.execute(_MOVE, {"of": spec.key, "to": spec.server})
        return _run(self._store.rows(_BY_KEY, {"wanted": spec.key})[0])

    def find(self, key: str) -> Run | None:
        """Return the run of a key, ``None`` where there is none."""
        rows = self._store.rows(_BY_KEY, {"wanted": key})
        return _run(rows[0]) if rows else None

    def all(self) -> list[Run]:
        """Return all runs, oldest first."""
        return [_run(row) for row in self._store.rows(_ALL)]

    def get(self, number: int) -> Run | None:
        """Return the run of a number, ``None`` where there is none."""
        rows = self._store.rows(_BY_NUMBER, {"wanted": number})
        return _run(rows[0]) if rows else None

    def enter(self, run: int, lease: float) -> int:
        """Begin to work on a run under a lease of so many seconds; return the runner's number."""
        row = {"run_id": run, "machine": _machine(), "pid": os.getpid(), "expires_at": 0}
        with self._store.writing() as connection:
            me = inserted(connection, RUNNER, row)
            connection.execute(_RENEW, {"me": me, "lease": int(lease * 1000)})
        return me

    def renew(self, me: int, lease: float) -> None:
        """Say that a runner is still there, for as long again."""
        with self._store.writing() as connection:
            connection.execute(_RENEW, {"me": me, "lease": int(lease * 1000)})

    def leave(self, me: int) -> None:
        """End a runner. What it still had in hand is free for others."""
        with self._store.writing() as connection:
            connection.execute(_LEAVE, {"me": me})

    def expire_the_dead(self, run: int) -> None:
        """End the leases of runners on this machine whose process is gone, so that nobody waits for them."""
        neighbours = self._store.rows(_NEIGHBOURS, {"run": run, "here": _machine()})
        dead = [{"dead": row.id} for row in neighbours if not _lives(row.pid)]
        if dead:
            with self._store.writing() as connection:
                connection.execute(_EXPIRE, dead)

    def at_work(self, run: int) -> int:
        """Return how many runners are at work on a run, without those of this machine that are dead."""
        here = _machine()
        runners = self._store.rows(_AT_WORK, {"run": run})
        return sum(row.machine != here or _lives(row.pid) for row in runners)

    def begin_plan(self, run: int, me: int) -> int | None:
        """Begin to look through a run's inputs; return the plan's number, ``None`` if somebody is at it."""
        with self._store.writing() as connection:
            plan: int | None = connection.execute(_BEGIN_PLAN, {"run": run, "me": me}).scalar()
        return plan

    def end_plan(self, run: int, me: int, *, complete: bool) -> None:
        """Say that a plan was made to the end, or given up."""
        with self._store.writing() as connection:
            connection.execute(_END_PLAN if complete else _GIVE_UP_PLAN, {"run": run, "me": me})

    def planning(self, run: int) -> Planning:
        """Return whether somebody is looking through a run's inputs."""
        (row,) = self._store.rows(_PLANNER, {"run": run})
        return Planning(under_way=bool(row.alive), given_up=bool(row.somebody and not row.alive))


def _run(row: Row[Any]) -> Run:
    spec = RunSpec(
        key=row.key,
        recipe=row.recipe,
        inputs=tuple(from_json(row.inputs)),
        settings=from_json(row.settings),
        config=row.config,
        engine=row.engine,
        model=row.model,
        server=row.server,
        structurer=row.structurer,
    )
    return Run(row.id, spec, row.plan, row.planned_at is not None, row.created_at)


def _machine() -> str:
    """Return what tells this machine, as it was last started, and this container from all others."""
    known = [socket.gethostname()]
    with suppress(OSError):
        known.append(Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip())
        known.append(os.readlink("/proc/self/ns/pid"))
    return " ".join(known)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
