"""What review keeps: what waits for people, who has it in hand, and what was decided."""

from structurer.store.review.decisions import Decided, Decisions, LostClaimError, StaleVersionError
from structurer.store.review.items import Item, Items, NewDoubt, NewItem, Unseen
from structurer.store.review.queue import Facets, Queue, QueueFilter, QueueRow
from structurer.store.review.tasks import Round, Task, Tasks, TaskState

__all__ = [
    "Decided",
    "Decisions",
    "Facets",
    "Item",
    "Items",
    "LostClaimError",
    "NewDoubt",
    "NewItem",
    "Queue",
    "QueueFilter",
    "QueueRow",
    "Round",
    "StaleVersionError",
    "Task",
    "TaskState",
    "Tasks",
    "Unseen",
]
