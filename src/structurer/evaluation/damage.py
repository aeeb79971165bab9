"""What damage does to reading: accuracy, flags and silent errors per kind of damage and strength.

The filings are invented, printed and damaged by ``structurer.synthesis``, which also says what a fair
reader may answer. Counted are the values of every label: its fields, and second level, name and
target of each indicator row; the rows that were read and match none count one value each.

- A value is right when the answer is one of the acceptable readings (compared as in ``cells``), or
  when damage left it in doubt and the answer is none or flagged.
- It is flagged when an extraction flag stands at its path or a prefix of it.
- It is silent when it is wrong and nobody was told. Of a row that was read and does not exist,
  people are told by a flag at it or below; of a row that was not read, by a flag on ``indicators`` or
  on one of the rows read next to it in its half; of a declaration that was not read, by none.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any, NamedTuple

from rapidfuzz.distance import Indel
from rich.table import Table

from structurer.evaluation.cells import FIELDS, ROW_FIELDS, normal_text, same
from structurer.models import Document, FlagKind, Page
from structurer.paths import covers, value_at
from structurer.synthesis.damage import OPERATORS, STRENGTHS
from structurer.synthesis.families import Family
from structurer.synthesis.filing import Damage, invent_filing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from structurer.synthesis.labels import Label, Reading

_ALIKE = 0.5
"""How alike two rows or declarations must be to be taken for the same one."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One value of a damaged filing: what was acceptable, what was read, and how that counts."""

    family: str
    seed: int
    ordinal: int
    path: str
    accept: tuple[Any, ...]
    read: Any
    right: bool
    flagged: bool
    silent: bool


@dataclass(frozen=True, slots=True)
class CurveRow:
    """The sums of one kind of damage at one strength; shares are of ``values``."""

    operator: str
    strength: str
    values: int
    accuracy: float
    flagged: float
    silent: float
    silent_errors: tuple[Outcome, ...]


class Pairing(NamedTuple):
    """Positions in two sequences that belong together; ``None`` where one side has nothing."""

    left: int | None
    right: int | None


UNDAMAGED = "none"
"""The name of the first row of a curve: the same filings without damage."""


def damage_curve(
    structure_text: Callable[[str], Sequence[Mapping[str, Any]]],
    families: Sequence[Family] = tuple(Family),
    operators: Sequence[str] = tuple(OPERATORS),
    strengths: Sequence[str] = tuple(STRENGTHS),
    seeds: Sequence[int] = tuple(range(20)),
) -> list[CurveRow]:
    """Return one row for the undamaged filings, then one per operator and strength.

    ``structure_text`` turns a filing's text into record objects (``Record.as_dict``). Each family
    prints one filing of three declarations per seed, the same for every kind of damage.
    """
    kinds: list[tuple[str, str]] = [(UNDAMAGED, ""), *product(operators, strengths)]
    rows = []
    for operator, strength in kinds:
        damages = [Damage(OPERATORS[operator], STRENGTHS[strength])] if strength else []
        outcomes = [
            outcome
            for family, seed in product(families, seeds)
            for outcome in _filing_outcomes(structure_text, family, seed, damages)
        ]
        rows.append(_curve_row(operator, strength, outcomes))
    return rows


def render(rows: Sequence[CurveRow]) -> Table:
    """Return a curve as a table for people."""
    table = Table(title="Damage")
    for name in ("damage", "strength"):
        table.add_column(name)
    for name in ("values", "accuracy", "flagged", "silent errors", "silent share"):
        table.add_column(name, justify="right")
    for row in rows:
        table.add_row(
            row.operator,
            row.strength,
            str(row.values),
            f"{row.accuracy:.2%}",
            f"{row.flagged:.2%}",
            str(len(row.silent_errors)),
            f"{row.silent:.3%}",
        )
    return table


def outcomes_of(
    labels: Sequence[Label], records: Sequence[Mapping[str, Any]], family: str, seed: int
) -> Iterator[Outcome]:
    """Yield the outcome of every value of a filing's labels, and of every row or record too many."""
    read_names = [value_at(record["data"], "project_name") for record in records]
    pairs = align(len(labels), len(records), lambda n, m: _name_likeness(labels[n], read_names[m]))
    for left, right in pairs:
        record = records[right] if right is not None else None
        flags = _extraction_paths(record)
        if left is None:
            yield Outcome(family, seed, 0, "", (), read_names[right or 0], False, bool(flags), not flags)
            continue
        label = labels[left]
        judged = _judged(label, None if record is None else record["data"], flags)
        for path, accept, read, right_, flagged, silent in judged:
            yield Outcome(family, seed, label.ordinal, path, accept, read, right_, flagged, silent)


def align(left: int, right: int, likeness: Callable[[int, int], float]) -> list[Pairing]:
    """Pair two sequences in order, one to one, so that the pairs are as alike in sum as can be.

    The alignment of Needleman and Wunsch (1970) with free gaps; what is less than half alike is not
    paired. Ties go to the earlier pair, so the result is deterministic.
    """
    gains = [[likeness(n, m) - _ALIKE for m in range(right)] for n in range(left)]
    best = [[0.0] * (right + 1) for _ in range(left + 1)]
    for n, m in product(reversed(range(left)), reversed(range(right))):
        best[n][m] = max(gains[n][m] + best[n + 1][m + 1], best[n + 1][m], best[n][m + 1])
    pairs: list[Pairing] = []
    n = m = 0
    while n < left and m < right:
        if gains[n][m] >= 0 and best[n][m] == gains[n][m] + best[n + 1][m + 1]:
            pairs.append(Pairing(n, m))
            n, m = n + 1, m + 1
        elif best[n][m] == best[n + 1][m]:
            pairs.append(Pairing(n, None))
            n += 1
        else:
            pairs.append(Pairing(None, m))
            m += 1
    pairs += [Pairing(rest, None) for rest in range(n, left)]
    return pairs + [Pairing(None, rest) for rest in range(m, right)]


Judgement = tuple[str, tuple[Any, ...], Any, bool, bool, bool]


def _judged(label: Label, data: Mapping[str, Any] | None, flags: tuple[str, ...]) -> Iterator[Judgement]:
    for field in FIELDS:
        yield _judge(field, label.readings[field], value_at(data, field), field, flags)
    rows: Sequence[Mapping[str, Any]] = [] if data is None else data["indicators"]
    for scope in ("implementation_period", "annual"):
        yield from _judged_half(label, scope, rows, flags, known=data is not None)


def _judged_half(
    label: Label, scope: str, rows: Sequence[Mapping[str, Any]], flags: tuple[str, ...], *, known: bool
) -> Iterator[Judgement]:
    wanted = [n for n, row in enumerate(label.truth.indicators) if row.scope == scope]
    read = [m for m, row in enumerate(rows) if row["scope"] == scope]
    pairs = align(len(wanted), len(read), lambda n, m: _row_likeness(label, wanted[n], rows[read[m]]))
    for position, (left, right) in enumerate(pairs):
        if left is None:
            path = f"indicators.{read[right or 0]}"
            told = _told(flags, path)
            yield path, (), rows[read[right or 0]]["name"], False, told, not told
        elif right is None:
            neighbours = [read[pair.right] for pair in _nearest(pairs, position) if pair.right is not None]
            told = any(_told(flags, f"indicators.{m}") for m in neighbours)
            told = told or any(covers(flag, "indicators") for flag in flags) or (not known and bool(flags))
            for field in ROW_FIELDS:
                path = f"indicators.{wanted[left]}.{field}"
                right_ = _lost(label, wanted[left]) or (told and label.readings[path].uncertain)
                yield path, label.readings[path].accept, None, right_, told, not right_ and not told
        else:
            for field in ROW_FIELDS:
                path = f"indicators.{wanted[left]}.{field}"
                answer = rows[read[right]].get(field)
                yield _judge(path, label.readings[path], answer, f"indicators.{read[right]}.{field}", flags)


def _judge(path: str, reading: Reading, answer: Any, read_path: str, flags: tuple[str, ...]) -> Judgement:
    flagged = any(covers(flag, read_path) for flag in flags)
    right = any(same(path, accepted, answer) for accepted in reading.accept)
    right = right or (reading.uncertain and (answer is None or flagged))
    return path, reading.accept, answer, right, flagged, not right and not flagged


def _lost(label: Label, row: int) -> bool:
    """Tell whether the damage left neither name nor target of a row, so that it need not be read."""
    return all(None in label.readings[f"indicators.{row}.{field}"].accept for field in ("name", "target"))


def _nearest(pairs: Sequence[Pairing], position: int) -> list[Pairing]:
    """Return the pairs with a row that was read, just before and just after a position."""
    before = [pair for pair in pairs[:position] if pair.right is not None]
    after = [pair for pair in pairs[position + 1 :] if pair.right is not None]
    return before[-1:] + after[:1]


def _told(flags: tuple[str, ...], path: str) -> bool:
    return any(covers(flag, path) or covers(path, flag) for flag in flags)


def _extraction_paths(record: Mapping[str, Any] | None) -> tuple[str, ...]:
    flags = [] if record is None else record["flags"]
    return tuple(flag["path"] for flag in flags if flag["kind"] == FlagKind.EXTRACTION)


def _name_likeness(label: Label, read: Any) -> float:
    """Return how alike the names of two declarations are; one without a name is known by its order."""
    if read is None:
        return _ALIKE
    accept = label.readings["project_name"].accept
    return max(_likeness(str(name), str(read)) for name in accept if name is not None)


def _row_likeness(label: Label, row: int, read: Mapping[str, Any]) -> float:
    """Return how alike two rows are in name, then target, then second level; in [0, 1].

    A name or target that was read where the damage left none, or the other way round, says nothing,
    so a row is known by what is left of it.
    """
    weights = {"name": 0.6, "target": 0.25, "level2": 0.15}
    total = weight_sum = 0.0
    for field, weight in weights.items():
        accept = [value for value in label.readings[f"indicators.{row}.{field}"].accept if value is not None]
        if read.get(field) is None:
            continue
        total += weight * max((_likeness(str(value), str(read[field])) for value in accept), default=0.0)
        weight_sum += weight
    return total / weight_sum if weight_sum else 0.0


def _likeness(one: str, other: str) -> float:
    return Indel.normalized_similarity(str(normal_text(one)), str(normal_text(other)))


def _filing_outcomes(
    structure_text: Callable[[str], Sequence[Mapping[str, Any]]],
    family: Family,
    seed: int,
    damages: Sequence[Damage],
) -> Iterator[Outcome]:
    filing = invent_filing(family, seed, damages)
    yield from outcomes_of(filing.labels, structure_text(filing.text), family, seed)


def _curve_row(operator: str, strength: str, outcomes: Sequence[Outcome]) -> CurveRow:
    count = len(outcomes) or 1
    silent = tuple(outcome for outcome in outcomes if outcome.silent)
    return CurveRow(
        operator,
        strength,
        values=len(outcomes),
        accuracy=sum(outcome.right for outcome in outcomes) / count,
        flagged=sum(outcome.flagged for outcome in outcomes) / count,
        silent=len(silent) / count,
        silent_errors=silent,
    )


def structure_text(text: str) -> list[dict[str, Any]]:
    """Return the records of a text, read with the default engine, as objects."""
    from structurer.pipeline import structure_document
    from structurer.settings import Settings

    sha256 = hashlib.sha256(text.encode()).hexdigest()
    document = Document("synthetic.txt", sha256, text, "utf-8", (Page(1, 0, len(text)),))
    structured = structure_document(document, settings=Settings().uncalibrated())
    return [record.as_dict() for record in structured.records]
