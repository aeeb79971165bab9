"""Text from filings, users and servers, in a terminal."""

from __future__ import annotations

from rich.text import Text


def harmless(text: str, style: str = "") -> Text:
    """Return text with nothing in it that a terminal would obey."""
    return Text("".join(char if char.isprintable() else " " for char in text), style=style)
