"""A reading that may ask, run by somebody who answers nothing."""

from __future__ import annotations

import pytest

from structurer.asking import Ask, Reading, Reply, unasked


def asks_nothing() -> Reading[str]:
    yield from ()
    return "read"


def asks_once() -> Reading[tuple[Reply, ...]]:
    return (yield (Ask("p@1", "system", "user", dict, {}, 1),))  # type: ignore[arg-type]


def test_a_reading_that_asks_nothing_returns_what_it_read() -> None:
    assert unasked(asks_nothing()) == "read"


def test_a_reading_that_asks_is_not_answered_with_silence() -> None:
    with pytest.raises(RuntimeError, match="drive it with a client"):
        unasked(asks_once())
