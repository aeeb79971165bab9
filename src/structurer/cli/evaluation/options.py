"""Options that several evaluation commands have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Gold = Annotated[Path, typer.Option(help="Folder of hand-made labels.")]
Filings = Annotated[Path, typer.Option(help="Folder of the filings that were labelled.")]
