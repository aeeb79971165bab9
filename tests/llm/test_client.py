from __future__ import annotations

import asyncio
import json
import threading
from typing import TYPE_CHECKING, Any

import pytest
from loopback import (
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

from structurer.asking import Answered, Ask, Invalid, Reply, Unanswered
from structurer.errors import BudgetExhaustedError, ModelServerError, StoppedError
from structurer.llm.client import ModelClient, usage_of
from structurer.llm.dialect import default_dialect
from structurer.llm.dispatch import NotSentError
from structurer.llm.online import OnlineDispatcher
from structurer.llm.outbox import Outbox
from structurer.models import Usage
from structurer.store import Journal, Outcome, Store

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from structurer.asking import Reading


def test_a_second_run_makes_no_requests_and_says_the_same(journal: Journal) -> None:
    asks = tuple(question(f"question {number}") for number in range(5))

    async def main() -> None:
        async with loopback(lambda _, body: word(body["messages"][-1]["content"])) as seen:
            async with client_of(journal, server_at(seen.url), run="one") as client:
                first = await client.ask_all(asks)
            assert len(seen.bodies) == 5
            async with client_of(journal, server_at(seen.url), run="two") as client:
                assert await client.ask_all(asks) == first
            assert len(seen.bodies) == 5
        assert [reply.value for reply in first if isinstance(reply, Answered)] == [
            Word(word=f"question {number}") for number in range(5)
        ]
        assert isinstance(first[0], Answered)
        # 100 input tokens at $2 and 10 output tokens at $8 per million; the same on a hit.
        assert first[0].usage == Usage(100, 10, "0.00028")

    asyncio.run(main())
    rows = {row.run: row for row in journal.usage()}
    assert (rows["one"].requests, rows["one"].hits) == (5, 0)
    assert (rows["two"].requests, rows["two"].hits) == (0, 5)


def test_another_server_model_or_wording_is_another_request(journal: Journal) -> None:
    async def main() -> None:
        async with loopback(lambda *_: word()) as seen:
            for server in (
                server_at(seen.url),
                server_at(seen.url, temperature=0.0),
                server_at(f"{seen.url}/"),
            ):
                async with client_of(journal, server) as client:
                    await client.ask(question("a"))
                    await client.ask(question("b"))
            assert len(seen.bodies) == 4  # a slash at the end is no other server

    asyncio.run(main())


def test_the_same_question_at_once_is_one_request(journal: Journal) -> None:
    async def main() -> None:
        async with loopback(lambda *_: Bytes(body=word().body, wait=0.1)) as seen:
            async with client_of(journal, server_at(seen.url)) as client:
                replies = await client.ask_all((question(),) * 10)
            assert len(seen.bodies) == 1
            assert len(set(map(repr, replies))) == 1

    asyncio.run(main())
    assert journal.usage()[0].hits == 9


def test_who_waits_for_one_that_is_cancelled_asks_by_itself(journal: Journal) -> None:
    async def main() -> None:
        script = [Bytes(hang=True), word()]
        async with loopback(lambda n, _: script[n - 1]) as seen:
            async with client_of(journal, server_at(seen.url)) as client:
                first = asyncio.create_task(client.ask(question()))
                await asyncio.sleep(0.1)
                second = asyncio.create_task(client.ask(question()))
                await asyncio.sleep(0.1)
                first.cancel()
                assert isinstance(await second, Answered)
            assert len(seen.bodies) == 2

    asyncio.run(main())


@pytest.mark.parametrize(
    "bad",
    [
        failure(400),
        completion(None, message={"refusal": "no"}),
        failure(429, headers={"Retry-After": "999"}),
    ],
    ids=["rejected", "refused", "rate limited"],
)
def test_a_failure_is_never_served_again(journal: Journal, bad: Bytes) -> None:
    async def main() -> None:
        script = [bad, word()]
        async with loopback(lambda n, _: script[n - 1]) as seen:
            async with client_of(journal, server_at(seen.url)) as client:
                assert isinstance(await client.ask(question()), Unanswered)
                assert isinstance(await client.ask(question()), Answered)
            assert len(seen.bodies) == 2

    asyncio.run(main())


def twice() -> Generator[tuple[Ask, ...], tuple[Reply, ...], str]:
    """A reading that asks again where the first answer was of no use."""
    (first,) = yield (question("first"),)
    if isinstance(first, Answered):
        return "first"
    (second,) = yield (question("second"),)
    return "second" if isinstance(second, Answered) else "none"


def drive(journal: Journal, seen: list[str], *script: Bytes) -> str:
    """Drive the reading against a script, at an address that stays the same."""

    async def main() -> str:
        async with loopback(lambda n, _: script[n - 1]) as server:
            journal.open_run("run", "test", "m", None)
            at = server_at(server.url)
            client = ModelClient(at, journal, OnlineDispatcher(at, journal, "run"), "run")
            client._url = "http://same"
            async with client:
                result = await client.drive(twice())
            seen.extend(body["messages"][-1]["content"] for body in server.bodies)
            return result

    return asyncio.run(main())


JUNK = completion("this is no answer")


def test_a_reading_that_ended_well_is_repeated_without_requests(journal: Journal) -> None:
    seen: list[str] = []
    assert drive(journal, seen, JUNK, word()) == "second"
    assert seen == ["first", "second"]
    assert drive(journal, seen) == "second"
    assert seen == ["first", "second"]


def test_a_reading_that_ended_on_junk_asks_anew(journal: Journal) -> None:
    seen: list[str] = []
    assert drive(journal, seen, JUNK, JUNK) == "none"
    assert drive(journal, seen, word()) == "first"
    assert seen == ["first", "second", "first"]


def test_a_reading_is_closed_when_the_run_ends_under_it(journal: Journal) -> None:
    closed = []

    def reading() -> Reading[None]:
        try:
            yield (question(),)
        finally:
            closed.append(True)

    async def main() -> None:
        async with loopback(lambda *_: word()) as seen:
            async with client_of(journal, server_at(seen.url), budget=1) as client:
                with pytest.raises(BudgetExhaustedError):
                    await client.drive(reading())
            assert not seen.bodies

    asyncio.run(main())
    assert closed == [True]


def test_stopping_lets_requests_in_flight_end_and_begins_no_other(journal: Journal, database: Path) -> None:
    async def main() -> None:
        async with loopback(lambda *_: Bytes(body=word().body, wait=0.3)) as seen:
            async with client_of(journal, server_at(seen.url, concurrency=3)) as client:
                asks = [asyncio.create_task(client.ask(question(str(number)))) for number in range(9)]
                await asyncio.sleep(0.15)
                client.stop()
                done = await asyncio.gather(*asks, return_exceptions=True)
                with pytest.raises(StoppedError, match="run the same command again"):
                    await client.ask(question("later"))
                # What is known is still told.
                assert isinstance(await client.ask(question("0")), Answered)
            assert len(seen.bodies) == 3
            assert [isinstance(each, Answered) for each in done] == [True] * 3 + [False] * 6
            assert all(isinstance(each, StoppedError) for each in done[3:])

    asyncio.run(main())
    assert [row.outcome for row in attempts(database)] == [Outcome.ANSWERED] * 3


@pytest.mark.parametrize(
    "bad", [failure(503, headers={"Retry-After": "30"}), failure(500)], ids=["told to wait", "backing off"]
)
def test_stopping_does_not_wait_for_another_try(journal: Journal, bad: Bytes) -> None:
    async def main() -> None:
        async with loopback(lambda *_: bad) as seen:
            client = client_of(journal, server_at(seen.url, deadline=100.0))
            async with client:
                ask = asyncio.create_task(client.ask(question()))
                await asyncio.sleep(0.2)
                client.stop()
                with pytest.raises(StoppedError):
                    await asyncio.wait_for(ask, 1)

    asyncio.run(main())


def test_an_outbox_keeps_each_request_once_and_sends_none(journal: Journal) -> None:
    async def main() -> None:
        server = server_at("http://127.0.0.1:9/v1", mode="auto")
        journal.open_run("run", "test", "m", None)
        outbox = Outbox()
        async with ModelClient(server, journal, outbox, "run", default_dialect(server)) as client:
            with pytest.raises(NotSentError):
                await client.ask_all((question("a"), question("b"), question("a")))
            with pytest.raises(NotSentError):
                await client.ask(question("c"))
            bodies = [json.loads(request.body) for request in outbox.requests]
            assert [body["messages"][-1]["content"] for body in bodies] == ["a", "b", "c"]
            assert len({request.key for request in outbox.requests}) == 3
            assert {request.prompt for request in outbox.requests} == {"test@1"}

    asyncio.run(main())


def test_an_answer_that_came_another_way_is_served_by_its_key(journal: Journal, database: Path) -> None:
    """What an outbox wrote down and a batch answered is what a client looks for."""

    async def main() -> None:
        async with loopback(lambda *_: word("from the network")) as seen:
            server = server_at(seen.url)
            journal.open_run("run", "test", "m", None)
            outbox = Outbox()
            async with ModelClient(server, journal, outbox, "run") as client:
                with pytest.raises(NotSentError):
                    await client.ask(question())
            from structurer.llm.completion import settle

            (request,) = outbox.requests
            attempt = settle(request, word("by post").body.decode(), server.prices, batch=True)
            assert attempt is not None
            assert usage_of(attempt) == Usage(100, 10, "0.00014")
            journal.record(attempt, "run")
            async with client_of(journal, server) as client:
                reply = await client.ask(question())
            assert isinstance(reply, Answered)
            assert reply.value == Word(word="by post")
            assert not seen.bodies

    asyncio.run(main())


def worst_case(url: str, journal: Journal) -> int:
    """What one question is reserved for, in nano-dollars."""
    server = server_at(url)
    request = ModelClient(server, journal, Outbox(), "run").request(question("00"), default_dialect(server))
    return request.input_bound * 2000 + request.max_tokens * 8000


ACTUAL = 100 * 2000 + 10 * 8000


def test_the_budget_is_never_passed_and_is_used_to_the_end(journal: Journal, database: Path) -> None:
    """Many at once, each much cheaper than its worst case: as many are sent as can be, none too many."""
    watched: list[int] = []

    async def main() -> None:
        async with loopback(lambda *_: Bytes(body=word().body, wait=0.01)) as seen:
            budget = worst_case(seen.url, journal) + 9 * ACTUAL
            client = client_of(journal, server_at(seen.url, concurrency=30), budget=budget)
            async with client:
                asks = [client.ask(question(f"{number:02}")) for number in range(40)]
                watch = asyncio.create_task(look(journal, watched))
                done = await asyncio.gather(*asks, return_exceptions=True)
                watch.cancel()
            answered = [each for each in done if isinstance(each, Answered)]
            refused = [each for each in done if isinstance(each, BudgetExhaustedError)]
            # After nine answers exactly one worst case is left: the tenth is sent, the eleventh does not fit.
            assert (len(answered), len(refused)) == (10, 30)
            assert len(seen.bodies) == 10
            assert "--budget" in str(refused[0])
            money = journal.spent("run")
            assert (money.spent, money.reserved) == (10 * ACTUAL, 0)
            assert max(watched) <= budget
            # Nine answers and one nano-dollar less: the tenth is not sent.
            async with (
                client_of(
                    journal, server_at(seen.url), budget=money.spent + worst_case(seen.url, journal) - 1
                ),
                client_of(
                    journal, server_at(seen.url), budget=money.spent + worst_case(seen.url, journal) - 1
                ) as again,
            ):
                with pytest.raises(BudgetExhaustedError):
                    await again.ask(question("99"))
                assert isinstance(await again.ask(question("00")), Answered)
            # A larger budget goes on.
            larger = money.spent + worst_case(seen.url, journal)
            async with client_of(journal, server_at(seen.url), budget=larger) as again:
                assert isinstance(await again.ask(question("99")), Answered)

    asyncio.run(main())


async def look(journal: Journal, watched: list[int]) -> None:
    while True:
        money = journal.spent("run")
        watched.append(money.spent + money.reserved)
        await asyncio.sleep(0)


def test_two_workers_share_a_budget(journal: Journal, database: Path) -> None:
    """Each with its own connection and event loop, in a thread of its own."""
    sent: list[int] = []

    def worker(url: str, name: str) -> None:
        async def main() -> None:
            with Store.open(f"sqlite:///{database}") as store:
                own = Journal(store)
                server = server_at(url, concurrency=8)
                async with ModelClient(server, own, OnlineDispatcher(server, own, "run"), "run") as client:
                    asks = (client.ask(question(f"{name}{number}")) for number in range(20))
                    await asyncio.gather(*asks, return_exceptions=True)

        asyncio.run(main())

    async def main() -> None:
        async with loopback(lambda *_: Bytes(body=word().body, wait=0.01)) as seen:
            budget = worst_case(seen.url, journal) + 11 * ACTUAL
            journal.open_run("run", "test", "m", budget)
            threads = [threading.Thread(target=worker, args=(seen.url, name)) for name in "ab"]
            for thread in threads:
                thread.start()
            while any(thread.is_alive() for thread in threads):
                money = journal.spent("run")
                assert money.spent + money.reserved <= budget
                await asyncio.sleep(0.002)
            sent.append(len(seen.bodies))
            money = journal.spent("run")
            assert money.spent == sent[0] * ACTUAL <= budget
            assert money.reserved == 0

    asyncio.run(main())
    assert 1 <= sent[0] <= 12


def test_many_hits_are_counted(journal: Journal) -> None:
    async def main() -> None:
        async with loopback(lambda *_: word()) as seen:
            async with client_of(journal, server_at(seen.url)) as client:
                for _ in range(251):
                    await client.ask(question())
                assert journal.usage()[0].hits == 200
            assert journal.usage()[0].hits == 250
            assert len(seen.bodies) == 1

    asyncio.run(main())


def test_an_error_of_one_waits_for_the_others(journal: Journal, database: Path) -> None:
    """What is in flight is paid for, so its answer is waited for and kept."""

    def answer(_: int, body: dict[str, Any]) -> Bytes:
        if body["messages"][-1]["content"] == "bad":
            return failure(404)
        return Bytes(body=word().body, wait=0.2)

    async def main() -> None:
        async with loopback(answer) as seen, client_of(journal, server_at(seen.url)) as client:
            with pytest.raises(ModelServerError):
                await client.ask_all((question("a"), question("bad"), question("b")))
            assert [row.outcome for row in attempts(database)] == [
                Outcome.REJECTED,
                Outcome.ANSWERED,
                Outcome.ANSWERED,
            ]

    asyncio.run(main())


def test_invalid_answers_have_a_usage(journal: Journal) -> None:
    async def main() -> Reply:
        async with loopback(lambda *_: JUNK) as seen, client_of(journal, server_at(seen.url)) as client:
            return await client.ask(question())

    reply = asyncio.run(main())
    assert isinstance(reply, Invalid)
    assert reply.usage == Usage(100, 10, "0.00028")


def test_thinking_is_granted_and_reserved_beyond_the_answer(journal: Journal) -> None:
    server = server_at("http://127.0.0.1:9/v1", thinking=4000)
    ask = question("how many?")
    request = ModelClient(server, journal, Outbox(), "run").request(ask, default_dialect(server))
    assert request.max_tokens == ask.max_tokens + 4000
    assert json.loads(request.body)["max_tokens"] == request.max_tokens
