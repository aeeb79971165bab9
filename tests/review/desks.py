"""People at desks over one store, for tests of what they do to each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from structurer.review.desk import Desk
from structurer.review.editing import commands as do
from structurer.review.intake import take_in
from structurer.review.policy import Policy
from structurer.store.packing import unpacked_json
from structurer.store.review import Items, Queue, QueueFilter, Round, Tasks
from structurer.store.review.accounts import Accounts, Role

if TYPE_CHECKING:
    from structurer.review.sitting import Sitting
    from structurer.store import Store

QUIET = Policy(second_look=0.0, planted=0.0)
"""Nobody looks twice, nothing is planted."""


def take_all_in(store: Store) -> int:
    """Look through all records that came; return how many there were."""
    taken = 0
    while batch := take_in(store):
        taken += batch
    return taken


class Reviewer:
    """Somebody with an account and a desk."""

    def __init__(self, store: Store, name: str, policy: Policy = QUIET, role: Role = Role.REVIEWER) -> None:
        self.store = store
        self.account = Accounts(store).add(name, role).id
        self.policy = policy
        self.desk = Desk(store, self.account, policy)
        self.rounds = tuple(Round) if role is not Role.REVIEWER else (Round.FIRST, Round.SECOND, Round.AUDIT)

    def next(self, wanted: QueueFilter | None = None) -> Sitting:
        """Take the first task of the queue in hand."""
        queue = Queue(self.store, self.account, self.rounds)
        task = queue.claim_next(wanted or QueueFilter(), self.policy.lease)
        assert task is not None
        return self.desk.look(task)

    def claim(self, task: int, lease: float | None = None) -> bool:
        """Take one task in hand."""
        return Tasks(self.store).claim(task, self.account, self.rounds, lease or self.policy.lease)

    def accept_all(self, sitting: Sitting) -> Sitting:
        """Accept whatever is doubtful."""
        for doubt in sitting.open_doubts:
            sitting = self.desk.decide(sitting.task.id, sitting.version, do.Accept(at=doubt.at))
        return sitting

    def do(self, sitting: Sitting, command: do.Command, seconds: float = 0.0) -> Sitting:
        """Decide on what was seen."""
        return self.desk.decide(sitting.task.id, sitting.version, command, seconds)

    def finish(self, sitting: Sitting) -> None:
        """End a turn."""
        self.desk.finish(sitting.task.id, sitting.version)


def reviewed(store: Store, key: str) -> dict[str, Any] | None:
    """Return what people made of a record, as it is exported."""
    body = Items(store).reviewed(key)
    return None if body is None else unpacked_json(body)


def rounds(store: Store, sitting: Sitting) -> dict[str, str]:
    """Return the states of a record's tasks by their rounds."""
    return {task.round: task.state for task in Tasks(store).of_item(sitting.task.item)}
