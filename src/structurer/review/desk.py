"""What reviewers do: take a record in hand, decide, finish. Pages and programs go through here alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from structurer.document_types.declaration import DECLARATION
from structurer.errors import StructurerError
from structurer.review.editing.comparing import differences
from structurer.review.editing.deciding import CommandError
from structurer.review.editing.history import fold, touched
from structurer.review.editing.ops import SetCell
from structurer.review.editing.outcome import reviewed_record
from structurer.review.editing.state import opened
from structurer.review.quality.agreement import wants_second_look
from structurer.review.quality.checks import decide_among
from structurer.review.quality.findings import note
from structurer.review.quality.planting import planted
from structurer.review.sitting import after, events_of, settling_turns, sit_down
from structurer.store.packing import as_json, packed_json
from structurer.store.review import Decisions, LostClaimError, Round, StaleVersionError, Tasks, TaskState
from structurer.store.review.probes import Probes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from structurer.review.editing.commands import Command
    from structurer.review.editing.deciding import Decided
    from structurer.review.editing.history import Event
    from structurer.review.editing.state import State
    from structurer.review.policy import Policy
    from structurer.review.sitting import Sitting
    from structurer.store import Store
    from structurer.store.review import Task

_MOST_SECONDS = 3_600.0
"""A decision that took longer was interrupted."""

_ATTEMPTS = 5


class NoSuchTaskError(StructurerError):
    """There is no such declaration to be reviewed."""


class Clash(NamedTuple):
    """A place that was changed meanwhile: what is there now, who put it there, what was to be written."""

    at: str
    now: Any
    who: str
    yours: Any


class StaleError(StructurerError):
    """What was decided is about places that were changed meanwhile; nothing was written."""

    def __init__(self, clashes: Sequence[Clash], version: int) -> None:
        super().__init__("somebody changed this meanwhile; nothing was overwritten")
        self.clashes = tuple(clashes)
        self.version = version


class UnfinishedError(StructurerError):
    """Something doubtful still waits for a decision."""


class Desk:
    """One person's desk. ``account`` is who, by number."""

    def __init__(self, store: Store, account: int, policy: Policy) -> None:
        self._store = store
        self._account = account
        self._policy = policy
        self._decisions = Decisions(store)

    def look(self, task: int) -> Sitting:
        """Return a turn at a record as it stands. Raises ``NoSuchTaskError``.

        When whoever has it in hand looks for the first time, some values are made wrong (``planting``).
        """
        sitting = self._seen(task)
        begins = sitting.version == 0 and not sitting.probes
        if begins and sitting.task.held and sitting.task.holder_id == self._account:
            probes = planted(sitting.record, sitting.start, sitting.key, sitting.task.round, self._policy)
            if probes:
                Probes(self._store).put(task, probes)
                return self._seen(task)
        return sitting

    def _seen(self, task: int) -> Sitting:
        sitting = sit_down(self._store, task)
        if sitting is None:
            raise NoSuchTaskError(f"there is no task {task}")
        return sitting

    def decide(self, task: int, version: int, command: Command, seconds: float = 0.0) -> Sitting:
        """Carry out a command that was given on a version of a turn; return the turn after it.

        What was decided meanwhile stands in its way only where it is about the same places. Raises
        ``CommandError``, ``StaleError``, ``LostClaimError`` and ``NoSuchTaskError``; then nothing is written.
        """
        for _ in range(_ATTEMPTS):
            sitting = self.look(task)
            if not sitting.task.held or sitting.task.holder_id != self._account:
                raise LostClaimError("you do not have this declaration in hand any more")
            decided = self._decided(sitting, version, command)
            if not decided.ops and not decided.note:
                return sitting
            try:
                self._write(sitting, decided, seconds)
            except StaleVersionError:
                continue
            return self.look(task)
        raise StaleError((), sitting.version)

    def _decided(self, sitting: Sitting, version: int, command: Command) -> Decided:
        """Return what a command that was given on a version comes to now."""
        if not 0 <= version <= sitting.version:
            raise CommandError(f"version {version}: the declaration is at version {sitting.version}")
        since = sitting.events[version:]
        if command.do in ("undo", "redo") and since:
            raise StaleError(_clashes(sitting, since, frozenset(), ()), sitting.version)
        before = fold(sitting.start, sitting.events[:version]) if since else sitting.state
        decided = self._meant(sitting, command, before, sitting.events[:version])
        clashing = _overlap(decided, since)
        if clashing:
            raise StaleError(_clashes(sitting, since, clashing, decided.ops), sitting.version)
        return self._meant(sitting, command, sitting.state, sitting.events) if since else decided

    def _meant(self, sitting: Sitting, command: Command, state: State, events: Sequence[Event]) -> Decided:
        doubtful = {doubt.at for doubt in sitting.doubts}
        return decide_among(command, state, events, doubtful, sitting.form, sitting.task.id, sitting.probes)

    def _write(self, sitting: Sitting, decided: Decided, seconds: float) -> None:
        self._decisions.append(
            sitting.task.id,
            self._account,
            sitting.version,
            kind=decided.kind,
            ops=as_json([op.as_json() for op in decided.ops]),
            note=decided.note,
            milliseconds=round(min(max(seconds, 0.0), _MOST_SECONDS) * 1000),
            of=decided.of,
        )

    def finish(self, task: int, version: int) -> None:
        """End a turn in which all that is doubtful was decided, or left to a curator.

        Raises ``UnfinishedError``, ``StaleError``, ``LostClaimError``, ``NoSuchTaskError``, and
        ``CommandError`` where the values do not make a form.
        """
        sitting = self.look(task)
        if version != sitting.version:
            raise StaleError((), sitting.version)
        left = len(sitting.open_doubts)
        if left:
            raise UnfinishedError(f"{left} more to decide before this declaration is done")
        opens = self._follows(sitting)
        waits = Round.CURATION in opens or self._others_must_settle(sitting.task)
        settled = None if waits or _leaves_as_it_was(sitting) else self._outcome(sitting)
        if not Tasks(self._store).finish(sitting.task, self._account, version, settled, opens):
            raise LostClaimError("you do not have this declaration in hand any more")
        note(self._store, task)

    def _follows(self, sitting: Sitting) -> tuple[Round, ...]:
        if sitting.skipped and sitting.task.round is not Round.CURATION:
            return (Round.CURATION,)
        if sitting.task.round is Round.FIRST and wants_second_look(sitting.key, self._policy):
            return (Round.SECOND,)
        if sitting.task.round is Round.SECOND and self._disagrees(sitting):
            return (Round.CURATION,)
        return ()

    def _others_must_settle(self, task: Task) -> bool:
        """Say whether what is exported waits for another turn."""
        others = (turn for turn in Tasks(self._store).of_item(task.item) if turn.id != task.id)
        return any(
            turn.state is TaskState.OPEN and turn.round in (Round.FIRST, Round.CURATION) for turn in others
        )

    def _disagrees(self, second: Sitting) -> bool:
        read = opened(second.record, DECLARATION.entry.empty())
        rounds = {task.round: task for task in Tasks(self._store).of_item(second.task.item)}
        mine = after(self._store, second.task, read)
        return bool(differences(after(self._store, rounds[Round.FIRST], read), mine))

    def _outcome(self, sitting: Sitting) -> tuple[str, bytes]:
        """Return the record as people left it, over all their turns."""
        state = opened(sitting.record, DECLARATION.entry.empty())
        events: list[Event] = []
        for task in (*settling_turns(self._store, sitting.task.item), sitting.task):
            state = after(self._store, task, state)
            events += events_of(self._store, task.id)
        try:
            record = reviewed_record(sitting.record, state, events, sitting.text, DECLARATION)
        except ValueError as error:
            raise CommandError(str(error)) from None
        return sitting.key, packed_json(record)


def _leaves_as_it_was(sitting: Sitting) -> bool:
    """Say whether exports do not follow from a turn: a second look, an audit that finds nothing."""
    unchanged = not differences(sitting.start, sitting.state)
    return sitting.task.round is Round.SECOND or (sitting.task.round is Round.AUDIT and unchanged)


def _overlap(decided: Decided, since: Sequence[Event]) -> frozenset[str]:
    """Return the places that both a decision and what was decided since are about."""
    meanwhile = frozenset().union(*(touched(event.ops) for event in since))
    return touched(decided.ops) & meanwhile


def _clashes(
    sitting: Sitting, since: Sequence[Event], places: frozenset[str], ops: Sequence[Any]
) -> list[Clash]:
    """Return, place by place, what is there now and what was about to be written."""
    yours = {op.at: op.new.value for op in ops if isinstance(op, SetCell)}
    who: dict[str, str] = {}
    for event in since:
        who |= dict.fromkeys(touched(event.ops), event.who)
    shown = sorted(places or who)
    return [Clash(at, sitting.state.value(at), who.get(at, ""), yours.get(at)) for at in shown]
