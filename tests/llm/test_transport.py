from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING

import pytest
from loopback import (
    KEY,
    Bytes,
    Word,
    attempts,
    client_of,
    completion,
    failure,
    loopback,
    question,
    server_at,
    word,
)

from structurer.asking import Answered, Truncated, Unanswered
from structurer.errors import ModelServerError
from structurer.llm.transport import Transport
from structurer.store import Outcome

if TYPE_CHECKING:
    from pathlib import Path

    from structurer.asking import Reply
    from structurer.store import Journal


def ask_once(journal: Journal, *script: Bytes, **settings: object) -> tuple[Reply, int]:
    """Ask one question of a server that answers by a script (its last line again and again)."""

    async def main() -> tuple[Reply, int]:
        async with loopback(lambda n, _: script[min(n, len(script)) - 1]) as seen:
            async with client_of(journal, server_at(seen.url, **settings)) as client:
                reply = await client.ask(question())
            return reply, len(seen.bodies)

    return asyncio.run(main())


def outcomes(database: Path) -> list[tuple[Outcome, int | None, bool]]:
    return [(each.outcome, each.status, each.estimated) for each in attempts(database)]


SOON = {"Retry-After": "0.01"}


@pytest.mark.parametrize(
    ("bad", "outcome", "status", "charged"),
    [
        (failure(408, headers=SOON), Outcome.SERVER_ERROR, 408, False),
        (failure(409, headers=SOON), Outcome.SERVER_ERROR, 409, False),
        (failure(429, headers=SOON), Outcome.RATE_LIMITED, 429, False),
        (failure(500, headers=SOON), Outcome.SERVER_ERROR, 500, False),
        (failure(503, headers=SOON), Outcome.SERVER_ERROR, 503, False),
        (Bytes(200, b"<html>busy</html>"), Outcome.SERVER_ERROR, 200, True),
        (Bytes(200, b'{"choices": []}'), Outcome.SERVER_ERROR, 200, True),
        (Bytes(200, word().body, cut=True), Outcome.CONNECTION, None, True),
        (Bytes(hang=True), Outcome.TIMEOUT, None, True),
        (Bytes(200, word().body, drip=0.05), Outcome.TIMEOUT, None, True),
    ],
    ids=["408", "409", "429", "500", "503", "html", "no choices", "cut", "hang", "drip"],
)
def test_what_passes_is_tried_again(
    journal: Journal, database: Path, bad: Bytes, outcome: Outcome, status: int | None, charged: bool
) -> None:
    reply, requests = ask_once(journal, bad, word(), timeout=0.3)
    assert isinstance(reply, Answered)
    assert requests == 2
    assert outcomes(database) == [(outcome, status, charged), (Outcome.ANSWERED, 200, False)]
    failed = attempts(database)[0]
    # What the model may have worked on is charged as the worst case; what was refused is not.
    assert (failed.cost > 0) == charged
    assert (failed.output_tokens == 50) == charged


@pytest.mark.parametrize("status", [400, 413, 422])
def test_a_request_that_is_wrong_is_not_sent_again(journal: Journal, database: Path, status: int) -> None:
    reply, requests = ask_once(journal, failure(status, "context too long"))
    assert reply == Unanswered(f"the server rejected the request: {status} context too long")
    assert requests == 1
    assert outcomes(database) == [(Outcome.REJECTED, status, False)]
    assert attempts(database)[0].cost == 0


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (failure(401, "bad key"), "API key"),
        (failure(403, "no rights"), "API key"),
        (failure(404, "model m does not exist"), "no model m"),
        (failure(402, "Insufficient Balance"), "credit"),
        (failure(429, "quota", code="insufficient_quota"), "credit"),
    ],
)
def test_what_no_request_can_mend_ends_the_run(journal: Journal, bad: Bytes, words: str) -> None:
    with pytest.raises(ModelServerError, match=words):
        ask_once(journal, bad)


def test_truncation_is_not_tried_again(journal: Journal) -> None:
    reply, requests = ask_once(journal, completion('{"word": "a', finish="length"), word())
    assert isinstance(reply, Truncated)
    assert requests == 1


@pytest.mark.parametrize(
    ("refused", "reason"),
    [
        (completion(None, message={"refusal": "I\ncannot"}), "the model refused: I cannot"),
        (completion("", finish="content_filter"), "a content filter held the answer back"),
    ],
)
def test_a_refusal_says_why(journal: Journal, refused: Bytes, reason: str) -> None:
    reply, requests = ask_once(journal, refused, word())
    assert reply == Unanswered(f"no answer: {reason}")
    assert requests == 1


@pytest.mark.parametrize(
    "headers",
    [
        {"Retry-After": "0.6"},
        {"retry-after-ms": "600", "Retry-After": "30"},
    ],
)
def test_retry_after_is_honoured(journal: Journal, headers: dict[str, str]) -> None:
    began = time.monotonic()
    ask_once(journal, failure(429, headers=headers), word())
    assert 0.6 <= time.monotonic() - began < 20


def test_retry_after_may_be_a_date(journal: Journal) -> None:
    # A date has whole seconds: 1.0 to 2.0 seconds from now.
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=2), usegmt=True)
    began = time.monotonic()
    ask_once(journal, failure(503, headers={"Retry-After": date}), word())
    assert 0.9 <= time.monotonic() - began < 20


def test_the_deadline_ends_trying(journal: Journal, database: Path) -> None:
    began = time.monotonic()
    reply, requests = ask_once(
        journal, failure(429, "slow down", SOON | {"Retry-After": "0.2"}), deadline=1.0
    )
    assert reply == Unanswered("no answer until the deadline: 429 slow down")
    assert 0.5 < time.monotonic() - began < 10
    assert 2 <= requests <= 6
    assert {outcome for outcome, _, _ in outcomes(database)} == {Outcome.RATE_LIMITED}


def test_a_wait_beyond_the_deadline_is_not_begun(journal: Journal) -> None:
    began = time.monotonic()
    reply, requests = ask_once(journal, failure(429, headers={"Retry-After": "86400"}), word())
    assert isinstance(reply, Unanswered)
    assert requests == 1
    assert time.monotonic() - began < 10


def test_nothing_is_charged_where_nobody_listens(journal: Journal, database: Path) -> None:
    async def main() -> Reply:
        async with client_of(journal, server_at("http://127.0.0.1:9/v1", deadline=0.5)) as client:
            return await client.ask(question())

    assert isinstance(asyncio.run(main()), Unanswered)
    rows = attempts(database)
    assert {row.outcome for row in rows} == {Outcome.CONNECTION}
    assert sum(row.cost for row in rows) == 0


def test_the_key_is_nowhere(journal: Journal, database: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    echo = f"Incorrect API key {KEY}, header Authorization: Bearer {KEY}, other sk-proj-abc***xyz"
    messages: list[str] = []

    async def main() -> None:
        script = [
            failure(500, echo, SOON),
            Bytes(429, echo.encode(), SOON),
            failure(400, echo),
            completion(f'{{"word": "{KEY}"}}'),
            failure(401, echo),
        ]
        async with loopback(lambda n, _: script[n - 1]) as seen:
            url = seen.url.replace("http://", "http://me:pass-word-xyz@") + "?token=also-secret"
            server = server_at(url)
            assert server.url == seen.url
            messages.append(repr(server))
            for number in range(3):
                async with client_of(journal, server_at(url.partition("?")[0])) as client:
                    try:
                        messages.append(repr(await client.ask(question(f"question {number}"))))
                    except ModelServerError as error:
                        messages.extend(chain(error))
            assert len(seen.bodies) == 5

    asyncio.run(main())
    journal._store.close()
    everything = caplog.text + "".join(messages).replace(repr(messages[0]), "")
    everything += "".join(path.read_bytes().decode("latin-1") for path in database.parent.iterdir())
    everything = everything.replace(messages[0], "")
    assert "HTTP Response" in caplog.text  # the SDK did log
    assert "Incorrect API key" in everything
    for secret in (KEY, "pass-word-xyz", "sk-proj-abc"):
        assert secret not in everything


def chain(error: BaseException | None) -> list[str]:
    said = []
    while error is not None:
        said.append(f"{error!r} {error.args} {vars(error)}")
        error = error.__cause__ or error.__context__
    return said


def test_the_bytes_that_were_hashed_are_the_bytes_that_are_sent(journal: Journal) -> None:
    async def main() -> None:
        async with loopback(lambda *_: word()) as seen:
            client = client_of(journal, server_at(seen.url))
            async with client:
                await client.ask(question("甲 {{ 7 * 7 }} {% for x in y %} ${a}"))
            sent = seen.raw[0]
            assert "甲 {{ 7 * 7 }} {% for x in y %} ${a}".encode() in sent
            assert b"\\u" not in sent

    asyncio.run(main())


def test_a_placeholder_for_a_key_is_a_word_like_any_other(journal: Journal) -> None:
    async def main() -> Reply:
        async with loopback(lambda *_: word("none of the above")) as seen:
            server = replace(server_at(seen.url), api_key="none")
            async with client_of(journal, server) as client:
                return await client.ask(question())

    reply = asyncio.run(main())
    assert isinstance(reply, Answered)
    assert reply.value == Word(word="none of the above")


def test_an_attempt_that_is_cancelled_is_written_down(journal: Journal, database: Path) -> None:
    async def main() -> None:
        async with loopback(lambda *_: Bytes(hang=True)) as seen:
            client = client_of(journal, server_at(seen.url))
            async with client:
                with pytest.raises(TimeoutError):
                    async with asyncio.timeout(0.2):
                        await client.ask(question())

    asyncio.run(main())
    (lost,) = attempts(database)
    assert (lost.outcome, lost.estimated, lost.output_tokens) == (Outcome.LOST, True, 50)
    assert journal.spent("run").spent == lost.cost > 0
    assert journal.spent("run").reserved == 0


def test_a_server_without_keys_gets_no_other_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-from-the-environment")
    monkeypatch.setenv("OPENAI_ADMIN_KEY", "sk-admin-from-the-environment")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")

    async def main() -> str:
        async with loopback(lambda *_: word()) as seen:
            server = server_at(seen.url)
            transport = Transport(type(server)("m", seen.url))
            await transport.send(b"{}")
            await transport.close()
            return seen.heads[0]

    assert "from-the-environment" not in asyncio.run(main())


def test_usage_that_is_not_told_is_the_worst_case(journal: Journal, database: Path) -> None:
    reply, _ = ask_once(journal, completion(arguments='{"word": "x"}', usage=None))
    assert isinstance(reply, Answered)
    (row,) = attempts(database)
    assert row.estimated
    assert row.output_tokens == 50
    assert row.input_tokens > 100
    assert row.cost == row.input_tokens * 2000 + row.output_tokens * 8000
    assert reply.usage.input_tokens == row.input_tokens
