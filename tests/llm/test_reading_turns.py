from __future__ import annotations

import asyncio
from itertools import pairwise
from typing import TYPE_CHECKING

from loopback import client_of, loopback, question, server_at, word

if TYPE_CHECKING:
    from structurer.asking import Reading
    from structurer.store import Journal


def test_between_two_answers_that_are_read_others_get_their_turn(journal: Journal) -> None:
    """Answers that come at once are read one by one: else nobody could send before all are read."""
    asks = tuple(question(f"question {number}") for number in range(4))
    happened: list[str] = []

    def reading(number: int) -> Reading[None]:
        yield (asks[number],)
        happened.append("read")

    async def others() -> None:
        while True:
            happened.append("others")
            await asyncio.sleep(0)

    async def main() -> None:
        async with loopback(lambda *_: word()) as seen:
            async with client_of(journal, server_at(seen.url)) as client:
                await client.ask_all(asks)
            # Now the journal has all answers, so all are there at the same moment.
            async with client_of(journal, server_at(seen.url)) as client:
                task = asyncio.create_task(others())
                await asyncio.gather(*(client.drive(reading(number)) for number in range(4)))
                task.cancel()

    asyncio.run(main())
    reads = [place for place, what in enumerate(happened) if what == "read"]
    assert len(reads) == 4
    assert all("others" in happened[one:next_one] for one, next_one in pairwise(reads))
