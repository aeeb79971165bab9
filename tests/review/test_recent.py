"""Answers that are remembered: for how long, and that one thread alone finds one anew."""

from __future__ import annotations

import threading
import time

import pytest

from structurer.review.recent import Recent


def test_an_answer_is_remembered_until_its_time_is_over() -> None:
    recent = Recent(0.05)
    assert recent.get("a", lambda: 1) == 1
    assert recent.get("a", lambda: 2) == 1
    assert recent.get("b", lambda: 3) == 3
    time.sleep(0.06)
    assert recent.get("a", lambda: 4) == 4


def test_what_took_longer_is_remembered_longer() -> None:
    recent = Recent(0.0)
    assert recent.get("a", lambda: time.sleep(0.05) or 1) == 1
    time.sleep(0.1)
    assert recent.get("a", lambda: 2) == 1


def test_while_one_finds_it_anew_others_get_the_old_one_at_once() -> None:
    recent = Recent(0.0)
    assert recent.get("a", lambda: "old") == "old"
    time.sleep(0.01)
    begun, go_on = threading.Event(), threading.Event()

    def anew() -> str:
        begun.set()
        assert go_on.wait(10)
        return "new"

    found: list[str] = []
    thread = threading.Thread(target=lambda: found.append(recent.get("a", anew)))
    thread.start()
    assert begun.wait(10)
    assert recent.get("a", lambda: pytest.fail("found twice")) == "old"
    go_on.set()
    thread.join()
    assert found == ["new"]


def test_an_error_is_not_remembered() -> None:
    recent = Recent(60)

    def fails() -> int:
        raise ValueError("no luck")

    for _ in range(2):
        with pytest.raises(ValueError, match="no luck"):
            recent.get("a", fails)
    assert recent.get("a", lambda: 1) == 1
