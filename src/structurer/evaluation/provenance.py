"""What a figure is a figure of: which program, which versions, which gold."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from structurer.document_types.declaration import DECLARATION
from structurer.evaluation.cells import SCORING
from structurer.evaluation.gold import load_gold
from structurer.resources import resource_folder

if TYPE_CHECKING:
    from collections.abc import Sequence

_PACKAGE = Path(__file__).resolve().parents[1]
_RESOURCES = (resource_folder("prompts"), resource_folder("schemas"))
_GIT_SECONDS = 10


class Checkout(NamedTuple):
    """The git commit that a program runs from, and whether its files were changed since.

    Both are empty (``""``, ``False``) where it runs from no checkout, or nobody can tell.
    """

    commit: str
    dirty: bool


class Versions(NamedTuple):
    """Versions of the program, of the records' schema, and of what counts as right."""

    structurer: str
    schema: str
    scoring: str


def versions() -> Versions:
    """Return the versions of what runs."""
    return Versions(version("structurer"), DECLARATION.schema_version, SCORING)


def checkout(package: Path = _PACKAGE, resources: Sequence[Path] = _RESOURCES) -> Checkout:
    """Return the commit that the package in a folder is part of.

    Only changes of what the program is made of make it dirty: the package, and the folders of its prompts
    and schemas, new files among them. Gold and filings have a hash of their own.
    """
    # Asked of a file, since an installed package may lie in a folder that is in another project's checkout.
    if _git(package, "ls-files", "--error-unmatch", "__init__.py") is None:
        return Checkout("", False)
    top = _git(package, "rev-parse", "--show-toplevel")
    commit = _git(package, "rev-parse", "HEAD")
    if not top or not commit:
        return Checkout("", False)
    inside = [str(folder) for folder in (package, *resources) if folder.is_relative_to(top)]
    return Checkout(commit, _git(package, "status", "--porcelain", "--", *inside) != "")


def gold_hash(labels: Path, filings: Path) -> str:
    """Return the SHA-256 of all labels in a folder and of the filings that they are of, as hexadecimal.

    Names and bytes count, the order in which a folder lists them does not; nor do files that are no label,
    and filings that have none. A filing that is missing counts as such. Raises ``GoldError`` where the
    labels cannot be read.
    """
    named = sorted({label.filing for label in load_gold(labels)})
    files = {
        "labels": {path.name: _file_hash(path) for path in labels.glob("*.json")},
        "filings": {name: _file_hash(filings / name) for name in named},
    }
    return hashlib.sha256(json.dumps(files, sort_keys=True).encode()).hexdigest()


def _file_hash(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return "missing"


def _git(folder: Path, *arguments: str) -> str | None:
    """Return what git says, ``None`` where it fails or is not installed."""
    # A hook that we run in may have told git of another repository.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    command = ["git", "--no-optional-locks", "-C", str(folder), *arguments]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, env=environment, timeout=_GIT_SECONDS, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
