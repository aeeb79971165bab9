from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from structurer.store import Attempt, Journal, Outcome, Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'work.db'}"


@pytest.fixture
def url(new_url: Callable[[], str]) -> str:
    return new_url()


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    with Store.open(url) as opened:
        yield opened


@pytest.fixture
def journal(store: Store) -> Journal:
    """A journal with an open run ``run`` of model ``m``, with a budget of 100."""
    opened = Journal(store)
    opened.open_run("run", "a run", "m", 100)
    return opened


@pytest.fixture
def attempt() -> Callable[..., Attempt]:
    """Make an attempt: all that is not said is as after a plain answer."""

    def make(key: str = "k", outcome: Outcome = Outcome.ANSWERED, **said: object) -> Attempt:
        plain = {
            "model": "m",
            "prompt": "form.point@1",
            "input_tokens": 30,
            "output_tokens": 4,
            "cost": 7,
            "estimated": False,
            "latency_ms": 12,
            "status": 200,
            "detail": "",
            "response": '{"choices": []}',
            "source": "online",
        }
        return Attempt(key=key, outcome=outcome, **(plain | said))  # type: ignore[arg-type]

    return make
