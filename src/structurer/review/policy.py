"""How review is carried out: what its operator chose."""

from __future__ import annotations

from dataclasses import dataclass

from structurer.store.review import Round
from structurer.store.review.accounts import Role


@dataclass(frozen=True, slots=True)
class Policy:
    """How review is carried out.

    ``lease`` is seconds that a record stays in hand without a sign of life. ``second_look`` is the share of
    declarations that a second person reviews, ``planted`` how many values are made wrong on purpose
    for each that is asked about; both in [0, 1]. ``seed`` chooses which.
    """

    lease: float = 900.0
    second_look: float = 0.1
    planted: float = 0.03
    seed: int = 0


def rounds_for(role: Role) -> frozenset[Round]:
    """Return the rounds whose tasks people of a role may take."""
    return frozenset(Round) if role.may(Role.CURATOR) else frozenset(Round) - {Round.CURATION}
