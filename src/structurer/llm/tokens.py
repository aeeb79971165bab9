"""How many tokens a text has: at the very most, and likely. No tokenizer: every server has its own."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_PER_MESSAGE = 64
"""More than any chat template puts around a message."""
_FOR_SCHEMA = 1024
"""More than servers write around a schema or a tool when they put it into the prompt."""


def at_most(body: Mapping[str, Any]) -> int:
    """Return an upper bound of the input tokens of a request's body.

    Tokenizers work on UTF-8 bytes, and none makes more tokens than there are bytes. A schema counts twice,
    as some servers show it to the model indented or escaped.
    """
    messages = body["messages"]
    text = sum(len(message["content"].encode("utf-8", "replace")) for message in messages)
    shape = {key: body[key] for key in ("tools", "response_format") if key in body}
    schema = 2 * len(json.dumps(shape)) + _FOR_SCHEMA if shape else 0
    return text + _PER_MESSAGE * len(messages) + schema


def at_most_in_line(line: bytes) -> tuple[int, int]:
    """Return upper bounds of the input and output tokens of a request that is a line of a batch file.

    Raises ``ValueError`` for a line that is no chat completion with a limit.
    """
    try:
        body = json.loads(line)["body"]
        most = body.get("max_completion_tokens") or body["max_tokens"]
        return at_most(body), int(most)
    except (LookupError, TypeError, AttributeError) as error:
        raise ValueError("a line of the batch is no chat completion with a limit of tokens") from error


def likely(text: str) -> int:
    """Return about how many tokens a text has.

    A rule of thumb: 0.8 tokens for a Chinese character, one for 3.5 characters of other text. Right to
    about a third either way for today's tokenizers.
    """
    # A Chinese character has three bytes in UTF-8, most other characters here one; so no loop is needed.
    wide = (len(text.encode("utf-8", "replace")) - len(text)) / 2
    return math.ceil(0.8 * wide + (len(text) - wide) / 3.5)
