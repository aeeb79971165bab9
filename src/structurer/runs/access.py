"""What a run needs to ask a model, made from the settings: engine, server, journal."""

from __future__ import annotations

import hashlib
import os
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from structurer.engines import HybridEngine, ModelEngine
from structurer.errors import SettingsError
from structurer.llm.client import ModelClient
from structurer.llm.online import OnlineDispatcher
from structurer.llm.prices import Prices, price_of
from structurer.llm.server import ModelServer
from structurer.money import NANO
from structurer.store import Journal, Store

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from structurer.settings import Settings

_LONGEST_LABEL = 200


@dataclass(frozen=True, slots=True)
class Access:
    """A model that can be asked for one run: who answers, where the answers are kept, under which name."""

    server: ModelServer
    engine: ModelEngine | HybridEngine
    journal: Journal
    run: str


@contextmanager
def model_access(settings: Settings, paths: Sequence[str]) -> Iterator[Access]:
    """Open the journal and the run in it. Raises ``SettingsError`` and ``StoreError``.

    The same paths and settings are the same run: it goes on, and what it has spent stays spent.
    """
    server = model_server(settings)
    with Store.open(settings.store) as store:
        journal = Journal(store)
        run = journal_key(paths, settings)
        journal.open_run(run, " ".join(paths)[:_LONGEST_LABEL], server.model, budget_in_nano(settings))
        yield Access(server, asking_engine(settings), journal, run)


def online_client(access: Access) -> ModelClient:
    """Return a client that puts questions to the server."""
    dispatcher = OnlineDispatcher(access.server, access.journal, access.run)
    return ModelClient(access.server, access.journal, dispatcher, access.run)


def asking_engine(settings: Settings) -> ModelEngine | HybridEngine:
    """Return the engine that the settings ask for, which is not ``layout``."""
    engine = ModelEngine if settings.chosen_engine == "model" else HybridEngine
    return engine(model=_model(settings), answers=settings.answers)


def model_server(settings: Settings) -> ModelServer:
    """Return the server to ask. Raises ``SettingsError`` where a price is missing that a budget needs."""
    model = _model(settings)
    return ModelServer(
        model=model,
        base_url=settings.base_url,
        api_key=settings.api_key.get_secret_value() if settings.api_key else "",
        mode=settings.mode,
        temperature=settings.temperature,
        timeout=settings.timeout,
        deadline=settings.deadline,
        concurrency=settings.concurrency,
        requests_per_minute=settings.requests_per_minute,
        tokens_per_minute=settings.tokens_per_minute,
        prices=model_prices(settings),
        thinking=settings.thinking,
    )


def model_prices(settings: Settings) -> Prices | None:
    """Return what the model costs; ``None`` where nobody knows, which a run with a budget refuses."""
    if settings.price_input is not None and settings.price_output is not None:
        return Prices(settings.price_input, settings.price_output)
    prices = price_of(_model(settings), settings.base_url)
    if prices is None and settings.budget is not None:
        raise SettingsError(
            f"the price of {settings.model} is not known, so no budget can be kept; "
            "give --price IN/OUT in dollars for a million tokens"
        )
    return prices


def budget_in_nano(settings: Settings) -> int | None:
    """Return the budget in nano-dollars."""
    return None if settings.budget is None else int(settings.budget * NANO)


def journal_key(paths: Sequence[str], settings: Settings) -> str:
    """Return what a run is known by in the journal: its paths and settings.

    Not the program: what a budget has paid for stays paid when that is updated.
    """
    places = sorted(os.path.abspath(path) for path in paths)
    return hashlib.sha256(
        "\n".join((*places, settings.config_hash())).encode("utf-8", "replace")
    ).hexdigest()[:16]


def _model(settings: Settings) -> str:
    if settings.model is None:
        raise SettingsError("no model is named; give --model, or set STRUCTURER_MODEL")
    return settings.model
