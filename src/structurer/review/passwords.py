"""Passwords: which may be chosen, how they are kept, and whether one is right."""

from __future__ import annotations

import unicodedata
from functools import cache
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from structurer.errors import StructurerError
from structurer.store.review.accounts import folded

_SHORTEST, _LONGEST = 10, 1_000
_HASHER = PasswordHasher()

_AT_ONCE = BoundedSemaphore(4)
"""Each hash takes 64 MiB: many at once must not exhaust the memory."""


class PasswordError(StructurerError):
    """A password that may not be chosen; the message says why."""


def hashed(password: str, name: str) -> str:
    """Return what is kept of a password that somebody of a name chose. Raises ``PasswordError``."""
    if not _SHORTEST <= len(password) <= _LONGEST:
        raise PasswordError(f"a password has {_SHORTEST} to {_LONGEST:,} characters; choose another one")
    if folded(password) == folded(name):
        raise PasswordError("the password is the name; choose another one")
    with _AT_ONCE:
        return _HASHER.hash(_as_typed(password))


def matches(kept: str | None, password: str) -> bool:
    """Say whether a password is the one of which ``kept`` is kept; it takes as long where nothing is."""
    with _AT_ONCE:
        try:
            _HASHER.verify(kept or _nobodys(), _as_typed(password))
        except (VerificationError, InvalidHashError):
            return False
    return kept is not None


@cache
def _nobodys() -> str:
    return _HASHER.hash("the password of nobody")


def _as_typed(password: str) -> bytes:
    """Return a password's bytes: one that another keyboard composes otherwise is the same one."""
    return unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")
