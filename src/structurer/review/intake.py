"""From records that runs wrote to what people should look at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from structurer.document_types.declaration import DECLARATION
from structurer.groups import group_of
from structurer.review.editing.comparing import differences
from structurer.review.editing.doubts import flags_of_reading
from structurer.review.editing.state import opened
from structurer.review.ranking import rank
from structurer.store.packing import unpacked_json
from structurer.store.review import Items, NewDoubt, NewItem, Round

if TYPE_CHECKING:
    from collections.abc import Mapping

    from structurer.store import Store
    from structurer.store.review import Unseen

_AT_ONCE = 200
"""Records that are looked through together."""

_SHOWN = 200
"""Characters of a filing's words that the queue shows."""


def take_in(store: Store) -> int:
    """Look through some records that came since the last time; return how many there were, 0 at the end."""
    items = Items(store)
    batch = items.unseen(_AT_ONCE)
    new = []
    for unseen in batch:
        record = unpacked_json(unseen.body)
        if unseen.item is not None and items.is_touched(unseen.item):
            _note_later_reading(items, unseen, record)
        else:
            new.append((_item(unseen, record), _rounds(record)))
    items.put(new)
    if batch:
        items.seen(batch[-1].id)
    return len(batch)


def _rounds(record: Mapping[str, Any]) -> tuple[Round, ...]:
    return (Round.FIRST,) if flags_of_reading(record) else ()


def _item(unseen: Unseen, record: Mapping[str, Any]) -> NewItem:
    data = record["data"] or DECLARATION.entry.empty()
    department = data["competent_department"]
    return NewItem(
        key=unseen.key,
        record=unseen.id,
        filing=record["document"]["name"],
        ordinal=record["chunk"]["ordinal"],
        department=(department["name"] or department["code"] or "")[:_SHOWN],
        title=(data["project_name"] or "")[:_SHOWN],
        engine=record["provenance"]["engine"],
        rank=rank(record),
        doubts=tuple(
            NewDoubt(flag["path"], flag["code"], group_of(flag["path"])) for flag in flags_of_reading(record)
        ),
    )


def _note_later_reading(items: Items, unseen: Unseen, record: Mapping[str, Any]) -> None:
    """Let a curator choose where a later run reads otherwise than the one that people worked on."""
    if unseen.item is None:
        return
    known = items.find(unseen.item)
    if known is None:
        return
    empty = DECLARATION.entry.empty()
    before = opened(unpacked_json(known.body), empty)
    differs = bool(differences(before, opened(record, empty)))
    items.conflict(unseen.item, unseen.id, rank(record), differs=differs)
