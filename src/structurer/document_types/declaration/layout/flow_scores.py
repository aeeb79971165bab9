"""What it gains or costs to take a stretch of running text for the beginning or the rest of a cell."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from structurer.document_types.declaration.layout.shapes import targetness
from structurer.text import bare

if TYPE_CHECKING:
    from collections.abc import Sequence

    from structurer.document_types.declaration.layout.flow_tokens import Token

NAME_L, TARGET_L, NAME_R, TARGET_R = range(4)
"""The slots of a row."""

GOES_BEFORE = "/／(（,，、.。%％"
"""What a space may set apart from the words it belongs to."""

SHAPE_WEIGHT = 0.6
"""How much what a cell looks like counts."""

_WHOLE_TARGET = 2.4
"""What looks this much like a target is one, and does not go on."""

_BROKEN_NUMBER = re.compile(r"[\d.,≥≤><=]$")
_NUMBER_GOES_ON = re.compile(r"[\d.,%％]|[^\d\W]{1,4}(?:[/／]|$)")
_FRAGMENT_SHAPE = 0.8
"""A short end of a wrapped name looks this much like a target."""

_SHORT_NAME_COSTS = (0.0, 4.5, 2.0, 0.5)


class Part(NamedTuple):
    """A piece of a cell: the index of its token."""

    slot: int
    token: int


def opening(token: Token, slot: int, filled: set[int], right_label_seen: bool) -> float:
    """Return the gain of beginning a cell with this token."""
    shape = token.shape
    if slot in {NAME_L, NAME_R}:
        gain = -SHAPE_WEIGHT * shape
        if slot == NAME_L and filled:
            gain -= 1.0 if filled == {NAME_R} else 3.0
        if slot == NAME_L and right_label_seen:
            gain -= 1.5
        if slot == NAME_R and NAME_L not in filled:
            gain -= 0.5
        return gain
    gain = SHAPE_WEIGHT * shape
    if slot - 1 not in filled:
        gain -= 3.0
    if slot == TARGET_L and filled & {NAME_R, TARGET_R}:
        gain -= 0.4
    return gain


def too_short(name: str) -> float:
    """Return what it costs to take a few characters for a whole name."""
    length = len(bare(name))
    return _SHORT_NAME_COSTS[length] if length < len(_SHORT_NAME_COSTS) else 0.0


def continuation(tokens: Sequence[Token], index: int, parts: tuple[Part, ...], slot: int) -> float:
    """Return the gain of continuing a cell: a wrapped line is rarely longer than the one above it."""
    pieces = [part.token for part in parts if part.slot == slot]
    last = tokens[pieces[-1]]
    token = tokens[index]
    if last.line == token.line:
        attached = token.text[0] in GOES_BEFORE or last.text[-1] in "(（/／、，,"
        if pieces[-1] != index - 1:
            return -4.0
        broken = min(len(bare(last.text)), len(bare(token.text))) <= 2
        return 0.4 if attached else -0.6 if broken else -1.6
    first, second = bare(last.text), bare(token.text)
    gain = -0.5
    if len(second) > len(first) + 1:
        gain -= 2.0
    before = targetness("".join(tokens[piece].text for piece in pieces))
    joined = targetness("".join(tokens[piece].text for piece in pieces) + token.text)
    sign = -1.0 if slot in {NAME_L, NAME_R} else 1.0
    gain += sign * SHAPE_WEIGHT * (joined - before)
    if slot in {NAME_L, NAME_R}:
        gain -= 0.7 * max(0.0, token.shape - _FRAGMENT_SHAPE)
        gain += 0.9 if last.full else -2.0
    elif _BROKEN_NUMBER.search(first) and _NUMBER_GOES_ON.match(second):
        gain += 1.2
    elif before > _WHOLE_TARGET:
        gain -= 1.5
    if pieces[-1] != index - 1:
        gain -= 0.2
    return gain
