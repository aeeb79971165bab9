"""Writing to a terminal: text from filings made harmless, errors in one line."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.text import Text

from structurer.errors import DocumentError, StructurerError

if TYPE_CHECKING:
    from collections.abc import Iterator

_WIDTH = 100
_FAILED, _USAGE = 1, 2

# Control characters (terminal escapes are made of them), and the marks that turn the direction of text.
_UNSAFE = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2028\u2029\u2066-\u2069\ud800-\udfff]"
)


def safe(text: str, style: str = "") -> Text:
    """Return text from outside so that it can only be read: no markup, no escapes, no control characters."""
    return Text(_UNSAFE.sub(" ", text), style=style)


def out() -> Console:
    """Return where results go: standard output, at most 100 columns wide."""
    return _console(stderr=False)


def err() -> Console:
    """Return where progress and errors go: standard error."""
    return _console(stderr=True)


def _console(*, stderr: bool) -> Console:
    console = Console(stderr=stderr, highlight=False)
    if not console.is_terminal or console.width > _WIDTH:
        console.width = _WIDTH
    return console


@contextmanager
def errors_in_one_line() -> Iterator[None]:
    """End the command with one clear line for an error that the user can mend.

    The exit status is 1 where one file cannot be read and 2 where the request itself is at fault.
    """
    try:
        yield
    except StructurerError as error:
        err().print(safe(f"error: {error}"), style="red", soft_wrap=True)
        raise typer.Exit(_FAILED if isinstance(error, DocumentError) else _USAGE) from error
