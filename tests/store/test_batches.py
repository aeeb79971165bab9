from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from structurer.store import Batches, Store

if TYPE_CHECKING:
    from structurer.store import Journal


def test_a_batch_is_written_down_before_it_is_created_and_followed_to_its_end(url: str) -> None:
    with Store.open(url) as store:
        number = Batches(store).add(None, "https://server/v1", "m", "requests.jsonl", "ab12", "file-1")
    with Store.open(url) as store:
        batches = Batches(store)
        (batch,) = batches.open()
        assert (batch.number, batch.run, batch.server, batch.model) == (
            number,
            None,
            "https://server/v1",
            "m",
        )
        assert (batch.requests, batch.sha256, batch.input_file_id) == ("requests.jsonl", "ab12", "file-1")
        assert (batch.batch_id, batch.status) == (None, "uploaded")
        assert timedelta(0) <= datetime.now(UTC) - batch.created_at < timedelta(minutes=1)
        batches.set_batch_id(number, "batch-9")
        batches.set_status(number, "expired")
        (batch,) = batches.open()
        assert (batch.batch_id, batch.status) == ("batch-9", "expired")
        batches.set_status(number, "collected")
        assert batches.open() == []


def test_open_batches_come_in_the_order_in_which_they_were_added(journal: Journal, store: Store) -> None:
    batches = Batches(store)
    numbers = [batches.add("run", "s", "m", f"part-{part}.jsonl", "00", f"file-{part}") for part in range(4)]
    batches.set_status(numbers[1], "failed")
    batches.set_status(numbers[2], "completed")
    assert [batch.number for batch in batches.open()] == [numbers[0], numbers[2], numbers[3]]
    assert {batch.run for batch in batches.open()} == {"run"}


def test_prices_are_kept_to_the_digit(store: Store) -> None:
    batches = Batches(store)
    prices = (Decimal("0.10"), Decimal("1234567.000000000001"))
    batches.add(None, "s", "m", "a.jsonl", "00", "file-1", prices=prices)
    batches.add(None, "s", "m", "b.jsonl", "00", "file-2")
    assert [batch.prices for batch in batches.open()] == [prices, None]


def test_a_batch_that_is_not_there_is_an_error(store: Store) -> None:
    with pytest.raises(LookupError, match="no batch 7"):
        Batches(store).set_status(7, "expired")
    with pytest.raises(LookupError, match="no batch 7"):
        Batches(store).set_batch_id(7, "batch-9")
