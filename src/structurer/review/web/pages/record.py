"""One record: the source beside its fields, and every decision on it."""

from __future__ import annotations

from json import loads
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel, ConfigDict

from structurer.review.desk import Desk, NoSuchTaskError, StaleError
from structurer.review.editing.commands import Address, Command, Correct, Typed
from structurer.review.policy import rounds_for
from structurer.review.seeing import View, view_of
from structurer.review.sitting import after
from structurer.review.viewing.clashes import clash_view, spoken
from structurer.review.viewing.form import form_view
from structurer.review.viewing.selection import selected
from structurer.review.viewing.source import source_of
from structurer.review.web.access import Reviewer, ServingOf, StoreOf
from structurer.review.web.api.answers import Number
from structurer.review.web.api.turns import Deciding, Finishing
from structurer.review.web.filtering import FilterAsked, address
from structurer.review.web.templating import page
from structurer.store.packing import as_json
from structurer.store.review import Decisions, LostClaimError, Queue, Tasks

if TYPE_CHECKING:
    from structurer.review.sitting import Sitting
    from structurer.store import Store
    from structurer.store.review import QueueFilter, Task
    from structurer.store.review.accounts import Person

router = APIRouter(prefix="/tasks/{task}")

_NO_DRAFT: dict[str, str] = {"at": "", "value": ""}

Offset = Annotated[int, Query(ge=0, le=2**53)]


class Draft(BaseModel):
    """What stands in an open editor: the address of its value, and what was typed so far."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    at: Address
    value: Typed


@router.get("")
def show(
    request: Request,
    task: Number,
    person: Reviewer,
    store: StoreOf,
    serving: ServingOf,
    wanted: FilterAsked,
    whole: bool = False,
) -> HTMLResponse:
    """Take a task in hand and show it; where that cannot be, show as much of it as the person may see."""
    mine = Tasks(store).claim(task, person.id, rounds_for(person.role), serving.policy.lease)
    found = _found(store, task)
    view = view_of(store, person, found)
    if view is View.NONE:
        raise NoSuchTaskError(f"there is no task {task}")
    if view is View.CLOSED:
        return page(request, "record_taken.html.jinja", person, holder=found.holder, held=found.held)
    sitting = Desk(store, person.id, serving.policy).look(task)
    state = after(store, sitting.task, sitting.start) if view is View.OTHERS else sitting.state
    chunk = sitting.record["chunk"]
    spans = [(span.start, span.end) for cell in state.cells.values() for span in cell.spans]
    return page(
        request,
        "record.html.jinja",
        person,
        sitting=sitting,
        title=state.value("project_name"),
        form=form_view(sitting, state),
        source=source_of(sitting.text, (chunk["start"], chunk["end"]), spans, whole=whole),
        whole=whole,
        writable=mine,
        draft=_draft(store, task, person) if mine else _NO_DRAFT,
        as_is=address(request.url.path, wanted),
        as_whole=address(request.url.path, wanted, whole=1),
        queue=address("/queue", wanted),
    )


@router.get("/side")
def side(
    request: Request, task: Number, person: Reviewer, store: StoreOf, serving: ServingOf
) -> HTMLResponse:
    """Show the fields of a turn that the person has in hand, as they are now."""
    _in_hand(store, person, task)
    return _side(request, person, Desk(store, person.id, serving.policy).look(task))


@router.get("/selection")
def selection(
    task: Number, person: Reviewer, store: StoreOf, serving: ServingOf, start: Offset, end: Offset
) -> dict[str, Any]:
    """Give what a selected stretch of the text prints, as a value, and the spans that it stands in."""
    _in_hand(store, person, task)
    text = Desk(store, person.id, serving.policy).look(task).text
    try:
        value = selected(text, start, end)
    except ValueError as error:
        raise HTTPException(400, str(error)) from None
    return {"value": value.text, "spans": value.spans}


@router.post("/decisions")
def decide(
    request: Request, task: Number, sent: Deciding, person: Reviewer, store: StoreOf, serving: ServingOf
) -> HTMLResponse:
    """Carry out a command and show the fields after it; or, where that would overwrite, what is there now."""
    _in_hand(store, person, task)
    desk = Desk(store, person.id, serving.policy)
    try:
        sitting = desk.decide(task, sent.version, sent.command, sent.seconds)
    except StaleError as stale:
        return _conflict(request, person, desk.look(task), stale, sent.command)
    if isinstance(sent.command, Correct) and _draft(store, task, person)["at"] == sent.command.at:
        Decisions(store).keep_draft(task, person.id, as_json(_NO_DRAFT))
    return _side(request, person, sitting)


@router.post("/finish")
def finish(
    task: Number,
    sent: Finishing,
    person: Reviewer,
    store: StoreOf,
    serving: ServingOf,
    wanted: FilterAsked,
) -> dict[str, str]:
    """End a turn, take the next one with the same filter, and say where that is."""
    _in_hand(store, person, task)
    Desk(store, person.id, serving.policy).finish(task, sent.version)
    following = Queue(store, person.id, rounds_for(person.role)).claim_next(wanted, serving.policy.lease)
    return {"next": _after_this(following, wanted)}


@router.post("/renew", status_code=204)
def renew(task: Number, person: Reviewer, store: StoreOf, serving: ServingOf) -> None:
    """Prolong the claim that an open page has."""
    if not Tasks(store).renew(task, person.id, serving.policy.lease):
        raise _lost()


@router.post("/release")
def release(task: Number, person: Reviewer, store: StoreOf, wanted: FilterAsked) -> RedirectResponse:
    """Put a task back into the queue; what was decided stays."""
    Tasks(store).release(task, person.id)
    return RedirectResponse(address("/queue", wanted), 303)


@router.put("/draft", status_code=204)
def keep_draft(task: Number, sent: Draft, person: Reviewer, store: StoreOf) -> None:
    """Keep what stands in an open editor, in the place of what was kept before."""
    _in_hand(store, person, task)
    Decisions(store).keep_draft(task, person.id, as_json(sent.model_dump()))


def _after_this(following: int | None, wanted: QueueFilter) -> str:
    if following is None:
        return address("/queue", wanted, none_left=1)
    return address(f"/tasks/{following}", wanted)


def _found(store: Store, task: int) -> Task:
    found = Tasks(store).find(task)
    if found is None:
        raise NoSuchTaskError(f"there is no task {task}")
    return found


def _in_hand(store: Store, person: Person, task: int) -> None:
    """Refuse whoever does not have a task in hand, before any answer tells what is in it."""
    found = _found(store, task)
    if found.holder_id != person.id or not found.held:
        raise _lost()


def _lost() -> LostClaimError:
    return LostClaimError("you do not have this declaration in hand any more; nothing was written")


def _draft(store: Store, task: int, person: Person) -> dict[str, str]:
    kept = Decisions(store).draft(task, person.id)
    return _NO_DRAFT if kept is None else loads(kept)


def _side(request: Request, person: Person, sitting: Sitting) -> HTMLResponse:
    form = form_view(sitting, sitting.state)
    return page(request, "record_side.html.jinja", person, form=form, writable=True)


def _conflict(
    request: Request, person: Person, sitting: Sitting, stale: StaleError, command: Command
) -> HTMLResponse:
    return page(
        request,
        "record_conflict.html.jinja",
        person,
        409,
        clashes=[clash_view(clash, sitting.state) for clash in stale.clashes],
        version=stale.version,
        command=spoken(command, sitting.state),
    )
