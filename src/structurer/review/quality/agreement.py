"""Second looks: which declarations two people review without knowing of each other."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from structurer.review.policy import Policy


def wants_second_look(key: str, policy: Policy) -> bool:
    """Say whether a second person reviews a record; the same for the same record and seed, always."""
    return chance(f"second:{policy.seed}:{key}") < policy.second_look


def chance(of: str) -> float:
    """Return a number in [0, 1) that looks random and depends on the words alone."""
    return int.from_bytes(hashlib.sha256(of.encode()).digest()[:8]) / 2**64
