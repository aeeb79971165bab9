"""Addresses: data paths in which a row goes by a name that stays its own however rows are moved.

``indicators.b3.name`` is the name in the row that the machine read as its fourth, ``indicators.n7-2`` the
row that was added by the second decision of the seventh turn. All else is as in data paths.
"""

from __future__ import annotations

import re

_IN_ROW = re.compile(r"(?P<row>\w+\.(?:b\d+|n\d+-\d+))(?:\.(?P<key>\w+))?", re.ASCII)
_OF_MACHINE = re.compile(r"(\w+)\.b(\d+)((?:\.\w+)?)", re.ASCII)
_INDEXED = re.compile(r"(\w+)\.(\d+)((?:\.\w+)?)", re.ASCII)


def row_of(address: str) -> str | None:
    """Return the row that an address names or lies in; ``None`` outside of rows."""
    match = _IN_ROW.fullmatch(address)
    return None if match is None else match["row"]


def key_in_row(address: str) -> str:
    """Return the key of a cell in its row; nothing for a row itself and outside of rows."""
    match = _IN_ROW.fullmatch(address)
    return "" if match is None else match["key"] or ""


def table_of(row: str) -> str:
    """Return the table that a row stands in."""
    return row.partition(".")[0]


def field_of(address: str) -> str:
    """Return the field of an address: a data path in which rows are left out (``indicators.name``)."""
    row = row_of(address)
    return address if row is None else ".".join(filter(None, (table_of(row), key_in_row(address))))


def address_of(path: str) -> str:
    """Return the address of a path in the data that the machine read."""
    return _INDEXED.sub(r"\1.b\2\3", path) if _INDEXED.fullmatch(path) else path


def machine_path(address: str) -> str | None:
    """Return the path that an address had in what the machine read; ``None`` for a row that people added."""
    match = _OF_MACHINE.fullmatch(address)
    if match is not None:
        return f"{match[1]}.{match[2]}{match[3]}"
    return None if row_of(address) is not None else address
