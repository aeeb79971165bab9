"""A turn at a record as programs see it. What was put into it on purpose looks like all else."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import Field, JsonValue

from structurer.review.editing.commands import Command
from structurer.review.editing.history import EventKind
from structurer.review.editing.state import MarkKind
from structurer.review.web.api.answers import LARGEST, Answer, moment
from structurer.store.packing import storable
from structurer.store.review import QueueFilter, Round, TaskState

if TYPE_CHECKING:
    from structurer.review.editing.doubts import Doubt
    from structurer.review.editing.history import Event
    from structurer.review.editing.state import State
    from structurer.review.sitting import Sitting
    from structurer.store.review import QueueRow, Task

Kind = Literal["review", "curation"]
"""Why people look at a record: to settle what is doubtful, or what people left open or differ about."""

Offsets = Annotated[list[int], Field(min_length=2, max_length=2)]


def kind_of(round_: str) -> Kind:
    """Return what a task is to those who take it; first and second looks are the same to them."""
    return "curation" if round_ == Round.CURATION else "review"


class Waiting(Answer):
    """One task in the queue."""

    task: int = Field(examples=[17])
    kind: Kind
    filing: str = Field(examples=["county-2023.txt"])
    ordinal: int = Field(description="The how-manieth declaration of its filing it is, from 1.")
    title: str = Field(description="The beginning of the project's name.")
    department: str
    engine: str = Field(examples=["layout"])
    doubts: int = Field(description="How many values, rows or parts the program doubts.")
    holder: str | None = Field(description="Who has it in hand.")

    @classmethod
    def of(cls, row: QueueRow) -> Self:
        """Return a row of the queue as it is answered."""
        return cls(kind=kind_of(row.round), **{name: getattr(row, name) for name in _AS_KEPT})


_AS_KEPT = ("task", "filing", "ordinal", "title", "department", "engine", "doubts", "holder")


class QueuePage(Answer):
    """A part of the queue, in its order: broken arithmetic first, then what a mistake would likely cost."""

    total: int = Field(description="How many tasks there are with this filter.")
    tasks: list[Waiting]
    next: str | None = Field(description="To be sent as `after` for what follows; null at the end.")


_Words = Annotated[str, Field(max_length=1_000)]


class Wanted(Answer):
    """What of the queue is wanted; what is left out is not filtered by."""

    filing: _Words | None = Field(None, examples=["county-2023.txt"])
    department: _Words | None = None
    code: _Words | None = Field(None, description="A flag's code.", examples=["funding_sum"])
    group: _Words | None = Field(None, description="A group of fields.", examples=["amounts"])
    engine: _Words | None = None

    def as_filter(self) -> QueueFilter:
        """Return the filter that this stands for."""
        values = (self.filing, self.department, self.code, self.group, self.engine)
        return QueueFilter(*(storable(value) if value else None for value in values))


class Claimed(Answer):
    """A claim, and when it ends."""

    task: int
    lease_until: datetime

    @classmethod
    def of(cls, task: Task) -> Self:
        """Return a task in hand as it is answered."""
        return cls(task=task.id, lease_until=moment(task.lease_until))


class CellAnswer(Answer):
    """A value, and the spans of the filing's text that it stands in."""

    value: JsonValue
    spans: list[Offsets] = Field(description="`[start, end)` in code points of the whole text.")


class MarkAnswer(Answer):
    """What a person said of a place, and why."""

    kind: MarkKind
    reason: str


class ReasonAnswer(Answer):
    """Why something is doubtful, and the other reading where there are two."""

    code: str = Field(examples=["funding_sum"])
    message: str
    severity: str
    other: str | None


class DoubtAnswer(Answer):
    """A place that a person should look at: a value, a row, a part of the form, the record (empty)."""

    at: str = Field(examples=["indicators.b3.target"])
    settled: bool
    reasons: list[ReasonAnswer]

    @classmethod
    def of(cls, doubt: Doubt, *, settled: bool) -> Self:
        """Return a doubt as it is answered."""
        reasons = [
            ReasonAnswer(code=each.code, message=each.message, severity=each.severity, other=each.other)
            for each in doubt.reasons
        ]
        return cls(at=doubt.at, settled=settled, reasons=reasons)


class ChunkAnswer(Answer):
    """The declaration's part of the filing's text: `text` is what stands in `[start, end)`."""

    start: int
    end: int
    text: str


class Turn(Answer):
    """One turn at a record as it stands.

    Values go by addresses: paths of the data in which a row has a name that stays its own however rows are
    moved (`indicators.b3.name`).
    """

    task: int
    kind: Kind
    key: str = Field(description="The record's id.")
    filing: str
    ordinal: int
    state: TaskState
    holder: str | None = Field(description="Who has it in hand.")
    lease_until: datetime | None = Field(description="When the claim ends unless it is renewed.")
    version: int = Field(description="How many decisions there are; each new one is made on a version.")
    cells: dict[str, CellAnswer] = Field(description="All values by their addresses.")
    rows: list[str] = Field(description="The rows of the table in their order.")
    marks: dict[str, MarkAnswer] = Field(description="What was said of which place.")
    doubts: list[DoubtAnswer]
    chunk: ChunkAnswer

    @classmethod
    def of(cls, sitting: Sitting, state: State) -> Self:
        """Return a turn in a state as it is answered."""
        task, record = sitting.task, sitting.record
        waiting = {doubt.at for doubt in sitting.open_doubts}
        start, end = record["chunk"]["start"], record["chunk"]["end"]
        return cls(
            task=task.id,
            kind=kind_of(task.round),
            key=sitting.key,
            filing=record["document"]["name"],
            ordinal=record["chunk"]["ordinal"],
            state=task.state,
            holder=task.holder if task.held else None,
            lease_until=moment(task.lease_until) if task.held else None,
            version=sitting.version,
            cells={
                at: CellAnswer(value=cell.value, spans=[list(span) for span in cell.spans])
                for at, cell in state.cells.items()
            },
            rows=list(state.rows),
            marks={at: MarkAnswer(kind=mark.kind, reason=mark.reason) for at, mark in state.marks.items()},
            doubts=[DoubtAnswer.of(doubt, settled=doubt.at not in waiting) for doubt in sitting.doubts],
            chunk=ChunkAnswer(start=start, end=end, text=sitting.text[start:end]),
        )


class Deciding(Answer):
    """A decision, and the version of the turn that it is made on."""

    version: int = Field(ge=0, le=LARGEST)
    seconds: float = Field(
        0.0, ge=0, le=86_400, allow_inf_nan=False, description="How long a person looked at it."
    )
    command: Command


class Finishing(Answer):
    """The version of a turn that is to be ended."""

    version: int = Field(ge=0, le=LARGEST)


class DecisionAnswer(Answer):
    """One decision. Its changes say what was there before; undo and redo are decisions of their own."""

    number: int = Field(description="Its number in the turn, from 1: the version that it led to.")
    kind: EventKind
    who: str
    at: datetime
    seconds: float
    note: str = Field(description="The reason or comment that was given.")
    of: int | None = Field(description="The decision that an undo or redo is about.")
    changes: list[dict[str, JsonValue]] = Field(
        description="Each has `op` (set, mark, add, remove, move), `at`, and what was and is there."
    )

    @classmethod
    def of_event(cls, event: Event) -> Self:
        """Return a decision as it is answered."""
        return cls(
            kind=event.kind,
            at=moment(event.at),
            of=event.of,
            changes=[op.as_json() for op in event.ops],
            number=event.number,
            who=event.who,
            seconds=event.seconds,
            note=event.note,
        )
