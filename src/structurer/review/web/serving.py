"""What an application is made with: the store, the rules of review, and where uploads go."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from structurer.review.policy import Policy

if TYPE_CHECKING:
    from pathlib import Path

    from structurer.settings import Settings


@dataclass(frozen=True, slots=True)
class Serving:
    """How to serve.

    ``store`` is a database URL, ``uploads`` the folder that uploaded filings are kept in, ``settings`` those
    that they are structured by. ``secure`` says that browsers come by HTTPS. ``public_url`` is the address
    that people know the site by, where it is not the one that it listens on, without a slash at its end.
    ``hosts`` are the names, in small letters and without port, that browsers may call it by besides
    ``localhost`` and addresses in numbers. ``body_limit`` is the most bytes that a request may have.
    """

    store: str
    uploads: Path
    settings: Settings
    policy: Policy = field(default_factory=Policy)
    secure: bool = False
    public_url: str | None = None
    hosts: frozenset[str] = frozenset()
    body_limit: int = 20 * 2**20
