from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from loopback import Bytes, attempts, client_of, failure, loopback, question, server_at, word

from structurer.asking import Answered, Unanswered
from structurer.errors import BudgetExhaustedError, ProviderDownError, StoppedError
from structurer.llm.client import ModelClient
from structurer.llm.dialect import default_dialect
from structurer.llm.online import OnlineDispatcher
from structurer.llm.retry import Breaker
from structurer.llm.stop import Stop
from structurer.llm.throttle import Throttle
from structurer.store import Outcome

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from structurer.store import Journal


def throttle(**settings: Any) -> Throttle:
    return Throttle(server_at("http://127.0.0.1:9/v1", **settings), Stop())


def test_no_more_are_in_flight_than_allowed(journal: Journal) -> None:
    async def main() -> None:
        async with loopback(lambda *_: Bytes(body=word().body, wait=0.05)) as seen:
            async with client_of(journal, server_at(seen.url, concurrency=4)) as client:
                await client.ask_all(tuple(question(str(number)) for number in range(20)))
            assert (len(seen.bodies), seen.most_in_flight) == (20, 4)

    asyncio.run(main())


def test_a_server_that_bears_less_is_asked_less(journal: Journal) -> None:
    """A server with three places: who comes while they are taken gets 429."""

    async def main() -> None:
        async with loopback(lambda *_: word()) as seen:

            async def answer(_: int, __: object) -> Bytes:
                if seen.in_flight > 3:
                    return failure(429, headers={"Retry-After": "0.02"})
                await asyncio.sleep(0.02)
                return word()

            seen.answer = answer
            async with client_of(journal, server_at(seen.url, concurrency=32)) as client:
                replies = await client.ask_all(tuple(question(str(number)) for number in range(60)))
            assert all(isinstance(reply, Answered) for reply in replies)
            limit = client._dispatcher._throttle.limit  # type: ignore[attr-defined]
            assert 1 <= limit <= 8
            # Without backing off each of the 60 comes again and again while 57 others do.
            assert len(seen.bodies) < 160

    asyncio.run(main())


def test_concurrency_halves_once_per_round_trip_and_recovers() -> None:
    async def main() -> None:
        held = throttle(concurrency=16)
        slots = [await held.slot(0) for _ in range(16)]
        for slot in slots:
            slot.rate_limited()  # all were sent before the first halving
        assert held.limit == 8
        for slot in slots:
            slot.__exit__(None, None, None)
        with await held.slot(0) as slot:
            slot.rate_limited()
        assert held.limit == 4
        successes = 0
        while held.limit < 16:
            with await held.slot(0) as slot:
                slot.succeeded()
            successes += 1
        assert successes == sum(range(4, 16))
        with await held.slot(0) as slot:
            slot.succeeded()
        assert held.limit == 16

    asyncio.run(main())


def test_places_are_given_in_the_order_of_asking_and_none_is_lost() -> None:
    async def main() -> None:
        held = throttle(concurrency=2)
        order: list[int] = []

        async def one(number: int) -> None:
            with await held.slot(0):
                order.append(number)
                await asyncio.sleep(0.001)

        tasks = [asyncio.create_task(one(number)) for number in range(30)]
        await asyncio.sleep(0.005)
        for number in (11, 12, 20):
            tasks[number].cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert order == [number for number in range(30) if number not in (11, 12, 20)]
        with await held.slot(0), await asyncio.wait_for(held.slot(0), 1):
            pass

    asyncio.run(main())


def test_a_place_that_is_given_to_one_just_cancelled_goes_to_the_next() -> None:
    async def main() -> None:
        held = throttle(concurrency=1)
        with await held.slot(0):
            waiting = [asyncio.create_task(held.slot(0)) for _ in range(2)]
            await asyncio.sleep(0)
        waiting[0].cancel()  # its place is given, and it did not run yet
        with await asyncio.wait_for(waiting[1], 1):
            pass
        with await asyncio.wait_for(held.slot(0), 1):
            pass

    asyncio.run(main())


def test_requests_per_minute() -> None:
    async def main() -> float:
        held = throttle(requests_per_minute=600, concurrency=100)  # ten a second, sixty at once

        async def one() -> None:
            with await held.slot(0):
                pass

        began = time.monotonic()
        await asyncio.gather(*(one() for _ in range(65)))
        return time.monotonic() - began

    assert 0.4 <= asyncio.run(main()) < 10


def test_tokens_per_minute() -> None:
    async def main() -> float:
        held = throttle(tokens_per_minute=60_000)  # a thousand a second
        began = time.monotonic()
        for tokens in (59_900, 500):
            with await held.slot(tokens):
                pass
        return time.monotonic() - began

    assert 0.3 <= asyncio.run(main()) < 10


def test_a_request_larger_than_a_minute_is_not_held_for_ever() -> None:
    async def main() -> None:
        with await asyncio.wait_for(throttle(tokens_per_minute=1000).slot(10**9), 1):
            pass

    asyncio.run(main())


def test_who_waits_for_a_minute_is_woken_by_the_stop() -> None:
    async def main() -> None:
        stop = Stop()
        held = Throttle(server_at("http://127.0.0.1:9/v1", requests_per_minute=1), stop)
        with await held.slot(0):
            pass
        waiting = asyncio.create_task(held.slot(0))
        await asyncio.sleep(0.05)
        assert not waiting.done()
        stop.stop()
        with pytest.raises(StoppedError):
            await asyncio.wait_for(waiting, 1)

    asyncio.run(main())


def breaker(give_up: float = 60.0, cool_down: float = 0.05) -> Breaker:
    return Breaker("server", give_up, Stop(), threshold=3, cool_down=cool_down)


async def fail(held: Breaker, times: int) -> None:
    for _ in range(times):
        held.failed(await held.admit(), "500 no")


def test_the_breaker_opens_and_lets_one_at_a_time_try() -> None:
    async def main() -> None:
        held = breaker()
        await fail(held, 2)
        assert not held.is_open
        await fail(held, 1)
        assert held.is_open
        admitted: list[float] = []
        began = time.monotonic()

        async def one() -> None:
            trial = await held.admit()
            admitted.append(time.monotonic() - began)
            await asyncio.sleep(0.02)
            if len(admitted) < 3:
                held.failed(trial, "500 still")
            else:
                held.succeeded(trial)

        await asyncio.gather(*(one() for _ in range(10)))
        # Pauses of 0.05, 0.1 and 0.2 s, one request after each; the success lets in all others at once.
        assert [round(at, 1) for at in admitted[:3]] == [0.1, 0.2, 0.4] or admitted[2] > 0.35
        assert admitted[1] - admitted[0] > 0.1
        assert admitted[2] - admitted[1] > 0.2
        assert max(admitted[3:]) - admitted[2] < 0.4
        assert not held.is_open
        await fail(held, 2)
        assert not held.is_open  # the count began anew

    asyncio.run(main())


def test_the_breaker_gives_up_and_says_how_to_go_on() -> None:
    async def main() -> None:
        held = breaker(give_up=0.3, cool_down=0.1)
        await fail(held, 3)
        began = time.monotonic()
        with pytest.raises(
            ProviderDownError, match=r"server failed \d times .*500 no.* run the same command again"
        ):
            await fail(held, 100)
        assert 0.2 < time.monotonic() - began < 10

    asyncio.run(main())


def test_a_trial_that_was_not_made_is_made_by_another() -> None:
    async def main() -> None:
        held = breaker()
        await fail(held, 3)
        held.abandoned(await held.admit())
        assert await asyncio.wait_for(held.admit(), 1)

    asyncio.run(main())


def test_a_server_that_is_down_ends_the_run_and_one_that_comes_back_does_not(
    journal: Journal, database: Path
) -> None:
    async def main() -> None:
        async with loopback(lambda *_: failure(503, headers={"Retry-After": "0"})) as seen:
            asks = tuple(question(str(number)) for number in range(30))
            async with client_of(journal, server_at(seen.url, concurrency=10, deadline=0.8)) as client:
                began = time.monotonic()
                with pytest.raises(ProviderDownError):
                    await client.ask_all(asks)
                assert time.monotonic() - began < 20
            assert len(seen.bodies) < 40  # held back, not hammered
            seen.answer = lambda n, _: (
                failure(500, headers={"Retry-After": "0"}) if n < down_until else word()
            )
            down_until = len(seen.bodies) + 11
            async with client_of(journal, server_at(seen.url, concurrency=10, deadline=10.0)) as client:
                replies = await client.ask_all(asks)
            assert all(isinstance(reply, Answered) for reply in replies)

    asyncio.run(main())
    assert sum(row.outcome is Outcome.ANSWERED for row in attempts(database)) == 30


def test_a_trial_that_the_budget_or_a_cancellation_ends_is_made_by_another(journal: Journal) -> None:
    async def main() -> None:
        script = [Bytes(hang=True), word()]
        async with loopback(lambda n, _: script[n - 1]) as seen:
            server = server_at(seen.url)
            journal.open_run("run", "test", "m", 10**9)
            dispatcher = OnlineDispatcher(server, journal, "run")
            dispatcher._breaker = Breaker("server", 60.0, dispatcher._stop, threshold=1, cool_down=0.05)
            async with ModelClient(server, journal, dispatcher, "run") as client:
                dispatcher._breaker.failed(False, "500")
                with pytest.raises(BudgetExhaustedError):
                    await client.ask(replace(question(), max_tokens=10**9))
                trial = asyncio.create_task(client.ask(question("cancelled")))
                await asyncio.sleep(0.2)
                trial.cancel()
                assert isinstance(await asyncio.wait_for(client.ask(question()), 1), Answered)

    asyncio.run(main())


def test_a_request_without_patience_for_a_server_that_is_not_there(journal: Journal) -> None:
    async def main() -> None:
        server = server_at("http://127.0.0.1:9/v1", deadline=900.0)
        journal.open_run("run", "test", "m", None)
        dispatcher = OnlineDispatcher(server, journal, "run")
        async with ModelClient(server, journal, dispatcher, "run") as client:
            request = replace(client.request(question(), default_dialect(server)), patience=0.3)
            attempt = await asyncio.wait_for(dispatcher.dispatch(request), 5)
        assert attempt.outcome is Outcome.CONNECTION

    asyncio.run(main())


def test_waiting_for_a_place_does_not_count_against_the_deadline(journal: Journal) -> None:
    """The fourth question waits for longer than the deadline, fails once, and is tried again all the same."""

    async def main() -> None:
        def answer(number: int, _: object) -> Bytes:
            if number == 4:
                return failure(503, headers={"Retry-After": "0.02"})
            return Bytes(body=word().body, wait=0.2)

        async with loopback(answer) as seen:
            client = client_of(journal, server_at(seen.url, concurrency=1, deadline=0.4))
            async with client:
                replies = await client.ask_all(tuple(question(str(number)) for number in range(4)))
            assert all(isinstance(reply, Answered) for reply in replies)
            assert len(seen.bodies) == 5

    asyncio.run(main())


def test_rejections_and_rate_limits_do_not_open_the_breaker(journal: Journal) -> None:
    async def main() -> None:
        bad = [
            failure(400),
            failure(429, headers={"Retry-After": "99"}),
            failure(409, headers={"Retry-After": "99"}),
        ]
        async with loopback(lambda n, _: bad[n % 3] if n <= 30 else word()) as seen:
            client = client_of(journal, server_at(seen.url))
            async with client:
                for number in range(30):
                    assert isinstance(await client.ask(question(str(number))), Unanswered)
                assert isinstance(await asyncio.wait_for(client.ask(question("last")), 1), Answered)

    asyncio.run(main())
