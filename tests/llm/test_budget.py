from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from loopback import server_at

from structurer.errors import BudgetExhaustedError
from structurer.llm.budget import Budget
from structurer.llm.dispatch import Request
from structurer.llm.stop import Stop
from structurer.store import Attempt, Outcome

if TYPE_CHECKING:
    from structurer.store import Journal

_UNIT = 1000
"""Input tokens; a request of so many is what the tests count budgets in."""


def request(name: str, units: int) -> Request:
    return Request(name, "test@1", "m", b"", units * _UNIT, 0)


def for_nothing(key: str) -> Attempt:
    return Attempt(key, Outcome.ANSWERED, "m", "test@1", 0, 0, 0, False, 1, 200, "", "{}", "online")


async def turns() -> None:
    """Let everybody who was woken do what can be done."""
    for _ in range(20):
        await asyncio.sleep(0)


class Money:
    """A budget of some units; who asks for how much of it, and who gets it in which order."""

    def __init__(self, journal: Journal, units: int) -> None:
        server = server_at("http://127.0.0.1:9/v1")
        assert server.prices is not None
        journal.open_run("run", "test", "m", units * server.prices.cost(_UNIT, 0))
        self.budget = Budget(journal, "run", server, Stop())
        self.served: list[str] = []
        self.numbers: dict[str, int] = {}

    async def ask(self, name: str, units: int) -> None:
        self.numbers[name] = await self.budget.reserve(request(name, units))
        self.served.append(name)

    async def turns_out_free(self, name: str) -> list[str]:
        """End a request at no cost; return who is served then."""
        already = len(self.served)
        self.budget.settle(self.numbers[name], for_nothing(name))
        await turns()
        return self.served[already:]


def test_who_waits_longest_is_served_first_even_if_woken_in_vain(journal: Journal) -> None:
    async def main() -> None:
        money = Money(journal, 10)
        for name, units in (("x", 3), ("y", 3), ("z", 4)):
            await money.ask(name, units)
        waiting = [
            asyncio.create_task(money.ask(*each)) for each in (("first", 6), ("second", 5), ("third", 3))
        ]
        await turns()
        assert await money.turns_out_free("x") == []
        assert await money.turns_out_free("y") == ["first"]
        assert await money.turns_out_free("z") == []
        assert await money.turns_out_free("first") == ["second", "third"]
        await asyncio.gather(*waiting)

    asyncio.run(main())


def test_those_who_are_all_woken_at_the_end_keep_their_order(journal: Journal) -> None:
    async def main() -> None:
        money = Money(journal, 10)
        await money.ask("x", 10)
        names = "abcd"
        waiting = [asyncio.create_task(money.ask(name, 10)) for name in names]
        await turns()
        assert [await money.turns_out_free(name) for name in "xabcd"] == [["a"], ["b"], ["c"], ["d"], []]
        await asyncio.gather(*waiting)

    asyncio.run(main())


def test_a_place_that_is_given_up_holds_nobody_up(journal: Journal) -> None:
    async def main() -> None:
        money = Money(journal, 10)
        await money.ask("x", 10)
        given_up, too_much, served = (
            asyncio.create_task(money.ask(*each)) for each in (("a", 10), ("b", 11), ("c", 10))
        )
        await turns()
        given_up.cancel()
        await turns()
        assert await money.turns_out_free("x") == ["c"]
        await money.turns_out_free("c")
        with pytest.raises(BudgetExhaustedError):
            await too_much
        await served

    asyncio.run(main())
