"""What is put to people on top of the program's own doubts: values made wrong on purpose, values to audit."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import select

from structurer.store.database import insert_new
from structurer.store.tables import PROBE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from structurer.store.database import Store


class ProbeKind(StrEnum):
    """Why a value is put to a person that nothing is doubtful about."""

    PLANTED = "planted"
    """It was made wrong on purpose, to see whether people notice. It is never exported."""
    CONTROL = "control"
    """It is shown as it was read, so that not all that is asked about on top is wrong."""
    AUDIT = "audit"
    """It was drawn, to see how many values are wrong that nobody doubted."""


class Probe(NamedTuple):
    """One value, by its address: the JSON of the cell that is shown, and of the one that was read."""

    address: str
    kind: ProbeKind
    shown: str
    truth: str


class Probes:
    """The probes of a store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def of(self, task: int) -> tuple[Probe, ...]:
        """Return a task's probes, in the order of their addresses."""
        mine = select(PROBE.c.address, PROBE.c.kind, PROBE.c.shown, PROBE.c.truth)
        rows = self._store.rows(mine.where(PROBE.c.task_id == task).order_by(PROBE.c.address))
        return tuple(Probe(row.address, ProbeKind(row.kind), row.shown, row.truth) for row in rows)

    def put(self, task: int, probes: Sequence[Probe]) -> None:
        """Keep a task's probes; one that is there stays as it is."""
        with self._store.writing() as connection:
            insert_new(connection, PROBE, [{"task_id": task, **probe._asdict()} for probe in probes])
