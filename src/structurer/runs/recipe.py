"""What results depend on besides a filing's bytes: the settings that count, and the program itself."""

from __future__ import annotations

import hashlib
import os
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import structurer
from structurer.llm.server import public_url
from structurer.resources import resource_folder
from structurer.runs.planning import STDIN
from structurer.store import RunSpec

if TYPE_CHECKING:
    from collections.abc import Sequence

    from structurer.settings import Settings

_PART_OF_THE_PROGRAM = {".py", ".toml", ".md", ".json"}
_WITHOUT_A_PART_IN_RESULTS = {"cli", "evaluation", "exports", "review", "store", "synthesis"}
"""Rooms that filings do not pass through on their way to records."""


def run_spec(inputs: Sequence[str], settings: Settings, begun_anew: int = 0) -> RunSpec:
    """Return what makes a run of these inputs and settings by this program.

    ``begun_anew`` tells apart runs of the same that were begun anew on purpose; they share no results.
    """
    recipe = recipe_of(settings.config_hash(), begun_anew)
    # Standard input is no place.
    places = [path if path == STDIN else os.path.abspath(path) for path in inputs]
    return RunSpec(
        key=run_key(places, recipe),
        recipe=recipe,
        inputs=places,
        settings=settings.results_settings(),
        config=settings.config_hash(),
        engine=settings.chosen_engine,
        model=None if settings.chosen_engine == "layout" else settings.model,
        server=None if settings.chosen_engine == "layout" else public_url(settings.base_url),
        structurer=version("structurer"),
    )


def recipe_of(config: str, begun_anew: int = 0) -> str:
    """Return the recipe of settings, given by their hash, and this program."""
    return _hash(config, program_digest(), *([str(begun_anew)] if begun_anew else []))


def run_key(places: Sequence[str], recipe: str) -> str:
    """Return what a run is known by; ``places`` are its inputs, absolute, in any order."""
    return _hash(*sorted(places), recipe)


@cache
def program_digest() -> str:
    """Return the hash of the program's files: a version number misses what changes between releases."""
    package = Path(structurer.__file__).parent
    digest = hashlib.sha256()
    for folder in (package, resource_folder("prompts"), resource_folder("schemas")):
        for path in sorted(folder.rglob("*")):
            name = path.relative_to(folder)
            if name.parts[0] in _WITHOUT_A_PART_IN_RESULTS or path.suffix not in _PART_OF_THE_PROGRAM:
                continue
            content = hashlib.sha256(path.read_bytes()).hexdigest()
            digest.update(f"{name.as_posix()} {content}\n".encode())
    return digest.hexdigest()


def _hash(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogateescape")).hexdigest()
