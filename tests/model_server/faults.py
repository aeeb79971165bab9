"""What can go wrong with a request, and which requests it befalls: by seed, in whatever order they come."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from enum import Enum, StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class Group(Enum):
    """What a fault is a fault of."""

    TRANSPORT = "transport"
    """The request fails on its way; asking again helps."""
    ANSWER = "answer"
    """The server answers, and the answer is of no use or wrong."""
    FATAL = "fatal"
    """No request of this run can succeed."""
    DIALECT = "dialect"
    """The server does not know a parameter. Strikes every request that has it, whatever its share."""


class Fault(StrEnum):
    """One thing that goes wrong."""

    RATE_LIMIT_WAIT = "rate_limit_wait"
    """429 that says in Retry-After how long to wait."""
    RATE_LIMIT = "rate_limit"
    """429 without Retry-After."""
    SERVER_ERROR = "server_error"
    """500."""
    OVERLOADED = "overloaded"
    """503."""
    HANG = "hang"
    """Never an answer; the connection stays open until the client closes it."""
    DRIP = "drip"
    """The answer comes byte by byte."""
    CUT = "cut"
    """The connection breaks in mid-body."""
    TRUNCATED = "truncated"
    """Half of the answer, with ``finish_reason: length``."""
    INVALID_JSON = "invalid_json"
    WRONG_SCHEMA = "wrong_schema"
    """JSON, but of another shape."""
    OUT_OF_RANGE = "out_of_range"
    """Segment numbers that do not exist; years and amounts that are none."""
    INVENTED = "invented"
    """Some values are text that is not in the filing."""
    DROPPED_ROWS = "dropped_rows"
    """A third of each half's indicators is left out."""
    SWAPPED_HALVES = "swapped_halves"
    """The annual half's values are given for the period, and the other way round."""
    SHIFTED_TARGETS = "shifted_targets"
    """Each indicator has the target of the one above it."""
    ZEROED_AMOUNTS = "zeroed_amounts"
    """All amounts are zero: the model obeyed an instruction that the filing printed."""
    REFUSAL = "refusal"
    CONTENT_FILTER = "content_filter"
    UNAUTHORIZED = "unauthorized"
    """401."""
    NO_TEMPERATURE = "no_temperature"
    """400 for a request with ``temperature``."""
    NO_MAX_TOKENS = "no_max_tokens"
    """400 for a request with ``max_tokens`` (this server wants ``max_completion_tokens``)."""
    NO_MAX_COMPLETION_TOKENS = "no_max_completion_tokens"
    """400 for a request with ``max_completion_tokens`` (this server wants ``max_tokens``)."""
    NO_TOOLS = "no_tools"
    """400 for a request with tools."""
    NO_JSON_SCHEMA = "no_json_schema"
    """400 for a request with a JSON schema as its response format."""
    NO_JSON_OBJECT = "no_json_object"
    """400 for a request that wants any JSON object."""

    @property
    def group(self) -> Group:
        """What this is a fault of."""
        return _GROUP_OF[self]

    @classmethod
    def of(cls, *groups: Group) -> tuple[Fault, ...]:
        """Return the faults of some groups, in their order here."""
        return tuple(fault for fault in cls if fault.group in groups)


def _group(fault: Fault) -> Group:
    if fault is Fault.UNAUTHORIZED:
        return Group.FATAL
    if fault.value.startswith("no_"):
        return Group.DIALECT
    members = list(Fault)
    return Group.TRANSPORT if members.index(fault) <= members.index(Fault.CUT) else Group.ANSWER


_GROUP_OF = {fault: _group(fault) for fault in Fault}


@dataclass(frozen=True)
class Faults:
    """Which requests go wrong, and how.

    ``share`` is the probability of each fault; together at most 1. Which fault befalls a request follows from
    ``seed``, its body and how often the same body came before. With ``once`` only the first coming of a body
    can go wrong, so that asking again helps.
    """

    share: Mapping[Fault, float] = field(default_factory=dict)
    seed: int = 0
    once: bool = True

    def __post_init__(self) -> None:
        if any(share < 0 for share in self.share.values()) or sum(self._drawn().values()) > 1 + 1e-9:
            raise ValueError("the shares of the faults must not be negative, nor more than 1 together")

    def pick(self, body: bytes, earlier: int) -> Fault | None:
        """Return the fault of a request with this body that came ``earlier`` times before, if it has one."""
        if self.once and earlier:
            return None
        digest = hashlib.sha256(b"%d\0%d\0%b" % (self.seed, earlier, body)).digest()
        left = int.from_bytes(digest[:8]) / 2**64
        for fault, share in self._drawn().items():
            left -= share
            if left < 0:
                return fault
        return None

    def refuses(self, fault: Fault) -> bool:
        """Say whether the server refuses what this fault of its dialect is about."""
        return self.share.get(fault, 0) > 0

    def _drawn(self) -> dict[Fault, float]:
        return {fault: share for fault, share in self.share.items() if fault.group is not Group.DIALECT}


def evenly(share: float, faults: Iterable[Fault]) -> dict[Fault, float]:
    """Return an even mixture of some faults that befalls this share of all requests."""
    faults = tuple(faults)
    return {fault: share / len(faults) for fault in faults}


def all_at(share: float) -> dict[Fault, float]:
    """Return an even mixture of every fault of transport and answer. 401 is left out: it ends a run."""
    return evenly(share, Fault.of(Group.TRANSPORT, Group.ANSWER))
