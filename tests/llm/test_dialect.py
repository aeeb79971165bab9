from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest
from loopback import Bytes, client_of, completion, failure, loopback, question, server_at

from structurer.asking import Answered
from structurer.errors import BudgetExhaustedError, ModelServerError, ProviderDownError
from structurer.llm.dialect import Dialect, assume_dialect, default_dialect, known_dialect
from structurer.llm.server import ModelServer

if TYPE_CHECKING:
    from collections.abc import Callable

    from structurer.store import Journal


def mode_of(body: dict[str, Any]) -> str:
    if "tools" in body:
        return "tools"
    if "response_format" in body:
        return {"json_schema": "json_schema", "json_object": "json"}[body["response_format"]["type"]]
    return "md_json"


def speaker(*modes: str, refuses: dict[str, str] | None = None) -> Callable[[int, dict[str, Any]], Bytes]:
    """A server that understands some modes; what it does not know it answers by 400, or by talking."""

    def answer(_: int, body: dict[str, Any]) -> Bytes:
        for parameter, message in (refuses or {}).items():
            if parameter in body:
                return failure(400, message)
        mode = mode_of(body)
        if mode not in modes:
            return failure(400, f"{mode} is not supported") if mode != "json_schema" else completion("Seven!")
        text = json.dumps({"number": 7, "word": "fine"})
        return completion(arguments=text) if mode == "tools" else completion(f"```json\n{text}\n```")

    return answer


def ask_twice(journal: Journal, answer: Any, **settings: Any) -> tuple[list[dict[str, Any]], Dialect | None]:
    """Ask many questions in one run and one in another; return what was asked, and the dialect kept."""

    async def main() -> tuple[list[dict[str, Any]], Dialect | None]:
        async with loopback(answer) as seen:
            server = server_at(seen.url, **({"mode": "auto"} | settings))
            async with client_of(journal, server) as client:
                replies = await client.ask_all(tuple(question(str(number)) for number in range(5)))
            assert all(isinstance(reply, Answered) for reply in replies)
            first = len(seen.bodies)
            async with client_of(journal, server) as client:
                assert isinstance(await client.ask(question("another")), Answered)
            assert len(seen.bodies) == first + 1  # nothing is found out twice
            return seen.bodies, known_dialect(server, journal)

    return asyncio.run(main())


@pytest.mark.parametrize(
    ("modes", "asked"),
    [
        (("tools", "md_json"), ["tools"]),
        (("json_schema",), ["tools", "json_schema"]),
        (("json", "md_json"), ["tools", "json_schema", "json"]),
        (("md_json",), ["tools", "json_schema", "json", "md_json"]),
    ],
)
def test_the_first_mode_that_works_is_taken_and_remembered(
    journal: Journal, modes: tuple[str, ...], asked: list[str]
) -> None:
    bodies, kept = ask_twice(journal, speaker(*modes))
    assert [mode_of(body) for body in bodies] == asked + [asked[-1]] * 6
    assert kept == Dialect(asked[-1], "max_tokens", None)  # type: ignore[arg-type]


def test_a_parameter_that_is_refused_is_changed_before_the_mode(journal: Journal) -> None:
    refuses = {
        "max_tokens": "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.",
        "temperature": "Unsupported value: 'temperature' does not support 0 with this model.",
    }
    bodies, kept = ask_twice(journal, speaker("tools", refuses=refuses), temperature=0.0)
    assert {mode_of(body) for body in bodies} == {"tools"}
    assert len(bodies) == 3 + 6
    assert kept == Dialect("tools", "max_completion_tokens", None)
    assert "max_completion_tokens" in bodies[-1]
    assert "temperature" not in bodies[-1]


def test_a_temperature_that_is_set_later_is_tried_first(journal: Journal) -> None:
    async def main() -> None:
        answer = speaker("tools", refuses={"temperature": "no 'temperature' please"})
        async with loopback(answer) as seen:
            async with client_of(journal, server_at(seen.url, mode="auto")) as client:
                await client.ask(question("a"))
            async with client_of(journal, server_at(seen.url, mode="auto", temperature=0.5)) as client:
                assert isinstance(await client.ask(question("b")), Answered)

    asyncio.run(main())


def test_a_mode_that_is_set_is_not_tried_out(journal: Journal) -> None:
    bodies, kept = ask_twice(journal, speaker("json"), mode="json", temperature=0.3)
    assert [mode_of(body) for body in bodies] == ["json"] * 6
    assert kept == Dialect("json", "max_tokens", 0.3)


def test_a_server_that_understands_nothing_is_told_of_and_asked_again_next_time(journal: Journal) -> None:
    async def main() -> None:
        async with loopback(lambda *_: completion("I am a teapot")) as seen:
            server = server_at(seen.url, mode="auto")
            for _ in range(2):
                async with client_of(journal, server) as client:
                    with pytest.raises(ModelServerError, match="did not answer a test question in any mode"):
                        await client.ask(question())
            assert len(seen.bodies) == 8

    asyncio.run(main())


def test_a_server_that_is_down_is_no_verdict(journal: Journal) -> None:
    async def main() -> None:
        async with loopback(lambda *_: failure(503, headers={"Retry-After": "9"})) as seen:
            server = server_at(seen.url, mode="auto", deadline=0.5)
            async with client_of(journal, server) as client:
                with pytest.raises(ProviderDownError, match="503"):
                    await client.ask(question())
            assert known_dialect(server, journal) is None

    asyncio.run(main())


def test_a_server_that_is_down_from_the_start_is_not_waited_for_until_the_deadline(journal: Journal) -> None:
    async def main() -> None:
        later = {"Retry-After": "30"}  # longer than a first contact may take, far before the deadline
        async with loopback(lambda *_: failure(503, headers=later)) as seen:
            server = server_at(seen.url, mode="auto", deadline=900.0)
            async with client_of(journal, server) as client:
                with pytest.raises(ProviderDownError, match=r"is it running\? check the address"):
                    await asyncio.wait_for(client.ask(question()), 5)
            # One that says that it is busy is there, and one that was heard of before will be back.
            seen.answer = lambda *_: failure(429, headers=later)
            async with client_of(journal, server) as client:
                with pytest.raises(TimeoutError):
                    await asyncio.wait_for(client.ask(question()), 0.3)
            seen.answer = lambda *_: failure(503, headers=later)
            assert assume_dialect(server, journal) == default_dialect(server)
            async with client_of(journal, server) as client:
                with pytest.raises(TimeoutError):
                    await asyncio.wait_for(client.ask(question()), 0.3)

    asyncio.run(main())


def test_finding_out_is_within_the_budget(journal: Journal) -> None:
    async def main() -> None:
        async with loopback(speaker("tools")) as seen:
            async with client_of(journal, server_at(seen.url, mode="auto"), budget=1) as client:
                with pytest.raises(BudgetExhaustedError):
                    await client.ask(question())
            assert not seen.bodies
            async with client_of(journal, server_at(seen.url, mode="auto"), budget=10**9) as client:
                await client.ask(question())
            assert journal.usage()[0].requests == 2
            assert journal.spent("run").spent == 2 * (100 * 2000 + 10 * 8000)

    asyncio.run(main())


def test_a_dialect_that_was_assumed_is_kept_to(journal: Journal) -> None:
    """For a batch: the run that looks for its answers must put the very same questions."""

    async def main() -> None:
        async with loopback(speaker("tools", "md_json")) as seen:
            server = server_at(seen.url, mode="auto")
            assert assume_dialect(server, journal) == default_dialect(server)
            async with client_of(journal, server) as client:
                await client.ask(question())
            assert len(seen.bodies) == 1
            journal.keep_dialect(
                server.url,
                "m",
                '{"mode": "md_json", "token_parameter": "max_tokens", "takes_temperature": null}',
            )
            assert assume_dialect(server, journal).mode == "md_json"

    asyncio.run(main())


def test_defaults() -> None:
    assert default_dialect(ModelServer("m")) == Dialect("json_schema", "max_completion_tokens", None)
    assert default_dialect(ModelServer("m", "http://x/v1")) == Dialect("tools", "max_tokens", None)
    assert default_dialect(ModelServer("m", "http://x/v1", mode="md_json")).mode == "md_json"
