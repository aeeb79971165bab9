"""Looking through a run's inputs, beside the work: which files there are, and which of them are new.

A thread walks, looks up what the store knows, and hashes what is new or changed; a file whose size and time
are as they were is not opened. What it finds comes in batches, of which only a few wait at a time.
"""

from __future__ import annotations

import hashlib
import os
import threading
from dataclasses import dataclass
from itertools import islice
from queue import Empty, Full, Queue
from typing import TYPE_CHECKING

from structurer.documents.formats import by_name
from structurer.documents.reading import hash_file
from structurer.errors import DocumentError, UnreadableDocumentError
from structurer.runs.finding import FoundFile, PassedOver, UnreadableFile
from structurer.runs.planning import STDIN_NAME
from structurer.store import FilingRow, Filings, Sight, Store
from structurer.store.packing import storable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from structurer.runs.finding import Found
    from structurer.settings import Settings
    from structurer.store import KnownFile, Run

STDIN_PATH = b"-"
"""Where standard input stands; all other paths are absolute."""

_BATCH = 200
"""Files that are looked up, and written down, together."""

_WAITING = 4
"""Batches that wait to be written down, at the most."""

_GLANCE = 0.2


@dataclass(frozen=True, slots=True)
class Batch:
    """A stretch of what was found: what is new or changed, and the numbers of filings that are as before."""

    rows: tuple[FilingRow, ...]
    unchanged: tuple[int, ...]


class Survey:
    """Looks through a run's inputs in a thread of its own, with a connection of its own."""

    def __init__(self, found: Iterator[Found], stdin: bytes | None, run: Run, settings: Settings) -> None:
        self._found = found
        self._stdin = stdin
        self._run = run
        self._settings = settings
        self._batches: Queue[Batch] = Queue(_WAITING)
        self._error: BaseException | None = None
        self._given_up = threading.Event()
        self._thread = threading.Thread(target=self._look, name="survey", daemon=True)
        self._thread.start()

    def take(self, seconds: float = 0) -> Batch | None:
        """Return the next batch, waiting so long for it; ``None`` if there is none.

        Raises what went wrong: ``StoreError``.
        """
        try:
            return self._batches.get(timeout=seconds) if seconds else self._batches.get_nowait()
        except Empty:
            if self._error is not None and not self._thread.is_alive():
                raise self._error from None
            return None

    @property
    def ended(self) -> bool:
        """Whether all was looked through, and there is nothing more to come."""
        came_to_its_end = not self._thread.is_alive() and not self._given_up.is_set() and self._error is None
        return came_to_its_end and self._batches.empty()

    def close(self) -> None:
        """Look no further, and wait until the thread has ended."""
        self._given_up.set()
        self._thread.join()

    def _look(self) -> None:
        try:
            with Store.open(self._settings.store) as store:
                filings = Filings(store, self._run.number, self._run.spec.recipe)
                if self._stdin is not None:
                    self._put(Batch((_from_stdin(self._stdin),), ()))
                while (batch := list(islice(self._found, _BATCH))) and not self._given_up.is_set():
                    known = filings.known([_place(one) for one in batch])
                    self._put(self._sorted_out(batch, known))
        except BaseException as error:  # told by whoever takes the next batch
            self._error = error

    def _put(self, batch: Batch) -> None:
        while not self._given_up.is_set():
            try:
                self._batches.put(batch, timeout=_GLANCE)
                return
            except Full:
                continue

    def _sorted_out(self, batch: Sequence[Found], known: dict[bytes, KnownFile]) -> Batch:
        rows: list[FilingRow] = []
        unchanged: list[int] = []
        for one in batch:
            before = known.get(_place(one))
            if before is not None and before.filing is not None and _is_as_it_was(one, before):
                unchanged.append(before.filing)
            elif not self._given_up.is_set():
                rows.append(self._row(one, before))
        return Batch(tuple(rows), tuple(unchanged))

    def _row(self, one: Found, before: KnownFile | None) -> FilingRow:
        path = _place(one)
        if isinstance(one, PassedOver):
            return FilingRow(path, one.name, Sight.SKIPPED, error="PassedOver", problem=storable(one.kind))
        if isinstance(one, UnreadableFile):
            return _unreadable(path, one.name, UnreadableDocumentError(one.name, one.problem))
        try:
            if before is not None and (before.size, before.modified) == (one.size, one.modified):
                sha256 = before.sha256
            else:
                sha256 = hash_file(one.path, one.name, self._settings.max_bytes)
        except DocumentError as error:
            return _unreadable(path, one.name, error)
        kind = by_name(one.name).media_type
        return FilingRow(path, one.name, Sight.FOUND, one.size, one.modified, sha256, kind)


def _place(found: Found) -> bytes:
    return os.fsencode(found.path)


def _is_as_it_was(one: Found, before: KnownFile) -> bool:
    now = (one.name, one.size, one.modified) if isinstance(one, FoundFile) else None
    return now == (before.name, before.size, before.modified)


def _unreadable(path: bytes, name: str, error: DocumentError) -> FilingRow:
    kind = type(error).__name__
    return FilingRow(path, name, Sight.FAILED, error=kind, problem=storable(error.problem))


def _from_stdin(data: bytes) -> FilingRow:
    sha256 = hashlib.sha256(data).hexdigest()
    kind = by_name(STDIN_NAME).media_type
    return FilingRow(STDIN_PATH, STDIN_NAME, Sight.FOUND, len(data), 0, sha256, kind)
