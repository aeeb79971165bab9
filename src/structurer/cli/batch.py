"""``structurer batch``: questions to a model as files, to be answered overnight at half the price."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from structurer.cli import options
from structurer.cli.console import err, errors_in_one_line, out, safe
from structurer.errors import OutputError
from structurer.runs import plan_filings
from structurer.settings import Settings, load_settings

if TYPE_CHECKING:
    from structurer.llm.batch_files import Collected

batch = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

Results = Annotated[
    Path | None, typer.Option(help="A file of results that came by another way; nothing is fetched then.")
]


@batch.callback()
def about() -> None:
    """Ask a model by files: prepare, submit, collect, and prepare again until nothing is left to ask.

    \b
    Examples:
      structurer batch prepare filings/ -o requests.jsonl --model gpt-4.1-mini
      structurer batch submit requests.jsonl --model gpt-4.1-mini --budget 5
      structurer batch status --model gpt-4.1-mini
      structurer batch collect --model gpt-4.1-mini
      structurer batch collect --results results.jsonl --model gpt-4.1-mini
      structurer run filings/ --model gpt-4.1-mini
    """


@batch.command()
def prepare(
    paths: Annotated[list[str], typer.Argument(metavar="PATH...", help="Files, folders, glob patterns.")],
    requests: Annotated[Path, typer.Option("--out", "-o", help="File to write the requests to.")] = Path(
        "requests.jsonl"
    ),
    encoding: options.Encoding = None,
    encoding_errors: options.EncodingErrors = None,
    engine: options.Engine = None,
    model: options.Model = None,
    base_url: options.BaseUrl = None,
    answers: options.Answers = None,
    mode: options.Mode = None,
    store: options.Store = None,
) -> None:
    """Write what filings still have to be asked, in OpenAI's Batch file format. Nothing is sent.

    Give the same options here as to ``structurer run``, which then finds the answers. Where answers need a
    second question (a repair, an answer cut off), prepare again after collecting, until nothing is left.
    What the server refused in a batch is not prepared again.

    \b
    Examples:
      structurer batch prepare filings/ -o requests.jsonl --model gpt-4.1-mini
      structurer batch prepare filings/ -o all.jsonl --model qwen3 --engine model
    """
    with errors_in_one_line():
        settings = load_settings(
            encoding=encoding,
            encoding_errors=encoding_errors,
            engine=engine,
            model=model,
            base_url=base_url,
            answers=answers,
            mode=mode,
            store=store,
        )
        from structurer.runs.batching import prepare_batch

        prepared = prepare_batch(paths, plan_filings(paths).filings, settings)
        if prepared.lines:
            _write(requests, prepared.lines)
    asked = f"{prepared.to_ask:,} of {prepared.declarations:,} declarations need an answer"
    if prepared.failed:
        err().print(f"{prepared.failed} filings cannot be read; structurer run says why")
    if prepared.refused:
        left_out = f"{prepared.refused:,} requests were refused in a batch and are left out"
        err().print(f"{left_out}; structurer run asks them once more")
    if not prepared.lines:
        needs = "" if prepared.refused else "; structurer run with the same options needs no request now"
        out().print(f"nothing to ask{needs}")
        return
    out().print(safe(f"{asked}: {len(prepared.lines):,} requests in {requests}"), soft_wrap=True)


@batch.command()
def submit(
    requests: Annotated[Path, typer.Argument(help="A file that prepare wrote.")],
    model: options.Model = None,
    base_url: options.BaseUrl = None,
    budget: options.Budget = None,
    price: options.Price = None,
    store: options.Store = None,
) -> None:
    """Upload requests and start a batch. Requests that were answered already, or refused, are left out.

    \b
    Example:
      structurer batch submit requests.jsonl --model gpt-4.1-mini --budget 5
    """
    with errors_in_one_line():
        settings = _settings(model, base_url, store, budget, price)
        from structurer.runs.batching import submit_batch

        started = submit_batch(requests, settings)
    for number, batch_id, count in started:
        out().print(safe(f"batch {number}: {count:,} requests, {batch_id}"), soft_wrap=True)
    if not started:
        out().print("all requests in it are answered already, or were refused; nothing was sent")


@batch.command()
def status(
    model: options.Model = None, base_url: options.BaseUrl = None, store: options.Store = None
) -> None:
    """Show how far submitted batches are.

    \b
    Example:
      structurer batch status --model gpt-4.1-mini
    """
    with errors_in_one_line():
        settings = _settings(model, base_url, store)
        from structurer.runs.batching import batch_states

        states = batch_states(settings)
    if not states:
        out().print("no batch is under way")
        return
    table = Table("batch", "id", "state", "done", "failed", "requests", box=None, padding=(0, 2, 0, 0))
    for state in states:
        counts = (state.completed, state.failed, state.total)
        table.add_row(str(state.number), safe(state.batch_id), safe(state.status), *map(str, counts))
    out().print(table)


@batch.command()
def collect(
    results: Results = None,
    model: options.Model = None,
    base_url: options.BaseUrl = None,
    price: options.Price = None,
    store: options.Store = None,
) -> None:
    """Take the answers of finished batches, or of a file of results, into the journal.

    Of a batch that expired or was cancelled, what came is kept and the rest is submitted again.
    Without --price, a batch costs what was given for it when it was submitted.

    \b
    Examples:
      structurer batch collect --model gpt-4.1-mini
      structurer batch collect --results results.jsonl --model gpt-4.1-mini
    """
    with errors_in_one_line():
        settings = _settings(model, base_url, store, price=price)
        from structurer.runs.batching import collect_batches, collect_file

        if results is not None:
            _say_collected(str(results), collect_file(results, settings))
            return
        seen = collect_batches(settings)
    for each in seen:
        _say_collected(f"batch {each.number} ({each.status})", each.collected)
        if each.resubmitted:
            out().print(f"batch {each.number}: the rest was submitted again, as batch {each.resubmitted}")
    if not seen:
        out().print("no batch is finished; see structurer batch status")


def _settings(
    model: str | None,
    base_url: str | None,
    store: str | None,
    budget: str | None = None,
    price: str | None = None,
) -> Settings:
    return load_settings(
        model=model, base_url=base_url, store=store, budget=budget, **options.split_price(price)
    )


def _say_collected(what: str, collected: Collected) -> None:
    words = f"{what}: {collected.answers:,} answers, {collected.failures:,} failures"
    if collected.known:
        words += f", {collected.known:,} known already"
    out().print(safe(words), soft_wrap=True)
    if collected.unreadable:
        lines = ", ".join(map(str, collected.unreadable[:10]))
        err().print(
            safe(f"{what}: {len(collected.unreadable)} lines say nothing (lines {lines})"), soft_wrap=True
        )


def _write(path: Path, lines: tuple[bytes, ...]) -> None:
    try:
        with path.open("wb") as file:
            file.writelines(lines)
    except OSError as error:
        raise OutputError(f"{path}: cannot be written ({error.strerror}); choose another place") from error
