"""Planted checks: a few values that nothing is doubtful about are shown wrong, to see whether people notice.

What is shown wrong is asked about like what the program doubts. For each there is a control: a value that is
asked about in the same words and shown as it was read, so that not all that is asked about is wrong.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from structurer.document_types.declaration import DECLARATION
from structurer.groups import Group, group_of
from structurer.paths import covers
from structurer.review.editing.addresses import field_of, machine_path
from structurer.review.editing.doubts import doubts_of
from structurer.review.quality.agreement import chance
from structurer.review.quality.tampering import tampered
from structurer.store.packing import as_json
from structurer.store.review import Round
from structurer.store.review.probes import Probe, ProbeKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from structurer.review.editing.state import State
    from structurer.review.policy import Policy

_MOST = 2
"""Planted values in one turn at a declaration."""

_SURE = 0.95
"""The least confidence of a value that is taken to be right."""


def planted(
    record: Mapping[str, Any], read: State, key: str, round_: Round, policy: Policy
) -> tuple[Probe, ...]:
    """Return what to plant in a turn at a record, with as many controls; the same by the same seed, always.

    ``read`` is the record as the machine read it. How many there are goes by how much is asked anyway. In
    other rounds than the first two nothing is planted.
    """
    if round_ not in (Round.FIRST, Round.SECOND) or policy.planted <= 0:
        return ()
    drawn = f"{policy.seed}:{key}:{round_}"
    many = _many(policy.planted * len(doubts_of(record)), chance(f"many:{drawn}"))
    sure = sorted(_sure(record, read), key=lambda at: (_is_money(at), chance(f"plant:{drawn}:{at}"), at))
    wrong = (probe for at in sure for probe in _made_wrong(read, at, chance(f"wrong:{drawn}:{at}")))
    probes = tuple(islice(wrong, many))
    taken = {probe.address for probe in probes}
    others = sorted((at for at in sure if at not in taken), key=lambda at: chance(f"control:{drawn}:{at}"))
    return (*probes, *(_probe(read, at, ProbeKind.CONTROL) for at in others[: len(probes)]))


def _many(expected: float, drawn: float) -> int:
    """Return how many to plant so that it is as many as expected over all turns."""
    whole = int(expected)
    return min(whole + (drawn < expected - whole), _MOST)


def _sure(record: Mapping[str, Any], read: State) -> Iterator[str]:
    """Yield the addresses of values that are printed, sure, and that nothing is said about."""
    told = [_told_of(flag["path"]) for flag in record["flags"]]
    for at, cell in read.cells.items():
        path = machine_path(at)
        if path is None or cell.value is None or not cell.spans or DECLARATION.entry.choices(field_of(at)):
            continue
        if record["confidence"].get(path, 0.0) >= _SURE and not any(covers(each, path) for each in told):
            yield at


def _told_of(path: str) -> str:
    """Return what a flag's words may be about: a sum is about all amounts of its half."""
    return ".".join(path.split(".")[:2]) if path.startswith("funding.") else path


def _made_wrong(read: State, at: str, chance_of_it: float) -> Iterator[Probe]:
    wrong = tampered(DECLARATION.entry, field_of(at), read.cells[at].value, chance_of_it)
    if wrong is not None:
        yield _probe(read, at, ProbeKind.PLANTED, wrong)


def _probe(read: State, at: str, kind: ProbeKind, wrong: Any = None) -> Probe:
    truth = read.cells[at]
    shown = truth if wrong is None else truth._replace(value=wrong)
    return Probe(at, kind, as_json(shown.as_json()), as_json(truth.as_json()))


def _is_money(at: str) -> bool:
    """Say whether a wrong value here may give itself away by a sum."""
    return group_of(field_of(at)) is Group.MONEY
