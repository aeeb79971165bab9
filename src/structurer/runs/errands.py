"""What a runner and the process that speaks with Ray for it say to each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from structurer.runs.on_node import Reply


class Joining(NamedTuple):
    """What the runner asks first: join the cluster at an address, or start one here.

    ``processors`` is how many one that is started may use, all of this machine where it is ``None``;
    ``program`` is the digest of the program that nodes must have.
    """

    address: str | None
    processors: int | None
    program: str


class Order(NamedTuple):
    """A filing to be read: the number by which it is answered, and what travels to the node."""

    number: int
    parcel: bytes


class Size(NamedTuple):
    """How many processors the cluster has now; said first when it is joined, and now and then."""

    processors: int


class Replied(NamedTuple):
    """What a node says to an order."""

    number: int
    reply: Reply


class Killed(NamedTuple):
    """An order whose reader was killed each time that it was tried."""

    number: int


class Gone(NamedTuple):
    """The cluster cannot be used, or not any more, and why. Nothing comes after it."""

    problem: str


Said = Size | Replied | Killed | Gone
"""What the runner hears."""
