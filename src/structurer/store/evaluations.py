"""Runs of the evaluation, kept for good: added, and never changed or taken away.

A run is a head, its figures, and its outcomes: plain JSON values, whose meaning ``evaluation/keeping.py``
knows. So a head may say more in a later version without a migration, and old rows are read as they were.

The outcomes of a run are one compressed document, a list a column, and not a row a cell: they are always
read together. Measured with 400,000 cells on SQLite, they are read in half the time that rows take, and fill
a sixth of the room.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, select

from structurer.store.database import inserted
from structurer.store.packing import as_json, from_json, packed_json, unpacked_json
from structurer.store.tables import EVALUATION

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Row

    from structurer.store.database import Store


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One run without its outcomes, as JSON values. ``number`` is the store's, higher for a later run."""

    number: int
    head: Mapping[str, Any]
    figures: Mapping[str, Any]


_HEADS = select(EVALUATION.c.id, EVALUATION.c.head, EVALUATION.c.figures)
_ALL = _HEADS.order_by(EVALUATION.c.id)
_ONE = _HEADS.where(EVALUATION.c.id == bindparam("number"))
_OUTCOMES = select(EVALUATION.c.outcomes).where(EVALUATION.c.id == bindparam("number"))


class Evaluations:
    """The runs of the evaluation in one store. Raises ``StoreError`` where the database fails."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add(
        self, head: Mapping[str, Any], figures: Mapping[str, Any], outcomes: Sequence[Mapping[str, Any]]
    ) -> int:
        """Keep a run and return its number.

        ``head`` has ``engine``, ``model`` (a name, or ``None``) and ``gold`` among its keys. ``outcomes``
        all have the same keys. Raises ``ValueError`` for values that JSON does not have.
        """
        row = {
            "engine": head["engine"],
            "model": head["model"],
            "gold": head["gold"],
            "head": as_json(head),
            "figures": as_json(figures),
            "outcomes": packed_json(_columns(outcomes)),
        }
        with self._store.writing() as connection:
            return inserted(connection, EVALUATION, row)

    def get(self, number: int) -> Evaluation | None:
        """Return the run of a number, ``None`` where there is none."""
        rows = self._store.rows(_ONE, {"number": number})
        return _evaluation(rows[0]) if rows else None

    def latest(
        self, engine: str | None = None, model: str | None = None, gold: str | None = None
    ) -> Evaluation | None:
        """Return the last run that was added, of those with the engine, model and gold asked for."""
        wanted = {"engine": engine, "model": model, "gold": gold}
        conditions = [EVALUATION.c[name] == value for name, value in wanted.items() if value is not None]
        rows = self._store.rows(_HEADS.where(*conditions).order_by(EVALUATION.c.id.desc()).limit(1))
        return _evaluation(rows[0]) if rows else None

    def all(self) -> list[Evaluation]:
        """Return all runs in the order in which they were added."""
        return [_evaluation(row) for row in self._store.rows(_ALL)]

    def outcomes(self, number: int) -> list[dict[str, Any]]:
        """Return the outcomes of a run in their order. Raises ``LookupError`` where there is no such run."""
        rows = self._store.rows(_OUTCOMES, {"number": number})
        if not rows:
            raise LookupError(f"there is no evaluation {number}")
        return _rows(rows[0].outcomes)


def _evaluation(row: Row[Any]) -> Evaluation:
    return Evaluation(row.id, from_json(row.head), from_json(row.figures))


def _columns(outcomes: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    return {name: [outcome[name] for outcome in outcomes] for name in (outcomes[0] if outcomes else ())}


def _rows(body: bytes) -> list[dict[str, Any]]:
    columns: dict[str, list[Any]] = unpacked_json(body)
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
