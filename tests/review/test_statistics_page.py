"""The page of figures: right, for the right people, and quick however much was decided."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import insert, select

from structurer.review.desk import Desk
from structurer.review.editing import commands as do
from structurer.review.policy import Policy
from structurer.review.quality.checks import checks_of
from structurer.review.words import reason_in_words
from structurer.store import Store
from structurer.store.review import Queue, QueueFilter, Round
from structurer.store.review.accounts import Role
from structurer.store.tables import DECISION, FINDING, NOTED_TASK, REVIEW_ITEM, REVIEW_TASK, SECOND_READING

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from conftest import Site, Visitor
    from structurer.review.sitting import Sitting

PLANTING = Policy(second_look=1.0, planted=1.0)
HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture
def ann(site: Site) -> Visitor:
    return site.person("ann")


@pytest.fixture
def cleo(site: Site) -> Visitor:
    return site.person("cleo", Role.CURATOR)


def _review(site: Site, visitor: Visitor, round_: Round = Round.FIRST, phone: str = "") -> Sitting:
    """Settle the next declaration: planted values are caught, all else is accepted."""
    with Store.open(site.store_url, upgrade=False) as store:
        desk = Desk(store, visitor.person.id, PLANTING)
        task = Queue(store, visitor.person.id, (round_,)).claim_next(QueueFilter(), 900)
        assert task is not None
        sitting = desk.look(task)
        for check in checks_of(sitting.probes):
            sitting = desk.decide(
                task, sitting.version, do.Correct(at=check.at, value=str(check.truth.value)), 3.0
            )
        for doubt in sitting.open_doubts:
            sitting = desk.decide(task, sitting.version, do.Accept(at=doubt.at), 1.0)
        if phone:
            sitting = desk.decide(task, sitting.version, do.Correct(at="phone", value=phone), 1.0)
        desk.finish(task, sitting.version)
        return sitting


def _tables(page: Page) -> dict[str, list[list[str]]]:
    """Return the rows of the page's tables by their headings."""
    found: dict[str, list[list[str]]] = page.evaluate(
        """() => Object.fromEntries([...document.querySelectorAll("section")].map(section => [
            section.querySelector("h2").innerText,
            [...section.querySelectorAll("tbody tr")].map(
                row => [...row.children].map(cell => cell.innerText.trim()))]))"""
    )
    return found


def test_a_curator_sees_how_review_goes(site: Site, ann: Visitor, cleo: Visitor) -> None:
    ben = site.person("ben")
    first = _review(site, ann)
    second = _review(site, ben, Round.SECOND, HOSTILE)
    page = site.browser_page(cleo)
    page.goto("/statistics")
    tables = _tables(page)
    assert ["first", "1"] in [[row[0], row[2]] for row in tables["Declarations"]]
    assert ["second", "0", "1"] in [row[:3] for row in tables["Declarations"]]
    work = {row[1]: row[2:4] for row in tables["Work done in 14 days"]}
    assert work == {"ann": ["1", str(first.version)], "ben": ["1", str(second.version)]}
    paces = {row[0]: row[1:] for row in tables["Seconds for one doubt"]}
    assert paces["ann"] == [str(len(first.doubts)), "1.0 s", paces["ann"][2]]
    rates = {row[0]: row[1:] for row in tables["Planted values that were caught"]}
    planted = [len(checks_of(sitting.probes)) for sitting in (first, second)]
    assert rates["ann"][:4] == [str(planted[0]), "0", "0", "100.0 %"]
    assert rates["everybody"][0] == str(sum(planted))
    assert HOSTILE in [row[-1] for row in tables["Agreement of first and second looks"]]
    assert page.locator("main img").count() == 0
    codes = {reason.code for doubt in first.doubts for reason in doubt.reasons} - {"low_confidence"}
    assert {row[0] for row in tables["Needless doubts"]} == {reason_in_words(code) for code in codes}


def test_reviewers_see_their_own_figures_alone(site: Site, ann: Visitor) -> None:
    ben = site.person("ben")
    _review(site, ann)
    _review(site, ben)
    assert ann.http.get("/statistics").status_code == 403
    assert ann.http.get("/statistics/doubts.jsonl").status_code == 403
    page = site.browser_page(ann)
    page.goto("/queue")
    page.get_by_role("link", name="My figures").click()
    page.wait_for_url("**/statistics/mine")
    text = page.locator("main").inner_text()
    assert "ann" in text
    assert "ben" not in text
    assert "everybody" not in text
    assert "Needless doubts" not in text


def test_on_a_phone_only_tables_are_wider_than_the_window(site: Site, ann: Visitor, cleo: Visitor) -> None:
    _review(site, ann)
    page = site.browser_page(cleo, viewport={"width": 390, "height": 800})
    page.goto("/statistics")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_nobody_sees_anything_without_signing_in(site: Site) -> None:
    for path in ("/statistics", "/statistics/mine", "/statistics/doubts.jsonl"):
        assert site.nobody().get(path).status_code in (303, 401)


def test_the_page_is_there_before_anybody_decided(site: Site, cleo: Visitor) -> None:
    answer = cleo.http.get("/statistics")
    assert answer.status_code == 200
    assert "Nothing was decided in these days." in answer.text
    assert cleo.http.get("/statistics?days=0").status_code == 422


def test_what_is_known_can_be_downloaded_to_learn_from(site: Site, ann: Visitor, cleo: Visitor) -> None:
    sitting = _review(site, ann)
    answer = cleo.http.get("/statistics/doubts.jsonl")
    assert "attachment" in answer.headers["content-disposition"]
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert lines
    assert set(lines[0]) == {"group", "code", "kind", "confidence", "right"}
    controls = [probe for probe in sitting.probes if probe.kind == "control"]
    assert sum(line["kind"] == "control" for line in lines) == len(controls)
    assert "planted" not in {line["kind"] for line in lines}
    assert all(line["right"] is True for line in lines)


def test_the_page_can_be_read_by_a_screen_reader(site: Site, ann: Visitor, cleo: Visitor) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    _review(site, ann)
    page = site.browser_page(cleo)
    page.goto("/statistics")
    found = axe.Axe().run(page).response["violations"]
    assert [each["id"] for each in found if each["impact"] in ("serious", "critical")] == []


def test_a_hundred_thousand_decisions_take_no_seconds(site: Site) -> None:
    ann, cleo = site.person("ann"), site.person("cleo", Role.CURATOR)
    _fill(site, ann.person.id, tasks=5_000, each=20)
    began = time.perf_counter()
    answer = cleo.http.get("/statistics")
    took = time.perf_counter() - began
    assert answer.status_code == 200
    assert "100,000" in answer.text
    assert took < 1.5


def _fill(site: Site, account: int, tasks: int, each: int) -> None:
    """Pretend that many declarations were settled, each with so many decisions."""
    now = int(time.time() * 1000)
    with Store.open(site.store_url, upgrade=False) as store, store.writing() as connection:
        item = connection.execute(select(REVIEW_ITEM)).mappings().first()
        assert item is not None
        numbers = range(1_000, 1_000 + tasks)
        items = [{**item, "id": number, "key": f"k{number}"} for number in numbers]
        connection.execute(insert(REVIEW_ITEM), items)
        done = {"round": "first", "turn": 1, "state": "done", "rank": 0, "lease_until": 0, "opened_at": now}
        ended = done | {"version": each, "finished_by": account, "finished_at": now}
        connection.execute(insert(REVIEW_TASK), [ended | {"id": n, "item_id": n} for n in numbers])
        connection.execute(insert(NOTED_TASK), [{"task_id": number} for number in numbers])
        decision = {"account_id": account, "at": now, "kind": "accept", "note": "", "ops": "[]"}
        finding = {"account_id": account, "round": "first", "at": now, "kind": "doubt", "group": "money"}
        reading = {"address": "phone", "group": "people", "one": '"1"', "two": '"1"', "equal": True}
        for number in numbers:
            steps = range(1, each + 1)
            connection.execute(
                insert(DECISION),
                [
                    decision
                    | {"task_id": number, "number": step, "milliseconds": 100 * (step + number % 500)}
                    for step in steps
                ],
            )
            connection.execute(
                insert(FINDING),
                [
                    finding
                    | {
                        "task_id": number,
                        "number": step,
                        "address": "phone",
                        "code": f"code_{step}",
                        "said": "accepted",
                        "milliseconds": 100 * (step + number % 500),
                    }
                    for step in steps
                ],
            )
            connection.execute(insert(SECOND_READING), reading | {"task_id": number, "number": 0})
