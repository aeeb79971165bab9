"""Requests that nobody would think of, against the API as it really answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import schemathesis
from desks import take_all_in
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from commands import FILINGS, structurer
from structurer.store import Store
from structurer.store.review.accounts import Accounts, Role

if TYPE_CHECKING:
    from collections.abc import Callable

    from schemathesis import APIOperation, Case

    from conftest import Site

_EXAMPLES = 25
"""Requests to each operation that fit its description, and as many that do not."""
_CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


@pytest.fixture
def site(open_site: Callable[..., Site], new_url: Callable[[], str]) -> Site:
    """Return a site on either database, with a queue."""
    url = new_url()
    assert structurer("run", FILINGS, "--store", url, "--store-only", "--quiet").exit_code == 0
    with Store.open(url) as store:
        take_all_in(store)
    return open_site(store=url)


def test_no_request_breaks_the_server_or_gets_an_answer_that_is_not_described(site: Site) -> None:
    admin = site.person("admin", Role.ADMIN)
    with Store.open(site.store_url, upgrade=False) as store:
        token = Accounts(store).make_token(admin.person.id, "fuzz", 3_600)
    turn = admin.http.post("/api/tasks/next").json()
    mine = f"/api/tasks/{turn['task']}/claim"
    real = {"task": turn["task"], "key": turn["key"], "run": 1, "document": 1, "at": [*turn["cells"]]}
    described = schemathesis.openapi.from_dict(admin.http.get("/api/openapi.json").json())
    described.config.update(base_url=site.url)
    headers = {"Authorization": f"Bearer {token}"}
    asked: dict[str, set[int]] = {}
    for found in described.get_all_operations():
        operation = found.ok()
        for mode in GenerationMode:
            statuses = asked.setdefault(operation.definition.raw["operationId"], set())
            admin.http.post(mine)
            _ask(operation, mode, real, headers, statuses)
    # It got past the doors, and to what is there; a turn is not finished by accident.
    unheard = {name for name, statuses in asked.items() if not statuses & {200, 202, 204}}
    assert unheard <= {"getDocument", "finishTask"}
    assert not {401, 403} & set().union(*asked.values())


def _ask(
    operation: APIOperation,
    mode: GenerationMode,
    real: dict[str, Any],
    headers: dict[str, str],
    statuses: set[int],
) -> None:
    """Send some requests that fit an operation's description, or do not; note how they were answered."""
    cases = operation.as_strategy(generation_mode=mode)

    @settings(
        max_examples=_EXAMPLES,
        derandomize=True,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases, there=st.booleans(), at=st.sampled_from(real["at"]))
    def ask(case: Case, there: bool, at: str) -> None:
        if there:
            case.path_parameters.update({name: real[name] for name in case.path_parameters if name in real})
            _aim(case.body, at)
        answer = case.call_and_validate(headers=headers, checks=_CHECKS)
        statuses.add(answer.status_code)

    ask()


def _aim(body: Any, at: str) -> None:
    """Let a decision be about something that is there."""
    command = body.get("command") if isinstance(body, dict) else None
    if isinstance(command, dict):
        body["version"] = 0
        command |= {name: at for name in ("at", "row", "after") if isinstance(command.get(name), str)}


def test_characters_that_databases_refuse_are_no_error(site: Site) -> None:
    ann = site.person("ann").http
    assert ann.get("/api/tasks", params={"filing": "\0"}).json()["tasks"] == []
    assert ann.post("/api/tasks/next", json={"department": "a\0"}).status_code == 204
    turn = ann.post("/api/tasks/next").json()
    at = turn["doubts"][0]["at"]
    commands = [
        {"do": "comment", "text": "a\0b"},
        {"do": "skip", "at": at, "reason": "\0"},
        {"do": "illegible", "at": at, "reason": "x\0"},
        {"do": "correct", "at": "handler", "value": "甲\0乙"},
        {"do": "correct", "at": "phone", "value": "\ufffe\U0001f600"},
    ]
    for command in commands:
        sent = {"version": turn["version"], "command": command}
        answer = ann.post(f"/api/tasks/{turn['task']}/decisions", json=sent)
        assert answer.status_code == 200, answer.text
        turn = answer.json()
    assert turn["cells"]["handler"]["value"] == "甲\0乙"
    notes = [each["note"] for each in ann.get(f"/api/tasks/{turn['task']}/decisions").json()]
    assert notes[0] == "a\N{REPLACEMENT CHARACTER}b"
