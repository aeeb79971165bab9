"""What an audit is about: the lot, the promise, the sampling plan and the values that were drawn."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from structurer.errors import StructurerError
from structurer.groups import Group

if TYPE_CHECKING:
    from collections.abc import Mapping


class AuditError(StructurerError):
    """An audit cannot be drawn or read back; the message names the file and what to change."""


class Unit(StrEnum):
    """What is drawn at random."""

    VALUE = "value"
    """Single values, by group of fields."""
    DECLARATION = "declaration"
    """Whole declarations, with all their values that nobody flagged."""


@dataclass(frozen=True, slots=True)
class Promise:
    """At most this share of the lot is wrong, and this is how sure of it we are.

    ``target_error`` is a share in (0, 1). ``confidence`` is 1 less the consumer's risk: that a lot with more
    errors than promised passes. Below 0.8 the bound over strata (``bounds``) does not hold; refused.
    """

    target_error: float = 0.005
    confidence: float = 0.95

    def __post_init__(self) -> None:
        if not 0 < self.target_error < 1:
            raise AuditError(f"target error {self.target_error}: give a share between 0 and 1, as 0.005")
        if not 0.8 <= self.confidence < 1:
            raise AuditError(f"confidence {self.confidence}: give a share from 0.8 to below 1, as 0.95")


@dataclass(frozen=True, slots=True)
class RunFacts:
    """Which run is audited.

    ``records`` is the SHA-256 of its records.jsonl; ``cost`` US dollars as a decimal string, ``None`` where
    the run's report tells none.
    """

    name: str
    records: str
    structurer: str
    config: str
    engine: str
    model: str | None
    cost: str | None


@dataclass(frozen=True, slots=True)
class LotSize:
    """What the run holds. ``values`` are in the lot; ``flagged`` values are not: somebody is told of them.

    ``declarations`` are those with data; ``failed`` have none and ``rejected`` were turned down, so neither
    are in the lot.
    """

    declarations: int
    failed: int
    rejected: int
    values: int
    flagged: int


@dataclass(frozen=True, slots=True)
class Stratum:
    """One group of fields: its values in the lot, and how many of them were drawn."""

    group: Group
    values: int
    drawn: int


@dataclass(frozen=True, slots=True)
class Item:
    """One line of the review sheet.

    ``group`` is ``None`` where the question is not about a value but whether the declaration is complete.
    ``about`` says which indicator, ``line`` counts from 1 and is ``None`` where no place is known; ``spans``
    are ``[start, end)`` in the filing's text. ``excerpt`` is empty until ``excerpts.with_excerpts``.
    """

    id: str
    record: str
    filing: str
    sha256: str
    encoding: str
    ordinal: int
    group: Group | None
    path: str
    about: str
    value: str
    spans: tuple[tuple[int, int], ...]
    line: int | None = None
    excerpt: str = ""


@dataclass(frozen=True, slots=True)
class AuditPlan:
    """A sample, and all that is needed to judge it later.

    ``seed`` gives the same sample of the same records again. ``floor`` is the least number drawn of a group
    (of a smaller one: all). ``correlation`` is the assumed likeness of errors within a declaration (ρ).
    ``drawn_declarations`` are the declarations that the items belong to.
    """

    unit: Unit
    promise: Promise
    seed: int
    floor: int
    correlation: float
    run: RunFacts
    lot: LotSize
    strata: tuple[Stratum, ...]
    drawn_declarations: int
    items: tuple[Item, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return the plan as plain JSON values; each item has empty places for what a reviewer says."""
        plan = asdict(self)
        for item in plan["items"]:
            item |= {"verdict": "", "correct_value": "", "comment": ""}
        return plan


def plan_of(values: Mapping[str, Any]) -> AuditPlan:
    """Return the plan that ``as_dict`` made these values of. Raises ``AuditError`` for anything else."""
    try:
        return AuditPlan(
            **{
                **{key: values[key] for key in ("seed", "floor", "correlation", "drawn_declarations")},
                "unit": Unit(values["unit"]),
                "promise": Promise(**values["promise"]),
                "run": RunFacts(**values["run"]),
                "lot": LotSize(**values["lot"]),
                "strata": tuple(
                    Stratum(**{**stratum, "group": Group(stratum["group"])}) for stratum in values["strata"]
                ),
                "items": tuple(_item(item) for item in values["items"]),
            }
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise AuditError(
            f"this is no audit plan ({error!r}); draw one with: structurer eval audit draw"
        ) from error


def _item(values: Mapping[str, Any]) -> Item:
    filled = {"verdict", "correct_value", "comment"}
    plain = {key: value for key, value in values.items() if key not in filled}
    group = None if plain["group"] is None else Group(plain["group"])
    spans = tuple((start, end) for start, end in plain["spans"])
    return Item(**{**plain, "group": group, "spans": spans})
