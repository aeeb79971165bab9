"""What a run would ask a model, nothing being sent: readings are begun, and stopped at a new question."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from structurer.errors import StructurerError
from structurer.llm.client import ModelClient
from structurer.llm.dialect import default_dialect, known_dialect
from structurer.llm.dispatch import NotSentError, Request
from structurer.llm.outbox import Outbox
from structurer.llm.tokens import likely
from structurer.pipeline import begin
from structurer.runs.estimating import ANSWER, Estimate
from structurer.runs.filing import read_planned

if TYPE_CHECKING:
    from collections.abc import Sequence

    from structurer.asking import Reading
    from structurer.models import Record
    from structurer.runs.access import Access
    from structurer.runs.planning import PlannedFiling
    from structurer.settings import Settings

_LESS, _MORE = 0.7, 1.4
"""How far the likely number of tokens may be off, either way."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """What is to be asked, and the least and the most tokens that it will likely take.

    ``failed`` filings cannot be read. ``to_ask`` declarations need an answer that is not there yet.
    """

    filings: int
    failed: int
    declarations: int
    to_ask: int
    requests: int
    least: Estimate
    most: Estimate


@dataclass(frozen=True, slots=True)
class Unsent:
    """The requests that filings need now: answers to these may lead to further ones.

    ``refused`` counts those that were left out because an earlier batch was refused them.
    """

    requests: tuple[Request, ...]
    failed: int
    declarations: int
    to_ask: int
    refused: int


def forecast(filings: Sequence[PlannedFiling], access: Access, settings: Settings) -> Forecast:
    """Return what a run would ask next."""
    unsent = unsent_requests(filings, access, settings)
    tokens = sum(likely(request.body.decode()) for request in unsent.requests)
    answers = sum(request.max_tokens for request in unsent.requests) * ANSWER
    least, most = (
        Estimate(len(unsent.requests), round(tokens * factor), round(answers * factor))
        for factor in (_LESS, _MORE)
    )
    return Forecast(
        filings=len(filings),
        failed=unsent.failed,
        declarations=unsent.declarations,
        to_ask=unsent.to_ask,
        requests=len(unsent.requests),
        least=least,
        most=most,
    )


def unsent_requests(
    filings: Sequence[PlannedFiling], access: Access, settings: Settings, *, for_batch: bool = False
) -> Unsent:
    """Return the requests that filings need and the journal cannot answer, in the order of the plan.

    For a batch, those that an earlier one was refused are left out; a run asks them again.
    """
    outbox = Outbox(access.journal if for_batch else None)
    return asyncio.run(_unsent(filings, access, settings, outbox))


async def _unsent(
    filings: Sequence[PlannedFiling], access: Access, settings: Settings, outbox: Outbox
) -> Unsent:
    dialect = known_dialect(access.server, access.journal) or default_dialect(access.server)
    failed = declarations = to_ask = 0
    async with ModelClient(access.server, access.journal, outbox, access.run, dialect) as client:
        for planned in filings:
            try:
                readings = begin(read_planned(planned, settings), access.engine, settings.uncalibrated())
            except StructurerError:
                failed += 1
                continue
            for reading in readings.records:
                declarations += 1
                to_ask += await _lacks_an_answer(client, reading)
    return Unsent(outbox.requests, failed, declarations, to_ask, outbox.refused)


async def _lacks_an_answer(client: ModelClient, reading: Reading[Record]) -> bool:
    """Say whether a reading comes to a question that the journal cannot answer.

    Not by ``ModelClient.drive``, which gives up answers that were of no use: only looking changes nothing.
    """
    try:
        asks = next(reading)
        while True:
            asks = reading.send(await client.ask_all(asks))
    except StopIteration:
        return False
    except NotSentError:
        return True
    finally:
        reading.close()
