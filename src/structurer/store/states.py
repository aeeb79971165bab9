"""What may be said of a filing's place, and of its content."""

from __future__ import annotations

from enum import StrEnum


class Sight(StrEnum):
    """What a plan found at a place."""

    FOUND = "found"
    """A file; its content is a work item."""
    FAILED = "failed"
    """A file or folder that cannot be opened."""
    SKIPPED = "skipped"
    """Something that is not read from folders."""
    GONE = "gone"
    """Nothing any more: the last plan did not see it."""


class State(StrEnum):
    """What became of a content in a run."""

    PENDING = "pending"
    """Nothing yet; perhaps a runner has it in hand."""
    DONE = "done"
    """It was read; its result has its records."""
    FAILED = "failed"
    """It could not be read."""
    SKIPPED = "skipped"
    """It is nowhere any more."""
