"""The queue: what waits, filters, the next one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from structurer.review.policy import rounds_for
from structurer.review.web.access import Reviewer, ServingOf, StoreOf
from structurer.review.web.filtering import FilterAsked, FilterSent, address, set_fields
from structurer.review.web.templating import page
from structurer.review.words import group_in_words, reason_in_words
from structurer.store.review import Queue

if TYPE_CHECKING:
    from collections.abc import Callable

    from structurer.store import Store
    from structurer.store.review import Facets, QueueFilter, QueueRow
    from structurer.store.review.accounts import Person

router = APIRouter()

_ROWS = 50
"""Tasks that are shown together."""

_CHOICES = 200
"""The most values that a filter offers."""

_NOBODY = 0
"""The number of no account."""

_BEYOND = 2**62
"""Numbers of tasks, and ranks, are smaller."""


class Choice(NamedTuple):
    """A value that a filter offers; ``number`` is ``None`` where it is not known, ``chosen`` if it is on."""

    value: str
    label: str
    number: int | None
    chosen: bool


class Field(NamedTuple):
    """A filter: the field's name in addresses, its label, what it offers."""

    name: str
    label: str
    choices: tuple[Choice, ...]


@router.get("/")
def start(_person: Reviewer) -> RedirectResponse:
    """Lead to the queue."""
    return RedirectResponse("/queue", 303)


@router.get("/queue")
def show(
    request: Request, person: Reviewer, store: StoreOf, wanted: FilterAsked, none_left: bool = False
) -> HTMLResponse:
    """Show what waits, the first page of it."""
    queue = _queue(store, person)
    recent = request.app.state.recent
    # The same for all who may take the same rounds: what one of them looked at before counts, too.
    anybody = Queue(store, _NOBODY, rounds_for(person.role))
    facets = recent.get(("facets", rounds_for(person.role)), lambda: anybody.facets(_CHOICES))
    return page(
        request,
        "queue.html.jinja",
        person,
        fields=_fields(facets, wanted),
        filtered=set_fields(wanted),
        total=recent.get(("count", person.id, person.role, wanted), lambda: queue.count(wanted)),
        mine=queue.mine(),
        none_left=none_left,
        **_rows(queue, wanted, None),
    )


@router.get("/queue/rows")
def more(
    request: Request,
    person: Reviewer,
    store: StoreOf,
    wanted: FilterAsked,
    rank: Annotated[int, Query(ge=-_BEYOND, le=_BEYOND)],
    task: Annotated[int, Query(ge=0, le=_BEYOND)],
) -> HTMLResponse:
    """Show the rows behind a task, by its rank and number."""
    rows = _rows(_queue(store, person), wanted, (rank, task))
    return page(request, "queue_rows.html.jinja", person, **rows)


@router.post("/queue/next")
def take_next(
    request: Request, person: Reviewer, store: StoreOf, serving: ServingOf, wanted: FilterSent
) -> RedirectResponse:
    """Take the first task that nobody has in hand, and lead to it."""
    task = _queue(store, person).claim_next(wanted, serving.policy.lease)
    if task is None:
        return RedirectResponse(address("/queue", wanted, none_left=1), 303)
    return RedirectResponse(address(f"/tasks/{task}", wanted), 303)


def _queue(store: Store, person: Person) -> Queue:
    return Queue(store, person.id, rounds_for(person.role))


def _rows(queue: Queue, wanted: QueueFilter, after: tuple[int, int] | None) -> dict[str, Any]:
    """Return what the rows' template needs: one page of them, and where the next one is."""
    found = queue.rows(wanted, _ROWS + 1, after)
    shown = found[:_ROWS]
    behind = address("/queue/rows", wanted, rank=shown[-1].rank, task=shown[-1].task) if shown else ""

    def link(row: QueueRow) -> str:
        return address(f"/tasks/{row.task}", wanted)

    return {"rows": shown, "more": behind if len(found) > _ROWS else None, "link": link}


def _fields(facets: Facets, wanted: QueueFilter) -> tuple[Field, ...]:
    return (
        _field("code", "Reason", facets.code, wanted.code, reason_in_words),
        _field("group", "Fields", facets.group, wanted.group, group_in_words),
        _field("filing", "Filing", facets.filing, wanted.filing),
        _field("department", "Department", facets.department, wanted.department),
        _field("engine", "Engine", facets.engine, wanted.engine),
    )


def _field(
    name: str,
    label: str,
    counted: tuple[tuple[str, int], ...],
    chosen: str | None,
    in_words: Callable[[str], str] = str,
) -> Field:
    # An empty value is none to filter by: a form without a department.
    choices = [Choice(value, in_words(value), count, value == chosen) for value, count in counted if value]
    if chosen is not None and not any(choice.chosen for choice in choices):
        choices.append(Choice(chosen, in_words(chosen), None, True))
    return Field(name, label, tuple(choices))
