"""The API: what programs can do, and that it keeps the rules of the pages."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from desks import QUIET

from structurer.schemas import validate
from structurer.store import Store
from structurer.store.review import Items, Tasks
from structurer.store.review.accounts import Accounts, Role
from structurer.store.review.probes import ProbeKind, Probes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import httpx2

    from conftest import Site, Visitor


def program(site: Site, visitor: Visitor) -> httpx2.Client:
    """Return a client that asks by a token alone."""
    with Store.open(site.store_url, upgrade=False) as store:
        token = Accounts(store).make_token(visitor.person.id, "test", 3_600)
    client = site.nobody()
    client.headers["Authorization"] = f"Bearer {token}"
    return client


@pytest.fixture
def ann(site: Site) -> httpx2.Client:
    return program(site, site.person("ann"))


@pytest.fixture
def cleo(site: Site) -> httpx2.Client:
    return program(site, site.person("cleo", Role.CURATOR))


def claimed(client: httpx2.Client, **wanted: str) -> dict[str, Any]:
    """Take the next task in hand; return the turn."""
    answer = client.post("/api/tasks/next", json=wanted)
    assert answer.status_code == 200, answer.text
    return answer.json()


def decide(client: httpx2.Client, turn: dict[str, Any], **command: Any) -> httpx2.Response:
    sent = {"version": turn["version"], "seconds": 1.5, "command": command}
    return client.post(f"/api/tasks/{turn['task']}/decisions", json=sent)


def waiting(turn: dict[str, Any]) -> list[str]:
    return [doubt["at"] for doubt in turn["doubts"] if not doubt["settled"]]


def settled(client: httpx2.Client, turn: dict[str, Any]) -> dict[str, Any]:
    """Accept all that is doubtful; return the turn after it."""
    for at in waiting(turn):
        turn = decide(client, turn, do="accept", at=at).json()
    return turn


def finish(client: httpx2.Client, turn: dict[str, Any]) -> httpx2.Response:
    return client.post(f"/api/tasks/{turn['task']}/finish", json={"version": turn["version"]})


def pages(client: httpx2.Client, path: str, items: str, **asked: Any) -> Iterator[list[Any]]:
    after = None
    while True:
        got = client.get(path, params={**asked, **({} if after is None else {"after": after})}).json()
        yield got[items]
        after = got["next"]
        if after is None:
            return


def test_the_queue_comes_page_by_page_in_its_order(ann: httpx2.Client) -> None:
    whole = ann.get("/api/tasks", params={"limit": 200}).json()
    assert whole["next"] is None
    assert whole["total"] == len(whole["tasks"]) > 10
    paged = [row for page in pages(ann, "/api/tasks", "tasks", limit=7) for row in page]
    assert paged == whole["tasks"]
    filing = whole["tasks"][3]["filing"]
    only = ann.get("/api/tasks", params={"filing": filing}).json()["tasks"]
    assert only == [row for row in whole["tasks"] if row["filing"] == filing]


def test_a_declaration_is_settled_by_a_program_and_exported_as_it_was_left(
    ann: httpx2.Client, cleo: httpx2.Client
) -> None:
    first = ann.get("/api/tasks", params={"limit": 1}).json()["tasks"][0]
    turn = claimed(ann)
    assert (turn["task"], turn["holder"], turn["version"]) == (first["task"], "ann", 0)
    assert turn["chunk"]["end"] - turn["chunk"]["start"] == len(turn["chunk"]["text"])
    at = "project_name"
    (span, *_more) = turn["cells"][at]["spans"]
    start = turn["chunk"]["start"]
    assert turn["chunk"]["text"][span[0] - start : span[1] - start].strip() in turn["cells"][at]["value"]
    turn = decide(ann, turn, do="correct", at=at, value="另一个项目").json()
    assert turn["cells"][at]["value"] == "另一个项目"
    assert turn["marks"][at]["kind"] == "corrected"
    left = finish(ann, turn)
    assert left.status_code == 409
    assert "more to decide" in left.json()["error"]
    turn = settled(ann, turn)
    assert waiting(turn) == []
    assert finish(ann, turn).status_code == 204

    record = cleo.get(f"/api/records/{turn['key']}").json()
    assert record["status"] == "reviewed"
    assert record["data"]["project_name"] == "另一个项目"
    assert record["review"]["by"] == ["ann"]
    (listed,) = cleo.get("/api/records", params={"reviewed": True}).json()["records"]
    assert listed["key"] == turn["key"]
    assert listed["reviewed_at"] is not None
    (run,) = cleo.get("/api/runs").json()["runs"]
    exported = cleo.get(f"/api/runs/{run['id']}/records")
    assert exported.headers["content-type"] == "application/x-ndjson"
    lines = [json.loads(line) for line in exported.text.splitlines()]
    for line in lines:
        validate("record", line)
    assert [line for line in lines if line["status"] == "reviewed"] == [record]


def test_decisions_are_told_in_their_order(ann: httpx2.Client, cleo: httpx2.Client) -> None:
    turn = claimed(ann)
    at = waiting(turn)[0]
    turn = decide(ann, turn, do="illegible", at=at, reason="stamp").json()
    turn = decide(ann, turn, do="undo").json()
    assert at in waiting(turn)
    told = ann.get(f"/api/tasks/{turn['task']}/decisions").json()
    assert [(each["number"], each["kind"], each["who"], each["of"]) for each in told] == [
        (1, "illegible", "ann", None),
        (2, "undo", "ann", 1),
    ]
    assert (told[0]["note"], told[0]["seconds"]) == ("stamp", 1.5)
    assert told[0]["changes"][0]["op"] == "mark"
    assert cleo.get(f"/api/tasks/{turn['task']}/decisions").json() == told
    (history,) = cleo.get(f"/api/records/{turn['key']}/history").json()
    assert (history["task"], history["round"], history["decisions"]) == (turn["task"], "first", told)


def test_a_stale_decision_is_refused_with_both_values(site: Site, ann: httpx2.Client) -> None:
    turn = claimed(ann)
    decide(ann, turn, do="correct", at="handler", value="甲")
    answer = decide(ann, turn, do="correct", at="handler", value="乙")
    assert answer.status_code == 409
    assert answer.json() == {
        "error": "somebody changed this meanwhile; nothing was overwritten",
        "clashes": [{"at": "handler", "now": "甲", "who": "ann", "yours": "乙"}],
        "version": 1,
    }
    elsewhere = decide(ann, turn, do="correct", at="phone", value="123")
    assert elsewhere.status_code == 200
    assert elsewhere.json()["cells"]["handler"]["value"] == "甲"
    assert finish(ann, turn).status_code == 409


def test_what_somebody_has_in_hand_nobody_else_sees_or_changes(site: Site, ann: httpx2.Client) -> None:
    ben = program(site, site.person("ben"))
    turn = claimed(ann)
    turn = decide(ann, turn, do="correct", at="handler", value="甲").json()
    path = f"/api/tasks/{turn['task']}"
    answers = [
        ben.get(path),
        ben.get(f"{path}/decisions"),
        ben.post(f"{path}/claim"),
        ben.post(f"{path}/renew"),
        decide(ben, turn | {"version": 0}, do="correct", at="handler", value="乙"),
        finish(ben, turn),
    ]
    assert [answer.status_code for answer in answers] == [403, 403, 409, 409, 409, 409]
    assert not any("甲" in answer.text for answer in answers)
    assert ben.post(f"{path}/release").status_code == 204
    assert ann.get(path).json()["holder"] == "ann"
    assert ann.post(f"{path}/renew").json()["lease_until"] > turn["lease_until"]
    assert ann.post(f"{path}/release").status_code == 204
    assert decide(ann, turn, do="accept", at="handler").status_code == 409
    taken = ben.post(f"{path}/claim")
    assert (taken.status_code, taken.json()["cells"]["handler"]["value"]) == (200, "甲")


def test_a_second_look_sees_nothing_of_the_first(open_site: Callable[..., Site]) -> None:
    site = open_site(policy=replace(QUIET, second_look=1.0))
    ann, ben, cleo = (
        program(site, site.person(name, role))
        for name, role in (("ann", Role.REVIEWER), ("ben", Role.REVIEWER), ("cleo", Role.CURATOR))
    )
    turn = claimed(ann)
    before = turn["cells"]
    turn = settled(ann, decide(ann, turn, do="correct", at="handler", value="甲").json())
    assert finish(ann, turn).status_code == 204
    with Store.open(site.store_url, upgrade=False) as store:
        item = Tasks(store).find(turn["task"]).item
        second = next(task.id for task in Tasks(store).of_item(item) if task.round == "second")
    assert second not in [row["task"] for row in ann.get("/api/tasks", params={"limit": 200}).json()["tasks"]]
    assert ann.get(f"/api/tasks/{second}").status_code == 404
    assert ann.post(f"/api/tasks/{second}/claim").status_code == 409
    look = ben.post(f"/api/tasks/{second}/claim").json()
    assert (look["cells"], look["marks"], look["kind"]) == (before, {}, "review")
    assert ben.get(f"/api/tasks/{turn['task']}").status_code == 404
    assert ben.get(f"/api/tasks/{turn['task']}/decisions").status_code == 404
    assert ben.get(f"/api/records/{turn['key']}").status_code == 403
    assert ben.post(f"/api/tasks/{second}/release").status_code == 204
    # Nor does a curator who looks a second time.
    assert len(cleo.get(f"/api/records/{turn['key']}/history").json()) == 2
    assert cleo.post(f"/api/tasks/{second}/claim").status_code == 200
    assert [each["task"] for each in cleo.get(f"/api/records/{turn['key']}/history").json()] == [second]
    assert cleo.get(f"/api/tasks/{turn['task']}").status_code == 404


def test_nothing_tells_what_was_planted(open_site: Callable[..., Site]) -> None:
    site = open_site(policy=replace(QUIET, planted=1.0))
    ann = program(site, site.person("ann"))
    cleo = program(site, site.person("cleo", Role.CURATOR))
    turn = claimed(ann)
    with Store.open(site.store_url, upgrade=False) as store:
        probes = [each for each in Probes(store).of(turn["task"]) if each.kind is ProbeKind.PLANTED]
    assert probes
    planted = {probe.address: json.loads(probe.shown)[0] for probe in probes}
    assert {at: turn["cells"][at]["value"] for at in planted} == planted
    assert planted.keys() <= set(waiting(turn))
    for word in ("planted", "probe", "truth"):
        assert word not in json.dumps(turn)
    assert {frozenset(doubt) for doubt in turn["doubts"]} == {frozenset({"at", "settled", "reasons"})}
    at = next(iter(planted))
    turn = settled(ann, decide(ann, turn, do="correct", at=at, value="7").json())
    others = [cleo.get(f"/api/tasks/{turn['task']}"), cleo.get(f"/api/tasks/{turn['task']}/decisions")]
    assert finish(ann, turn).status_code == 204
    others += [cleo.get(f"/api/records/{turn['key']}{path}") for path in ("", "/history")]
    for answer in others:
        assert answer.status_code == 200
        for value in planted.values():
            assert json.dumps(value, ensure_ascii=False) not in answer.text


def test_programs_bring_filings_in(site: Site, ann: httpx2.Client, cleo: httpx2.Client) -> None:
    files = [
        ("files", ("../../<b>x.txt", "一个没有表的文件".encode())),
        ("files", ("y.exe", b"MZ")),
    ]
    answer = ann.post("/api/documents", files=files)
    assert answer.status_code == 202
    good, bad = answer.json()
    assert (good["name"], good["problem"]) == ("<b>x.txt", None)
    assert bad["document"] is None
    assert "kind" in bad["problem"]
    shown = ann.get(f"/api/documents/{good['document']}").json()
    assert (shown["name"], shown["who"]) == ("<b>x.txt", "ann")
    assert cleo.get(f"/api/documents/{good['document']}").status_code == 200
    ben = program(site, site.person("ben"))
    assert ben.get(f"/api/documents/{good['document']}").status_code == 404


@pytest.mark.parametrize("number", ["0", "-1", str(2**31), str(2**63), "9" * 5_000, "x", "1e3"])
def test_numbers_beyond_any_row_are_no_error_of_the_server(
    cleo: httpx2.Client, ann: httpx2.Client, number: str
) -> None:
    for path in ("/api/tasks/{}", "/api/tasks/{}/decisions", "/api/documents/{}"):
        assert ann.get(path.format(number)).status_code in (404, 422)
    for path in ("/api/runs/{}", "/api/runs/{}/records"):
        assert cleo.get(path.format(number)).status_code in (404, 422)


def test_what_has_no_meaning_is_refused_in_words(ann: httpx2.Client, cleo: httpx2.Client) -> None:
    turn = claimed(ann)
    nonsense = decide(ann, turn, do="accept", at="no.such")
    assert (nonsense.status_code, nonsense.json()) == (
        400,
        {"error": "no.such: the record has nothing there"},
    )
    unknown = decide(ann, turn, do="explode")
    assert unknown.status_code == 422
    assert unknown.json()["details"]
    half = ann.post(
        f"/api/tasks/{turn['task']}/decisions",
        content=b'{"version":0,"command":{"do":"correct","at":"handler","value":"\\ud800"}}',
        headers={"Content-Type": "application/json"},
    )
    assert half.status_code == 422
    nothing = decide(ann, turn, do="comment", text="a\0b")
    assert nothing.status_code == 200
    assert cleo.get("/api/records/" + "0" * 24).status_code == 404
    assert ann.get("/api/tasks", params={"after": "x"}).status_code == 422


def test_text_is_what_spans_count_in(site: Site, cleo: httpx2.Client) -> None:
    (row,) = cleo.get("/api/records", params={"limit": 1}).json()["records"]
    record = cleo.get(f"/api/records/{row['key']}").json()
    text = cleo.get(f"/api/records/{row['key']}/text").json()
    assert (text["start"], text["end"]) == (record["chunk"]["start"], record["chunk"]["end"])
    (span, *_more) = record["evidence"]["project_name"]
    assert text["text"][span[0] : span[1]].strip() in record["data"]["project_name"]


def test_records_come_page_by_page(site: Site, cleo: httpx2.Client) -> None:
    whole = [row for page in pages(cleo, "/api/records", "records", limit=200) for row in page]
    paged = [row for page in pages(cleo, "/api/records", "records", limit=9) for row in page]
    assert paged == whole
    with Store.open(site.store_url, upgrade=False) as store:
        assert all(Items(store).by_key(row["key"]) for row in whole)
    assert list(pages(cleo, "/api/records", "records", reviewed=True)) == [[]]


def test_the_description_names_every_route_with_its_errors(site: Site, ann: httpx2.Client) -> None:
    assert site.nobody().get("/api/openapi.json").status_code == 401
    assert site.nobody().get("/openapi.json").status_code == 404
    told = ann.get("/api/openapi.json").json()
    operations = [one for path in told["paths"].values() for one in path.values()]
    assert all(path.startswith("/api/") for path in told["paths"])
    assert len({one["operationId"] for one in operations}) == len(operations) >= 17
    for one in operations:
        assert one["tags"]
        assert one["summary"]
        assert {"401", "403", "422"} <= one["responses"].keys()
        for status, answer in one["responses"].items():
            if status >= "400":
                schema = answer["content"]["application/json"]["schema"]
                assert schema == {"$ref": "#/components/schemas/ErrorAnswer"}
    assert told["security"] == [{"token": []}, {"session": []}]
