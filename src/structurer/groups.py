"""Groups of fields, and which of them a value belongs to."""

from __future__ import annotations

from enum import StrEnum


class Group(StrEnum):
    """Fields that are hard, and matter, in the same way; figures and calibrations are given by these."""

    HEAD = "head"
    """Title, year, project, department, unit, attribute, period."""
    MONEY = "money"
    """The twelve amounts."""
    TEXTS = "texts"
    """The long texts and both goals."""
    PEOPLE = "people"
    """Persons, telephone, date."""
    HALF = "half"
    """In which half an indicator stands."""
    LEVEL = "level"
    """Second level of an indicator."""
    NAME = "name"
    """Name of an indicator."""
    TARGET = "target"
    """Target of an indicator."""


_FIRST = {
    "form_title": Group.HEAD,
    "fiscal_year": Group.HEAD,
    "project_name": Group.HEAD,
    "competent_department": Group.HEAD,
    "implementing_unit": Group.HEAD,
    "project_attribute": Group.HEAD,
    "duration_years": Group.HEAD,
    "funding": Group.MONEY,
    "overview": Group.TEXTS,
    "basis": Group.TEXTS,
    "necessity": Group.TEXTS,
    "safeguards": Group.TEXTS,
    "implementation_plan": Group.TEXTS,
    "goals": Group.TEXTS,
    "responsible_person": Group.PEOPLE,
    "handler": Group.PEOPLE,
    "phone": Group.PEOPLE,
    "submitted_at": Group.PEOPLE,
}
_IN_ROW = {
    "scope": Group.HALF,
    "level1": Group.LEVEL,
    "level2": Group.LEVEL,
    "name": Group.NAME,
    "target": Group.TARGET,
    "measure": Group.TARGET,
}


def group_of(path: str) -> Group:
    """Return the group of a value by its dotted path, or by its field's name.

    ``indicators.4.name`` and ``indicators.name`` are the same field. What is derived goes with what it is
    derived from; a whole row (``indicators.4``, ``indicators``) is known by its name, a whole record
    (``""``) by its head. Raises ``ValueError`` for a path that the form does not have.
    """
    first, *rest = path.split(".")
    if not path:
        return Group.HEAD
    if first == "indicators":
        keys = [part for part in rest if not part.isdecimal()]
        group = _IN_ROW.get(keys[0]) if keys else Group.NAME
    else:
        group = _FIRST.get(first)
    if group is None:
        raise ValueError(f"{path!r} is no field of the form")
    return group
