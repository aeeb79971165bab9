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
    that they are structured by. ``secure`` says that browsers come by HTTPS.
    """

    store: str
    uploads: Path
    settings: Settings
    policy: Policy = field(default_factory=Policy)
    secure: bool = False
