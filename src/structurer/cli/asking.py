"""A model in a run, as the command line speaks of it: what it reads, what it cost, what it would cost."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from rich.table import Table

from structurer.cli.console import err, out, safe
from structurer.money import in_dollars

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from structurer.llm.server import ModelServer
    from structurer.runs import Plan
    from structurer.runs.readers import Reader
    from structurer.runs.with_model import ModelShare
    from structurer.settings import Settings
    from structurer.store import Spent, Store


@dataclass(frozen=True, slots=True)
class Asking:
    """A model that a run asks: whoever puts the questions, the server, and the run's name in the journal."""

    reader: Reader
    server: ModelServer
    run: str

    def spent(self, store: Store) -> Spent:
        """Return where the run's money stands."""
        from structurer.store import Journal

        return Journal(store).spent(self.run)


@contextmanager
def asking(paths: Sequence[str], settings: Settings) -> Iterator[Asking]:
    """Give what a run with a model reads its filings by. Raises ``SettingsError`` and ``StoreError``."""
    # What speaks to models takes half a second to load, which a run by layout need not wait for.
    from structurer.runs.access import model_access, online_client
    from structurer.runs.with_model import ModelReader

    with model_access(settings, paths) as access:
        reader = ModelReader(access.engine, online_client(access), settings)
        yield Asking(reader, access.server, access.run)


def share_of_model(store: Store, run: int) -> ModelShare:
    """Return what the model had to do with a run's records."""
    from structurer.runs.with_model import ModelShare
    from structurer.store import model_shares

    return sum(map(ModelShare.from_json, model_shares(store, run)), ModelShare())


def report_of_model(server: ModelServer, share: ModelShare) -> dict[str, Any]:
    """Return what run.json says of the model; the same when all answers come from the journal."""
    return {
        "name": server.model,
        "server": server.url,
        "asked": share.asked,
        "declarations": share.declarations,
        "input_tokens": share.usage.input_tokens,
        "output_tokens": share.usage.output_tokens,
        "cost": share.usage.cost,
        "cost_of_asking_about_all": _alone(server, share),
    }


def cost_in_words(server: ModelServer, share: ModelShare, spent: Spent) -> str:
    """Return which share of the declarations went to the model, and what that cost."""
    part = share.asked / share.declarations if share.declarations else 0.0
    tokens = share.usage.input_tokens + share.usage.output_tokens
    words = f"{part:.0%} of all, {tokens:,} tokens, {dollars(Decimal(share.usage.cost))}"
    alone = _alone(server, share)
    if alone is not None and alone != share.usage.cost:
        words += f"; about {dollars(Decimal(alone))} for all"
    limit = "" if spent.budget is None else f" of {dollars(in_dollars(spent.budget))}"
    return f"{words}; spent so far {dollars(in_dollars(spent.spent))}{limit}"


def say_engine(settings: Settings, server: ModelServer | None) -> None:
    """Say what reads the filings, and what is sent where."""
    if server is None:
        err().print("engine: layout; nothing is sent anywhere")
        return
    how = "every declaration" if settings.chosen_engine == "model" else "what the layout leaves in doubt"
    words = f"engine: {settings.chosen_engine}; {server.model} at {server.url} reads {how}"
    err().print(safe(words), soft_wrap=True)


def _alone(server: ModelServer, share: ModelShare) -> str | None:
    """Return what asking about everything would likely have cost, by what the asked part did cost."""
    if server.prices is None:
        return None
    likely, alone = share.put.cost(server.prices), share.alone.cost(server.prices)
    if not likely:
        return f"{in_dollars(alone):f}"
    return f"{round(Decimal(share.usage.cost) * alone / likely, 6):f}"


def say_forecast(paths: Sequence[str], plan: Plan, settings: Settings) -> None:
    """Say what a model would be asked and what that would cost. Nothing is sent."""
    if settings.chosen_engine == "layout":
        out().print("the layout engine asks no model; name one with --model to see what it would cost")
        return
    from structurer.runs.access import model_access
    from structurer.runs.forecast import forecast

    with model_access(settings, paths) as access:
        seen = forecast(plan.filings, access, settings)
        prices = access.server.prices
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    table.add_column()
    table.add_column(justify="right")
    table.add_column()
    table.add_row("filings", f"{seen.filings:,}", f"{seen.failed:,} cannot be read" if seen.failed else "")
    table.add_row("declarations", f"{seen.declarations:,}")
    table.add_row(
        "to ask about", f"{seen.to_ask:,}", "of them; the rest is read by layout or answered already"
    )
    table.add_row("requests", f"{seen.requests:,}", "at first; repairs may follow")
    table.add_row("input tokens", f"{seen.least.input_tokens:,}", f"to {seen.most.input_tokens:,}")
    table.add_row("output tokens", f"{seen.least.output_tokens:,}", f"to {seen.most.output_tokens:,}")
    if prices is None:
        table.add_row("cost", "?", "the model's price is not known; give --price IN/OUT")
    else:
        least, most = (in_dollars(some.cost(prices)) for some in (seen.least, seen.most))
        table.add_row("cost", dollars(least), f"to {dollars(most)}; half of it as a batch")
    out().print(table)
    out().print("nothing was sent")


def dollars(amount: Decimal) -> str:
    """Return money to the cent or, below a dollar, to four places."""
    return f"${amount:,.2f}" if amount >= 1 else f"${amount:.4f}"
