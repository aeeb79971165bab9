"""The command that goes on with a run, made of what the store knows of it."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from structurer.llm.server import OPENAI_URL
from structurer.runs.finding import as_text
from structurer.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from structurer.store import Run

_FLAGS = ("engine", "model", "encoding", "encoding_errors", "answers", "mode", "target_error")
_VARIABLES = ("temperature", "thinking")
"""Settings that have no flag."""


def command_of(run: Run, store: str | None) -> str:
    """Return the command line that a run is begun, and gone on, with; ``store`` is its URL, if that is given.

    What may be spent is not known of a run: its user gives that again.
    """
    kept = dict(run.spec.settings)
    if kept.get("engine") == ("hybrid" if kept.get("model") else "layout"):
        del kept["engine"]
    variables = [f"STRUCTURER_{name.upper()}={kept[name]}" for name in _VARIABLES if _is_set(name, kept)]
    words = ["structurer", "run", *map(as_text, run.spec.inputs)]
    for name in _FLAGS:
        if _is_set(name, kept):
            words += [f"--{name.replace('_', '-')}", str(kept[name])]
    if run.spec.server not in (None, OPENAI_URL):
        words += ["--base-url", run.spec.server]
    if "calibration" in kept:
        words += ["--calibration", "FILE"]
    if store is not None:
        words += ["--store", store]
    return " ".join([*variables, shlex.join(words)])


def _is_set(name: str, kept: Mapping[str, object]) -> bool:
    usual = Settings.model_fields[name].default
    return bool(kept.get(name, usual) != usual)
