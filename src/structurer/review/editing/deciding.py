"""From a command to the changes that it stands for, in the state that the record is in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from structurer.errors import StructurerError
from structurer.review.editing import commands as do
from structurer.review.editing.history import EventKind, inverse, next_redo, next_undo
from structurer.review.editing.ops import AddRow, MoveRow, RemoveRow, SetCell, SetMark, before
from structurer.review.editing.state import Cell, Mark, MarkKind

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from structurer.models import Span
    from structurer.review.editing.commands import Command
    from structurer.review.editing.history import Event
    from structurer.review.editing.ops import Op
    from structurer.review.editing.state import State

_BESIDE = {"name": "target", "target": "name"}
_TEXTS = ("name", "target")
_HALVES = {"implementation_period": "annual", "annual": "implementation_period"}
_TABLE = "indicators"


class CommandError(StructurerError):
    """A command that makes no sense here; the message says why, for the person who gave it."""


class Form(Protocol):
    """What deciding needs to know of the form and its print."""

    def typed(self, address: str, text: str) -> Any:
        """Return the value that somebody typed. Raises ``ValueError`` that says how to write it."""

    def find(self, address: str, value: Any, near: Sequence[Span]) -> tuple[Span, ...]:
        """Return where a value stands in the record's part of the text; nothing where that is not sure.

        Of several places the one on the lines of ``near`` is meant.
        """

    def checked(self, spans: Sequence[tuple[int, int]]) -> tuple[Span, ...]:
        """Return spans that were given. Raises ``ValueError`` for such that are not in the text."""


class Decided(NamedTuple):
    """What a command comes to. ``of`` is the event that is taken back or made again."""

    kind: EventKind
    ops: tuple[Op, ...]
    note: str = ""
    of: int | None = None


def decide(
    command: Command,
    state: State,
    events: Sequence[Event],
    doubtful: Collection[str],
    form: Form,
    turn: int = 0,
) -> Decided:
    """Return the changes that a command stands for.

    ``events`` are those that led to the state, ``doubtful`` the addresses that something is doubtful about,
    ``turn`` the number of the turn at the record, which new rows are named by. Raises ``CommandError``.
    """
    new_row = f"{_TABLE}.n{turn}-{len(events) + 1}"
    match command:
        case do.Accept(at=at):
            return Decided(EventKind.ACCEPT, _mark(state, _known(state, at, doubtful), MarkKind.ACCEPTED))
        case do.Illegible(at=at, reason=reason):
            ops = _mark(state, _known(state, at, doubtful), MarkKind.ILLEGIBLE, reason)
            return Decided(EventKind.ILLEGIBLE, ops, reason)
        case do.Skip(at=at, reason=reason):
            ops = _mark(state, _known(state, at, doubtful), MarkKind.SKIPPED, reason)
            return Decided(EventKind.SKIP, ops, reason)
        case do.Comment(at=at, text=text):
            return Decided(EventKind.COMMENT, (), text if not at else f"{at}: {text}")
        case do.AcceptRest():
            return Decided(EventKind.ACCEPT_REST, tuple(_accept_rest(state, doubtful)))
        case do.Correct():
            return Decided(EventKind.CORRECT, _corrected(command, state, form))
        case do.Split():
            return Decided(EventKind.SPLIT, _split(command, state, new_row))
        case do.Join(at=at):
            return Decided(EventKind.JOIN, _joined(state, at))
        case do.Slide(at=at, to=to):
            return Decided(EventKind.SLIDE, _slid(state, at, up=to == "up"))
        case do.AddRow():
            return Decided(EventKind.ADD_ROW, _added(command, state, new_row))
        case do.RemoveRow(row=row):
            return Decided(EventKind.REMOVE_ROW, (_removed(state, _row(state, row)),))
        case do.MoveRow():
            return Decided(EventKind.MOVE_ROW, _moved(command, state))
        case do.Undo():
            return _opposite(EventKind.UNDO, next_undo(events), "nothing to undo")
        case do.Redo():
            again = next_redo(events)
            if again is None:
                raise CommandError("nothing to redo")
            return Decided(EventKind.REDO, again.ops, again.note, again.number)


def _opposite(kind: EventKind, event: Event | None, nothing: str) -> Decided:
    if event is None:
        raise CommandError(nothing)
    return Decided(kind, inverse(event.ops), event.note, event.number)


def _known(state: State, at: str, doubtful: Collection[str]) -> str:
    if at not in state.cells and at not in state.rows and at not in doubtful:
        raise CommandError(f"{at}: the record has nothing there")
    return at


def _cell(state: State, at: str) -> Cell:
    if at not in state.cells:
        raise CommandError(f"{at}: the record has no such value")
    return state.cells[at]


def _row(state: State, row: str) -> str:
    if row not in state.rows:
        raise CommandError(f"{row}: the record has no such row")
    return row


def _text_cell(state: State, at: str) -> tuple[str, str]:
    """Return the row and key of a cell of words in a row."""
    _cell(state, at)
    row, _, key = at.rpartition(".")
    if row not in state.rows or key not in _TEXTS:
        raise CommandError("only names and targets of indicators can be split, joined and slid")
    return row, key


def _mark(state: State, at: str, kind: MarkKind, reason: str = "") -> tuple[Op, ...]:
    new = Mark(kind, reason)
    old = state.marks.get(at)
    return () if old == new else (SetMark(at, old, new),)


def _accept_rest(state: State, doubtful: Collection[str]) -> Iterator[Op]:
    for at, cell in state.cells.items():
        if cell.value is not None and at not in state.marks and at not in doubtful:
            yield from _mark(state, at, MarkKind.ACCEPTED)


def _write(state: State, at: str, new: Cell) -> tuple[Op, ...]:
    """Return the changes that put a person's value into a cell."""
    old = _cell(state, at)
    setting: tuple[Op, ...] = () if old == new else (SetCell(at, old, new),)
    return (*setting, *_mark(state, at, MarkKind.CORRECTED))


def _corrected(command: do.Correct, state: State, form: Form) -> tuple[Op, ...]:
    old = _cell(state, command.at)
    try:
        value = form.typed(command.at, command.value)
        if command.spans is not None:
            spans = form.checked(command.spans)
        elif value == old.value:
            spans = old.spans
        else:
            spans = form.find(command.at, value, old.spans)
    except ValueError as error:
        raise CommandError(str(error)) from None
    return _write(state, command.at, Cell(value, () if value is None else spans))


def _split(command: do.Split, state: State, new_row: str) -> tuple[Op, ...]:
    row, key = _text_cell(state, command.at)
    cell = state.cells[command.at]
    text = cell.value or ""
    if command.offset >= len(text):
        raise CommandError("nothing would be left to split off")
    first, second = _cut(cell, command.offset)
    if command.into == "beside":
        beside = f"{row}.{_BESIDE[key]}"
        if state.value(beside) is not None:
            raise CommandError(
                f"the row has a {_BESIDE[key]} already; empty it first, or split into a new row"
            )
        return (*_write(state, command.at, first), *_write(state, beside, second))
    cells = {name: cell if name in ("scope", "level2") else Cell() for name, cell in state.row(row).items()}
    added = AddRow(new_row, row, cells | {key: second})
    return (*_write(state, command.at, first), added, SetMark(new_row, None, Mark(MarkKind.CORRECTED)))


def _cut(cell: Cell, offset: int) -> tuple[Cell, Cell]:
    """Return a cell's text in two, each with its spans where those hold exactly the text."""
    text = cell.value
    if sum(end - start for start, end in cell.spans) != len(text):
        return Cell(text[:offset].strip()), Cell(text[offset:].strip())
    left: list[Span] = []
    right: list[Span] = []
    for span in cell.spans:
        taken = min(max(offset - sum(end - start for start, end in left), 0), span.end - span.start)
        if taken:
            left.append(span._replace(end=span.start + taken))
        if span.start + taken < span.end:
            right.append(span._replace(start=span.start + taken))
    return Cell(text[:offset].strip(), tuple(left)), Cell(text[offset:].strip(), tuple(right))


def _joined(state: State, at: str) -> tuple[Op, ...]:
    row, key = _text_cell(state, at)
    half = state.half(row)
    place = half.index(row) + 1
    if place == len(half):
        raise CommandError("there is no row below in this half")
    below = half[place]
    one, other = state.cells[at], state.cells[f"{below}.{key}"]
    if other.value is None:
        raise CommandError("the cell below is empty")
    spans = tuple(sorted({*one.spans, *other.spans}))
    ops = _write(state, at, Cell((one.value or "") + other.value, spans))
    if state.value(f"{below}.{_BESIDE[key]}") is None:
        return (*ops, _removed(state, below))
    return (*ops, *_write(state, f"{below}.{key}", Cell()))


def _slid(state: State, at: str, *, up: bool) -> tuple[Op, ...]:
    row, key = _text_cell(state, at)
    half = state.half(row)
    place = half.index(row)
    if up and not place:
        raise CommandError("there is no row above in this half")
    column = [f"{each}.{key}" for each in half[place - up :]]
    if len(column) == 1:
        raise CommandError("there is no row below in this half")
    cells = [state.cells[each] for each in column]
    turned = [*cells[1:], cells[0]] if up else [cells[-1], *cells[:-1]]
    return tuple(
        op for each, cell in zip(column, turned, strict=True) for op in _slid_cell(state, each, cell)
    )


def _slid_cell(state: State, at: str, new: Cell) -> tuple[Op, ...]:
    return () if state.cells[at] == new else _write(state, at, new)


def _added(command: do.AddRow, state: State, new_row: str) -> tuple[Op, ...]:
    after = None if command.after is None else _row(state, command.after)
    scope = command.scope or (None if after is None else state.value(f"{after}.scope"))
    if scope is None:
        raise CommandError("say in which half the new row stands")
    if after is None or state.value(f"{after}.scope") != scope:
        of_half = [row for row in state.rows if state.value(f"{row}.scope") == scope]
        after = of_half[-1] if of_half else (state.rows[-1] if scope == "annual" and state.rows else None)
    level = None if after is None else state.value(f"{after}.level2")
    cells = {"scope": Cell(scope), "level2": Cell(level), "name": Cell(), "target": Cell()}
    return AddRow(new_row, after, cells), SetMark(new_row, None, Mark(MarkKind.CORRECTED))


def _removed(state: State, row: str) -> RemoveRow:
    return RemoveRow(row, before(state.rows, row), state.row(row))


def _moved(command: do.MoveRow, state: State) -> tuple[Op, ...]:
    row = _row(state, command.row)
    half = state.half(row)
    place = half.index(row)
    if command.to == "other_half":
        return _moved_across(state, row)
    if command.to == "up" and not place:
        raise CommandError("the row is the first of its half")
    if command.to == "down" and place == len(half) - 1:
        raise CommandError("the row is the last of its half")
    new = before(state.rows, half[place - 1]) if command.to == "up" else half[place + 1]
    return (MoveRow(row, before(state.rows, row), new), *_mark(state, row, MarkKind.CORRECTED))


def _moved_across(state: State, row: str) -> tuple[Op, ...]:
    at = f"{row}.scope"
    scope = state.cells[at]
    other = _HALVES[scope.value]
    there = [each for each in state.rows if state.value(f"{each}.scope") == other]
    others = [each for each in state.rows if each != row]
    last = there[-1] if there else (others[-1] if other == "annual" and others else None)
    old = before(state.rows, row)
    moving = () if last == old else (MoveRow(row, old, last),)
    return (SetCell(at, scope, scope._replace(value=other)), *moving, *_mark(state, row, MarkKind.CORRECTED))
