"""What outlives a run: the journal of requests to models, and batches; on SQLite or PostgreSQL."""

from structurer.store.attempts import Attempt, Outcome, Spent
from structurer.store.batches import Batch, Batches
from structurer.store.database import Store
from structurer.store.journal import Journal
from structurer.store.usage import UsageRow

__all__ = ["Attempt", "Batch", "Batches", "Journal", "Outcome", "Spent", "Store", "UsageRow"]
