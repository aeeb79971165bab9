"""Values made wrong on purpose: wrong in one place, asked about like others, and never in what comes out."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from desks import Reviewer, reviewed, take_all_in
from hypothesis import assume, given
from hypothesis import strategies as st
from records import records
from turns import RECORDS, Turn, any_command

from commands import FILINGS, structurer
from structurer.document_types.declaration import DECLARATION
from structurer.evaluation.cells import same
from structurer.groups import Group, group_of
from structurer.paths import covers, value_at
from structurer.review.editing import commands as do
from structurer.review.editing.addresses import field_of, machine_path, row_of
from structurer.review.editing.doubts import doubts_of
from structurer.review.editing.history import fold
from structurer.review.editing.outcome import reviewed_record
from structurer.review.editing.state import Cell, opened
from structurer.review.policy import Policy
from structurer.review.quality.checks import Verdict, checks_of, honest, verdict, with_shown, without_planted
from structurer.review.quality.planting import planted
from structurer.review.quality.tampering import tampered
from structurer.store import Store
from structurer.store.packing import as_json
from structurer.store.review import Round
from structurer.store.review.probes import Probe, ProbeKind, Probes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MARK = "\ue000"
"""A character of private use: nothing that tests type has it, so wherever it is, a planted value is."""

EAGER = Policy(second_look=1.0, planted=1.0)


def _plants(record: dict[str, Any], policy: Policy = EAGER, key: str = "k") -> tuple[Probe, ...]:
    return planted(record, opened(record, DECLARATION.entry.empty()), key, Round.FIRST, policy)


def test_planted_values_are_wrong_and_still_values_of_their_fields() -> None:
    kinds: Counter[Group] = Counter()
    for number, (record, _text) in enumerate(records()):
        for check in checks_of(_plants(record, key=str(number))):
            field = field_of(check.at)
            assert not same(field, check.shown.value, check.truth.value)
            assert DECLARATION.entry.typed(field, str(check.shown.value)) == check.shown.value
            assert type(check.shown.value) is type(check.truth.value)
            assert check.shown.spans == check.truth.spans
            kinds[group_of(field)] += 1
    assert len(kinds) > 2
    assert kinds[Group.MONEY] == 0


def test_at_most_two_are_planted_with_as_many_controls_where_nothing_is_doubtful() -> None:
    for record, _text in records():
        probes = _plants(record)
        kinds = Counter(probe.kind for probe in probes)
        assert kinds[ProbeKind.PLANTED] == kinds[ProbeKind.CONTROL] <= 2
        assert len({probe.address for probe in probes}) == len(probes)
        for probe in probes:
            path = machine_path(probe.address)
            assert path is not None
            assert not any(covers(flag["path"], path) for flag in record["flags"])
            assert (probe.shown == probe.truth) == (probe.kind is ProbeKind.CONTROL)
    assert sum(len(_plants(record)) for record, _ in records()) > len(records())


def test_the_same_seed_plants_the_same_and_another_plants_others() -> None:
    record, _text = RECORDS[0]
    assert _plants(record) == _plants(record)
    assert _plants(record) != _plants(record, Policy(planted=1.0, seed=1))
    assert _plants(record) != _plants(record, key="another record")


def test_nothing_is_planted_without_a_share_or_in_other_rounds() -> None:
    record, _text = RECORDS[0]
    read = opened(record, DECLARATION.entry.empty())
    assert _plants(record, Policy(planted=0.0)) == ()
    assert planted(record, read, "k", Round.CURATION, EAGER) == ()
    assert planted(record, read, "k", Round.AUDIT, EAGER) == ()


def test_the_share_is_that_of_what_is_asked() -> None:
    few = [record for record, _ in records() if 1 <= len(doubts_of(record)) <= 10]
    keys = [f"key {number}" for number in range(50)]
    found = sum(
        len(checks_of(_plants(record, Policy(planted=0.05), key=key))) for record in few for key in keys
    )
    asked = len(keys) * sum(len(doubts_of(record)) for record in few)
    assert 0.03 < found / asked < 0.07


@pytest.mark.parametrize(
    ("field", "value", "among"),
    [
        ("indicators.target", "≥98%", {"≤98%", "≥89%", "≥90%"}),
        ("indicators.name", "未完成数", {"末完成数", "木完成数", "本完成数"}),
        ("submitted_at", "2023-03-14T00:00:00", {"2023-03-11T00:00:00", "2023-03-19T00:00:00"}),
        ("fiscal_year", 2023, {2028, 2032}),
        ("funding.annual.total", "1200000", {"1700000", "2100000", "1280000"}),
    ],
)
def test_values_go_wrong_as_scanners_get_them_wrong(field: str, value: Any, among: set[Any]) -> None:
    made = {tampered(DECLARATION.entry, field, value, n / 200) for n in range(200)}
    assert among & made, made
    assert value not in made
    assert all(len(str(wrong)) == len(str(value)) for wrong in made)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("funding.annual.central", "0"),
        ("project_attribute", "经常性项目"),
        ("indicators.level2", "数量指标"),
        ("overview", "1" * 100),
        ("phone", None),
    ],
)
def test_what_cannot_go_wrong_unseen_is_left_alone(field: str, value: Any) -> None:
    assert tampered(DECLARATION.entry, field, value, 0.5) is None


class Planted(Turn):
    """A turn with planted values that can be told wherever their pieces go."""

    def __init__(self, record: dict[str, Any], text: str) -> None:
        super().__init__(record, text)
        rows = [at for at in self.start.cells if row_of(at) and at.endswith((".name", ".target"))]
        for at in ("project_name", rows[0], rows[3], rows[-1]):
            cell = self.start.cells[at]
            if cell.value and cell.spans:
                wrong = Cell(MARK + cell.value[1:], cell.spans)
                self.probes += (
                    Probe(at, ProbeKind.PLANTED, as_json(wrong.as_json()), as_json(cell.as_json())),
                )
        self.start = self.state = with_shown(self.start, self.probes)

    def verdicts(self) -> list[Verdict]:
        return [verdict(check, self.state, self.events) for check in checks_of(self.probes)]


@given(st.data())
def test_whatever_people_do_no_planted_value_comes_out(data: st.DataObject) -> None:
    turn = Planted(*data.draw(st.sampled_from(RECORDS)))
    assume(turn.probes)
    for _ in range(data.draw(st.integers(0, 25))):
        turn.may(any_command(turn, data))
    end = without_planted(fold(turn.start, turn.events), turn.probes)
    record = reviewed_record(turn.record, end, turn.events, turn.text, DECLARATION)
    assert MARK not in json.dumps(record, ensure_ascii=False)
    others = [honest(event.ops, turn.probes) for event in turn.events]
    assert MARK not in json.dumps([op.as_json() for ops in others for op in ops], ensure_ascii=False)
    for check in checks_of(turn.probes):
        if end.cells.get(check.at) == check.truth:
            assert check.at not in end.marks


@pytest.fixture
def turn() -> Planted:
    return Planted(*RECORDS[0])


def test_a_value_that_is_accepted_was_missed_and_one_that_is_changed_was_caught(turn: Planted) -> None:
    name, first, second, last = (probe.address for probe in turn.probes)
    assert turn.verdicts() == [Verdict.UNDECIDED] * 4
    turn.do(do.Accept(at=name))
    turn.do(do.Correct(at=first, value=turn.truth(first)))
    turn.do(do.Correct(at=second, value="something else"))
    turn.do(do.Illegible(at=last))
    assert turn.verdicts() == [Verdict.MISSED, Verdict.CAUGHT, Verdict.CAUGHT, Verdict.CAUGHT]
    turn.do(do.Skip(at=last, reason="who knows"))
    turn.do(do.Correct(at=first, value=str(turn.state.value(first))))
    turn.do(do.RemoveRow(row=second.rpartition(".")[0]))
    assert turn.verdicts() == [Verdict.MISSED, Verdict.CAUGHT, Verdict.CAUGHT, Verdict.UNDECIDED]


def test_what_is_undone_was_not_said(turn: Planted) -> None:
    name = turn.probes[0].address
    turn.do(do.Correct(at=name, value="something else"))
    assert turn.verdicts()[0] is Verdict.CAUGHT
    turn.do(do.Undo())
    assert turn.verdicts()[0] is Verdict.UNDECIDED
    turn.do(do.Accept(at=name))
    assert turn.verdicts()[0] is Verdict.MISSED


def test_typing_a_planted_value_again_is_letting_it_stand(turn: Planted) -> None:
    name = turn.probes[0].address
    turn.do(do.Correct(at=name, value=str(turn.state.value(name))))
    assert turn.verdicts()[0] is Verdict.MISSED


def test_a_planted_value_is_followed_when_its_column_slides(turn: Planted) -> None:
    at = turn.probes[1].address
    turn.do(do.Slide(at=at, to="down"))
    assert MARK not in str(turn.state.value(at))
    end = without_planted(turn.state, turn.probes)
    assert turn.truth(at) in [cell.value for cell in end.cells.values()]
    assert MARK not in str(end.cells)


def test_a_planted_cell_that_is_split_is_first_put_right_and_undo_brings_it_back(turn: Planted) -> None:
    at = turn.probes[1].address
    turn.do(do.Split(at=at, offset=2))
    assert turn.state.value(at) == turn.truth(at)[:2]
    assert turn.verdicts()[1] is Verdict.UNDECIDED
    turn.do(do.Undo())
    assert turn.state.value(at)[0] == MARK


def test_a_planted_cell_that_is_joined_to_another_is_first_put_right(turn: Planted) -> None:
    below = turn.probes[2].address
    above = below.replace("b1", "b0")
    turn.do(do.Join(at=above))
    assert turn.state.value(above) == f"{turn.truth(above)}{turn.truth(below)}"
    assert turn.verdicts()[2] is Verdict.UNDECIDED


def test_a_catch_leaves_no_trace_but_a_value_that_is_neither_stays_a_correction(turn: Planted) -> None:
    name, first = (probe.address for probe in turn.probes[:2])
    turn.do(do.Correct(at=name, value=turn.truth(name)))
    turn.do(do.Correct(at=first, value="something else"))
    end = without_planted(turn.state, turn.probes)
    assert name not in end.marks
    assert first in end.marks
    assert end.value(first) == "something else"
    assert honest(turn.events[0].ops, turn.probes) == ()


@pytest.fixture
def store(new_url: Callable[[], str]) -> Iterator[Store]:
    place = new_url()
    assert structurer("run", FILINGS, "--store", place, "--store-only").exit_code == 0
    with Store.open(place) as store:
        take_all_in(store)
        yield store


def test_a_turn_is_planted_when_it_is_taken_in_hand_and_exports_know_nothing_of_it(store: Store) -> None:
    ann = Reviewer(store, "ann", Policy(second_look=0.0, planted=1.0))
    planted_at = Probes(store)
    sitting = ann.next()
    probes = planted_at.of(sitting.task.id)
    assert {probe.kind for probe in probes} == {ProbeKind.PLANTED, ProbeKind.CONTROL}
    asked = {doubt.at: [reason.code for reason in doubt.reasons] for doubt in sitting.doubts}
    for probe in probes:
        assert asked[probe.address] == ["low_confidence"]
    for check in checks_of(probes):
        assert sitting.state.value(check.at) == check.shown.value
    sitting = ann.accept_all(sitting)
    assert planted_at.of(sitting.task.id) == probes
    ann.finish(sitting)
    record = reviewed(store, sitting.key)
    assert record is not None
    for check in checks_of(probes):
        path = machine_path(check.at)
        assert path is not None
        assert value_at(record["data"], path) == check.truth.value
        assert path not in record["review"]["marks"]


def test_nothing_is_planted_for_who_only_looks(store: Store) -> None:
    ann, ben = Reviewer(store, "ann", EAGER), Reviewer(store, "ben", EAGER)
    sitting = Reviewer(store, "cleo").next()
    for other in (ann, ben):
        assert other.desk.look(sitting.task.id).state == sitting.state
    assert Probes(store).of(sitting.task.id) == ()


def test_a_planted_value_that_is_skipped_is_nothing_for_a_curator(store: Store) -> None:
    ann = Reviewer(store, "ann", Policy(second_look=0.0, planted=1.0))
    sitting = ann.next()
    planted_at = checks_of(Probes(store).of(sitting.task.id))[0].at
    for doubt in sitting.doubts:
        command = do.Skip(at=doubt.at, reason="?") if doubt.at == planted_at else do.Accept(at=doubt.at)
        sitting = ann.do(sitting, command)
    ann.finish(sitting)
    assert reviewed(store, sitting.key) is not None
