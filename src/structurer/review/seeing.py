"""Who may look at which turn, and how its decisions are told to others."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from typing import TYPE_CHECKING

from structurer.review.policy import rounds_for
from structurer.review.quality.checks import honest
from structurer.store.review import Round, Tasks, TaskState
from structurer.store.review.accounts import Role

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from structurer.review.editing.history import Event
    from structurer.store import Store
    from structurer.store.review import Task
    from structurer.store.review.accounts import Person
    from structurer.store.review.probes import Probe


class View(StrEnum):
    """What a person may see of a turn."""

    OWN = "own"
    """All of it as they were shown it: they have it in hand, or ended it."""
    OTHERS = "others"
    """What somebody makes or made of it, without what was put into it on purpose."""
    CLOSED = "closed"
    """Nothing as long as they do not have it in hand themselves."""
    NONE = "none"
    """Nothing; for them there is no such turn."""


def view_of(store: Store, person: Person, task: Task) -> View:
    """Return what a person may see of a turn.

    Reviewers see nothing of each other's answers, so that a second look is blind; nor does a curator who is
    at a second look at the same record. Nor does a reviewer see a record before taking it in hand: what was
    put into it on purpose would differ from what was there.
    """
    if person.id in (task.finished_by, task.holder_id):
        return View.OWN
    turns = Tasks(store).of_item(task.item)
    if person.role.may(Role.CURATOR):
        return View.NONE if any(_is_blind(turn, person) for turn in turns) else View.OTHERS
    if task.state is not TaskState.OPEN or task.round not in rounds_for(person.role):
        return View.NONE
    if task.round is Round.SECOND and any(turn.finished_by == person.id for turn in turns):
        return View.NONE
    return View.CLOSED


def _is_blind(turn: Task, person: Person) -> bool:
    return turn.round is Round.SECOND and turn.state is TaskState.OPEN and turn.holder_id == person.id


def told(events: Iterable[Event], probes: Iterable[Probe], view: View) -> Iterator[Event]:
    """Yield decisions as somebody may see them: to others, as if nothing had been planted."""
    for event in events:
        ops = event.ops if view is View.OWN else honest(event.ops, probes)
        if ops or not event.ops:
            yield replace(event, ops=ops)
