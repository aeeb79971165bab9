"""Reasons in words: each code that a record of the sample filings can have, and of the program's source."""

from __future__ import annotations

import re
from pathlib import Path

import structurer
from structurer.review import words

_FLAGGED = re.compile(
    r"(?:extraction|source|doubt|Flag)\(\s*[^,()]*(?:\([^()]*\))?[^,()]*,\s*\"([a-z0-9_]+)\""
)


def test_every_flag_has_words() -> None:
    source = Path(structurer.__file__).parent
    codes = {
        code for path in source.rglob("*.py") for code in _FLAGGED.findall(path.read_text(encoding="utf-8"))
    }
    assert len(codes) > 40
    assert [code for code in sorted(codes) if words.reason_in_words(code) == code] == []
