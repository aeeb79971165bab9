"""A run's results as one file to take away."""

from __future__ import annotations

import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple

from structurer.exports import RunFolder, RunHead
from structurer.exports.formats import FORMATS
from structurer.runs.stored import stored_results
from structurer.store.standing import Standing, overview

if TYPE_CHECKING:
    from typing import BinaryIO

    from structurer.store import Run, Store

_MEDIA_TYPES = {
    ".jsonl": "application/x-ndjson",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".parquet": "application/vnd.apache.parquet",
    ".zip": "application/zip",
}


class Export(NamedTuple):
    """A file to take away: a name that is safe everywhere, its kind, its size in bytes, and what is in it.

    Whoever has it closes it; the file is on no disk by any name any more.
    """

    name: str
    media_type: str
    size: int
    content: BinaryIO


def exported(store: Store, run: Run, format_name: str) -> Export:
    """Return the records of a run in one of ``FORMATS``; of several files a zip archive.

    Raises ``OutputError`` where it cannot be written, and ``KeyError`` for a format that is none.
    """
    names = FORMATS[format_name].files
    with TemporaryDirectory(prefix="structurer-export-") as made:
        folder = Path(made)
        _write(store, run, format_name, folder)
        path = folder / names[0] if len(names) == 1 else _zipped(folder, names)
        return Export(
            name=f"run-{run.number}-{path.name}",
            media_type=_MEDIA_TYPES[path.suffix],
            size=path.stat().st_size,
            content=path.open("rb"),
        )


def _write(store: Store, run: Run, format_name: str, folder: Path) -> None:
    head = RunHead(
        structurer=run.spec.structurer,
        complete=overview(store, run).standing is Standing.COMPLETE,
        settings=run.spec.settings,
        config=run.spec.config,
    )
    with RunFolder(folder, [format_name], report=False) as results:
        for result in stored_results(store, run.number):
            results.add(result)
        results.publish(head)


def _zipped(folder: Path, names: tuple[str, ...]) -> Path:
    path = folder / "tables.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.write(folder / name, name)
    return path
