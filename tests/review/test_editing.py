"""Deciding on a record: whatever people do, it can be replayed, and taken back to where it began."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from turns import RECORDS, Turn, any_command

from structurer.document_types.declaration import DECLARATION
from structurer.review.editing import commands as do
from structurer.review.editing.comparing import differences
from structurer.review.editing.deciding import CommandError
from structurer.review.editing.doubts import open_doubts, settled
from structurer.review.editing.history import Event, EventKind, fold
from structurer.review.editing.ops import MisfitError, SetCell
from structurer.review.editing.outcome import reviewed_record
from structurer.review.editing.state import Cell, State

if TYPE_CHECKING:
    from collections.abc import Sequence


@pytest.fixture
def turn() -> Turn:
    return Turn(*RECORDS[0])


def _play(turn: Turn, data: st.DataObject, most: int = 25) -> None:
    for _ in range(data.draw(st.integers(0, most))):
        turn.may(any_command(turn, data))


@given(st.data())
def test_any_history_replays_to_the_same_state(data: st.DataObject) -> None:
    turn = Turn(*data.draw(st.sampled_from(RECORDS)))
    _play(turn, data)
    assert fold(turn.start, turn.events) == turn.state
    assert DECLARATION.entry.completed(turn.state.data())["indicators"] is not None
    assert len(turn.state.rows) == len(set(turn.state.rows))


@given(st.data())
def test_undoing_all_that_was_decided_leads_back_to_the_beginning_and_redoing_to_the_end(
    data: st.DataObject,
) -> None:
    turn = Turn(*data.draw(st.sampled_from(RECORDS)))
    _play(turn, data)
    end = turn.state
    undone = 0
    while turn.may(do.Undo()):
        undone += 1
    assert turn.state == turn.start
    for _ in range(undone):
        turn.do(do.Redo())
    assert turn.state.data() == end.data()
    assert turn.state.marks == end.marks
    assert turn.state.rows == end.rows


@given(st.data())
def test_sliding_splitting_and_joining_lose_no_letter(data: st.DataObject) -> None:
    turn = Turn(*data.draw(st.sampled_from(RECORDS)))
    letters = _letters(turn.state)
    row = data.draw(st.sampled_from(turn.state.rows))
    at = f"{row}.{data.draw(st.sampled_from(['name', 'target']))}"
    command = data.draw(
        st.sampled_from(
            [do.Slide(at=at, to="up"), do.Slide(at=at, to="down"), do.Join(at=at), do.Split(at=at, offset=1)]
        )
    )
    if turn.may(command):
        assert turn.state != turn.start
        assert _letters(turn.state) == letters


def _letters(state: State) -> Counter[str]:
    found: Counter[str] = Counter()
    for address, cell in state.cells.items():
        if address.endswith((".name", ".target")):
            found.update("".join(str(cell.value or "").split()))
    return found


def test_a_column_slides_up_by_one_and_only_in_its_half(turn: Turn) -> None:
    targets, names = turn.column("target"), turn.column("name")
    other = [turn.state.value(f"{row}.target") for row in turn.state.rows]
    half = turn.state.half(turn.state.rows[0])
    turn.do(do.Slide(at=turn.cell(2, "target"), to="up"))
    assert turn.column("target") == [targets[0], *targets[2:], targets[1]]
    assert turn.column("name") == names
    rest = [row for row in turn.state.rows if row not in half]
    assert [turn.state.value(f"{row}.target") for row in rest] == [
        value for row, value in zip(turn.start.rows, other, strict=True) if row in rest
    ]
    turn.do(do.Undo())
    turn.do(do.Slide(at=turn.cell(1, "target"), to="down"))
    assert turn.column("target") == [targets[0], targets[-1], *targets[1:-1]]


def test_spans_move_with_their_values(turn: Turn) -> None:
    half = turn.state.half(turn.state.rows[0])
    before = [turn.state.cells[f"{row}.name"] for row in half]
    turn.do(do.Slide(at=turn.cell(1, "name"), to="up"))
    assert [turn.state.cells[f"{row}.name"] for row in half] == [*before[1:], before[0]]


def test_what_a_person_types_is_looked_for_in_the_print(turn: Turn) -> None:
    turn.do(do.Correct(at="overview", value=turn.record["data"]["necessity"]))
    assert turn.state.cells["overview"] == turn.start.cells["necessity"]


def test_of_what_is_printed_twice_the_place_beside_the_old_value_is_meant(turn: Turn) -> None:
    for half in ("annual", "implementation_period"):
        turn.do(do.Correct(at=f"goals.{half}", value="另写"))
        turn.do(do.Undo())
        shorter = turn.record["data"]["goals"][half][:12]
        turn.do(do.Correct(at=f"goals.{half}", value=shorter))
        ((start, end),) = turn.state.cells[f"goals.{half}"].spans
        assert turn.text[start:end] == shorter
        assert start == turn.start.cells[f"goals.{half}"].spans[0].start
    turn.do(do.Correct(at=turn.cell(1, "name"), value="这里没有印出来的字"))
    assert turn.state.cells[turn.cell(1, "name")].spans == ()


def test_spans_that_a_person_points_at_are_kept(turn: Turn) -> None:
    start = turn.record["chunk"]["start"]
    turn.do(do.Correct(at="overview", value="概况", spans=[(start, start + 2)]))
    assert turn.state.cells["overview"] == Cell("概况", ((start, start + 2),))  # type: ignore[arg-type]
    with pytest.raises(CommandError, match="no stretch of the text"):
        turn.do(do.Correct(at="overview", value="概况", spans=[(0, len(turn.text) + 1)]))


@pytest.mark.parametrize(
    ("at", "typed", "value"),
    [
        ("funding.annual.total", "1,200,000", "1200000"),
        ("funding.annual.total", "１２万元", "120000"),
        ("funding.annual.total", "1.23456万", "12345.6"),
        ("funding.annual.total", "-0.5", "-0.5"),
        ("funding.annual.total", " ", None),
        ("fiscal_year", "2023年", 2023),
        ("submitted_at", "2023年4月1日", "2023-04-01T00:00:00"),
        ("submitted_at", "2023-04-01 09:30", "2023-04-01T09:30:00"),
        ("overview", " 概况 ", "概况"),
    ],
)
def test_values_are_typed_as_people_write_them(turn: Turn, at: str, typed: str, value: Any) -> None:
    turn.do(do.Correct(at=at, value=typed))
    assert turn.state.value(at) == value


@pytest.mark.parametrize(
    ("at", "typed", "said"),
    [
        ("funding.annual.total", "12a", "write an amount in yuan"),
        ("funding.annual.total", "1e9", "write an amount in yuan"),
        ("fiscal_year", "23", "whole number from 1900"),
        ("submitted_at", "2023-02-30", "write a date like"),
        ("project_attribute", "别的", "choose one of"),
        ("indicators.b0.level2", "别的", "choose one of"),
        ("indicators.b0.scope", "left", "choose one of"),
        ("no_such_field", "1", "no such value"),
        ("indicators.b99.name", "1", "no such value"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(turn: Turn, at: str, typed: str, said: str) -> None:
    with pytest.raises(CommandError, match=said):
        turn.do(do.Correct(at=at, value=typed))
    assert not turn.events


def test_accepting_the_rest_touches_nothing_doubtful_and_changes_no_value(turn: Turn) -> None:
    doubtful = {doubt.at for doubt in turn.doubts}
    turn.do(do.AcceptRest())
    assert turn.state.data() == turn.start.data()
    assert turn.state.marks
    assert not doubtful & set(turn.state.marks)
    assert open_doubts(turn.doubts, turn.state) == turn.doubts
    turn.do(do.Undo())
    assert turn.state.marks == {}


def test_a_removed_row_takes_its_doubts_with_it() -> None:
    turn = next(
        one for one in (Turn(*each) for each in RECORDS) if any("indicators." in d.at for d in one.doubts)
    )
    doubt = next(doubt for doubt in turn.doubts if doubt.at.startswith("indicators."))
    row = ".".join(doubt.at.split(".")[:2])
    turn.do(do.RemoveRow(row=row))
    assert all(not left.at.startswith(row) for left in open_doubts(turn.doubts, turn.state))
    turn.do(do.Undo())
    assert open_doubts(turn.doubts, turn.state) == turn.doubts


def test_a_decision_on_a_row_settles_the_doubts_about_its_cells(turn: Turn) -> None:
    doubt = next(doubt for doubt in turn.doubts if doubt.at.endswith((".name", ".target", ".level2")))
    assert settled(doubt, turn.state) is None
    turn.do(do.Accept(at=doubt.at.rpartition(".")[0]))
    mark = settled(doubt, turn.state)
    assert mark is not None
    assert mark.kind == "accepted"


def test_a_new_row_stands_where_it_was_put(turn: Turn) -> None:
    first = turn.state.rows[0]
    turn.do(do.AddRow(after=first))
    new = turn.state.rows[turn.state.rows.index(first) + 1]
    assert turn.state.value(f"{new}.scope") == turn.state.value(f"{first}.scope")
    assert turn.state.value(f"{new}.level2") == turn.state.value(f"{first}.level2")
    turn.do(do.Correct(at=f"{new}.name", value="新指标"))
    assert turn.state.data()["indicators"][1]["name"] == "新指标"
    assert turn.state.path(f"{new}.name") == "indicators.1.name"


def test_a_row_goes_to_the_other_half_with_its_cells(turn: Turn) -> None:
    row = turn.state.rows[0]
    cells = turn.state.row(row)
    other = turn.do(do.MoveRow(row=row, to="other_half")).value(f"{row}.scope")
    assert other != cells["scope"].value
    assert turn.state.half(row)[-1] == row
    assert {**turn.state.row(row), "scope": cells["scope"]} == cells


def test_changes_that_do_not_fit_are_refused(turn: Turn) -> None:
    with pytest.raises(MisfitError, match="phone"):
        SetCell("phone", Cell("not what is there"), Cell("1")).applied(turn.state)


def test_differences_name_cells_and_rows(turn: Turn) -> None:
    assert differences(turn.start, turn.start) == ()
    turn.do(do.Correct(at="phone", value="12345"))
    turn.do(do.RemoveRow(row=turn.state.rows[1]))
    found = differences(turn.start, turn.state)
    assert [(each.at, each.other) for each in found] == [("phone", "12345"), (turn.start.rows[1], None)]
    back = differences(turn.state, turn.start)
    assert back[0].other == turn.start.value("phone")
    assert back[1].mine is None
    assert back[1].row == turn.start.row(turn.start.rows[1])


def _reviewed(turn: Turn) -> dict[str, Any]:
    return reviewed_record(turn.record, turn.state, turn.events, turn.text, DECLARATION)


def test_what_people_left_is_a_record_of_the_contract(turn: Turn) -> None:
    for doubt in turn.doubts:
        turn.do(do.Accept(at=doubt.at))
    turn.do(do.Correct(at=turn.cell(0, "target"), value="≥10户/年"))
    record = _reviewed(turn)
    assert record["status"] == "reviewed"
    assert not [flag for flag in record["flags"] if flag["kind"] == "extraction"]
    assert record["data"]["indicators"][0]["measure"] == {
        "operator": "≥",
        "value": "10",
        "unit": "户",
        "per": "年",
    }
    assert record["confidence"]["indicators.0.target"] == 1.0
    assert record["review"]["by"] == ["ann"]
    assert record["review"]["marks"]["indicators.0.target"] == {"kind": "corrected", "reason": ""}
    untouched = "implementing_unit"
    for key in ("evidence", "grounding", "confidence"):
        assert record[key].get(untouched) == turn.record[key].get(untouched)
    assert set(record["confidence"]) == set(turn.record["confidence"])


@given(st.data())
def test_whatever_people_do_the_outcome_is_a_form(data: st.DataObject) -> None:
    turn = Turn(*data.draw(st.sampled_from(RECORDS)))
    _play(turn, data)
    record = _reviewed(turn)
    assert record["data"] == DECLARATION.entry.completed(turn.state.data())
    for path, spans in record["evidence"].items():
        assert path in record["confidence"]
        assert all(0 <= start < end <= len(turn.text) for start, end in spans)


def test_events_of_comments_alone_are_passed_over_by_undo(turn: Turn) -> None:
    turn.do(do.Correct(at="phone", value="12345"))
    turn.do(do.Comment(text="is this right?"))
    turn.do(do.Undo())
    assert turn.events[-1].kind is EventKind.UNDO
    assert turn.events[-1].of == 1
    assert turn.state == turn.start


def test_what_is_decided_after_an_undo_cannot_be_redone(turn: Turn) -> None:
    turn.do(do.Correct(at="phone", value="1"))
    turn.do(do.Undo())
    turn.do(do.Correct(at="phone", value="2"))
    with pytest.raises(CommandError, match="nothing to redo"):
        turn.do(do.Redo())


def _kinds(events: Sequence[Event]) -> list[str]:
    return [event.kind for event in events]


def test_splitting_into_a_new_row_and_joining_again_gives_what_was_there(turn: Turn) -> None:
    at = turn.cell(0, "name")
    whole = turn.state.cells[at]
    turn.do(do.Split(at=at, offset=2))
    assert turn.state.value(at) == whole.value[:2].strip()
    turn.do(do.Join(at=at))
    assert turn.state.cells[at].value == whole.value
    assert turn.state.rows == turn.start.rows
    assert _kinds(turn.events) == ["split", "join"]
