"""The queue as people see it: filters, order, pages, one key for the next; nothing gives a check away."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from records import records
from sqlalchemy import insert, select, update

from structurer.groups import Group
from structurer.review.words import group_in_words, reason_in_words
from structurer.store.database import now
from structurer.store.review import Items, NewDoubt, NewItem, QueueFilter, Round
from structurer.store.review.accounts import Role
from structurer.store.review.queue import Queue
from structurer.store.tables import DOUBT, RECORD, REVIEW_ITEM, REVIEW_TASK

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from review.conftest import Site

HOSTILE = "<img src=x onerror=alert(1)>\u202e"


def waiting(site: Site) -> int:
    return len(site.store().rows(select(REVIEW_TASK.c.id).where(REVIEW_TASK.c.state == "open")))


def tasks_in(text: str) -> list[int]:
    return [int(number) for number in re.findall(r'href="/tasks/(\d+)', text)]


def put(site: Site, count: int, rounds: tuple[Round, ...] = (Round.FIRST,), **changes: object) -> None:
    (row,) = site.store().rows(select(RECORD.c.id).limit(1))
    doubts = (NewDoubt("phone", "phone_implausible", "people"),)
    made = NewItem("", row.id, "more.txt", 1, "部门", "项目", "layout", 5, doubts)._replace(**changes)
    start = len(site.store().rows(select(REVIEW_ITEM.c.id)))
    items = [made._replace(key=f"more-{start + number}") for number in range(count)]
    Items(site.store()).put([(each, rounds) for each in items])


def test_the_site_begins_with_the_queue_in_its_order(site: Site) -> None:
    ann = site.person("ann")
    answer = ann.http.get("/", follow_redirects=True)
    assert urlsplit(str(answer.url)).path == "/queue"
    assert f"<strong>{waiting(site)}</strong>" in answer.text
    in_order = [row.task for row in Queue(site.store(), ann.person.id, list(Round)).rows(QueueFilter(), 50)]
    assert tasks_in(answer.text) == in_order


def test_all_pages_together_are_the_queue(site: Site) -> None:
    put(site, 120)
    http = site.person("ann").http
    shown = http.get("/queue")
    found = tasks_in(shown.text)
    while more := re.search(r'hx-get="([^"]+)"', shown.text):
        shown = http.get(more.group(1).replace("&amp;", "&"))
        assert "<html" not in shown.text
        found += tasks_in(shown.text)
    assert len(found) == len(set(found)) == waiting(site)


def test_a_filter_is_kept_in_rows_in_the_next_one_and_where_nothing_is_left(site: Site) -> None:
    put(site, 2, filing="a & b.txt")
    http = site.person("ann").http
    text = http.get("/queue", params={"filing": "a & b.txt", "group": "people", "code": ""}).text
    assert "<strong>2</strong>" in text
    assert len(tasks_in(text)) == 2
    assert text.count("?filing=a+%26+b.txt&amp;group=people") == 2
    fields = {"filing": "a & b.txt", "group": "people"}
    for _ in range(2):
        answer = http.post("/queue/next", data=fields)
        assert answer.status_code == 303
        leads = urlsplit(answer.headers["location"])
        assert re.fullmatch(r"/tasks/\d+", leads.path)
        assert parse_qs(leads.query) == {name: [value] for name, value in fields.items()}
    answer = http.post("/queue/next", data=fields)
    assert answer.headers["location"].startswith("/queue?filing=a+%26+b.txt")
    assert "Nothing is left here" in http.get(answer.headers["location"]).text


def test_what_is_in_hand_stands_on_top_and_others_see_in_whose(site: Site) -> None:
    ann, bob = site.person("ann"), site.person("bob")
    task = int(ann.http.post("/queue/next").headers["location"].rpartition("/")[2])
    mine, rows = ann.http.get("/queue").text.split("In your hands")[1].split("<table", 1)
    assert tasks_in(mine) == [task]
    assert "<bdi>ann</bdi></td>" in rows
    others = bob.http.get("/queue").text
    assert "In your hands" not in others
    assert "<bdi>ann</bdi></td>" in others
    with site.store().writing() as connection:
        connection.execute(update(REVIEW_TASK).values(lease_until=now() - 1))
    assert "<bdi>ann</bdi></td>" not in bob.http.get("/queue").text
    assert bob.http.post("/queue/next").headers["location"] == f"/tasks/{task}"


def test_fifty_people_at_once_get_fifty_different_tasks_from_the_server(site: Site) -> None:
    put(site, 60)
    people = [site.person(f"p{number}") for number in range(50)]
    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda visitor: visitor.http.post("/queue/next"), people))
    assert {answer.status_code for answer in answers} == {303}
    taken = [answer.headers["location"] for answer in answers]
    assert len(set(taken)) == 50
    assert all(place.startswith("/tasks/") for place in taken)


def test_a_second_look_cannot_be_told_from_a_first(site: Site) -> None:
    put(site, 1, (Round.FIRST,), filing="one.txt")
    put(site, 1, (Round.SECOND,), filing="two.txt")
    http = site.person("ann").http
    one, two = (
        re.sub(
            r"/tasks/\d+|one|two", "", http.get("/queue", params={"filing": filing}).text.split("<tbody")[1]
        )
        for filing in ("one.txt", "two.txt")
    )
    assert one == two
    assert "second" not in http.get("/queue").text


def test_curation_is_for_curators(site: Site) -> None:
    put(site, 1, (Round.CURATION,), filing="curated.txt")
    fields = {"filing": "curated.txt"}
    ann = site.person("ann").http
    assert tasks_in(ann.get("/queue", params=fields).text) == []
    assert ann.post("/queue/next", data=fields).headers["location"].startswith("/queue")
    assert "curated.txt" not in ann.get("/queue").text
    cat = site.person("cat", Role.CURATOR).http
    assert "to curate" in cat.get("/queue", params=fields).text
    assert cat.post("/queue/next", data=fields).headers["location"].startswith("/tasks/")


def test_hostile_words_are_shown_as_words(site: Site) -> None:
    put(site, 1, filing=f"{HOSTILE}.txt", department=HOSTILE, title=HOSTILE, engine=HOSTILE)
    with site.store().writing() as connection:
        (item,) = connection.execute(select(REVIEW_ITEM.c.id).where(REVIEW_ITEM.c.title == HOSTILE)).one()
        row = {"item_id": item, "number": 9, "path": "phone", "code": HOSTILE, "group": HOSTILE}
        connection.execute(insert(DOUBT), row)
    page = site.browser_page(site.person("ann"))
    page.on("dialog", lambda dialog: pytest.fail(dialog.message))
    page.goto("/queue")
    page.get_by_label("Filing").select_option(f"{HOSTILE}.txt")
    page.get_by_role("button", name="Filter").click()
    page.get_by_role("link", name="Show all").wait_for()
    assert page.locator("main img").count() == 0
    assert page.get_by_label("Filing").input_value() == f"{HOSTILE}.txt"
    assert len(tasks_in(page.content())) == 1


@pytest.mark.parametrize(
    "query",
    [
        "filing=%00",
        "filing=%ff",
        "filing=%ED%A0%80",
        "code=nothing&group=nothing&engine=nothing",
        "rank=1&task=2",
        "none_left=1",
        "filing=a&filing=b",
    ],
)
def test_whatever_an_address_says_the_queue_answers(site: Site, query: str) -> None:
    assert site.person("ann").http.get(f"/queue?{query}").status_code == 200


@pytest.mark.parametrize(
    "query",
    ["rank=1", "rank=x&task=1", f"rank={2**80}&task=1", f"rank=1&task={2**80}", "filing=" + "x" * 2000],
)
def test_addresses_without_a_meaning_are_refused(site: Site, query: str) -> None:
    assert site.person("ann").http.get(f"/queue/rows?{query}").status_code == 422


def test_reasons_and_groups_are_in_words_and_new_ones_as_they_are() -> None:
    assert reason_in_words("funding_sum") == "sums do not add up"
    assert reason_in_words("brand_new") == "brand_new"
    assert group_in_words("money") == "amounts"
    assert group_in_words("brand_new") == "brand_new"
    for group in Group:
        assert group_in_words(group) != group


def test_every_reason_that_the_labelled_filings_give_has_words() -> None:
    codes = {flag["code"] for record, _text in records() for flag in record["flags"]}
    assert codes
    assert [code for code in codes if reason_in_words(code) == code] == []


def at_queue(site: Site, **context: object) -> Page:
    page = site.browser_page(site.person("ann"), **context)
    # The record's page is another test's: here it matters that it is led to.
    page.route("**/tasks/*", lambda route: route.fulfill(body="a task", content_type="text/html"))
    page.goto("/queue")
    return page


def test_one_key_takes_the_next_one(site: Site) -> None:
    page = at_queue(site)
    page.keyboard.press("n")
    page.wait_for_url("**/tasks/*")


def dispatched(page: Page, where: str, **init: object) -> None:
    page.evaluate(
        """([where, init]) => document.querySelector(where).dispatchEvent(
            new KeyboardEvent("keydown", {key: "n", bubbles: true, ...init}))""",
        [where, init],
    )


def test_the_key_does_nothing_while_something_is_typed_or_composed_or_held(site: Site) -> None:
    page = at_queue(site)
    page.get_by_label("Filing").focus()
    page.keyboard.press("n")
    dispatched(page, "body", isComposing=True)
    dispatched(page, "body", keyCode=229)
    dispatched(page, "body", ctrlKey=True)
    dispatched(page, "body", repeat=True)
    page.wait_for_timeout(300)
    assert page.url.endswith("/queue")
    with site.store().writing() as connection:
        assert (
            connection.execute(select(REVIEW_TASK.c.id).where(REVIEW_TASK.c.holder_id.is_not(None))).all()
            == []
        )
    dispatched(page, "body")
    page.wait_for_url("**/tasks/*")


def test_more_rows_come_without_leaving_the_page(site: Site) -> None:
    put(site, 120)
    page = at_queue(site)
    rows = page.locator("table.queue tbody tr:not(.more)")
    assert rows.count() == 50
    page.get_by_role("link", name="Show more").click()
    rows.nth(99).wait_for()
    assert rows.count() == 100
    assert page.url.endswith("/queue")


@pytest.mark.parametrize("size", [(1400, 900), (390, 844)])
def test_the_page_can_be_read_by_everybody(site: Site, size: tuple[int, int]) -> None:
    page = at_queue(site, viewport={"width": size[0], "height": size[1]})
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    for path in ("/queue", "/uploads"):
        page.goto(path)
        found = Axe().run(page).response["violations"]
        assert [one["id"] for one in found if one["impact"] in ("serious", "critical")] == []


def test_counts_are_remembered_for_a_moment_and_rows_are_not(open_site: Callable[..., Site]) -> None:
    site = open_site()
    http = site.person("ann").http
    before = len(tasks_in(http.get("/queue?filing=late.txt").text))
    put(site, 1, filing="late.txt")
    assert len(tasks_in(http.get("/queue?filing=late.txt").text)) == before + 1
