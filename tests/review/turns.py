"""Turns at records without a store, and any commands at all, for tests of what those come to."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st
from pydantic import TypeAdapter
from records import records

from structurer.document_types.declaration import DECLARATION
from structurer.review.editing import commands as do
from structurer.review.editing.deciding import CommandError
from structurer.review.editing.doubts import doubts_of
from structurer.review.editing.form import PrintedForm
from structurer.review.editing.history import Event, applied
from structurer.review.editing.ops import op_from_json
from structurer.review.editing.state import State, opened
from structurer.review.quality.checks import decide_among

if TYPE_CHECKING:
    from structurer.store.review.probes import Probe

RECORDS = [(record, text) for record, text in records() if len(record["data"]["indicators"]) > 3]
COMMAND: TypeAdapter[do.Command] = TypeAdapter(do.Command)
TEXT = st.sampled_from(
    ["", "新的", "≥95%", "  有 空格  ", "<script>alert(1)</script>", "=1+1", "\U0001f600", "a\u202eb"]
)


class Turn:
    """One turn at a record: what the desk does, without a store."""

    def __init__(self, record: dict[str, Any], text: str) -> None:
        self.record = record
        self.text = text
        self.read = self.start = opened(record, DECLARATION.entry.empty())
        self.state = self.start
        self.events: list[Event] = []
        chunk = record["chunk"]
        self.form = PrintedForm(DECLARATION, text, chunk["start"], chunk["end"])
        self.doubts = doubts_of(record)
        self.probes: tuple[Probe, ...] = ()

    def do(self, command: do.Command) -> State:
        """Carry out a command, as it would come over the wire."""
        given = COMMAND.validate_json(COMMAND.dump_json(command))
        doubtful = {doubt.at for doubt in self.doubts} | {probe.address for probe in self.probes}
        decided = decide_among(given, self.state, self.events, doubtful, self.form, 7, self.probes)
        # What is kept is JSON; what is read back must be the same changes.
        ops = tuple(op_from_json(json.loads(json.dumps(op.as_json()))) for op in decided.ops)
        assert ops == decided.ops
        number = len(self.events) + 1
        self.events.append(Event(number, decided.kind, ops, "ann", number, 1.0, decided.note, decided.of))
        self.state = applied(self.state, ops)
        return self.state

    def cell(self, row: int, key: str) -> str:
        """Return the address of a cell in a row of the first half."""
        half = self.state.half(self.state.rows[0])
        return f"{half[row]}.{key}"

    def column(self, key: str) -> list[Any]:
        """Return a column of the first half."""
        return [self.state.value(f"{row}.{key}") for row in self.state.half(self.state.rows[0])]

    def may(self, command: do.Command) -> bool:
        """Carry out a command that may make no sense; say whether it did."""
        try:
            self.do(command)
        except CommandError:
            return False
        return True

    def truth(self, at: str) -> Any:
        """Return what the machine read."""
        return self.read.value(at)


def any_command(turn: Turn, data: st.DataObject) -> do.Command:
    """Return a command that somebody could give, whether or not it makes sense."""
    rows = st.sampled_from(turn.state.rows) if turn.state.rows else st.just("indicators.b0")
    texts = st.builds("{}.{}".format, rows, st.sampled_from(["name", "target"]))
    addresses = st.one_of(texts, st.sampled_from(sorted(turn.state.cells)), st.just("indicators.b99.name"))
    return data.draw(
        st.one_of(
            st.builds(do.Accept, at=addresses),
            st.builds(do.Correct, at=addresses, value=TEXT),
            st.builds(do.Illegible, at=addresses, reason=TEXT),
            st.builds(do.Skip, at=addresses, reason=st.just("unclear")),
            st.builds(do.Comment, text=st.just("look at this")),
            st.builds(do.AcceptRest),
            st.builds(do.AddRow, after=st.one_of(st.none(), rows), scope=st.sampled_from([None, "annual"])),
            st.builds(do.RemoveRow, row=rows),
            st.builds(do.MoveRow, row=rows, to=st.sampled_from(["up", "down", "other_half"])),
            st.builds(
                do.Split, at=texts, offset=st.integers(1, 6), into=st.sampled_from(["below", "beside"])
            ),
            st.builds(do.Join, at=texts),
            st.builds(do.Slide, at=texts, to=st.sampled_from(["up", "down"])),
            st.builds(do.Undo),
            st.builds(do.Redo),
        )
    )
