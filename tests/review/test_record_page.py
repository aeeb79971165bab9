"""The record page in a real browser: deciding by keyboard, conflicts, input methods, phones."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from structurer.review.desk import Desk
from structurer.review.editing import commands as do
from structurer.review.policy import Policy, rounds_for
from structurer.store.database import now
from structurer.store.packing import packed_json, unpacked_json
from structurer.store.review import Queue, QueueFilter, Tasks, TaskState
from structurer.store.review.accounts import Role
from structurer.store.review.probes import Probes
from structurer.store.tables import RECORD, REVIEW_TASK

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Locator, Page

    from conftest import Site, Visitor
    from structurer.review.sitting import Sitting

FILING = "yangquan-2023-industry-bureau.txt"


def task_of(site: Site, ordinal: int, filing: str = FILING) -> int:
    """Return the number of a declaration's task."""
    queue = Queue(site.store(), 0, rounds_for(Role.REVIEWER))
    rows = queue.rows(QueueFilter(filing=filing), 200)
    return next(row.task for row in rows if row.ordinal == ordinal)


def look(site: Site, task: int) -> Sitting:
    """Return a turn as it stands in the store."""
    return Desk(site.store(), 0, site.serving.policy).look(task)


def opened(site: Site, visitor: Visitor, task: int, **context: Any) -> Page:
    """Open a declaration's page."""
    page = site.browser_page(visitor, **{"viewport": {"width": 1400, "height": 900}} | context)
    page.goto(f"/tasks/{task}")
    expect(page.locator(".spot.active")).to_be_visible()
    return page


def version(page: Page, wanted: int) -> None:
    """Wait until the page shows a version."""
    expect(page.locator("#side")).to_have_attribute("data-version", str(wanted))


def in_form(page: Page, at: str) -> Locator:
    """Return a place of the form, below the doubts."""
    return page.locator(f"[data-area=form] [data-at='{at}']")


def choose(page: Page, at: str) -> None:
    """Make a place of the form the active one."""
    in_form(page, at).locator(".place").click()
    expect(in_form(page, at)).to_have_class(re.compile("active"))


def end_lease(site: Site, task: int) -> None:
    """Let a claim run out."""
    with site.store().writing() as connection:
        connection.execute(REVIEW_TASK.update().where(REVIEW_TASK.c.id == task).values(lease_until=now() - 1))


def test_a_whole_declaration_is_settled_by_keyboard_alone(site: Site) -> None:
    ann, task = site.person("ann"), task_of(site, 11)
    page = opened(site, ann, task)
    left = len(look(site, task).open_doubts)
    assert left > 3
    first = page.locator(".doubt.active").get_attribute("data-at")
    page.keyboard.press("j")
    second = page.locator(".doubt.active").get_attribute("data-at")
    page.keyboard.press("k")
    assert page.locator(".doubt.active").get_attribute("data-at") == first != second
    page.keyboard.press("a")
    version(page, 1)
    expect(page.locator(".doubt.active")).to_have_attribute("data-at", str(second))
    page.keyboard.press("i")
    version(page, 2)
    page.keyboard.press("s")
    page.keyboard.type("smudged")
    page.keyboard.press("Control+Enter")
    version(page, 3)
    page.keyboard.press("f")
    expect(page.locator("#refused")).to_contain_text(f"{left - 3} more to settle")
    for number in range(left - 3):
        page.keyboard.press("a")
        version(page, 4 + number)
    page.keyboard.press("f")
    page.wait_for_url(re.compile(rf"/tasks/(?!{task}\b)\d+"))
    sitting = look(site, task)
    assert sitting.task.state is TaskState.DONE
    kinds = [event.kind for event in sitting.events]
    assert kinds == ["accept", "illegible", "skip", *["accept"] * (left - 3)]
    assert sitting.events[2].note == "smudged"
    assert all(0 < event.seconds < 60 for event in sitting.events)


def test_a_value_is_typed_and_saved_by_keyboard(site: Site) -> None:
    task = task_of(site, 11)
    page = opened(site, site.person("ann"), task)
    choose(page, "overview")
    page.keyboard.press("e")
    page.keyboard.press("Control+A")
    page.keyboard.type("a new overview?")
    page.keyboard.press("Control+Enter")
    version(page, 1)
    assert look(site, task).state.value("overview") == "a new overview?"
    expect(in_form(page, "overview")).to_contain_text("a new overview?")
    expect(in_form(page, "overview").locator(".place")).to_be_focused()


def test_a_bare_enter_in_an_editor_decides_nothing(site: Site) -> None:
    task = task_of(site, 11)
    page = opened(site, site.person("ann"), task)
    choose(page, "phone")
    page.keyboard.press("e")
    page.keyboard.type("12345")
    page.keyboard.press("Enter")
    expect(page.locator(".editor input")).to_have_value("12345")
    page.keyboard.press("Escape")
    expect(page.locator(".editor")).to_have_count(0)
    assert look(site, task).version == 0
    page.keyboard.press("e")
    expect(page.locator(".editor input")).to_have_value("12345")


def test_what_cannot_be_typed_is_refused_and_stays_in_the_editor(site: Site) -> None:
    page = opened(site, site.person("ann"), task_of(site, 11))
    choose(page, "funding.annual.total")
    page.keyboard.press("e")
    page.locator(".editor input").fill("lots")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#refused")).to_contain_text("120万元")
    expect(page.locator(".editor input")).to_have_value("lots")


def test_sums_follow_what_is_typed(site: Site) -> None:
    task = task_of(site, 1)
    page = opened(site, site.person("ann"), task)
    state = look(site, task).state
    total = int(state.value("funding.annual.total"))
    shown = page.locator("[data-sum=annual]")
    expect(shown).to_contain_text("they agree")
    choose(page, "funding.annual.total")
    page.keyboard.press("e")
    page.locator(".editor input").fill(str(total * 10))
    page.keyboard.press("Control+Enter")
    expect(shown).to_contain_text(f"{total * 9:,} too little")
    expect(in_form(page, "funding.annual.total")).to_have_class(re.compile("breaks"))
    page.keyboard.press("z")
    expect(shown).to_contain_text("they agree")


def test_a_column_slides_and_is_put_back(site: Site) -> None:
    task = task_of(site, 11)
    page = opened(site, site.person("ann"), task)
    start = look(site, task).state
    half = start.half("indicators.b0")
    before = [start.value(f"{row}.target") for row in half]
    choose(page, "indicators.b1.target")
    page.keyboard.press("]")
    version(page, 1)
    after = [look(site, task).state.value(f"{row}.target") for row in half]
    assert after == [before[0], before[-1], *before[1:-1]] != before
    expect(in_form(page, "indicators.b2.target").locator(".value")).to_have_text(before[1])
    expect(in_form(page, "indicators.b1.target").locator(".place")).to_be_focused()
    page.keyboard.press("z")
    version(page, 2)
    assert [look(site, task).state.value(f"{row}.target") for row in half] == before


def test_rows_are_added_moved_split_joined_and_deleted(site: Site) -> None:
    task = task_of(site, 11)
    page = opened(site, site.person("ann"), task)
    rows = look(site, task).state.rows
    choose(page, "indicators.b1.name")
    page.keyboard.press("r")
    version(page, 1)
    page.keyboard.type("甲乙丙丁")
    page.keyboard.press("Control+Enter")
    version(page, 2)
    new = next(row for row in look(site, task).state.rows if row not in rows)
    page.keyboard.press("<")
    version(page, 3)
    assert look(site, task).state.rows.index(new) == 1
    page.keyboard.press("e")
    page.locator(".editor input").evaluate("input => input.setSelectionRange(2, 2)")
    page.locator("[data-do=split_below]:visible").click()
    version(page, 4)
    state = look(site, task).state
    below = state.rows[2]
    assert (state.value(f"{new}.name"), state.value(f"{below}.name")) == ("甲乙", "丙丁")
    page.keyboard.press("Escape")
    page.keyboard.press("m")
    version(page, 5)
    assert look(site, task).state.value(f"{new}.name") == "甲乙丙丁"
    page.keyboard.press("h")
    version(page, 6)
    assert look(site, task).state.value(f"{new}.scope") == "annual"
    page.keyboard.press("d")
    version(page, 7)
    assert look(site, task).state.rows == rows


def test_editing_a_doubtful_row_begins_with_its_name_and_undo_leads_back_to_what_is_open(site: Site) -> None:
    task = task_of(site, 11)
    doctor(site, task, lambda record: record["flags"].insert(0, flag("indicators.2", "cells do not fit")))
    page = opened(site, site.person("ann"), task)
    page.locator(".doubt[data-at='indicators.b2'] .place").click()
    page.keyboard.press("e")
    expect(in_form(page, "indicators.b2.name")).to_have_class(re.compile("active"))
    expect(page.locator(".editor input")).to_be_focused()
    page.keyboard.press("Escape")
    page.locator(".doubt[data-at='indicators.b2'] .place").click()
    page.keyboard.press("a")
    version(page, 1)
    choose(page, "handler")
    page.keyboard.press("z")
    version(page, 2)
    expect(page.locator(".doubt.active")).to_have_attribute("data-at", "indicators.b2")


def test_a_level_is_chosen_from_those_of_the_form(site: Site) -> None:
    task = task_of(site, 11)
    page = opened(site, site.person("ann"), task)
    choose(page, "indicators.b0.level2")
    page.keyboard.press("e")
    page.locator(".editor select").select_option("质量指标")
    page.keyboard.press("Control+Enter")
    version(page, 1)
    assert look(site, task).state.value("indicators.b0.level2") == "质量指标"


def test_accepting_the_rest_is_one_decision_and_undone_as_one(site: Site) -> None:
    task = task_of(site, 11)
    page = opened(site, site.person("ann"), task)
    page.keyboard.press("A")
    version(page, 1)
    assert len(look(site, task).state.marks) > 20
    page.keyboard.press("z")
    version(page, 2)
    assert not look(site, task).state.marks
    page.keyboard.press("y")
    version(page, 3)
    assert len(look(site, task).state.marks) > 20


def doctor(site: Site, task: int, change: Callable[[dict[str, Any]], None]) -> None:
    """Change what the machine wrote of a record."""
    store = site.store()
    number = look(site, task).task.record
    body = store.rows(RECORD.select().where(RECORD.c.id == number))[0].body
    record = unpacked_json(body)
    change(record)
    with store.writing() as connection:
        connection.execute(RECORD.update().where(RECORD.c.id == number).values(body=packed_json(record)))


def flag(path: str, message: str, **more: Any) -> dict[str, Any]:
    """Return a doubt of the machine's."""
    return {
        "code": "readings_differ",
        "kind": "extraction",
        "severity": "warning",
        "path": path,
        "message": message,
        **more,
    }


def test_one_of_two_readings_is_chosen_by_its_number(site: Site) -> None:
    task = task_of(site, 11)

    def two_readings(record: dict[str, Any]) -> None:
        phone = flag("phone", "a model reads 1234567", other="1234567")
        record["flags"] += [phone, flag("handler", "a model reads 王 五", other="王 五")]

    doctor(site, task, two_readings)
    page = opened(site, site.person("ann"), task)
    page.locator(".doubt[data-at=handler] .place").click()
    expect(page.locator(".doubt.active [data-reading]")).to_have_count(2)
    page.keyboard.press("2")
    version(page, 1)
    page.locator(".doubt[data-at=phone] .place").click()
    page.keyboard.press("3")
    page.keyboard.press("1")
    version(page, 2)
    state = look(site, task).state
    assert (state.value("handler"), state.marks["phone"].kind) == ("王 五", "accepted")


def test_hostile_words_are_shown_as_they_are(site: Site) -> None:
    task = task_of(site, 11)
    hostile = "</textarea><script>alert(1)</script><img src=x onerror=alert(2)>\"'\u202e=1+1"

    def poisoned(record: dict[str, Any]) -> None:
        record["data"] |= {"project_name": hostile, "handler": hostile}
        record["document"]["name"] = hostile
        record["flags"] = [flag("handler", hostile, other=f"{hostile}!")]

    doctor(site, task, poisoned)
    page = opened(site, site.person("ann"), task)
    page.on("dialog", lambda dialog: pytest.fail(dialog.message))
    assert page.locator("#record img, #record script, #record [onerror]").count() == 0
    assert page.locator(".doubt.active .place bdi").text_content() == hostile
    page.keyboard.press("e")
    expect(page.locator(".editor input, .editor textarea")).to_have_value(hostile)
    page.keyboard.press("Escape")
    page.keyboard.press("2")
    version(page, 1)
    assert look(site, task).state.value("handler") == f"{hostile}!"


def test_a_value_of_a_megabyte_is_shown_cut_off(site: Site) -> None:
    task = task_of(site, 11)
    doctor(site, task, lambda record: record["data"].update(overview="长" * 1_000_000))
    page = opened(site, site.person("ann"), task)
    choose(page, "overview")
    expect(in_form(page, "overview")).to_contain_text("980,000 characters more")
    page.keyboard.press("e")
    expect(page.locator("#refused")).to_contain_text("cannot be typed over")


# ---- source ----


def test_the_active_value_is_lit_in_the_source_and_clicking_the_source_finds_it(site: Site) -> None:
    task = task_of(site, 3)
    page = opened(site, site.person("ann"), task)
    state = look(site, task).state
    choose(page, "project_name")
    lit = "".join(page.locator(".piece.lit").all_text_contents())
    assert re.sub(r"\s", "", lit) == state.value("project_name")
    expect(page.locator(".piece.lit").first).to_be_in_viewport()
    start = state.cells["indicators.b4.name"].spans[0].start
    page.locator(f".piece[data-start='{start}']").click()
    expect(page.locator(".spot.active").first).to_have_attribute("data-at", "indicators.b4.name")


def test_of_a_value_that_is_not_printed_the_rest_of_its_row_is_shown(site: Site) -> None:
    task = task_of(site, 3)
    doctor(site, task, lambda record: record["evidence"].pop("indicators.4.level2", None))
    page = opened(site, site.person("ann"), task)
    name = look(site, task).state.value("indicators.b4.name")
    choose(page, "indicators.b4.level2")
    expect(page.locator(".piece.lit")).to_have_count(0)
    near = re.sub(r"\s", "", "".join(page.locator(".piece.near").all_text_contents()))
    assert near.startswith(name)
    expect(page.locator(".piece.near").first).to_be_in_viewport()


def select_source(page: Page, start: int, end: int) -> None:
    """Select a stretch of the source, by offsets in code points."""
    page.evaluate(
        """([start, end]) => {
          const find = (place, atEnd) => {
            for (const piece of document.querySelectorAll(".piece")) {
              const [first, last] = [Number(piece.dataset.start), Number(piece.dataset.end)];
              if (atEnd ? first < place && place <= last : first <= place && place < last) {
                const units = [...piece.textContent].slice(0, place - first).join("").length;
                return [piece.firstChild, units];
              }
            }
          };
          const range = document.createRange();
          range.setStart(...find(start, false));
          range.setEnd(...find(end, true));
          getSelection().removeAllRanges();
          getSelection().addRange(range);
        }""",
        [start, end],
    )


def test_selected_source_becomes_the_value_with_its_place(site: Site) -> None:
    task = task_of(site, 3)
    page = opened(site, site.person("ann"), task)
    sitting = look(site, task)
    span = sitting.state.cells["implementing_unit"].spans[0]
    choose(page, "handler")
    expect(page.locator("#use")).to_be_hidden()
    select_source(page, span.start + 1, span.end)
    expect(page.locator("#use")).to_be_visible()
    page.keyboard.press("u")
    version(page, 1)
    cell = look(site, task).state.cells["handler"]
    assert cell.value == sitting.text[span.start + 1 : span.end]
    assert cell.spans == ((span.start + 1, span.end),)


def test_offsets_behind_characters_of_two_units_are_right(site: Site) -> None:
    task = task_of(site, 3)
    page = opened(site, site.person("ann"), task)
    sitting = look(site, task)
    span = sitting.state.cells["implementing_unit"].spans[0]
    page.evaluate(
        """([start]) => {
          const piece = document.querySelector(`.piece[data-start="${start}"]`);
          piece.textContent = "\\u{20bb7}".repeat([...piece.textContent].length);
        }""",
        [span.start],
    )
    choose(page, "handler")
    select_source(page, span.start + 2, span.end)
    page.keyboard.press("u")
    version(page, 1)
    assert look(site, task).state.cells["handler"].spans == ((span.start + 2, span.end),)
    lit = "".join(page.locator(".piece.lit").all_text_contents())
    assert lit == "\N{CJK UNIFIED IDEOGRAPH-20BB7}" * (span.end - span.start - 2)


def test_a_selection_fills_an_open_editor(site: Site) -> None:
    task = task_of(site, 3)
    page = opened(site, site.person("ann"), task)
    span = look(site, task).state.cells["implementing_unit"].spans[0]
    choose(page, "handler")
    page.keyboard.press("e")
    select_source(page, span.start, span.end)
    page.locator("#use").click()
    value = look(site, task).text[span.start : span.end]
    expect(page.locator(".editor input")).to_have_value(value)
    page.keyboard.press("Control+Enter")
    version(page, 1)
    assert look(site, task).state.cells["handler"].spans == (span,)


def test_the_source_is_searched_over_line_breaks(site: Site) -> None:
    task = task_of(site, 3)
    page = opened(site, site.person("ann"), task)
    name = look(site, task).state.value("project_name")
    page.keyboard.press("/")
    expect(page.locator("#find")).to_be_focused()
    page.keyboard.type(" ".join(name))
    expect(page.locator("#found")).to_contain_text(" of ")
    hit = "".join(page.locator(".piece.hit-now").all_text_contents())
    assert re.sub(r"\s", "", hit) == name
    page.keyboard.press("Escape")
    expect(page.locator("#paper")).to_be_focused()
    expect(page.locator("#use")).to_be_visible()


def test_the_whole_filing_is_shown_on_demand(site: Site) -> None:
    page = opened(site, site.person("ann"), task_of(site, 3))
    few = page.locator(".line").count()
    page.get_by_role("link", name="Whole filing").click()
    expect(page.get_by_role("link", name="This declaration only")).to_be_visible()
    assert page.locator(".line").count() > few
    assert page.locator(".line").first.get_attribute("data-number") == "1"


# ---- nothing lost, nothing overwritten ----


def correct(page: Page, at: str, value: str) -> None:
    """Type a value and save it."""
    choose(page, at)
    page.keyboard.press("e")
    page.locator(".editor input, .editor textarea").fill(value)
    page.keyboard.press("Control+Enter")


def test_two_windows_of_one_person_do_not_overwrite_each_other(site: Site) -> None:
    ann, task = site.person("ann"), task_of(site, 11)
    one, other = opened(site, ann, task), opened(site, ann, task)
    correct(one, "handler", "first")
    version(one, 1)
    correct(other, "handler", "second")
    screen = other.locator("#conflict")
    expect(screen).to_be_visible()
    expect(screen.locator(".theirs")).to_contain_text("first")
    expect(screen.locator(".yours")).to_contain_text("second")
    expect(screen).to_contain_text("ann")
    assert look(site, task).state.value("handler") == "first"
    screen.get_by_role("button", name="Do mine again").click()
    version(other, 2)
    assert look(site, task).state.value("handler") == "second"


def test_keeping_what_is_there_writes_nothing(site: Site) -> None:
    ann, task = site.person("ann"), task_of(site, 11)
    one, other = opened(site, ann, task), opened(site, ann, task)
    correct(one, "handler", "first")
    version(one, 1)
    correct(other, "handler", "second")
    other.locator("#conflict").get_by_role("button", name="Keep what is there").click()
    version(other, 1)
    expect(other.locator(".editor")).to_have_count(0)
    expect(in_form(other, "handler")).to_contain_text("first")
    assert look(site, task).version == 1


def test_windows_that_decide_different_places_do_not_meet(site: Site) -> None:
    ann, task = site.person("ann"), task_of(site, 11)
    one, other = opened(site, ann, task), opened(site, ann, task)
    correct(one, "handler", "first")
    version(one, 1)
    correct(other, "phone", "7654321")
    version(other, 2)
    expect(in_form(other, "handler")).to_contain_text("first")


def test_after_a_lost_lease_nothing_is_written_and_nothing_typed_is_lost(site: Site) -> None:
    ann, bob, task = site.person("ann"), site.person("bob"), task_of(site, 11)
    page = opened(site, ann, task)
    end_lease(site, task)
    theirs = opened(site, bob, task)
    correct(theirs, "handler", "bobs secret")
    version(theirs, 1)
    correct(page, "handler", "what ann typed")
    expect(page.locator("#lost")).to_be_visible()
    expect(page.locator("#unsent-words")).to_have_value("what ann typed")
    assert "bobs secret" not in page.content()
    assert look(site, task).state.value("handler") == "bobs secret"
    page.locator("#lost").get_by_role("link", name="Load the page again").click()
    expect(page.get_by_role("heading", name="Somebody has this declaration in hand")).to_be_visible()
    assert "bobs secret" not in page.content()


def test_a_claim_is_renewed_when_the_page_is_looked_at_again(site: Site) -> None:
    ann, task = site.person("ann"), task_of(site, 11)
    page = opened(site, ann, task)
    with site.store().writing() as connection:
        soon = REVIEW_TASK.update().where(REVIEW_TASK.c.id == task).values(lease_until=now() + 5_000)
        connection.execute(soon)
    before = look(site, task).task.lease_until
    with page.expect_response("**/renew"):
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    assert look(site, task).task.lease_until > before + 60_000
    Tasks(site.store()).release(task, ann.person.id)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.locator("#lost")).to_be_visible()


def test_a_draft_survives_the_page(site: Site) -> None:
    ann, task = site.person("ann"), task_of(site, 11)
    page = opened(site, ann, task)
    choose(page, "handler")
    page.keyboard.press("e")
    with page.expect_response("**/draft"):
        page.locator(".editor input").fill("half a na")
    page.close()
    again = opened(site, ann, task)
    again.get_by_role("button", name="Go on with it").click()
    expect(again.locator(".editor input")).to_have_value("half a na")
    again.keyboard.press("Control+Enter")
    version(again, 1)
    again.reload()
    expect(again.locator("#draft-notice")).to_have_count(0)


def test_a_draft_that_is_not_wanted_is_forgotten(site: Site) -> None:
    ann, task = site.person("ann"), task_of(site, 11)
    opened(site, ann, task)
    ann.http.put(f"/tasks/{task}/draft", json={"at": "handler", "value": "half"}).raise_for_status()
    page = opened(site, ann, task)
    page.get_by_role("button", name="Forget it").click()
    expect(page.locator("#happened")).to_contain_text("Forgotten")
    page.reload()
    expect(page.locator("#draft-notice")).to_have_count(0)


def test_without_the_server_what_was_typed_stays(site: Site) -> None:
    page = opened(site, site.person("ann"), task_of(site, 11))
    page.route("**/decisions", lambda route: route.abort())
    correct(page, "handler", "kept")
    expect(page.locator("#refused")).to_contain_text("does not answer")
    expect(page.locator(".editor input")).to_have_value("kept")
    page.unroute("**/decisions")
    page.keyboard.press("Control+Enter")
    version(page, 1)


def test_putting_back_leaves_it_to_others(site: Site) -> None:
    task = task_of(site, 11)
    page = opened(site, site.person("ann"), task)
    page.get_by_role("button", name="Put back").click()
    page.wait_for_url("**/queue")
    assert not look(site, task).task.held


# ---- keys, input methods, people ----


@pytest.mark.parametrize("how", [{"isComposing": True}, {"keyCode": 229}])
def test_no_key_decides_while_an_input_method_composes(site: Site, how: dict[str, Any]) -> None:
    task = task_of(site, 11)
    page = opened(site, site.person("ann"), task)
    press = """([how, key, more]) => {
      const target = document.activeElement;
      target.dispatchEvent(new CompositionEvent("compositionstart", { bubbles: true }));
      const pressed = { key, bubbles: true, cancelable: true, ...how, ...more };
      target.dispatchEvent(new KeyboardEvent("keydown", pressed));
    }"""
    for key in ("a", "i", "s", "z", "A", "f", "r", "d", "]", "1", "2", "Enter"):
        page.evaluate(press, [how, key, {}])
    choose(page, "handler")
    page.keyboard.press("e")
    page.locator(".editor input").fill("候选")
    page.evaluate(press, [how, "Enter", {"ctrlKey": True}])
    page.evaluate(press, [how, "Escape", {}])
    page.wait_for_timeout(300)
    expect(page.locator(".editor input")).to_have_value("候选")
    expect(page.locator("dialog[open]")).to_have_count(0)
    assert look(site, task).version == 0
    page.evaluate(press, [{}, "Enter", {"ctrlKey": True}])
    version(page, 1)


def test_a_held_key_accepts_once_and_modified_keys_do_nothing(site: Site) -> None:
    task = task_of(site, 11)
    page = opened(site, site.person("ann"), task)
    page.keyboard.down("a")
    version(page, 1)
    for _ in range(5):
        page.keyboard.down("a")
    page.keyboard.up("a")
    page.keyboard.press("Alt+i")
    page.wait_for_timeout(300)
    assert look(site, task).version == 1


def test_the_keys_are_told_and_nothing_is_decided_meanwhile(site: Site) -> None:
    task = task_of(site, 11)
    page = opened(site, site.person("ann"), task)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("a")
    page.wait_for_timeout(200)
    assert look(site, task).version == 0
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Keys")).to_be_hidden()


def test_a_comment_changes_nothing_and_is_shown(site: Site) -> None:
    task = task_of(site, 11)
    page = opened(site, site.person("ann"), task)
    choose(page, "handler")
    page.keyboard.press("c")
    page.keyboard.type("<img src=x onerror=alert(1)>")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".remarks")).to_contain_text("<img src=x onerror=alert(1)>")
    expect(page.locator(".remarks")).to_contain_text("经办人")
    assert page.locator("img").count() == 0
    assert not look(site, task).state.marks


def test_a_curator_reads_along_and_a_reviewer_does_not(site: Site) -> None:
    task = task_of(site, 11)
    opened(site, site.person("ann"), task)
    reviewer = site.person("bob").http.get(f"/tasks/{task}")
    assert "Somebody has this declaration in hand" in reviewer.text
    assert "data-spans" not in reviewer.text
    page = opened(site, site.person("eve", Role.CURATOR), task)
    expect(page.locator(".notice")).to_contain_text("ann has this in hand")
    page.keyboard.press("a")
    page.wait_for_timeout(200)
    assert look(site, task).version == 0


def test_who_does_not_have_it_in_hand_can_do_nothing(site: Site) -> None:
    task = task_of(site, 11)
    opened(site, site.person("ann"), task)
    http = site.person("bob").http
    sent = {"version": 0, "command": do.Accept(at="handler").model_dump()}
    answers = [
        http.post(f"/tasks/{task}/decisions", json=sent),
        http.post(f"/tasks/{task}/finish", json={"version": 0}),
        http.post(f"/tasks/{task}/renew"),
        http.put(f"/tasks/{task}/draft", json={"at": "handler", "value": "x"}),
        http.get(f"/tasks/{task}/side"),
        http.get(f"/tasks/{task}/selection?start=0&end=2"),
    ]
    assert [answer.status_code for answer in answers] == [409] * 6
    assert http.get("/tasks/999999").status_code == 404


def test_nothing_tells_what_was_planted(open_site: Callable[..., Site]) -> None:
    site = open_site(policy=Policy(second_look=0.0, planted=0.5))
    task = task_of(site, 11)
    html = site.person("ann").http.get(f"/tasks/{task}").text
    planted = {probe.address for probe in Probes(site.store()).of(task)}
    assert planted
    for word in ("plant", "probe", "truth"):
        assert word not in html.lower()
    doubts = re.findall(r'<li class="(spot doubt[^"]*)" data-at="([^"]+)"([^>]*)>', html)
    cells = [
        (css, at, rest) for css, at, rest in doubts if "data-value" in rest and "data-choices" not in rest
    ]
    assert planted < {at for _css, at, _rest in cells}
    assert len({(css, *re.findall(r"data-[a-z]+", rest)) for css, _at, rest in cells}) == 1


# ---- for everybody ----


def serious(page: Page) -> list[str]:
    """Return what axe finds serious about a page."""
    found = Axe().run(page).response["violations"]
    bad = [each for each in found if each["impact"] in ("serious", "critical")]
    return [f"{each['id']}: {each['nodes'][0]['html'][:200]}" for each in bad]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(site: Site, scheme: str) -> None:
    ann, task = site.person("ann"), task_of(site, 11)
    page = opened(site, ann, task, color_scheme=scheme)
    assert serious(page) == []
    page.keyboard.press("a")
    version(page, 1)
    choose(page, "indicators.b1.target")
    page.keyboard.press("e")
    assert serious(page) == []
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    assert serious(page) == []
    page.keyboard.press("Escape")
    other = opened(site, ann, task)
    correct(other, "phone", "7654321")
    version(other, 2)
    correct(page, "phone", "1234567")
    expect(page.locator("#conflict")).to_be_visible()
    assert serious(page) == []


def test_a_phone_shows_source_above_fields(site: Site) -> None:
    task = task_of(site, 11)
    page = opened(site, site.person("ann"), task, viewport={"width": 390, "height": 844}, has_touch=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    source, fields = page.locator(".source").bounding_box(), page.locator(".fields-pane").bounding_box()
    assert source is not None
    assert fields is not None
    assert source["y"] < fields["y"]
    page.locator(".acts [data-do=accept]").tap()
    version(page, 1)
    expect(page.locator(".doubt.active .place")).to_be_in_viewport()
    page.get_by_role("button", name="Fields").tap()
    expect(page.locator(".source")).to_be_hidden()
    page.get_by_role("button", name="Source", exact=True).tap()
    expect(page.locator(".fields-pane")).to_be_hidden()
    assert serious(page) == []
