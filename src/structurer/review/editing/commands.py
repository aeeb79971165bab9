"""What a person can tell the program to do with a record, as it comes from a page or a program."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Address = Annotated[str, StringConstraints(max_length=200)]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2_000)]
Typed = Annotated[str, StringConstraints(max_length=100_000)]
Offset = Annotated[int, Field(ge=0)]


class _Command(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Accept(_Command):
    """The value (a row, a part of the form) is right as it stands."""

    do: Literal["accept"] = "accept"
    at: Address


class Correct(_Command):
    """The value is another: typed as people write it, or empty for none.

    ``spans`` are where it stands in the text, ``[start, end)`` each; they are looked for when not given.
    """

    do: Literal["correct"] = "correct"
    at: Address
    value: Typed
    spans: Annotated[list[tuple[Offset, Offset]], Field(max_length=100)] | None = None


class Illegible(_Command):
    """The print cannot be read; the value stays as the best guess there is."""

    do: Literal["illegible"] = "illegible"
    at: Address
    reason: Reason = ""


class Skip(_Command):
    """Left to a curator, for a reason."""

    do: Literal["skip"] = "skip"
    at: Address
    reason: Annotated[Reason, Field(min_length=1)]


class Comment(_Command):
    """Words for others, which change nothing."""

    do: Literal["comment"] = "comment"
    at: Address = ""
    text: Annotated[Reason, Field(min_length=1)]


class AcceptRest(_Command):
    """All values that nothing is doubtful about, and nobody touched, are right as they stand."""

    do: Literal["accept_rest"] = "accept_rest"


class AddRow(_Command):
    """A new row behind another, in its half and on its level; or a first one in a half."""

    do: Literal["add_row"] = "add_row"
    after: Address | None = None
    scope: Literal["implementation_period", "annual"] | None = None


class RemoveRow(_Command):
    """A row that the form does not have."""

    do: Literal["remove_row"] = "remove_row"
    row: Address


class MoveRow(_Command):
    """A row goes up or down by one in its half, or to the end of the other half."""

    do: Literal["move_row"] = "move_row"
    row: Address
    to: Literal["up", "down", "other_half"]


class Split(_Command):
    """A cell's text from an offset on goes to a new row below, or into the row's other text cell."""

    do: Literal["split"] = "split"
    at: Address
    offset: Annotated[int, Field(ge=1)]
    into: Literal["below", "beside"] = "below"


class Join(_Command):
    """The text of the cell below is put behind this cell's; a row that is left without any text goes."""

    do: Literal["join"] = "join"
    at: Address


class Slide(_Command):
    """A column's values go up or down by one, from this cell on to the end of its half.

    Up, this cell's value takes the place of the one above. What has no place any more goes round to the other
    end, so that no value is ever lost.
    """

    do: Literal["slide"] = "slide"
    at: Address
    to: Literal["up", "down"]


class Undo(_Command):
    """The newest decision that stands is taken back."""

    do: Literal["undo"] = "undo"


class Redo(_Command):
    """The decision that was taken back last is made again."""

    do: Literal["redo"] = "redo"


Command = Annotated[
    Accept
    | Correct
    | Illegible
    | Skip
    | Comment
    | AcceptRest
    | AddRow
    | RemoveRow
    | MoveRow
    | Split
    | Join
    | Slide
    | Undo
    | Redo,
    Field(discriminator="do"),
]
"""Any of them, known apart by ``do``."""
