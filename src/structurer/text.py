"""Two views of printed text that several stages take: its bare characters, and its width on paper."""

from __future__ import annotations

import unicodedata


def bare(text: str) -> str:
    """Return text in NFKC (UAX #15) without white space."""
    return "".join(unicodedata.normalize("NFKC", text).split())


def printed_width(text: str) -> int:
    """Return how wide a text is printed, in half-width characters.

    Ambiguous characters (UAX #11) are wide, as they are in East Asian fonts.
    """
    return sum(2 if unicodedata.east_asian_width(character) in "WFA" else 1 for character in text)
