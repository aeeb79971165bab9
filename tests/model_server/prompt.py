"""What a request asks, taken from its messages alone: form, keys, how to answer, the segments shown."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_FIRST_LINE = re.compile(r"^Form:\s*(?P<form>[\w.-]+);\s*answer:\s*(?P<format>\w+)", re.MULTILINE)
_KEYS = re.compile(r"^Keys:\s*(?P<keys>.+)$", re.MULTILINE)
_PROBLEM = re.compile(r"^Problem:\s*(?P<problem>.+)$", re.MULTILINE)
_BEGIN, _END = "<<<FILING", "FILING>>>"
_SEGMENT = re.compile(r"⟦(\d+)⟧([^⟦]*)")
_BORDERS = re.compile(r"(?:\s*\|)+\s*$")


@dataclass(frozen=True, slots=True)
class Question:
    """One question about one form.

    ``format`` is ``point`` or ``transcribe``, ``keys`` what is asked (dotted; empty: everything), ``shown``
    the printed text of each segment by its number, in the order in which they were shown.
    """

    form: str
    format: str
    keys: tuple[str, ...]
    problems: tuple[str, ...]
    shown: Mapping[int, str]


def messages_of(body: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield (role, text) of each message; parts of a message are joined."""
    for message in body.get("messages", ()):
        content = message.get("content") or ""
        if not isinstance(content, str):
            content = "\n".join(part.get("text", "") for part in content)
        yield message.get("role", ""), content


def question_of(body: Mapping[str, Any]) -> Question | None:
    """Return what the last user message that shows a filing asks; ``None`` when none shows one."""
    for role, text in reversed(list(messages_of(body))):
        if role == "user" and _BEGIN in text.split("\n"):
            return _parse(text)
    return None


def _parse(text: str) -> Question | None:
    lines = text.split("\n")
    begin = lines.index(_BEGIN)
    end = lines.index(_END, begin) if _END in lines[begin:] else len(lines)
    # Only what stands outside the marks is the asker's word: the filing could print "Keys: …" too.
    outside = "\n".join(lines[:begin] + lines[end + 1 :])
    first = _FIRST_LINE.search(outside)
    if first is None:
        return None
    keys = _KEYS.search(outside)
    return Question(
        form=first["form"],
        format=first["format"],
        keys=tuple(key.strip() for key in keys["keys"].split(",")) if keys else (),
        problems=tuple(match["problem"] for match in _PROBLEM.finditer(outside)),
        shown=shown_segments(lines[begin + 1 : end]),
    )


def shown_segments(lines: list[str]) -> dict[int, str]:
    """Return the segments that some lines show; the bars between cells are no part of them."""
    return {
        int(match[1]): _BORDERS.sub("", match[2]).strip()
        for line in lines
        for match in _SEGMENT.finditer(line)
    }


def folded(text: str) -> str:
    """Return the letters and digits of a text in NFKC: what no way of showing a text changes."""
    return "".join(c for c in unicodedata.normalize("NFKC", text) if c.isalnum())
