"""项目资金: the two halves' totals and parts, from cells or from interleaved lines."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from structurer.document_types.declaration.layout.atoms import spans_of
from structurer.document_types.declaration.layout.values import Value, compose
from structurer.document_types.declaration.vocabulary import Group

if TYPE_CHECKING:
    from collections.abc import Sequence

    from structurer.document_types.declaration.layout.atoms import Atom

HALVES = ("implementation_period", "annual")
_NUMBER = re.compile(r"^-?[\d,.\s]*\d[\d,.\s]*$")
_GROUPED = re.compile(r"^-?(?:\d{1,3}(?:,\d{3})*|\d+)(?:\.\d+)?$")
_TEN_THOUSAND = Decimal(10_000)
_WRAPPED_ROW = 4
"""How many lines one row of the funding part may take when its cells wrap."""


class Amount(NamedTuple):
    """An amount as read: yuan as a decimal string (None when it is not a number), and its print.

    ``sound`` is False where the print's thousands groups do not fit: a digit may be lost.
    ``converted`` says that the print is in 万元.
    """

    yuan: str | None
    printed: Value
    sound: bool
    converted: bool = False


class FundingTable(NamedTuple):
    """Amounts by path below ``funding``; ``repeats`` are those that a later page prints again."""

    amounts: dict[str, Amount]
    repeats: tuple[tuple[str, Amount], ...]


def read_funding(text: str, atoms: Sequence[Atom], factor_in_wan: bool) -> FundingTable:
    """Read the funding part; ``factor_in_wan`` says that the form's unit is 万元."""
    amounts: dict[str, Amount] = {}
    repeats: list[tuple[str, Amount]] = []
    for cell in _cells(atoms):
        if not cell.numbers:
            continue
        amount = parse_amount(compose(text, spans_of(cell.numbers)), factor_in_wan)
        if cell.path in amounts:
            repeats.append((cell.path, amount))
        else:
            amounts[cell.path] = amount
    return FundingTable(amounts, tuple(repeats))


def parse_amount(printed: Value, in_wan: bool = False) -> Amount:
    """Return an amount in yuan; digits that the scanner split are joined, separators dropped."""
    plain = unicodedata.normalize("NFKC", printed.text).replace("，", ",").replace(" ", "")
    unit = _TEN_THOUSAND if in_wan else Decimal(1)
    if plain.endswith("万元"):
        plain, unit = plain[:-2], _TEN_THOUSAND
    elif plain.endswith("元"):
        plain, unit = plain[:-1], Decimal(1)
    if not _NUMBER.match(plain) or plain.count(".") > 1:
        return Amount(None, printed, sound=False)
    digits = plain.replace(",", "")
    if not re.fullmatch(r"-?\d+(\.\d+)?", digits):
        return Amount(None, printed, sound=False)
    yuan = digits if unit == 1 else _plain(Decimal(digits) * unit)
    return Amount(yuan, printed, sound=bool(_GROUPED.match(plain)), converted=unit != 1)


def _plain(number: Decimal) -> str:
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


class _Cell(NamedTuple):
    """A printed label of the funding part, with what follows it."""

    path: str
    key: str
    numbers: list[Atom]


def _cells(atoms: Sequence[Atom]) -> list[_Cell]:
    """Return the printed labels with their numbers, left half before right.

    A number goes to the nearest label before it; where a line prints both halves' labels first and
    both numbers after, they go to the labels in order.
    """
    annual_only = _is_one_half(atoms)
    cells: list[_Cell] = []
    waiting: list[_Cell] = []
    half = _HalfCounter()
    order = {line: number for number, line in enumerate(dict.fromkeys(atom.line for atom in atoms))}
    for position, atom in enumerate(atoms):
        key = _key(atom)
        if key is not None:
            path = f"annual.{key}" if annual_only and "." not in key else half.path(key, order[atom.line])
            cells.append(_Cell(path, key, []))
            waiting.append(cells[-1])
        elif _is_number(atom.text) and cells:
            _give_number(cells, waiting, atoms, position)
    return cells


def _is_one_half(atoms: Sequence[Atom]) -> bool:
    """Say whether the form prints the year's amounts only: no period's total, no line with a label twice."""
    keys = [(atom.line, key) for atom in atoms if (key := _key(atom)) is not None]
    return ("implementation_period.total" not in {key for _, key in keys}) and len(set(keys)) == len(keys)


class _HalfCounter:
    """Tells which half a label stands in: the first of two close together is the left one."""

    def __init__(self) -> None:
        self._seen: dict[str, tuple[int, int]] = {}

    def path(self, key: str, line: int) -> str:
        if "." in key:
            return key
        half, last = self._seen.get(key, (1, line))
        half = 0 if line - last > _WRAPPED_ROW else 1 - half
        self._seen[key] = (half, line)
        return f"{HALVES[half]}.{key}"


def _give_number(cells: list[_Cell], waiting: list[_Cell], atoms: Sequence[Atom], position: int) -> None:
    atom = atoms[position]
    before = atoms[position - 1] if position else atom
    last = cells[-1]
    if last.numbers and last.numbers[-1] is before and before.line == atom.line:
        joined = (before.text + atom.text).replace(" ", "")
        if _GROUPED.match(joined) and not _GROUPED.match(before.text):
            last.numbers.append(atom)
            return
    if not waiting:
        return
    pair = len(waiting) > 1 and waiting[-2].key.split(".")[-1] == waiting[-1].key.split(".")[-1]
    if pair and _numbers_ahead(atoms, position) == len(HALVES):
        waiting.pop(-2).numbers.append(atom)
        del waiting[:-1]
    else:
        waiting[-1].numbers.append(atom)
        waiting.clear()


def _numbers_ahead(atoms: Sequence[Atom], position: int) -> int:
    count = 0
    for atom in atoms[position:]:
        if not _is_number(atom.text):
            break
        count += 1
    return count


def _key(atom: Atom) -> str | None:
    return atom.label.key if atom.label is not None and atom.group is Group.FUNDING else None


def _is_number(text: str) -> bool:
    plain = unicodedata.normalize("NFKC", text)
    digits = sum(character.isdigit() for character in plain)
    return digits > 0 and digits * 2 >= len(plain.replace(",", "").replace(".", "").replace(" ", ""))
