"""Places that were changed meanwhile, and what was about to be done there, in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from structurer.review.editing.addresses import row_of
from structurer.review.editing.commands import Accept, Comment, Correct, Illegible, Join, Skip, Slide, Split
from structurer.review.viewing.places import label_of, said

if TYPE_CHECKING:
    from typing import Any

    from structurer.review.desk import Clash
    from structurer.review.editing.commands import Command
    from structurer.review.editing.state import State


@dataclass(frozen=True, slots=True)
class ClashView:
    """A place with what is there now and who put it there; ``yours`` is ``None`` if no value was written.

    ``said`` is what was said of it, where anything was.
    """

    label: str
    now: str
    said: str
    who: str
    yours: str | None


def clash_view(clash: Clash, state: State) -> ClashView:
    """Return a place that was changed meanwhile as it is shown."""
    return ClashView(
        label="The order of the rows" if clash.at == "rows" else label_of(clash.at, state),
        now=_now(clash, state),
        said=said(state.marks.get(clash.at)),
        who=clash.who,
        yours=None if clash.yours is None else _readable(clash.yours),
    )


def spoken(command: Command, state: State) -> str:
    """Return what a command was about to do."""
    match command:
        case Correct(at=at, value=value):
            return f"write “{value}” into {label_of(at, state)}" if value else f"empty {label_of(at, state)}"
        case Accept(at=at):
            return f"accept {label_of(at, state)}"
        case Illegible(at=at):
            return f"mark {label_of(at, state)} as not to be read"
        case Skip(at=at, reason=reason):
            return f"leave {label_of(at, state)} to a curator: {reason}"
        case Comment(text=text):
            return f"comment: {text}"
        case Slide(at=at, to=to):
            return f"slide the column {to} from {label_of(at, state)} on"
        case Join(at=at) | Split(at=at):
            return f"{command.do} {label_of(at, state)}"
        case _:
            return command.do.replace("_", " ")


def _now(clash: Clash, state: State) -> str:
    if clash.at == "rows":
        return "rows were added, removed or moved"
    if clash.at in state.cells:
        return _readable(clash.now)
    row = row_of(clash.at)
    return "" if row is None or row in state.rows else "the row was removed"


def _readable(value: Any) -> str:
    return "nothing" if value is None or value == "" else str(value)
