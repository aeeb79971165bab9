from __future__ import annotations

import json
from decimal import Decimal

import pytest

from structurer.llm.prices import FREE, Prices, price_of
from structurer.llm.server import ModelServer, is_local
from structurer.llm.tokens import at_most, at_most_in_line, likely


def test_cost_is_exact_and_rounded_up() -> None:
    prices = Prices(Decimal("0.15"), Decimal("0.60"))
    assert prices.cost(1_000_000, 0) == 150_000_000
    assert prices.cost(1, 1) == 750
    assert prices.cost(1, 0, batch=True) == 75
    assert Prices(Decimal("0.0001"), Decimal(0)).cost(1, 0) == 1
    assert FREE.cost(10**9, 10**9) == 0


@pytest.mark.parametrize(
    ("model", "like"),
    [
        ("gpt-4o-2024-08-06", "gpt-4o"),
        ("gpt-4o-mini-2024-07-18", "gpt-4o-mini"),
        ("gpt-5-mini", "gpt-5-mini"),
        ("qwen-plus-latest", "qwen-plus"),
        ("qwen-turbo-1101", "qwen-turbo"),
    ],
)
def test_a_version_has_the_price_of_its_model(model: str, like: str) -> None:
    assert price_of(model, None) == price_of(like, None) is not None


def test_an_older_version_may_have_its_own_price() -> None:
    old, new = price_of("gpt-4o-2024-05-13", None), price_of("gpt-4o", None)
    assert old is not None
    assert new is not None
    assert old.input > new.input


@pytest.mark.parametrize("model", ["gpt-4o-audio-preview", "gpt-5-pro", "qwen-plus-character", "llama3"])
def test_another_model_has_no_price_by_its_name(model: str) -> None:
    assert price_of(model, None) is None
    assert price_of(model, "https://api.example.com/v1") is None
    assert price_of(model, "http://127.0.0.1:8000/v1") == FREE


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:1/v1",
        "http://[::1]/v1",
        "http://10.1.2.3/v1",
        "http://192.168.0.9/v1",
        "http://gpu:8000/v1",
    ],
)
def test_local_servers(url: str) -> None:
    assert is_local(url)


@pytest.mark.parametrize("url", [None, "https://api.deepseek.com/v1", "http://8.8.8.8/v1"])
def test_servers_of_others(url: str | None) -> None:
    assert not is_local(url)


def test_the_address_that_is_shown_has_no_credentials() -> None:
    server = ModelServer("m", "https://me:secret@host:8443/v1/?key=secret", api_key="secret")
    assert server.url == "https://host:8443/v1"
    assert ModelServer("m").url == "https://api.openai.com/v1"
    assert "secret" not in repr(ModelServer("m", api_key="secret"))


def test_the_bound_counts_all_that_is_sent() -> None:
    texts = ["项目支出绩效目标申报表" * 50, "🙂" * 100]
    body = {"messages": [{"role": "user", "content": text} for text in texts]}
    sent = sum(len(text.encode()) for text in texts)
    assert at_most(body) > sent
    assert at_most(body | {"tools": [{"a": "b" * 1000}]}) > at_most(body) + 2000


def test_the_bound_of_a_line_of_a_batch() -> None:
    body = {"messages": [{"role": "user", "content": "甲" * 100}], "max_completion_tokens": 77}
    line = json.dumps({"custom_id": "k", "body": body}).encode()
    assert at_most_in_line(line) == (at_most(body), 77)
    for bad in (b"", b"[]", b'{"body": {"messages": []}}', b'{"body": {"max_tokens": 5, "messages": [{}]}}'):
        with pytest.raises(ValueError, match=r"line|Expecting"):
            at_most_in_line(bad)


def test_the_likely_count_is_a_rule_of_thumb() -> None:
    assert likely("") == 0
    assert likely("预" * 1000) == pytest.approx(800, rel=0.01)
    assert likely("word " * 700) == pytest.approx(1000, rel=0.01)
