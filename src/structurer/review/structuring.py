"""An upload read by the program's own run machinery, and what became of it in words."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from structurer.errors import StoreError, StructurerError
from structurer.runs.opening import open_run
from structurer.runs.processes import ProcessReader
from structurer.runs.running import Inputs, Runner
from structurer.store.review.uploads import Uploads
from structurer.store.standing import failure_kinds, failures, overview

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from structurer.runs.readers import Reader
    from structurer.runs.running import Ended
    from structurer.runs.tally import Tally
    from structurer.settings import Settings
    from structurer.store import Run, Store
    from structurer.store.review.uploads import Upload

_GONE = "its bytes are not kept any more; upload it again"
_NOTHING_IN_IT = "no declaration was found in this text; look whether it is the right file"


@dataclass(frozen=True, slots=True)
class Structurer:
    """How uploads are read: where their bytes are, and by which settings."""

    uploads: Path
    settings: Settings

    def read_next(self, store: Store, stopped: Callable[[], bool]) -> bool:
        """Read the upload whose turn it is; ``False`` where none waits.

        One that was begun by a server that ended is gone on with. Raises ``StoreError``, and whatever
        ``stopped`` raises; the upload then waits for the next time.
        """
        upload = Uploads(store).next()
        if upload is None:
            return False
        try:
            problem = self._read(store, upload, stopped)
        except StoreError:
            raise
        except StructurerError as error:
            problem = str(error)
        Uploads(store).end(upload.id, problem)
        return True

    def _read(self, store: Store, upload: Upload, stopped: Callable[[], bool]) -> str | None:
        """Read an upload; return what is wrong with it."""
        path = self.uploads / upload.kept_as
        if not path.is_file():
            return _GONE
        # A run is known by its inputs, so that this is the one that was begun before.
        run = open_run(store, [str(path)], self.settings)
        Uploads(store).begin(upload.id, run.number)
        inputs = Inputs([str(path)], names={upload.kept_as: upload.name})
        with self._reader() as reader:
            ended = Runner(store, run, inputs, self.settings, _Unwatched()).work(reader, stopped)
        return _problem(store, run, ended)

    @contextmanager
    def _reader(self) -> Iterator[Reader]:
        if self.settings.chosen_engine == "layout":
            yield ProcessReader(self.settings)
            return
        # What speaks to models takes half a second to load.
        from structurer.runs.access import model_access, online_client
        from structurer.runs.with_model import ModelReader

        # One budget for all uploads: what is spent is noted under the folder that they are kept in.
        with model_access(self.settings, [str(self.uploads)]) as access:
            yield ModelReader(access.engine, online_client(access), self.settings)


class _Unwatched:
    """A watcher that shows nothing: pages look at the store."""

    def settled(self, name: str, declarations: int | None, problem: str | None) -> None:
        """Hear of a filing."""

    def tally(self, tally: Tally) -> None:
        """Hear how far the run is."""


def _problem(store: Store, run: Run, ended: Ended) -> str | None:
    """Return why a run of one filing gave nothing; ``None`` where it gave declarations."""
    for kind, _filings in failure_kinds(store, run.number):
        for failed in failures(store, run.number, kind):
            return failed.problem
    if not ended.complete:
        return f"it was not read to the end ({ended.paused or 'the run was left'}); upload it again later"
    return None if overview(store, run).counted.declarations else _NOTHING_IN_IT
