"""Figures of review: what is noted of each finished task, and what that adds up to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import and_, exists, func, insert, select

from structurer.store.database import inserted_if_new
from structurer.store.review.tasks import Round, TaskState
from structurer.store.tables import (
    ACCOUNT,
    DECISION,
    FINDING,
    NOTED_TASK,
    REVIEW_ITEM,
    REVIEW_TASK,
    SECOND_READING,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import ColumnElement

    from structurer.store.database import Store

_DAY = 86_400_000
_TENTH = 100
"""Milliseconds that times are counted by."""

_MILLION = 1_000_000


class Finding(NamedTuple):
    """What became of a doubt: its address, the kind of it, a code, and what was said.

    ``milliseconds`` is how long it took, ``None`` where another finding of the same place says so.
    """

    at: str
    kind: str
    group: str
    code: str
    said: str
    confidence: float | None
    milliseconds: int | None


class SecondReading(NamedTuple):
    """A value as two people left it, as JSON."""

    at: str
    group: str
    one: str
    two: str
    equal: bool


class Throughput(NamedTuple):
    """What a person did on a day, which is counted from 1970 on (UTC)."""

    name: str
    day: int
    declarations: int
    decisions: int


class Tally(NamedTuple):
    """How many findings there are of a person's (or a code's and group's) by what was said."""

    who: tuple[str, ...]
    said: str
    number: int


class Time(NamedTuple):
    """How many doubts of a person and group took so many tenths of a second."""

    name: str
    group: str
    tenths: int
    number: int


class Disagreement(NamedTuple):
    """A value that two people left differently, as JSON, and where; the newest has the largest ``task``."""

    task: int
    filing: str
    ordinal: int
    at: str
    one: str
    two: str


class Known(NamedTuple):
    """A value of which people know whether it was read right, with the program's confidence."""

    group: str
    code: str
    kind: str
    confidence: float
    said: str


_UNNOTED = and_(
    REVIEW_TASK.c.state == TaskState.DONE, ~exists().where(NOTED_TASK.c.task_id == REVIEW_TASK.c.id)
)


class Figures:
    """The figures of a store. ``account`` in their methods is one person's number, ``None`` for all."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def unnoted(self, most: int) -> tuple[int, ...]:
        """Return finished tasks of which nothing is noted yet, the oldest first."""
        tasks = select(REVIEW_TASK.c.id).where(_UNNOTED).order_by(REVIEW_TASK.c.id).limit(most)
        return tuple(row.id for row in self._store.rows(tasks))

    def left(self) -> int:
        """Return how many finished tasks there are of which nothing is noted yet."""
        number: int = self._store.rows(select(func.count()).where(_UNNOTED))[0][0]
        return number

    def keep(self, task: int, findings: Sequence[Finding], readings: Sequence[SecondReading]) -> None:
        """Note what a finished task shows, once."""
        done = select(REVIEW_TASK.c.finished_by, REVIEW_TASK.c.finished_at, REVIEW_TASK.c.round).where(
            REVIEW_TASK.c.id == task, REVIEW_TASK.c.state == TaskState.DONE
        )
        with self._store.writing() as connection:
            ended = connection.execute(done).first()
            if ended is None or inserted_if_new(connection, NOTED_TASK, {"task_id": task}) is None:
                return
            by = {"account_id": ended.finished_by, "at": ended.finished_at, "round": ended.round}
            if findings:
                connection.execute(
                    insert(FINDING),
                    [
                        {"task_id": task, "number": number, **_address(each), **by}
                        for number, each in enumerate(findings)
                    ],
                )
            if readings:
                connection.execute(
                    insert(SECOND_READING),
                    [
                        {"task_id": task, "number": number, **_address(each)}
                        for number, each in enumerate(readings)
                    ],
                )

    def tasks(self) -> tuple[tuple[str, str, int], ...]:
        """Return how many tasks there are of each round, open and done."""
        counts = select(REVIEW_TASK.c.round, REVIEW_TASK.c.state, func.count().label("number"))
        grouped = counts.group_by(REVIEW_TASK.c.round, REVIEW_TASK.c.state)
        return tuple((row.round, row.state, row.number) for row in self._store.rows(grouped))

    def throughput(self, since: int, account: int | None = None) -> tuple[Throughput, ...]:
        """Return what people did each day since a moment (milliseconds since 1970), the newest first."""
        sources = (
            (REVIEW_TASK.c.finished_by, REVIEW_TASK.c.finished_at),
            (DECISION.c.account_id, DECISION.c.at),
        )
        counts: dict[tuple[int, str], list[int]] = {}
        for place, (who, at) in enumerate(sources):
            days = (
                select(ACCOUNT.c.name, (at // _DAY).label("day"), func.count().label("number"))
                .join(ACCOUNT, ACCOUNT.c.id == who)
                .where(at >= since, *_of(who, account))
                .group_by(ACCOUNT.c.name, at // _DAY)
            )
            for row in self._store.rows(days):
                counts.setdefault((row.day, row.name), [0, 0])[place] = row.number
        newest = sorted(counts.items(), key=lambda each: (-each[0][0], each[0][1]))
        return tuple(Throughput(name, day, *numbers) for (day, name), numbers in newest)

    def checks(self, account: int | None = None) -> tuple[Tally, ...]:
        """Return what became of planted values and controls, by person's name and kind."""
        return self._tallies(
            (ACCOUNT.c.name, FINDING.c.kind),
            FINDING.c.kind.in_(("planted", "control")),
            *_of(FINDING.c.account_id, account),
        )

    def flags(self) -> tuple[Tally, ...]:
        """Return what people made of the program's own doubts at a first look, by code and group."""
        of_program = and_(FINDING.c.kind == "doubt", FINDING.c.round == Round.FIRST)
        return self._tallies((FINDING.c.code, FINDING.c.group), of_program)

    def _tallies(self, by: tuple[ColumnElement[str], ...], *wanted: ColumnElement[bool]) -> tuple[Tally, ...]:
        counts = (
            select(*by, FINDING.c.said, func.count())
            .select_from(FINDING.join(ACCOUNT, ACCOUNT.c.id == FINDING.c.account_id))
            .where(*wanted)
            .group_by(*by, FINDING.c.said)
        )
        found = []
        for row in self._store.rows(counts):
            *who, said, number = tuple[Any, ...](row)
            found.append(Tally(tuple(who), said, number))
        return tuple(found)

    def times(self, account: int | None = None) -> tuple[Time, ...]:
        """Return how long doubts took, counted by tenths of a second from short to long."""
        tenths = FINDING.c.milliseconds // _TENTH
        counts = (
            select(ACCOUNT.c.name, FINDING.c.group, tenths, func.count())
            .select_from(FINDING.join(ACCOUNT, ACCOUNT.c.id == FINDING.c.account_id))
            .where(FINDING.c.milliseconds > 0, *_of(FINDING.c.account_id, account))
            .group_by(ACCOUNT.c.name, FINDING.c.group, tenths)
            .order_by(tenths)
        )
        return tuple(Time._make(row) for row in self._store.rows(counts))

    def second_readings(self) -> Iterator[SecondReading]:
        """Yield all values that two people left."""
        columns = SECOND_READING.c
        rows = select(columns.address, columns.group, columns.one, columns.two, columns.equal)
        return (SecondReading._make(row) for row in self._store.stream(rows))

    def disagreements(self, most: int) -> tuple[Disagreement, ...]:
        """Return the newest values that two people left differently."""
        columns = SECOND_READING.c
        rows = (
            select(
                columns.task_id,
                REVIEW_ITEM.c.filing,
                REVIEW_ITEM.c.ordinal,
                columns.address,
                columns.one,
                columns.two,
            )
            .join(REVIEW_TASK, REVIEW_TASK.c.id == columns.task_id)
            .join(REVIEW_ITEM, REVIEW_ITEM.c.id == REVIEW_TASK.c.item_id)
            .where(~columns.equal)
            .order_by(columns.task_id.desc(), columns.number)
            .limit(most)
        )
        return tuple(Disagreement._make(row) for row in self._store.rows(rows))

    def known(self) -> Iterator[Known]:
        """Yield the values that people accepted or corrected and that have a confidence; never planted ones.

        Of a value with several codes each is yielded.
        """
        columns = FINDING.c
        rows = select(columns.group, columns.code, columns.kind, columns.confidence, columns.said).where(
            columns.kind != "planted",
            columns.round != Round.SECOND,
            columns.said.in_(("accepted", "corrected")),
            columns.confidence.is_not(None),
        )
        ordered = rows.order_by(columns.task_id, columns.number)
        for row in self._store.stream(ordered):
            yield Known(row.group, row.code, row.kind, row.confidence / _MILLION, row.said)


def _of(column: ColumnElement[int], account: int | None) -> list[ColumnElement[bool]]:
    return [] if account is None else [column == account]


def _address(each: Finding | SecondReading) -> dict[str, object]:
    """Return what is kept of a finding or reading: the place that it is about is an address there."""
    values = {**each._asdict(), "address": each.at}
    del values["at"]
    if isinstance(each, Finding) and each.confidence is not None:
        values["confidence"] = round(each.confidence * _MILLION)
    return values
