"""Asking a model by batches: what filings need is written to files, and answers go into the journal."""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from structurer.errors import BudgetExhaustedError, PlanError
from structurer.llm.batch_files import Collected, in_files, request_line, take_results, unanswered
from structurer.llm.batch_server import BatchServer
from structurer.llm.dialect import assume_dialect
from structurer.llm.prices import Prices
from structurer.llm.tokens import at_most_in_line
from structurer.money import in_dollars
from structurer.runs.access import budget_in_nano, journal_key, model_access, model_server
from structurer.runs.forecast import unsent_requests
from structurer.store import Batch, Batches, Journal, Store

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from structurer.llm.server import ModelServer
    from structurer.runs.planning import PlannedFiling
    from structurer.settings import Settings

_A_BATCH_TAKES = 26 * 3600.0
"""Seconds after which a batch that nobody collected counts as lost: a day, and time to fetch it."""

_ENDED = {"completed", "expired", "cancelled", "failed"}
_GO_ON = {"expired", "cancelled"}


@dataclass(frozen=True, slots=True)
class Prepared:
    """The lines of a batch file, and for how many declarations.

    ``failed`` filings cannot be read. ``refused`` requests were refused in a batch before, and left out.
    """

    lines: tuple[bytes, ...]
    declarations: int
    to_ask: int
    failed: int
    refused: int


@dataclass(frozen=True, slots=True)
class BatchState:
    """How far one batch is, by its server's word."""

    number: int
    batch_id: str
    status: str
    completed: int
    failed: int
    total: int


@dataclass(frozen=True, slots=True)
class BatchResult:
    """What a finished batch brought; ``resubmitted`` is the number of the batch that asks for the rest."""

    number: int
    status: str
    collected: Collected
    resubmitted: int | None = None


def prepare_batch(paths: Sequence[str], filings: Sequence[PlannedFiling], settings: Settings) -> Prepared:
    """Return what filings still have to be asked, as lines of a batch file.

    How the server is spoken to is settled here, so that a run later asks the same questions.
    """
    with model_access(settings, paths) as access:
        assume_dialect(access.server, access.journal)
        unsent = unsent_requests(filings, access, settings, for_batch=True)
    lines = tuple(request_line(request) for request in unsent.requests)
    return Prepared(lines, unsent.declarations, unsent.to_ask, unsent.failed, unsent.refused)


def submit_batch(path: Path, settings: Settings) -> list[tuple[int, str, int]]:
    """Submit what a file of requests holds, and the journal cannot answer, and no batch was refused.

    Return number, id and size of each batch, of which one takes 50,000 requests. Raises ``PlanError`` for a
    file that is none of requests, ``BudgetExhaustedError`` where the worst case does not fit the budget.
    """
    with _desk(settings) as desk:
        try:
            with path.open("rb") as file:
                files = list(in_files(unanswered(file, desk.journal)))
        except OSError as error:
            raise PlanError(f"{path}: cannot be read ({error.strerror})") from error
        except ValueError as error:
            raise PlanError(f"{path}: {error}; give a file that structurer batch prepare wrote") from error
        run = journal_key(["batch", str(path)], settings)
        desk.journal.open_run(run, f"batch {path.name}", desk.server.model, budget_in_nano(settings))
        with BatchServer(desk.server) as remote:
            return [_submitted(desk, remote, run, path.name, requests) for requests in files]


def batch_states(settings: Settings) -> list[BatchState]:
    """Return how far the batches are that were submitted to this server and not collected yet."""
    with _desk(settings) as desk, BatchServer(desk.server) as remote:
        states = []
        for batch in _open_batches(desk, remote):
            told = remote.batch(batch.batch_id or "")
            desk.batches.set_status(batch.number, told.status)
            counts = told.request_counts
            done = (counts.completed, counts.failed, counts.total) if counts else (0, 0, 0)
            states.append(BatchState(batch.number, told.id, told.status, *done))
        return states


def collect_batches(settings: Settings) -> list[BatchResult]:
    """Take the results of batches that have ended into the journal; submit again what one left over."""
    with _desk(settings) as desk, BatchServer(desk.server) as remote:
        return [
            result
            for batch in _open_batches(desk, remote)
            if (result := _collected(desk, remote, batch)) is not None
        ]


def collect_file(path: Path, settings: Settings) -> Collected:
    """Take a file of results, whatever way it came, into the journal. Raises ``PlanError``."""
    with _desk(settings) as desk:
        try:
            with path.open("rb") as file:
                return take_results(file, desk.journal, None, desk.server.prices)
        except OSError as error:
            raise PlanError(f"{path}: cannot be read ({error.strerror})") from error


@dataclass(frozen=True, slots=True)
class _Desk:
    """What batches are dealt with by. ``price_given`` says that the server's prices were set by hand."""

    server: ModelServer
    price_given: bool
    journal: Journal
    batches: Batches


@contextmanager
def _desk(settings: Settings) -> Iterator[_Desk]:
    server = model_server(settings)
    with Store.open(settings.store) as store:
        yield _Desk(server, settings.price_input is not None, Journal(store), Batches(store))


def _submitted(
    desk: _Desk, remote: BatchServer, run: str | None, name: str, requests: bytes
) -> tuple[int, str, int]:
    """Set the worst case aside, upload, write the batch down, and only then create it."""
    server = desk.server
    reservation = _reserved(desk, run, requests)
    sha256 = hashlib.sha256(requests).hexdigest()
    input_file_id = remote.upload(name, requests)
    prices = None if server.prices is None else (server.prices.input, server.prices.output)
    number = desk.batches.add(run, server.url, server.model, name, sha256, input_file_id, reservation, prices)
    batch_id = remote.create(input_file_id)
    desk.batches.set_batch_id(number, batch_id)
    return number, batch_id, requests.count(b"\n")


def _reserved(desk: _Desk, run: str | None, requests: bytes) -> int | None:
    if run is None or desk.server.prices is None:
        return None
    inputs, outputs = 0, 0
    for line in requests.splitlines():
        most = at_most_in_line(line)
        inputs, outputs = inputs + most[0], outputs + most[1]
    amount = desk.server.prices.cost(inputs, outputs, batch=True)
    reservation = desk.journal.reserve(
        run,
        f"batch {hashlib.sha256(requests).hexdigest()}",
        amount,
        _A_BATCH_TAKES,
        desk.server.model,
        "batch",
    )
    if reservation is None:
        raise BudgetExhaustedError(
            f"the batch may cost ${in_dollars(amount):.4f}; give a --budget that it fits into"
        )
    return reservation


def _open_batches(desk: _Desk, remote: BatchServer) -> Iterable[Batch]:
    """Yield this server's batches; one whose id was not written down is looked for on the server."""
    for batch in desk.batches.open():
        if batch.server != desk.server.url:
            continue
        if batch.batch_id is None:
            found = remote.find(batch.input_file_id)
            if found is None:
                _close(desk, batch, "failed")
                continue
            desk.batches.set_batch_id(batch.number, found)
            batch = replace(batch, batch_id=found)
        yield batch


def _collected(desk: _Desk, remote: BatchServer, batch: Batch) -> BatchResult | None:
    told = remote.batch(batch.batch_id or "")
    desk.batches.set_status(batch.number, told.status)
    if told.status not in _ENDED:
        return None
    desk = _as_submitted(desk, batch)
    collected = Collected()
    for file_id in (told.output_file_id, told.error_file_id):
        if file_id:
            lines = remote.content(file_id).splitlines()
            collected += take_results(lines, desk.journal, batch.run, desk.server.prices)
    _close(desk, batch, "failed" if told.status == "failed" else "collected")
    again = None
    if told.status in _GO_ON:
        rest = list(in_files(unanswered(remote.content(batch.input_file_id).splitlines(), desk.journal)))
        again = [_submitted(desk, remote, batch.run, batch.requests, requests)[0] for requests in rest]
    return BatchResult(batch.number, told.status, collected, again[0] if again else None)


def _as_submitted(desk: _Desk, batch: Batch) -> _Desk:
    """Return the desk with a batch's own model and, unless prices are given, those it was submitted with."""
    prices = (
        Prices(*batch.prices) if batch.prices is not None and not desk.price_given else desk.server.prices
    )
    return replace(desk, server=replace(desk.server, model=batch.model, prices=prices))


def _close(desk: _Desk, batch: Batch, status: str) -> None:
    desk.batches.set_status(batch.number, status)
    if batch.reservation is not None:
        desk.journal.release(batch.reservation)
