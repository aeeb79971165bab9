"""What somebody wants to see of the queue, as it stands in addresses and forms."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Depends, Form, Query

from structurer.store.packing import storable
from structurer.store.review import QueueFilter

_LONGEST = 1_000

_Asked = Annotated[str, Query(max_length=_LONGEST)]
_Sent = Annotated[str, Form(max_length=_LONGEST)]


def _from_address(
    filing: _Asked = "", department: _Asked = "", code: _Asked = "", group: _Asked = "", engine: _Asked = ""
) -> QueueFilter:
    return _filter(filing, department, code, group, engine)


def _from_form(
    filing: _Sent = "", department: _Sent = "", code: _Sent = "", group: _Sent = "", engine: _Sent = ""
) -> QueueFilter:
    return _filter(filing, department, code, group, engine)


def _filter(*values: str) -> QueueFilter:
    """Return a filter; what is left empty is not filtered by."""
    return QueueFilter(*(storable(value) or None for value in values))


FilterAsked = Annotated[QueueFilter, Depends(_from_address)]
"""The filter that an address holds."""

FilterSent = Annotated[QueueFilter, Depends(_from_form)]
"""The filter that a form holds."""


def set_fields(wanted: QueueFilter) -> dict[str, str]:
    """Return what is filtered by: names of fields and their values."""
    return {name: value for name, value in asdict(wanted).items() if value is not None}


def address(path: str, wanted: QueueFilter, **more: str | int) -> str:
    """Return the address of a path with a filter in it, and whatever else."""
    query = urlencode({**set_fields(wanted), **more})
    return f"{path}?{query}" if query else path
