"""A question about a declaration: the prompt, the keys, and the text as numbered segments."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from structurer.asking import Ask
from structurer.document_types.declaration.questions.display import CLOSING, OPENING, displayed, shown
from structurer.models import Chunk, Document, Page
from structurer.prompts import load_prompt
from structurer.resources import resource_folder
from structurer.segments import is_blank, segments

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pydantic import BaseModel

    from structurer.asking import Problem
    from structurer.models import Segment
    from structurer.passage import Passage

FORM = "performance_target_declaration"
_EXAMPLES = 2
_REPAIR = f"{FORM}.repair"


def build_ask(
    passage: Passage,
    style: str,
    keys: Sequence[str],
    printed: Sequence[Segment],
    problems: Sequence[Problem],
    answer: type[BaseModel],
    context: Mapping[str, Any],
    max_tokens: int | Callable[[str], int],
) -> Ask:
    """Return the question for ``keys`` in one style of answer (``point``, ``transcribe``).

    ``printed`` are the segments to show. ``max_tokens`` may be worked out from the text shown.
    """
    text = displayed(passage.document, printed)
    prompt, system = system_message(style)
    lines = [f"Form: {FORM}; answer: {style}", f"Keys: {', '.join(keys)}"]
    if problems:
        repair = load_prompt(_REPAIR)
        prompt = f"{prompt}+repair@{repair.version}"
        told = [{"path": _one_line(p.path), "message": _one_line(p.message)} for p in problems]
        lines.append(repair.render(problems=told))
    user = "\n".join([*lines, OPENING, text, CLOSING])
    most = max_tokens if isinstance(max_tokens, int) else max_tokens(text)
    return Ask(prompt, system, user, answer, context, most)


def _one_line(text: str) -> str:
    return " ".join(shown(text).split())


@lru_cache(maxsize=8)
def system_message(style: str) -> tuple[str, str]:
    """Return a style's prompt (name and version) and its system message, the same for every filing."""
    prompt = load_prompt(f"{FORM}.{style}")
    return prompt.id, prompt.render(examples=[_example(number, style) for number in range(1, _EXAMPLES + 1)])


def _example(number: int, style: str) -> dict[str, str]:
    """Return a worked example as a model would see and answer it."""
    document, answers = load_example(number)
    answer = answers[style]
    chunk = whole_chunk(document)
    return {
        "asked": ", ".join(_keys_of(answer)),
        "text": "\n".join([OPENING, displayed(document, segments(document, chunk)), CLOSING]),
        "answer": json.dumps(answer, ensure_ascii=False, separators=(",", ":")),
    }


def load_example(number: int) -> tuple[Document, dict[str, Any]]:
    """Return a worked example: its text, its answers by style, and the record that they resolve to."""
    folder = resource_folder("prompts") / "examples"
    text = (folder / f"{FORM}-{number}.txt").read_text(encoding="utf-8")
    answers: dict[str, Any] = json.loads((folder / f"{FORM}-{number}.json").read_text(encoding="utf-8"))
    return Document(f"example-{number}.txt", "0" * 64, text, "utf-8", (Page(1, 0, len(text)),)), answers


def whole_chunk(document: Document) -> Chunk:
    """Return a document that holds one form as one chunk."""
    lines = [n for n, line in enumerate(document.text.split("\n")) if not is_blank(line)]
    return Chunk(1, 0, len(document.text), tuple(lines))


def _keys_of(answer: Mapping[str, Any]) -> list[str]:
    return [
        f"{key}.{half}" if key == "indicators" else key
        for key, value in answer.items()
        for half in (value if key == "indicators" else ("",))
    ]
