"""Tasks: the queue, claims, decisions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Body, HTTPException, Query, Response

from structurer.review.desk import Desk, NoSuchTaskError
from structurer.review.policy import rounds_for
from structurer.review.seeing import View, told, view_of
from structurer.review.sitting import after
from structurer.review.web.access import Reviewer, ServingOf, StoreOf
from structurer.review.web.api.answers import Limit, Number, errors
from structurer.review.web.api.turns import (
    Claimed,
    Deciding,
    DecisionAnswer,
    Finishing,
    QueuePage,
    Turn,
    Waiting,
    Wanted,
)
from structurer.review.web.filtering import FilterAsked
from structurer.store.review import LostClaimError, Queue, Tasks

if TYPE_CHECKING:
    from structurer.review.sitting import Sitting
    from structurer.review.web.serving import Serving
    from structurer.store import Store
    from structurer.store.review import Task
    from structurer.store.review.accounts import Person

router = APIRouter(prefix="/tasks", tags=["tasks"])

_NOT_YOURS = "you do not have this declaration in hand any more"

After = Annotated[
    str | None,
    Query(pattern="^[0-9]{1,15}-[0-9]{1,9}$", description="The `next` of the answer before this one."),
]


@router.get("", operation_id="listTasks", summary="The queue", responses=errors())
def queue(
    person: Reviewer, store: StoreOf, wanted: FilterAsked, limit: Limit = 50, after: After = None
) -> QueuePage:
    """Give what waits for the person and may be taken, in the order in which it matters."""
    waiting = Queue(store, person.id, rounds_for(person.role))
    found = waiting.rows(wanted, limit + 1, None if after is None else _place(after))
    shown = found[:limit]
    more = f"{shown[-1].rank}-{shown[-1].task}" if len(found) > limit else None
    return QueuePage(total=waiting.count(wanted), tasks=[Waiting.of(row) for row in shown], next=more)


def _place(after: str) -> tuple[int, int]:
    rank, _, task = after.partition("-")
    return int(rank), int(task)


@router.post(
    "/next",
    operation_id="claimNextTask",
    summary="Take the first task that nobody has in hand",
    response_model=Turn,
    responses=errors(400, 413) | {204: {"description": "Nothing waits that fits the filter."}},
)
def take_next(
    person: Reviewer, store: StoreOf, serving: ServingOf, wanted: Annotated[Wanted | None, Body()] = None
) -> Turn | Response:
    """Take the first task of the queue, for as long as a lease lasts, and give the turn at it."""
    waiting = Queue(store, person.id, rounds_for(person.role))
    task = waiting.claim_next((wanted or Wanted()).as_filter(), serving.policy.lease)
    if task is None:
        return Response(status_code=204)
    return _own(_desk(store, person, serving).look(task))


@router.get(
    "/{task}", operation_id="getTask", summary="A turn at a record as it stands", responses=errors(404)
)
def look(task: Number, person: Reviewer, store: StoreOf, serving: ServingOf) -> Turn:
    """Give the values, what is doubtful about them, and what was said of them so far.

    Of what another reviewer decides or decided nothing is seen: second looks are blind.
    """
    view = _view(store, person, _found(store, task))
    sitting = _desk(store, person, serving).look(task)
    if view is View.OTHERS:
        return Turn.of(sitting, after(store, sitting.task, sitting.start))
    return _own(sitting)


@router.post(
    "/{task}/claim", operation_id="claimTask", summary="Take a task in hand", responses=errors(404, 409)
)
def claim(task: Number, person: Reviewer, store: StoreOf, serving: ServingOf) -> Turn:
    """Take a task, for as long as a lease lasts; renew it before that ends."""
    _found(store, task)
    if not Tasks(store).claim(task, person.id, rounds_for(person.role), serving.policy.lease):
        raise LostClaimError("somebody else has this declaration in hand, or it is not for you to take")
    return _own(_desk(store, person, serving).look(task))


@router.post("/{task}/renew", operation_id="renewTask", summary="Prolong a claim", responses=errors(404, 409))
def renew(task: Number, person: Reviewer, store: StoreOf, serving: ServingOf) -> Claimed:
    """Prolong a claim that has not ended yet, by a lease from now on."""
    _found(store, task)
    if not Tasks(store).renew(task, person.id, serving.policy.lease):
        raise LostClaimError(_NOT_YOURS)
    return Claimed.of(_found(store, task))


@router.post(
    "/{task}/release",
    operation_id="releaseTask",
    summary="Leave a task to others",
    status_code=204,
    responses=errors(404),
)
def release(task: Number, person: Reviewer, store: StoreOf) -> None:
    """Put a task back into the queue; what was decided stays. One that is not in hand is left alone."""
    _found(store, task)
    Tasks(store).release(task, person.id)


@router.post(
    "/{task}/decisions",
    operation_id="decide",
    summary="Decide",
    responses=errors(400, 404, 409, 413),
)
def decide(task: Number, sent: Deciding, person: Reviewer, store: StoreOf, serving: ServingOf) -> Turn:
    """Carry out a command that was given on a version of the turn, and give the turn after it.

    What was decided meanwhile stands in the way only where it is about the same places: then nothing is
    written, and `clashes` says what is there now.
    """
    _in_hand(store, person, task)
    return _own(_desk(store, person, serving).decide(task, sent.version, sent.command, sent.seconds))


@router.post(
    "/{task}/finish",
    operation_id="finishTask",
    summary="End a turn",
    status_code=204,
    responses=errors(400, 404, 409, 413),
)
def finish(task: Number, sent: Finishing, person: Reviewer, store: StoreOf, serving: ServingOf) -> None:
    """End a turn in which all that is doubtful was decided, or left to a curator."""
    _in_hand(store, person, task)
    _desk(store, person, serving).finish(task, sent.version)


@router.get(
    "/{task}/decisions",
    operation_id="listDecisions",
    summary="What was decided in a turn",
    responses=errors(404),
)
def history(task: Number, person: Reviewer, store: StoreOf, serving: ServingOf) -> list[DecisionAnswer]:
    """Give the decisions of a turn in their order, to curators and to whoever has it in hand."""
    view = _view(store, person, _found(store, task))
    sitting = _desk(store, person, serving).look(task)
    return [DecisionAnswer.of_event(event) for event in told(sitting.events, sitting.probes, view)]


def _desk(store: Store, person: Person, serving: Serving) -> Desk:
    return Desk(store, person.id, serving.policy)


def _found(store: Store, task: int) -> Task:
    found = Tasks(store).find(task)
    if found is None:
        raise NoSuchTaskError(f"there is no task {task}")
    return found


def _view(store: Store, person: Person, task: Task) -> View:
    view = view_of(store, person, task)
    if view is View.NONE:
        raise NoSuchTaskError(f"there is no task {task.id}")
    if view is View.CLOSED:
        raise HTTPException(403, "take this declaration in hand first; what others decide is not shown")
    return view


def _in_hand(store: Store, person: Person, task: int) -> None:
    """Refuse whoever does not have a task in hand, before any error tells what is in it."""
    if _found(store, task).holder_id != person.id:
        raise LostClaimError(_NOT_YOURS)


def _own(sitting: Sitting) -> Turn:
    return Turn.of(sitting, sitting.state)
