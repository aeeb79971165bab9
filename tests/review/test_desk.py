"""People at work on one store: nothing is lost, nothing overwritten, on SQLite and PostgreSQL."""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from desks import QUIET, Reviewer, reviewed, rounds, take_all_in
from sqlalchemy import text, update

from commands import FILINGS, structurer
from structurer.review.desk import NoSuchTaskError, StaleError, UnfinishedError
from structurer.review.editing import commands as do
from structurer.review.editing.deciding import CommandError
from structurer.review.editing.state import Cell
from structurer.review.policy import Policy
from structurer.review.quality.agreement import wants_second_look
from structurer.review.sitting import events_of
from structurer.store import Store
from structurer.store.packing import as_json, packed_json, unpacked_json
from structurer.store.review import Decisions, LostClaimError, Round, StaleVersionError, Tasks
from structurer.store.review.accounts import Role
from structurer.store.review.probes import Probe, ProbeKind, Probes
from structurer.store.review.tasks import open_tasks
from structurer.store.tables import REVIEW_TASK

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from structurer.review.sitting import Sitting


@pytest.fixture
def url(new_url: Callable[[], str]) -> str:
    """A store in which the sample filings were structured."""
    place = new_url()
    assert structurer("run", FILINGS, "--store", place, "--store-only").exit_code == 0
    return place


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    with Store.open(url) as store:
        assert take_all_in(store) == 38
        yield store


@pytest.fixture
def ann(store: Store) -> Reviewer:
    return Reviewer(store, "ann")


@pytest.fixture
def ben(store: Store) -> Reviewer:
    return Reviewer(store, "ben")


@pytest.fixture
def cleo(store: Store) -> Reviewer:
    return Reviewer(store, "cleo", role=Role.CURATOR)


def _expire(store: Store, task: int) -> None:
    with store.writing() as connection:
        connection.execute(update(REVIEW_TASK).where(REVIEW_TASK.c.id == task).values(lease_until=1))


def test_a_declaration_that_is_settled_is_exported_as_it_was_left(store: Store, ann: Reviewer) -> None:
    sitting = ann.accept_all(ann.next())
    sitting = ann.do(sitting, do.Correct(at="phone", value="12345"), 2.5)
    ann.finish(sitting)
    record = reviewed(store, sitting.key)
    assert record is not None
    assert record["data"]["phone"] == "12345"
    assert record["status"] == "reviewed"
    assert record["review"]["by"] == ["ann"]
    assert record["review"]["decisions"] == sitting.version
    assert [event.seconds for event in sitting.events][-1] == 2.5
    assert rounds(store, sitting) == {"first": "done"}
    assert ann.next().key != sitting.key


def test_what_is_open_is_not_finished_and_not_exported(store: Store, ann: Reviewer) -> None:
    sitting = ann.next()
    with pytest.raises(UnfinishedError, match=f"{len(sitting.doubts)} more to decide"):
        ann.finish(sitting)
    assert reviewed(store, sitting.key) is None


def test_only_whoever_has_it_in_hand_may_write(store: Store, ann: Reviewer, ben: Reviewer) -> None:
    sitting = ann.next()
    assert not ben.claim(sitting.task.id)
    with pytest.raises(LostClaimError):
        ben.do(sitting, do.Accept(at=sitting.doubts[0].at))
    assert ann.desk.look(sitting.task.id).events == ()


def test_an_expired_claim_writes_nothing_and_the_next_one_takes_over(
    store: Store, ann: Reviewer, ben: Reviewer
) -> None:
    sitting = ann.do(ann.next(), do.Correct(at="phone", value="1"))
    _expire(store, sitting.task.id)
    with pytest.raises(LostClaimError):
        ann.do(sitting, do.Correct(at="phone", value="2"))
    assert not Tasks(store).renew(sitting.task.id, ann.account, 900)
    assert ben.claim(sitting.task.id)
    assert not ann.claim(sitting.task.id)
    assert ben.desk.look(sitting.task.id).state.value("phone") == "1"
    ben.do(ben.desk.look(sitting.task.id), do.Correct(at="phone", value="3"))
    assert ann.desk.look(sitting.task.id).state.value("phone") == "3"


def test_a_stale_write_overwrites_nothing_and_shows_both_values(ann: Reviewer) -> None:
    seen = ann.next()
    ann.do(seen, do.Correct(at="phone", value="1"))
    with pytest.raises(StaleError) as refused:
        ann.do(seen, do.Correct(at="phone", value="2"))
    (clash,) = refused.value.clashes
    assert (clash.at, clash.now, clash.who, clash.yours) == ("phone", "1", "ann", "2")
    now = ann.desk.look(seen.task.id)
    assert now.state.value("phone") == "1"
    assert now.version == refused.value.version == 1


def test_stale_writes_to_other_places_are_taken(ann: Reviewer) -> None:
    seen = ann.next()
    ann.do(seen, do.Correct(at="phone", value="1"))
    now = ann.do(seen, do.Correct(at="handler", value="某人"))
    assert (now.state.value("phone"), now.state.value("handler"), now.version) == ("1", "某人", 2)


def test_an_undo_that_was_meant_for_something_else_is_refused(ann: Reviewer) -> None:
    first = ann.do(ann.next(), do.Correct(at="phone", value="1"))
    ann.do(first, do.Correct(at="handler", value="某人"))
    with pytest.raises(StaleError):
        ann.do(first, do.Undo())
    assert ann.desk.look(first.task.id).state.value("handler") == "某人"


def test_a_version_that_never_was_is_refused(ann: Reviewer) -> None:
    sitting = ann.next()
    with pytest.raises(CommandError, match="version 7"):
        ann.desk.decide(sitting.task.id, 7, do.Accept(at=sitting.doubts[0].at))
    with pytest.raises(NoSuchTaskError):
        ann.desk.look(10**6)


def test_of_many_writes_on_one_version_one_is_taken(url: str, store: Store, ann: Reviewer) -> None:
    sitting = ann.next()
    taken: list[int] = []

    def write(number: int) -> None:
        with Store.open(url, upgrade=False) as own:
            decisions = Decisions(own)
            with suppress(StaleVersionError):
                note = str(number)
                taken.append(
                    decisions.append(sitting.task.id, ann.account, 0, kind="comment", ops="[]", note=note)
                )

    threads = [threading.Thread(target=write, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert taken == [1]
    assert len(events_of(store, sitting.task.id)) == 1


def test_bulk_accept_is_one_decision_and_is_undone_as_one(store: Store, ann: Reviewer) -> None:
    before = ann.next()
    after = ann.do(before, do.AcceptRest())
    assert len(after.state.marks) > 10
    assert after.open_doubts == before.open_doubts
    undone = ann.do(after, do.Undo())
    assert undone.state == before.state
    assert [event.kind for event in undone.events] == ["accept_rest", "undo"]
    assert store.rows(text("SELECT count(*) FROM decision"))[0][0] == 2


def test_what_is_skipped_goes_to_a_curator_before_it_is_exported(
    store: Store, ann: Reviewer, cleo: Reviewer
) -> None:
    sitting = ann.next()
    at = sitting.doubts[0].at
    sitting = ann.accept_all(ann.do(sitting, do.Skip(at=at, reason="two columns run together")))
    ann.finish(sitting)
    assert rounds(store, sitting) == {"first": "done", "curation": "open"}
    assert reviewed(store, sitting.key) is None
    task = Tasks(store).of_item(sitting.task.item)[-1]
    assert not ann.claim(task.id)
    assert cleo.claim(task.id)
    curating = cleo.desk.look(task.id)
    assert [doubt.at for doubt in curating.doubts] == [at]
    assert "two columns run together" in curating.doubts[0].reasons[0].message
    cleo.finish(cleo.accept_all(curating))
    record = reviewed(store, sitting.key)
    assert record is not None
    assert record["review"]["by"] == ["ann", "cleo"]


@pytest.fixture
def twice(store: Store) -> tuple[Reviewer, Reviewer, Reviewer]:
    policy = Policy(second_look=1.0, planted=0.0)
    roles = (Role.REVIEWER, Role.REVIEWER, Role.CURATOR)
    one, two, three = (Reviewer(store, name, policy, role) for name, role in zip("xyz", roles, strict=True))
    return one, two, three


def _first_look(one: Reviewer, value: str) -> Sitting:
    sitting = one.do(one.accept_all(one.next()), do.Correct(at="phone", value=value))
    one.finish(sitting)
    return sitting


def test_a_second_look_is_blind_and_somebody_elses(
    store: Store, twice: tuple[Reviewer, Reviewer, Reviewer]
) -> None:
    one, two, _ = twice
    first = _first_look(one, "12345")
    task = Tasks(store).of_item(first.task.item)[-1]
    assert task.round is Round.SECOND
    assert not one.claim(task.id)
    assert two.claim(task.id)
    blind = two.desk.look(task.id)
    assert blind.events == ()
    assert blind.state.value("phone") == blind.record["data"]["phone"] != "12345"
    assert blind.doubts == first.doubts
    two.finish(two.do(two.accept_all(blind), do.Correct(at="phone", value="12345")))
    assert rounds(store, first) == {"first": "done", "second": "done"}


def test_who_decided_in_a_first_turn_and_put_it_back_does_not_look_a_second_time(
    store: Store, twice: tuple[Reviewer, Reviewer, Reviewer]
) -> None:
    one, two, three = twice
    sitting = two.do(two.next(), do.Correct(at="phone", value="1"))
    Tasks(store).release(sitting.task.id, two.account)
    assert one.claim(sitting.task.id)
    one.finish(one.accept_all(one.desk.look(sitting.task.id)))
    second = Tasks(store).of_item(sitting.task.item)[-1]
    assert second.round is Round.SECOND
    assert not two.claim(second.id)
    assert three.claim(second.id)


def test_who_does_not_have_it_in_hand_learns_nothing_from_a_refusal(ann: Reviewer, ben: Reviewer) -> None:
    seen = ann.next()
    ann.do(seen, do.Correct(at="phone", value="1"))
    with pytest.raises(LostClaimError):
        ben.do(seen, do.Correct(at="phone", value="2"))


def test_disagreements_go_to_a_curator_who_sees_both_values(
    store: Store, twice: tuple[Reviewer, Reviewer, Reviewer]
) -> None:
    one, two, three = twice
    first = _first_look(one, "12345")
    second = Tasks(store).of_item(first.task.item)[-1].id
    assert two.claim(second)
    two.finish(two.do(two.accept_all(two.desk.look(second)), do.Correct(at="phone", value="54321")))
    task = Tasks(store).of_item(first.task.item)[-1]
    assert task.round is Round.CURATION
    assert three.claim(task.id)
    curating = three.desk.look(task.id)
    assert [(doubt.at, doubt.reasons[0].other) for doubt in curating.doubts] == [("phone", "54321")]
    three.finish(three.do(curating, do.Correct(at="phone", value="54321")))
    record = reviewed(store, first.key)
    assert record is not None
    assert record["data"]["phone"] == "54321"


def _read_again(url: str, store: Store, phone: str) -> None:
    """Let a later run read the telephone of every declaration otherwise."""
    assert (
        structurer("run", FILINGS, "--store", url, "--store-only", STRUCTURER_ENCODING="utf-8").exit_code == 0
    )
    with store.writing() as connection:
        rows = connection.execute(text("SELECT id, body FROM record WHERE id > 38")).all()
        assert len(rows) == 38
        for row in rows:
            record = unpacked_json(row.body)
            record["data"]["phone"] = phone
            connection.execute(
                text("UPDATE record SET body = :body WHERE id = :id"),
                {"id": row.id, "body": packed_json(record)},
            )


def test_a_new_run_never_replaces_what_a_person_decided(
    url: str, store: Store, ann: Reviewer, cleo: Reviewer
) -> None:
    sitting = ann.do(ann.accept_all(ann.next()), do.Correct(at="phone", value="12345"))
    ann.finish(sitting)
    untouched = ann.next()
    Tasks(store).release(untouched.task.id, ann.account)
    _read_again(url, store, "99999")
    assert take_all_in(store) == 38
    record = reviewed(store, sitting.key)
    assert record is not None
    assert record["data"]["phone"] == "12345"
    assert ann.desk.look(sitting.task.id).state.value("phone") == "12345"
    # What nobody worked on is read as the later run has it.
    assert ann.desk.look(untouched.task.id).state.value("phone") == "99999"
    task = Tasks(store).of_item(sitting.task.item)[-1]
    assert task.round is Round.CURATION
    assert cleo.claim(task.id)
    conflict = cleo.desk.look(task.id)
    assert conflict.state.value("phone") == "12345"
    reasons = {doubt.at: doubt.reasons[0] for doubt in conflict.doubts}
    assert reasons["phone"].code == "later_run_differs"
    assert reasons["phone"].other == "99999"
    cleo.finish(cleo.accept_all(conflict))
    assert reviewed(store, sitting.key)["data"]["phone"] == "12345"  # type: ignore[index]
    assert take_all_in(store) == 0
    assert rounds(store, sitting) == {"first": "done", "curation": "done"}


def test_a_curator_waits_for_the_first_look_before_a_conflict_is_settled(
    url: str, store: Store, ann: Reviewer, cleo: Reviewer
) -> None:
    sitting = ann.do(ann.next(), do.Correct(at="phone", value="12345"))
    _read_again(url, store, "99999")
    take_all_in(store)
    task = Tasks(store).of_item(sitting.task.item)[-1]
    assert task.round is Round.CURATION
    assert not cleo.claim(task.id)
    ann.finish(ann.accept_all(ann.desk.look(sitting.task.id)))
    assert cleo.claim(task.id)
    assert "phone" in {doubt.at for doubt in cleo.desk.look(task.id).doubts}


def _open_audit(store: Store, item: int, at: str) -> int:
    with store.writing() as connection:
        open_tasks(connection, item, (Round.AUDIT,), 0)
    (task,) = (one.id for one in Tasks(store).of_item(item) if one.round is Round.AUDIT)
    cell = as_json(Cell(None, ()).as_json())
    Probes(store).put(task, [Probe(at, ProbeKind.AUDIT, cell, cell)])
    return task


def test_an_audit_begins_with_what_the_first_look_left(store: Store, ann: Reviewer, ben: Reviewer) -> None:
    sitting = ann.do(ann.accept_all(ann.next()), do.Correct(at="phone", value="12345"))
    task = _open_audit(store, sitting.task.item, "phone")
    ann.finish(sitting)
    assert ben.claim(task)
    audit = ben.desk.look(task)
    assert audit.state.value("phone") == "12345"
    ben.finish(ben.do(audit, do.Correct(at="phone", value="54321")))
    record = reviewed(store, sitting.key)
    assert record is not None
    assert record["data"]["phone"] == "54321"
    assert record["review"]["by"] == ["ann", "ben"]


def test_an_audit_that_ends_before_the_first_look_is_exported_with_it(
    store: Store, ann: Reviewer, ben: Reviewer
) -> None:
    sitting = ann.accept_all(ann.next())
    task = _open_audit(store, sitting.task.item, "phone")
    assert ben.claim(task)
    ben.finish(ben.do(ben.desk.look(task), do.Correct(at="phone", value="54321")))
    assert reviewed(store, sitting.key) is None
    assert ann.desk.look(sitting.task.id).state.value("phone") == sitting.state.value("phone")
    ann.finish(sitting)
    record = reviewed(store, sitting.key)
    assert record is not None
    assert record["data"]["phone"] == "54321"
    assert record["review"]["by"] == ["ann", "ben"]


def test_turns_that_overlap_break_nothing_and_what_ended_last_stands(
    url: str, store: Store, ann: Reviewer, ben: Reviewer, cleo: Reviewer
) -> None:
    sitting = ann.accept_all(ann.next())
    ann.finish(sitting)
    audit = _open_audit(store, sitting.task.item, "phone")
    assert ben.claim(audit)
    row = sitting.state.rows[1]
    auditing = ben.do(ben.desk.look(audit), do.Correct(at="phone", value="1"))
    _read_again(url, store, "99999")
    take_all_in(store)
    curation = Tasks(store).of_item(sitting.task.item)[-1].id
    assert cleo.claim(curation)
    curating = cleo.accept_all(cleo.desk.look(curation))
    curating = cleo.do(curating, do.RemoveRow(row=row))
    cleo.finish(cleo.do(curating, do.Correct(at="phone", value="2")))
    auditing = ben.desk.look(audit)
    assert auditing.state.value("phone") == "1"
    assert row in auditing.state.rows
    ben.finish(auditing)
    record = reviewed(store, sitting.key)
    assert record is not None
    assert record["data"]["phone"] == "1"
    assert len(record["data"]["indicators"]) == len(sitting.state.rows) - 1


def test_disagreements_are_settled_though_a_conflict_was_before(
    url: str, store: Store, twice: tuple[Reviewer, Reviewer, Reviewer]
) -> None:
    one, two, three = twice
    first = _first_look(one, "12345")
    _read_again(url, store, "99999")
    take_all_in(store)
    conflict = Tasks(store).of_item(first.task.item)[-1]
    assert three.claim(conflict.id)
    three.finish(three.accept_all(three.desk.look(conflict.id)))
    (second,) = (turn for turn in Tasks(store).of_item(first.task.item) if turn.round is Round.SECOND)
    assert two.claim(second.id)
    two.finish(two.do(two.accept_all(two.desk.look(second.id)), do.Correct(at="phone", value="54321")))
    last = Tasks(store).of_item(first.task.item)[-1]
    assert (last.round, last.turn) == (Round.CURATION, 2)
    assert three.claim(last.id)
    (doubt,) = three.desk.look(last.id).doubts
    assert (doubt.at, doubt.reasons[0].code, doubt.reasons[0].other) == (
        "phone",
        "reviewers_disagree",
        "54321",
    )
    three.finish(three.accept_all(three.desk.look(last.id)))
    assert three.desk.look(conflict.id).doubts == ()


def test_a_new_run_that_reads_the_same_opens_nothing(url: str, store: Store, ann: Reviewer) -> None:
    sitting = ann.accept_all(ann.next())
    ann.finish(sitting)
    assert (
        structurer("run", FILINGS, "--store", url, "--store-only", STRUCTURER_ENCODING="utf-8").exit_code == 0
    )
    assert take_all_in(store) == 38
    assert rounds(store, sitting) == {"first": "done"}
    assert take_all_in(store) == 0


def test_drafts_are_kept_for_each_person(store: Store, ann: Reviewer, ben: Reviewer) -> None:
    task = ann.next().task.id
    decisions = Decisions(store)
    decisions.keep_draft(task, ann.account, '{"at": "phone", "value": "12"}')
    decisions.keep_draft(task, ann.account, '{"at": "phone", "value": "123"}')
    assert decisions.draft(task, ann.account) == '{"at": "phone", "value": "123"}'
    assert decisions.draft(task, ben.account) is None


def test_the_policy_says_who_is_looked_at_twice(store: Store) -> None:
    keys = [f"key{number}" for number in range(2_000)]
    chosen = [key for key in keys if wants_second_look(key, Policy(second_look=0.1))]
    assert 140 < len(chosen) < 260
    assert chosen == [key for key in keys if wants_second_look(key, Policy(second_look=0.1))]
    assert chosen != [key for key in keys if wants_second_look(key, Policy(second_look=0.1, seed=1))]
    assert not any(wants_second_look(key, QUIET) for key in keys)
