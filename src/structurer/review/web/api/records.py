"""Records as they are written, and as people left them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, HTTPException, Query
from pydantic import Field, JsonValue

from structurer.review.seeing import View, told, view_of
from structurer.review.sitting import events_of
from structurer.review.web.access import Curator, StoreOf
from structurer.review.web.api.answers import Answer, Behind, Key, Limit, errors, moment
from structurer.review.web.api.turns import DecisionAnswer
from structurer.store.packing import unpacked, unpacked_json
from structurer.store.review import Items, Round, Tasks, TaskState
from structurer.store.review.listing import Listed, listed
from structurer.store.review.probes import Probes

if TYPE_CHECKING:
    from structurer.store import Store
    from structurer.store.review import Item, Task

router = APIRouter(prefix="/records", tags=["records"])


class RecordAnswer(Answer):
    """A record in a list."""

    key: str = Field(description="Its id, the same in every run.")
    filing: str
    ordinal: int = Field(description="The how-manieth declaration of its filing it is, from 1.")
    title: str = Field(description="The beginning of the project's name.")
    department: str
    engine: str
    reviewed_at: datetime | None = Field(description="When its review was finished; null where it is not.")

    @classmethod
    def of(cls, row: Listed) -> RecordAnswer:
        """Return a row of the list as it is answered."""
        at = None if row.reviewed_at is None else moment(row.reviewed_at)
        return cls(reviewed_at=at, **{name: getattr(row, name) for name in _AS_KEPT})


_AS_KEPT = ("key", "filing", "ordinal", "title", "department", "engine")


class RecordsPage(Answer):
    """Some records, in the order in which they came."""

    records: list[RecordAnswer]
    next: int | None = Field(description="To be sent as `after` for what follows; null at the end.")


class TurnHistory(Answer):
    """What was decided in one turn at a record."""

    task: int
    round: Round
    turn: int = Field(description="The how-manieth of its round, from 1.")
    state: TaskState
    decisions: list[DecisionAnswer]


class TextAnswer(Answer):
    """A filing's whole text, and where the record stands in it: `[start, end)` in code points."""

    text: str
    start: int
    end: int


@router.get("", operation_id="listRecords", summary="Records, page by page", responses=errors())
def records(
    _person: Curator,
    store: StoreOf,
    reviewed: Annotated[
        bool | None, Query(description="Those whose review is finished, or is not; all if left out.")
    ] = None,
    limit: Limit = 100,
    after: Behind = None,
) -> RecordsPage:
    """List the records that people may look at."""
    found = listed(store, limit + 1, after or 0, reviewed=reviewed)
    shown = found[:limit]
    more = shown[-1].item if len(found) > limit else None
    return RecordsPage(records=[RecordAnswer.of(row) for row in shown], next=more)


@router.get("/{key}", operation_id="getRecord", summary="A record as it is exported", responses=errors(404))
def record(key: Key, _person: Curator, store: StoreOf) -> dict[str, JsonValue]:
    """Give a record as people left it where its review is finished, else as it was read.

    Its shape is that of a line of records.jsonl, which the JSON Schema `record` describes.
    """
    item = _item(store, key)
    found: dict[str, Any] = unpacked_json(Items(store).reviewed(key) or item.body)
    return found


@router.get(
    "/{key}/history",
    operation_id="getRecordHistory",
    summary="What people decided about a record",
    responses=errors(404),
)
def history(key: Key, person: Curator, store: StoreOf) -> list[TurnHistory]:
    """Give all turns at a record, in the order in which they came to be.

    Whoever has a second look at it in hand sees that one alone.
    """
    turns = Tasks(store).of_item(_item(store, key).id)
    seen = ((turn, view_of(store, person, turn)) for turn in turns)
    return [_told(store, turn, view) for turn, view in seen if view is not View.NONE]


@router.get(
    "/{key}/text",
    operation_id="getRecordText",
    summary="The text of a record's filing",
    responses=errors(404),
)
def text(key: Key, _person: Curator, store: StoreOf) -> TextAnswer:
    """Give the text that the spans of a record count in."""
    item = _item(store, key)
    chunk = unpacked_json(item.body)["chunk"]
    return TextAnswer(text=unpacked(item.text), start=chunk["start"], end=chunk["end"])


def _item(store: Store, key: str) -> Item:
    found = Items(store).by_key(key)
    if found is None:
        raise HTTPException(404, "there is no record of this id")
    return found


def _told(store: Store, turn: Task, view: View) -> TurnHistory:
    events = told(events_of(store, turn.id), Probes(store).of(turn.id), view)
    decisions = [DecisionAnswer.of_event(event) for event in events]
    return TurnHistory(task=turn.id, round=turn.round, turn=turn.turn, state=turn.state, decisions=decisions)
