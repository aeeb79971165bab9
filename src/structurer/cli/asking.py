"""A run that asks a model, as the command line begins it and speaks of it."""

from __future__ import annotations

from contextlib import contextmanager
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from rich.table import Table

from structurer.cli.console import err, out, safe
from structurer.money import in_dollars

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from structurer.errors import PausedError
    from structurer.runs import FilingResult, Plan
    from structurer.runs.access import Access
    from structurer.runs.with_model import ModelRun
    from structurer.settings import Settings


class AskingRun:
    """A run with a model: its results, why it paused, and what it cost."""

    def __init__(self, run: ModelRun, access: Access) -> None:
        self._run = run
        self._access = access

    def results(self, stopped: Callable[[], bool]) -> Iterator[FilingResult]:
        """Yield what becomes of each filing."""
        return self._run.results(stopped)

    @property
    def paused(self) -> PausedError | None:
        """Why the run could not go on."""
        return self._run.paused

    @property
    def asked(self) -> int:
        """Declarations that the model was asked about."""
        return self._run.share.asked

    def report(self) -> dict[str, Any]:
        """Return what run.json says of the model; the same when all answers come from the journal."""
        share = self._run.share
        return {
            "name": self._access.server.model,
            "server": self._access.server.url,
            "asked": share.asked,
            "declarations": share.declarations,
            "input_tokens": share.usage.input_tokens,
            "output_tokens": share.usage.output_tokens,
            "cost": share.usage.cost,
            "cost_of_asking_about_all": self._alone(),
        }

    def cost_in_words(self) -> str:
        """Return which share of the declarations went to the model, and what that cost."""
        share, spent = self._run.share, self._access.journal.spent(self._access.run)
        part = share.asked / share.declarations if share.declarations else 0.0
        tokens = share.usage.input_tokens + share.usage.output_tokens
        words = f"{part:.0%} of all, {tokens:,} tokens, {dollars(Decimal(share.usage.cost))}"
        alone = self._alone()
        if alone is not None and alone != share.usage.cost:
            words += f"; about {dollars(Decimal(alone))} for all"
        limit = "" if spent.budget is None else f" of {dollars(in_dollars(spent.budget))}"
        return f"{words}; spent so far {dollars(in_dollars(spent.spent))}{limit}"

    def _alone(self) -> str | None:
        """Return what asking about everything would likely have cost, by what the asked part did cost."""
        share, prices = self._run.share, self._access.server.prices
        if prices is None:
            return None
        likely, alone = share.put.cost(prices), share.alone.cost(prices)
        if not likely:
            return f"{in_dollars(alone):f}"
        return f"{round(Decimal(share.usage.cost) * alone / likely, 6):f}"


@contextmanager
def asking_run(
    paths: Sequence[str], plan: Plan, settings: Settings, *, quiet: bool
) -> Iterator[AskingRun | None]:
    """Begin a run with a model if the settings ask for one, and say which engine works."""
    if settings.chosen_engine == "layout":
        if not quiet:
            err().print("engine: layout; nothing is sent anywhere")
        yield None
        return
    # What speaks to models takes half a second to load, which a run by layout need not wait for.
    from structurer.runs.access import model_access, online_client
    from structurer.runs.with_model import ModelRun

    with model_access(settings, paths) as access:
        if not quiet:
            how = (
                "every declaration"
                if settings.chosen_engine == "model"
                else "what the layout leaves in doubt"
            )
            words = (
                f"engine: {settings.chosen_engine}; {access.server.model} at {access.server.url} reads {how}"
            )
            err().print(safe(words), soft_wrap=True)
        run = ModelRun(plan.filings, access.engine, online_client(access), settings)
        yield AskingRun(run, access)


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
