"""Writing files where a user asked for them, with errors that the user can mend."""

from __future__ import annotations

from typing import TYPE_CHECKING

from structurer.errors import OutputError

if TYPE_CHECKING:
    from pathlib import Path


def write_text(path: Path, text: str) -> None:
    """Write a text file in UTF-8, and the folders that it stands in. Raises ``OutputError``."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise OutputError(f"{path}: cannot be written ({error.strerror}); choose another place") from error
